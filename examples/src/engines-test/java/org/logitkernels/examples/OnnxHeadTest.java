package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtSession;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** The output head in ONNX Runtime, and that nothing is copied between it and the sampler. */
class OnnxHeadTest {

  @BeforeAll
  static void theModel() {
    System.setProperty("org.logitkernels.examples.model", Models.CHECKPOINT.getParent().toString());
  }

  /** Rows of different sequences, against the plain loop, up to the rounding of the type. */
  @ParameterizedTest
  @EnumSource
  void theLogitsAreThoseOfTheTransformer(ElementType type) throws Exception {
    Checkpoint model = Checkpoint.read(Models.CHECKPOINT);
    double relative =
        switch (type) {
          case FLOAT32 -> 0;
          case FLOAT16 -> 0x1p-11;
          case BFLOAT16 -> 0x1p-8;
        };
    try (OnnxHead head = new OnnxHead(model, 3, type)) {
      float[][] expected = fill(head, model);
      head.run();
      for (int row = 0; row < 3; row++) {
        for (int i = 0; i < model.vocabularySize; i++) {
          float x = expected[row][i];
          assertEquals(x, logit(head, model, type, row, i), 1e-4 + relative * Math.abs(x));
        }
      }
    }
  }

  /** The tensor, the engine and the sampler: one memory. */
  @Test
  void theSamplerReadsTheMemoryThatTheEngineWrites() throws Exception {
    Checkpoint model = Checkpoint.read(Models.CHECKPOINT);
    Sampler sampler = SamplerChain.greedy().newSampler(model.vocabularySize, 0);
    try (OnnxHead head = new OnnxHead(model, 3, ElementType.FLOAT32)) {
      MemorySegment ofTensor = MemorySegment.ofBuffer(head.output.getBufferRef().orElseThrow());
      assertEquals(ofTensor.address(), head.logits.address());
      assertFalse(head.output.ownsBuffer());

      float[][] expected = fill(head, model);
      head.logits.fill((byte) -1); // NaN
      head.run();
      for (int row = 0; row < 3; row++) {
        assertEquals(Kernels.scalar().argMax(expected[row], 0, 2048), head.sample(sampler, row));
      }
      // What Java writes, ONNX Runtime has in its own tensor, and the sampler takes.
      head.logits.setAtIndex(ValueLayout.JAVA_FLOAT, 2048 + 77, 1000);
      assertEquals(1000, head.output.getFloatBuffer().get(2048 + 77));
      assertEquals(77, head.sample(sampler, 1));
    }
  }

  /** The lines of the README. */
  @Test
  void aDirectBuffer() throws Exception {
    Checkpoint model = Checkpoint.read(Models.CHECKPOINT);
    int vocabulary = model.vocabularySize;
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    Sampler sampler = SamplerChain.of(Step.topK(40)).newSampler(vocabulary, 7);
    Sampler again = sampler.fork();
    float[] state = new Transformer(model, Kernels.scalar(), 1).hidden(1, 0).clone();
    FloatBuffer hidden = OnnxHead.direct(4 * model.dim).asFloatBuffer().put(0, state);
    byte[] onnx = OnnxHead.onnx(model, 1, ElementType.FLOAT32);
    try (OrtSession session = environment.createSession(onnx);
        OnnxTensor input =
            OnnxTensor.createTensor(environment, hidden, new long[] {1, model.dim})) {
      Map<String, OnnxTensor> inputs = Map.of("hidden", input);
      // docs/engines.md: buffer
      FloatBuffer logits =
          ByteBuffer.allocateDirect(4 * vocabulary).order(ByteOrder.nativeOrder()).asFloatBuffer();
      OnnxTensor tensor = OnnxTensor.createTensor(environment, logits, new long[] {1, vocabulary});
      session.run(inputs, Map.of("logits", tensor)).close(); // the engine writes into the buffer
      int token = sampler.sample(logits); // and the sampler reads it there
      // docs/engines.md: end
      tensor.close();
      float[] copy = new float[vocabulary];
      logits.get(0, copy);
      assertTrue(logits.isDirect());
      assertEquals(token, again.sample(copy));
      assertEquals(
          copy[token], new Transformer(model, Kernels.scalar(), 1).forward(1, 0)[token], 1e-4);
    }
  }

  @ParameterizedTest
  @EnumSource
  void greedyTellsTheGoldenTale(ElementType type) throws Exception {
    String golden = new ObjectMapper().readTree(Models.GOLDEN.toFile()).get("text").asText();
    String told = generate("--chain", "temperature=0", "--steps", "100", "--type", type.name());
    // Eight bits of precision do not tell the two best tokens apart everywhere.
    assertEquals(
        type == ElementType.BFLOAT16 ? golden.substring(0, 40) : golden.strip(),
        type == ElementType.BFLOAT16 ? told.substring(0, 40) : told.strip());
  }

  @Test
  void aSeedTellsTheTaleOfThePlainProgramAloneAndBesideOthers() {
    String[] expected = new String[3];
    for (int i = 0; i < 3; i++) {
      expected[i] = Run.bundled("--seed", "" + (5 + i), "--steps", "80").out();
    }
    assertEquals(expected[0], generate("--seed", "5", "--steps", "80"));
    assertEquals(
        expected[0] + expected[1] + expected[2],
        generate("--onnx", "--seed", "5", "--steps", "80", "--tales", "3"));
  }

  @Test
  void whatCannotBeUsedIsOneSentence() {
    for (String[] args :
        new String[][] {{"--chain", "warmth=1"}, {"--tales", "0"}, {"--type", "INT8"}}) {
      ByteArrayOutputStream err = new ByteArrayOutputStream();
      PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream(), true, UTF_8);
      assertEquals(2, OnnxGenerate.run(nowhere, new PrintStream(err, true, UTF_8), args));
      assertTrue(err.toString(UTF_8).matches("generate: [^\n]+\n"), err.toString(UTF_8));
    }
  }

  private static String generate(String... args) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    assertEquals(0, OnnxGenerate.run(new PrintStream(out, true, UTF_8), System.err, args));
    return out.toString(UTF_8);
  }

  /** Writes the states of three sequences, and tells what logits belong to them. */
  private static float[][] fill(OnnxHead head, Checkpoint model) {
    float[][] expected = new float[3][];
    for (int row = 0; row < 3; row++) {
      Transformer transformer = new Transformer(model, Kernels.scalar(), 1);
      head.hidden.put(row * model.dim, transformer.hidden(1000 + row, 0));
      expected[row] = transformer.forward(1000 + row, 0);
    }
    return expected;
  }

  private static float logit(OnnxHead head, Checkpoint model, ElementType type, int row, int i) {
    long index = (long) row * model.vocabularySize + i;
    if (type == ElementType.FLOAT32) {
      return head.logits.getAtIndex(ValueLayout.JAVA_FLOAT, index);
    }
    short half = head.logits.getAtIndex(ValueLayout.JAVA_SHORT, index);
    return type == ElementType.FLOAT16
        ? Float.float16ToFloat(half)
        : Float.intBitsToFloat(half << 16);
  }
}
