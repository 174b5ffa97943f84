package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Map;
import java.util.stream.IntStream;
import net.jqwik.api.Example;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.BatchSampler;
import org.logitkernels.Beams;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Speculative;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** Sizes up to the largest int: as good as any that is just as large as needed, or an error. */
public interface SizesContract extends KernelsUnderTest {
  /** Logits of the rows here. */
  int LENGTH = 3000;

  /** On both sides of every power of two from 2^12 on, and the largest. */
  static int[] sizes() {
    return IntStream.concat(
            IntStream.rangeClosed(12, 30)
                .flatMap(e -> IntStream.of((1 << e) - 1, 1 << e, (1 << e) + 1)),
            IntStream.of(Integer.MAX_VALUE - 1024, Integer.MAX_VALUE - 1, Integer.MAX_VALUE))
        .toArray();
  }

  private static float[] row() {
    return TestRows.of(TestRows.Distribution.PEAKED, LENGTH, 0, 64).logits();
  }

  /** k of the kernels. */
  @Example
  default void kMayBeAnyInt() {
    float[] x = row();
    Workspace workspace = Workspace.of(LENGTH);
    int[] expected = Oracle.order(x);
    int[] ids = new int[LENGTH];
    float[] floats = new float[LENGTH];
    double[] doubles = new double[LENGTH];
    for (int k : sizes()) {
      assertEquals(LENGTH, kernels().topK(x, 0, LENGTH, k, workspace, ids, floats));
      assertArrayEquals(expected, ids);
      Arrays.fill(ids, 0);
      assertEquals(
          LENGTH, kernels().topLogProbabilities(x, 0, LENGTH, 1, k, workspace, ids, doubles));
      assertArrayEquals(expected, ids);
      kernels().topKMaskLogits(x, 0, LENGTH, k, workspace, floats, 0);
      assertArrayEquals(x, floats);
      kernels().topKRenormalize(x, 0, LENGTH, 1, k, workspace, floats, 0);
      assertEquals(1, IntStream.range(0, LENGTH).mapToDouble(i -> floats[i]).sum(), 1e-5);
    }
  }

  /** Numbers of steps, against what is as large as this row and history can make use of. */
  @Example
  default void numbersOfStepsMayBeAnyInt() {
    for (int n : sizes()) {
      assertSame(Step.topK(LENGTH), Step.topK(n));
      assertSame(Step.topP(0.5f).minKeep(LENGTH), Step.topP(0.5f).minKeep(n));
      assertSame(Step.topNSigma(1).minKeep(LENGTH), Step.topNSigma(1).minKeep(n));
      assertSame(Step.typical(0.5f).minKeep(LENGTH), Step.typical(0.5f).minKeep(n));
      assertSame(Step.xtc(1, 0.01f).minKeep(LENGTH), Step.xtc(1, 0.01f).minKeep(n));
      assertSame(Step.etaCutoff(0.1f).minKeep(LENGTH), Step.etaCutoff(0.1f).minKeep(n));
      assertSame(Step.topH(0.5f, LENGTH), Step.topH(0.5f, n));
      assertSame(Step.pLess().minKeep(LENGTH), Step.pLess().minKeep(n));
      assertSame(Step.mirostatV1(4, 0.1f, LENGTH), Step.mirostatV1(4, 0.1f, n));
      assertSame(Step.repetitionPenalty(2, 99, true), Step.repetitionPenalty(2, n, true));
      assertSame(Step.frequencyPenalty(2, 99, false), Step.frequencyPenalty(2, n, false));
      assertSame(Step.presencePenalty(2, 99, true), Step.presencePenalty(2, n, true));
      assertSame(Step.dry(2, 1.5f, 2, 99), Step.dry(2, 1.5f, 2, n));
      assertSame(Step.dry(2, 1.5f, 99, 99), Step.dry(2, 1.5f, n, 99));
      assertSame(Step.noRepeatNgram(99), Step.noRepeatNgram(n));
      assertSame(Step.minLength(99, 0, 7), Step.minLength(n, 0, 7));
    }
  }

  private void assertSame(Step enough, Step step) {
    assertArrayEquals(probabilities(enough), probabilities(step), () -> "of " + step);
  }

  private float[] probabilities(Step step) {
    Sampler sampler = SamplerChain.of(step).newSampler(LENGTH, 1, kernels());
    sampler.acceptPrompt(5, 6, 7, 5, 6);
    sampler.accept(7);
    sampler.accept(5);
    sampler.sample(row(), 0, LENGTH, 0.3);
    float[] probabilities = new float[LENGTH];
    sampler.probabilities(probabilities, 0);
    return probabilities;
  }

