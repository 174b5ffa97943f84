package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.abort;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/** The bundled model against the golden output that was computed with another implementation. */
class GoldenTest {

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void greedyReproducesTheGoldenTokens(String backend) throws Exception {
    Kernels kernels = kernels(backend);
    JsonNode golden = golden();
    int[] ids = ids(golden, "ids");
    Checkpoint checkpoint = Checkpoint.read(Models.CHECKPOINT);
    Tokenizer tokenizer = Tokenizer.read(Models.TOKENIZER, checkpoint.vocabularySize);
    int[] prompt = tokenizer.encode("Once upon a time", checkpoint.contextLength);
    assertArrayEquals(ids(golden, "prompt_ids"), prompt);

    List<Integer> drawn = new ArrayList<>();
    StringBuilder text = new StringBuilder();
    Story.View view =
        new Story.View() {
          @Override
          public void drawn(int token, float[] logits, Sampler sampler) {
            drawn.add(token);
          }

          @Override
          public boolean text(String more) {
            text.append(more);
            return true;
          }
        };
    Sampler sampler = SamplerChain.greedy().newSampler(tokenizer.size(), 0, kernels);
    new Story(tokenizer, new Transformer(checkpoint, kernels, 100), prompt, 100)
        .tell(sampler, view);

    assertEquals(100, ids.length - 1);
    assertArrayEquals(
        Arrays.copyOfRange(ids, prompt.length, ids.length),
        drawn.stream().mapToInt(Integer::intValue).toArray());
    assertEquals(golden.get("text").asText(), text.toString());
  }

  @ParameterizedTest
  @ValueSource(strings = {"scalar", "vector"})
  void theProgramPrintsTheGoldenText(String backend) throws IOException {
    kernels(backend);
    Run run = Run.bundled("--temperature", "0", "--steps", "100", "--backend", backend);
    assertEquals(0, run.status(), run.err());
    assertEquals(golden().get("text").asText() + System.lineSeparator(), run.out());
  }

  @Test
  void logitsAreTheGoldenOnes() throws Exception {
    JsonNode golden = golden();
    int[] ids = ids(golden, "ids");
    Checkpoint checkpoint = Checkpoint.read(Models.CHECKPOINT);
    Transformer model = new Transformer(checkpoint, Kernels.scalar(), 51);
    int compared = 0;
    for (int step = 0; step <= 50; step++) {
      float[] logits = model.forward(ids[step], step);
      for (JsonNode pair : golden.path("top5").path("" + step)) {
        double expected = pair.get(1).asDouble();
        assertEquals(expected, logits[pair.get(0).asInt()], 5e-5, "step " + step);
        compared++;
      }
    }
    assertEquals(15, compared);
  }

  @ParameterizedTest
  @CsvSource({"0.8, 0.95, 0", "1, 1, 0", "1.5, 1, 0.02", "0.7, 0.5, 0.1"})
  void theSameSeedTellsTheSameTaleWithEitherBackend(String t, String topP, String minP) {
    kernels("vector");
    String[] args = {"--seed", "11", "--temperature", t, "--top-p", topP, "--min-p", minP};
    Run scalar = Run.bundled(with(args, "--backend", "scalar"));
    Run vector = Run.bundled(with(args, "--backend", "vector"));
    assertEquals(0, scalar.status(), scalar.err());
    assertTrue(scalar.out().length() > 100, scalar.out());
    assertEquals(scalar.out(), vector.out());
    assertTrue(scalar.err().contains("backend scalar, seed 11"), scalar.err());
    assertTrue(vector.err().matches("(?s).*backend vector \\d+ bits, seed 11\\s*"), vector.err());
  }

  private static String[] with(String[] args, String... more) {
    String[] all = Arrays.copyOf(args, args.length + more.length);
    System.arraycopy(more, 0, all, args.length, more.length);
    return all;
  }

  /**
   * Skips the test, with the library's reason, where the machine has no fit vectors. That the
   * backend or its module were missing would be the build's fault.
   */
  private static Kernels kernels(String backend) {
    assertTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(), "the module");
    assertNotNull(Kernels.class.getResource("vector/VectorProvider.class"), "the vector backend");
    try {
      return Kernels.named(backend);
    } catch (IllegalStateException e) {
      assertFalse(e.getMessage().contains("failed to load"), e.getMessage());
      return abort(e.getMessage());
    }
  }

  private static JsonNode golden() throws IOException {
    return new ObjectMapper().readTree(Models.GOLDEN.toFile());
  }

  private static int[] ids(JsonNode golden, String name) {
    return StreamSupport.stream(golden.get(name).spliterator(), false)
        .mapToInt(JsonNode::asInt)
        .toArray();
  }
}
