package org.logitkernels.peers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.logitkernels.Kernels;
import org.logitkernels.Presets;
import org.logitkernels.Sampler;

/** What {@code docs/coming-from.md} says is different: what comes out here, and there. */
class LlamaCppDifferencesTest {
  private static final float MASKED = Float.NEGATIVE_INFINITY;

  /** Everything off. */
  private static final Map<String, Number> OFF =
      Map.of("top_k", 0, "top_p", 1, "min_p", 0, "temperature", 1);

  private static Map<String, Number> with(Map<String, ? extends Number> more) {
    Map<String, Number> parameters = new HashMap<>(OFF);
    parameters.putAll(more);
    return parameters;
  }

  private static double there(Map<String, ? extends Number> more, float[] row, int token)
      throws PeerPipeline.Rejected {
    PeerPipeline.Decisions decisions = new PeerPipeline.Decisions();
    double[] p = new LlamaCpp().begin(with(more), new int[0]).next(row, 0, decisions);
    return p[token];
  }

  private static double here(Map<String, ? extends Number> more, float[] row, int token) {
    Sampler sampler = Presets.llamaCpp(with(more)).newSampler(row.length, 1, Kernels.scalar());
    sampler.sample(row, 0, row.length, 0.5);
    float[] p = new float[row.length];
    sampler.probabilities(p, 0);
    return p[token];
  }

  private static void assertBoth(
      double here, double there, Map<String, ? extends Number> more, float[] row, int token)
      throws PeerPipeline.Rejected {
    assertEquals(here, here(more, row, token), 1e-3, "here");
    assertEquals(there, there(more, row, token), 1e-3, "there");
  }

  /** Of 3 tokens and 2 masked ones, the entropy is compared with ln(3) here, with ln(5) there. */
  @Test
  void differenceMaskedTokensInDynamicTemperature() throws PeerPipeline.Rejected {
    float[] row = {1, 1, MASKED, 0, MASKED};
    Map<String, Number> parameters = Map.of("dynatemp_range", 1);
    assertBoth(0.3872, 0.4076, parameters, row, 0);
    assertBoth(0.5, 0.5, Map.of("dynatemp_range", 1, "min_p", 0.5), row, 0);
  }

  @Test
  void differenceMaskedTokensInTheLeastThatXtcKeeps() throws PeerPipeline.Rejected {
    float[] row = {2, 1.9f, 0, MASKED};
    Map<String, Number> parameters =
        Map.of("xtc_probability", 1, "xtc_threshold", 0.1, "min_keep", 3);
    assertBoth(0.490, 0, parameters, row, 0);
  }

  @Test
  void differenceMaskedTokensInMirostat1() throws PeerPipeline.Rejected {
    float[] row = {2, 1.9f, 1.5f, MASKED};
    assertBoth(0.3982, 1, Map.of("mirostat", 1), row, 0);
  }

  /** Where not even the best reaches the surprisal, one of them is kept there, and all here. */
  @Test
  void differenceTiesOfMirostat2() throws PeerPipeline.Rejected {
    float[] row = {1, 1, 0, 0};
    assertBoth(0.5, 1, Map.of("mirostat", 2, "mirostat_tau", 0.1), row, 0);
  }

  /** 0 ln(0) makes every distance NaN there, and the order of NaN is the compiler's. */
  @Test
  void differenceTokensWithoutWeightInTypical() throws PeerPipeline.Rejected {
    float[] row = {2, 1.9f, 0, MASKED};
    assertEquals(1, here(Map.of("typical_p", 0.4), row, 1), 1e-6);
    assertOpenThere(Map.of("typical_p", 0.4), row);
  }

  /** An XTC threshold of 0 leaves the last candidate there, and a masked one is. */
  @Test
  void differenceMaskedTokensInAnXtcOfEverything() throws PeerPipeline.Rejected {
    float[] row = {2, 1.9f, 0, MASKED};
    Map<String, Number> parameters = Map.of("xtc_probability", 1, "xtc_threshold", 0);
    assertEquals(1, here(parameters, row, 2), 1e-6);
    assertOpenThere(parameters, row);
  }

  /** Of nearly equal tokens k is beyond the range of int: all are kept here. */
  @Test
  void differenceHugeKOfMirostat1() throws PeerPipeline.Rejected {
    float[] row = {1, 1, 1, 0.9f, 0.9f};
    Map<String, Number> parameters = Map.of("mirostat", 1, "mirostat_tau", 8);
    assertEquals(0.208, here(parameters, row, 0), 1e-3);
    assertOpenThere(parameters, row);
  }

  private static void assertOpenThere(Map<String, Number> parameters, float[] row)
      throws PeerPipeline.Rejected {
    PeerPipeline.Decisions decisions = new PeerPipeline.Decisions();
    new LlamaCpp().begin(with(parameters), new int[0]).next(row, 0, decisions);
    assertEquals(0, decisions.margin());
  }

  @Test
  void differenceValuesThatAreErrorsHere() throws PeerPipeline.Rejected {
    List<Map<String, Number>> all =
        List.of(
            Map.of("repeat_penalty", 0),
            Map.of("repeat_penalty", -1),
            Map.of("dry_multiplier", -0.5),
            Map.of("dynatemp_range", 1, "dynatemp_exponent", -1),
            Map.of("mirostat", 2, "mirostat_tau", -1),
            Map.of("mirostat", 2, "mirostat_eta", -1),
            Map.of("top_k", 4.5));
    for (Map<String, Number> parameters : all) {
      new LlamaCpp().begin(parameters, new int[0]);
      assertThrows(
          IllegalArgumentException.class,
          () -> Presets.llamaCpp(parameters),
          parameters.toString());
    }
  }
}