  /** Ids that the vocabulary holds, and those that none can. */
  @Example
  default void idsMayBeAnyInt() {
    for (int id : sizes()) {
      Step bias = Step.logitBias(Map.of(id, 3f));
      for (Step step :
          new Step[] {
            bias, Step.banned(new int[] {id}, new int[] {5, id}), Step.minLength(9, id)
          }) {
        if (id >= LENGTH) {
          Failures.illegalArgument(
              step + " names token " + id + ", which is not in the vocabulary of " + LENGTH,
              () -> SamplerChain.of(step).newSampler(LENGTH, 1, kernels()));
        } else {
          probabilities(step);
        }
      }
    }
  }

  /** What is to be drawn, and the places of rows, are checked before anything is done. */
  @Example
  default void placesMayBeAnyInt() {
    float[] x = row();
    Sampler sampler = SamplerChain.of().newSampler(LENGTH, 1, kernels());
    BatchSampler batch =
        BatchSampler.of(
            SamplerChain.of().newSampler(LENGTH, 2, kernels()),
            SamplerChain.of().newSampler(LENGTH, 3, kernels()));
    Beams beams = Beams.of(2, 1000, 4, kernels());
    int[] tokens = new int[4];
    double[] four = new double[4];
    MemorySegment segment = MemorySegment.ofArray(x);
    for (int n : sizes()) {
      assertThrows(
          IllegalArgumentException.class,
          () -> sampler.sampleWithoutReplacement(x, 0, LENGTH, n, tokens, four));
      assertOutside(() -> sampler.sample(x, n, n));
      assertOutside(() -> sampler.sample(x, 0, n));
      assertOutside(() -> sampler.sample(segment, 4L * n, LENGTH, ElementType.FLOAT32));
      assertOutside(() -> sampler.sample(segment, Long.MAX_VALUE - n, LENGTH, ElementType.FLOAT32));
      assertThrows(IllegalArgumentException.class, () -> batch.sample(x, 0, 0, n, LENGTH, tokens));
      assertOutside(() -> batch.sample(x, n, 0, 2, 1, tokens));
      assertOutside(() -> batch.sample(x, 0, n, 2, 1, tokens));
      assertOutside(() -> batch.sample(x, 0, 0, 2, n, tokens));
      assertOutside(() -> batch.sample(segment, 0, 4L * n, 2, 1, ElementType.FLOAT32, tokens));
      assertOutside(() -> batch.sample(segment, 4L * n, 0, 2, 1, ElementType.FLOAT32, tokens));
      assertOutside(
          () -> batch.sample(segment, 0, Long.MAX_VALUE - n, 2, 1, ElementType.FLOAT32, tokens));
      assertOutside(() -> beams.step(x, 0, n, four, 1, new int[4], tokens, new double[4]));
      assertOutside(() -> beams.step(x, n, 1000, four, 1, new int[4], tokens, new double[4]));
      assertOutside(
          () -> Speculative.verify(tokens, n, 4, new float[16], new float[20], four, tokens));
      assertThrows(
          IllegalArgumentException.class,
          () -> Speculative.verify(new int[2], n, new float[16], new float[20], four, tokens));
    }
    assertEquals(0, sampler.position());
    assertEquals(0, batch.sample(x, 0, Integer.MAX_VALUE, 1, LENGTH, tokens)); // one row, no stride
    assertEquals(
        0, batch.sample(segment, 0, Long.MAX_VALUE, 1, LENGTH, ElementType.FLOAT32, tokens));
  }

  private static void assertOutside(Executable call) {
    assertThrows(IndexOutOfBoundsException.class, call);
  }

  /** Memory without a known end is a segment as large as there can be. */
  @Example
  @SuppressWarnings("restricted")
  default void segmentsMayBeOfAnySize() {
    float[] x = row();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment memory = arena.allocate(4L * LENGTH, 64);
      for (ElementType type : ElementType.values()) {
        SegmentContract.store(x, type, memory);
        Workspace workspace = Workspace.of(LENGTH);
        double expected = kernels().logSumExp(memory, 0, LENGTH, type, 1, workspace);
        int best = kernels().argMax(memory, 0, LENGTH, type, workspace);
        long address = memory.address();
        for (long bytes :
            new long[] {1L << 31, 1L << 32, (1L << 32) + 4, 1L << 33, 1L << 40, 1L << 62}) {
          MemorySegment endless = MemorySegment.ofAddress(address).reinterpret(bytes);
          assertEquals(expected, kernels().logSumExp(endless, 0, LENGTH, type, 1, workspace));
          assertEquals(best, kernels().argMax(endless, 0, LENGTH, type, workspace));
        }
      }
    }
  }
}
