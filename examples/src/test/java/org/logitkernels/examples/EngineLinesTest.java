package org.logitkernels.examples;

import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * The lines that docs/engines.md has for engines whose classes are not on Maven Central, or not for
 * this JDK. Small classes of the same shape stand in for the engines' own.
 */
class EngineLinesTest {
  private static final int VOCABULARY = 500;

  private final float[] row = new float[VOCABULARY];
  @AutoClose private final Arena arena = Arena.ofConfined();

  EngineLinesTest() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < VOCABULARY; i++) {
      row[i] = random.nextInt(-32, 32) / 8f;
    }
  }

  private MemorySegment nativeRow() {
    return arena.allocateFrom(JAVA_FLOAT, row);
  }

  private int expected(Step... steps) {
    return SamplerChain.of(steps).newSampler(VOCABULARY, 5).sample(row);
  }

  @Test
  void llama3SelectsASampler() {
    assertEquals(
        expected(Step.temperature(0.7f), Step.topP(0.9f)),
        Llama4j.selectSampler(VOCABULARY, 0.7f, 0.9f, 5).sampleToken(new ArrayTensor(row.clone())));
    for (float off : new float[] {0, 1}) {
      assertEquals(
          expected(Step.temperature(0.7f)),
          Llama4j.selectSampler(VOCABULARY, 0.7f, off, 5)
              .sampleToken(new ArrayTensor(row.clone())));
    }
  }

  @Test
  void llama3TakesASoftmax() {
    float[] expected = row.clone();
    Kernels.scalar().softmax(row, 10, 30, 1, expected, 10);
    ArrayTensor tensor = new ArrayTensor(row.clone());
    tensor.softmaxInPlace(10, 20);
    assertArrayEquals(expected, tensor.values);
  }

  @Test
  void gemma4CapsAndRoutes() {
    float[] capped = row.clone();
    Llama4j.cap(new ArrayTensor(capped), 2);
    for (int i = 0; i < VOCABULARY; i++) {
      assertEquals(2 * Math.tanh(row[i] / 2), capped[i], 1e-6);
    }
    int[] experts = new int[4];
    float[] weights = new float[4];
    Llama4j.route(new ArrayTensor(row), 64, 4, experts, weights);
    for (int i = 1; i < 4; i++) {
      assertTrue(row[experts[i - 1]] >= row[experts[i]]);
    }
    assertTrue(weights[0] + weights[1] + weights[2] + weights[3] < 1);
  }

  @Test
  void gpuLlama3DrawsFromItsArray() {
    assertEquals(
        expected(Step.temperature(0.7f), Step.topP(0.9f)),
        GpuLlama3.selectSampler(VOCABULARY, 0.7f, 0.9f, 5)
            .sampleToken(new FloatArray(nativeRow())));
  }

  @Test
  void deliveranceDraws() {
    Tensor tensor = new Tensor(nativeRow());
    int token =
        Deliverance.sampleTopKTopP(
            tensor, 0.7f, Optional.of(40f), Optional.of(0.9f), Optional.empty(), 0.25f);
    SamplerChain chain = SamplerChain.of(Step.temperature(0.7f), Step.topK(40), Step.topP(0.9f));
    assertEquals(chain.newSampler(VOCABULARY, 0).sample(row, 0, VOCABULARY, 0.25f), token);
    Candidates candidates = chain.newSampler(VOCABULARY, 0).apply(row);
    int uniform =
        Deliverance.sampleTopKTopP(
            tensor, 0.7f, Optional.of(40f), Optional.of(0.9f), Optional.of(1f), 0.999f);
    assertEquals(candidates.id(candidates.size() - 1), uniform);
    assertEquals(
        candidates.id(0),
        Deliverance.sampleTopKTopP(
            tensor, 0.7f, Optional.of(1f), Optional.empty(), Optional.empty(), 0.5f));
  }

  @Test
  void llamajHasLogProbabilities() {
    Llamaj llamaj = new Llamaj(nativeRow());
    List<Llamaj.TokenLogprob> top = llamaj.getLogprobs(3, 5);
    Workspace workspace = Workspace.of(VOCABULARY);
    int[] ids = new int[5];
    double[] expected = new double[5];
    Kernels.scalar().topLogProbabilities(row, 0, VOCABULARY, 1, 5, workspace, ids, expected);
    for (int i = 0; i < 5; i++) {
      assertEquals(new Llamaj.TokenLogprob(ids[i], expected[i]), top.get(i));
    }
    assertEquals(6, top.size(), "the chosen token, too");
    assertEquals(3, top.get(5).id());
    assertEquals(5, llamaj.getLogprobs(ids[2], 5).size());
    assertEquals(1, llamaj.getLogprobs(3, 0).size());
    assertThrows(IndexOutOfBoundsException.class, () -> llamaj.getLogprobs(VOCABULARY, 5));
  }

  /** As in llama3.java and gemma4.java. */
  private interface EngineSampler<T> {
    int sampleToken(T logits);
  }

  private static final class ArrayTensor {
    // docs/engines.md: llama3softmax
    static final Kernels KERNELS = Kernels.best();
    final float[] values;

    ArrayTensor softmaxInPlace(int offset, int size) {
      KERNELS.softmax(values, offset, offset + size, 1, values, offset);
      return this;
    }

    // docs/engines.md: end

    ArrayTensor(float[] values) {
      this.values = values;
    }
  }

  private static final class Llama4j {
    static EngineSampler<ArrayTensor> selectSampler(
        int vocabularySize, float temperature, float topp, long rngSeed) {
      EngineSampler<ArrayTensor> sampler;
      // docs/engines.md: llama3
      var draw =
          SamplerChain.of(Step.temperature(temperature), Step.topP(topp > 0 ? topp : 1))
              .newSampler(vocabularySize, rngSeed);
      sampler = logits -> draw.next(logits.values);
      // docs/engines.md: end
      return sampler;
    }

    static void cap(ArrayTensor logits, float cap) {
      // docs/engines.md: gemma4cap
      float[] row = logits.values;
      ArrayTensor.KERNELS.softCap(row, 0, row.length, cap, row, 0);
      // docs/engines.md: end
    }

    static void route(
        ArrayTensor routerLogits, int nExperts, int topK, int[] topExperts, float[] topProbs) {
      // docs/engines.md: gemma4route
      Router router = Routing.qwen3Moe(nExperts, topK, false).newRouter(); // once for each State
      router.route(routerLogits.values, 0, nExperts, 1, topExperts, 0, topProbs, 0);
      // docs/engines.md: end
    }
  }

  /** As TornadoVM's: {@code getSegment} is what lies behind the header. */
  private record FloatArray(MemorySegment segment) {
    MemorySegment getSegment() {
      return segment;
    }

    int getSize() {
      return (int) (segment.byteSize() / 4);
    }
  }

  private static final class GpuLlama3 {
    static EngineSampler<FloatArray> selectSampler(
        int vocabularySize, float temperature, float topp, long rngSeed) {
      EngineSampler<FloatArray> sampler;
      // docs/engines.md: gpullama3
      var draw =
          SamplerChain.of(Step.temperature(temperature), Step.topP(topp > 0 ? topp : 1))
              .newSampler(vocabularySize, rngSeed);
      sampler = array -> draw.next(array.getSegment(), 0, array.getSize(), ElementType.FLOAT32);
      // docs/engines.md: end
      return sampler;
    }
  }

  /** As deliverance's and Jlama's tensors of floats. */
  private record Tensor(MemorySegment memory) {
    MemorySegment getMemorySegment() {
      return memory;
    }

    int getMemorySegmentOffset(int offset) {
      return 4 * offset;
    }

    int getOffset(int row, int column) {
      return row + column;
    }

    long size() {
      return memory.byteSize() / 4;
    }
  }

  private static final class Deliverance {
    static int topKCandidateCount(float topK, int vocabularySize) {
      return Math.min(vocabularySize, Math.round(topK));
    }

    static int sampleTopKTopP(
        Tensor logits,
        float temperature,
        Optional<Float> topK,
        Optional<Float> topP,
        Optional<Float> uniformTopP,
        float uniformSample) {
      int vocabularySize = Math.toIntExact(logits.size());
      // docs/engines.md: deliverance
      List<Step> steps = new ArrayList<>(List.of(Step.temperature(temperature)));
      topK.ifPresent(k -> steps.add(Step.topK(topKCandidateCount(k, vocabularySize))));
      topP.ifPresent(p -> steps.add(Step.topP(p)));
      var draw = SamplerChain.of(steps.toArray(Step[]::new)).newSampler(vocabularySize, 0);
      long at = logits.getMemorySegmentOffset(logits.getOffset(0, 0));
      var row = Logits.of(logits.getMemorySegment(), at, vocabularySize, ElementType.FLOAT32);
      if (uniformTopP.isPresent()) {
        var nucleus = draw.apply(row);
        return nucleus.id(Math.min((int) (uniformSample * nucleus.size()), nucleus.size() - 1));
      }
      return draw.sample(row, uniformSample);
      // docs/engines.md: end
    }
  }

  /** As gravitee's {@code LlamaContext}. */
  private static final class Llamaj {
    record TokenLogprob(int id, double logprob) {}

    private final MemorySegment logits;
    private final Kernels kernels = Kernels.best();
    private final Workspace workspace = Workspace.of(VOCABULARY);

    Llamaj(MemorySegment logits) {
      this.logits = logits;
    }

    private TokenLogprob buildTokenLogprob(int id, double logprob) {
      return new TokenLogprob(id, logprob);
    }

    List<TokenLogprob> getLogprobs(int sampledTokenId, int topN) {
      int nVocab = VOCABULARY;
      MemorySegment logitsPtr = logits;
      List<TokenLogprob> topList = new ArrayList<>();
      boolean chosenPresent = false;
      // docs/engines.md: llamaj
      Logits row = Logits.of(logitsPtr, 0, nVocab, ElementType.FLOAT32);
      int[] ids = new int[topN];
      double[] logprobs = new double[topN];
      int count =
          topN == 0 ? 0 : kernels.topLogProbabilities(row, 1, topN, workspace, ids, logprobs);
      for (int rank = 0; rank < count; rank++) {
        chosenPresent |= ids[rank] == sampledTokenId;
        topList.add(buildTokenLogprob(ids[rank], logprobs[rank]));
      }
      double chosen = kernels.logProbability(row, 1, sampledTokenId, workspace);
      // docs/engines.md: end
      if (!chosenPresent) {
        topList.add(buildTokenLogprob(sampledTokenId, chosen));
      }
      return topList;
    }
  }
}
