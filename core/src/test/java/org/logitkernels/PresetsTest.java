package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;

/** The chains of other systems: defaults, order, and what is off. */
class PresetsTest {
  private static void assertChain(String text, SamplerChain chain) {
    assertEquals(text, chain.toString());
    if (!text.isEmpty()) {
      assertEquals(chain, SamplerChain.parse(text));
    }
  }

  @Test
  void defaultsAreTheirs() {
    assertChain("top_k=40, top_p=0.95, min_p=0.05, temperature=0.8", Presets.llamaCpp(Map.of()));
    assertChain("top_k=50", Presets.huggingFace(Map.of()));
    assertChain("", Presets.vllm(Map.of()));
    assertChain("temperature=0.0", Presets.mlx(Map.of()));
  }

  @Test
  void llamaCppInItsOrder() {
    assertChain(
        "repetition_penalty(1.1, last=64, prompt=true), frequency_penalty(0.2, last=64, prompt=true),"
            + " presence_penalty(0.3, last=64, prompt=true), dry(0.8, base=1.75, allowed=2,"
            + " range=2147483647), top_n_sigma=1.0, top_k=20, typical_p(0.9, min_keep=2),"
            + " top_p(0.8, min_keep=2), min_p(0.1, min_keep=2), xtc(probability=0.5,"
            + " threshold=0.1, min_keep=2), dynamic_temperature(min=0.3, max=0.90000004,"
            + " exponent=2.0)",
        Presets.llamaCpp(
            Map.ofEntries(
                Map.entry("penalty_repeat", 1.1),
                Map.entry("penalty_freq", 0.2),
                Map.entry("penalty_present", 0.3),
                Map.entry("dry_multiplier", 0.8),
                Map.entry("top_n_sigma", 1),
                Map.entry("top_k", 20),
                Map.entry("typ_p", 0.9),
                Map.entry("top_p", 0.8),
                Map.entry("min_p", 0.1),
                Map.entry("xtc_probability", 0.5),
                Map.entry("temp", 0.6),
                Map.entry("dynatemp_range", 0.3),
                Map.entry("dynatemp_exponent", 2),
                Map.entry("min_keep", 2))));
    assertChain(
        "temperature=0.0",
        Presets.llamaCpp(
            Map.of(
                "top_k",
                0,
                "top_p",
                1,
                "min_p",
                0,
                "temp",
                -1,
                "penalty_last_n",
                0,
                "penalty_repeat",
                2,
                "xtc_probability",
                1,
                "xtc_threshold",
                0.6)));
  }

  @Test
  void llamaCppThatSteers() {
    assertChain(
        "temperature=0.8, mirostat_v2(tau=4.0, eta=0.1)",
        Presets.llamaCpp(Map.of("mirostat", 2, "mirostat_tau", 4)));
    assertChain(
        "temperature=0.8, mirostat_v1(tau=5.0, eta=0.1, m=100)",
        Presets.llamaCpp(Map.of("mirostat", 1, "top_k", 3)));
    assertChain(
        "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8, adaptive_p(target=0.5, decay=0.9)",
        Presets.llamaCpp(Map.of("adaptive_target", 0.5)));
    Failures.illegalArgument(
        "mirostat must be 0, 1 or 2, but was 3", () -> Presets.llamaCpp(Map.of("mirostat", 3)));
  }

  @Test
  void huggingFaceInItsOrder() {
    assertChain(
        "repetition_penalty(1.2, last=2147483647, prompt=true), no_repeat_ngram=3, temperature=0.7,"
            + " top_h(h=0.4, n=100), top_k=10, top_p=0.9, min_p=0.05, typical_p=0.95,"
            + " epsilon_cutoff=0.001, eta_cutoff=0.002",
        Presets.huggingFace(
            Map.of(
                "repetition_penalty",
                1.2,
                "no_repeat_ngram_size",
                3,
                "temperature",
                0.7,
                "top_h",
                0.4,
                "top_k",
                10,
                "top_p",
                0.9,
                "min_p",
                0.05,
                "typical_p",
                0.95,
                "epsilon_cutoff",
                0.001,
                "eta_cutoff",
                0.002)));
  }

  @Test
  void vllmInItsOrder() {
    assertChain(
        "repetition_penalty(1.2, last=2147483647, prompt=true), frequency_penalty(0.5,"
            + " last=2147483647, prompt=false), presence_penalty(-0.5, last=2147483647,"
            + " prompt=false), temperature=0.7, min_p=0.05, top_k=10, top_p=0.9",
        Presets.vllm(
            Map.of(
                "repetition_penalty",
                1.2,
                "frequency_penalty",
                0.5,
                "presence_penalty",
                -0.5,
                "temperature",
                0.7,
                "top_k",
                10,
                "top_p",
                0.9,
                "min_p",
                0.05)));
    assertChain("temperature=0.0", Presets.vllm(Map.of("temperature", 1e-6, "top_k", -1)));
  }

  @Test
  void mlxInItsOrder() {
    assertChain(
        "repetition_penalty(1.2, last=20, prompt=true), presence_penalty(0.5, last=10, prompt=true),"
            + " frequency_penalty(0.1, last=20, prompt=true), top_p=0.9, min_p(0.05, min_keep=3),"
            + " xtc(probability=0.5, threshold=0.1), top_k=10, temperature=0.7",
        Presets.mlx(
            Map.ofEntries(
                Map.entry("repetition_penalty", 1.2),
                Map.entry("presence_penalty", 0.5),
                Map.entry("presence_context_size", 10),
                Map.entry("frequency_penalty", 0.1),
                Map.entry("temp", 0.7),
                Map.entry("top_k", 10),
                Map.entry("top_p", 0.9),
                Map.entry("min_p", 0.05),
                Map.entry("min_tokens_to_keep", 3),
                Map.entry("xtc_probability", 0.5),
                Map.entry("xtc_threshold", 0.1))));
  }

  /** The last values that leave a step out, and the first that bring it in. */
  @Test
  void edgesAreTheirs() {
    Map<String, Number> off = Map.of("top_k", 0, "top_p", 1, "min_p", 0, "temp", 1);
    String dry = "dry(0.8, base=1.0, allowed=2, range=2147483647), ";
    assertLlamaCpp(dry, off, Map.of("dry_multiplier", 0.8, "dry_base", 1));
    assertLlamaCpp("", off, Map.of("dry_multiplier", 0.8, "dry_base", Math.nextDown(1f)));
    assertLlamaCpp("", off, Map.of("dry_multiplier", 0.8, "dry_penalty_last_n", 0));
    assertLlamaCpp("", off, Map.of("top_n_sigma", 0));
    assertLlamaCpp("top_n_sigma=1.4E-45, ", off, Map.of("top_n_sigma", Float.MIN_VALUE));
    String xtc = "xtc(probability=0.1, threshold=0.5), ";
    assertLlamaCpp(xtc, off, Map.of("xtc_probability", 0.1, "xtc_threshold", 0.5));
    assertLlamaCpp("", off, Map.of("xtc_probability", 0.1, "xtc_threshold", 0.51));
    assertLlamaCpp("", off, Map.of("xtc_probability", 0, "xtc_threshold", 0.1));
    assertChain(
        "top_k=40, top_p=0.95, min_p=0.05, temperature=0.8, adaptive_p(target=0.0, decay=0.9)",
        Presets.llamaCpp(Map.of("adaptive_target", 0)));
    assertChain("temperature=1.0E-5", Presets.vllm(Map.of("temperature", 1e-5f)));
    assertChain("temperature=0.0", Presets.vllm(Map.of("temperature", Math.nextDown(1e-5f))));
  }

  private static void assertLlamaCpp(
      String text, Map<String, Number> off, Map<String, Number> more) {
    Map<String, Number> parameters = new HashMap<>(off);
    parameters.putAll(more);
    assertChain(text + "temperature=1.0", Presets.llamaCpp(parameters));
  }

  @Test
  void mistakesAreErrors() {
    Failures.illegalArgument(
        "unknown parameter 'temp' of vLLM, which has frequency_penalty, min_p, presence_penalty,"
            + " repetition_penalty, temperature, top_k, top_p",
        () -> Presets.vllm(Map.of("temp", 1)));
    Failures.illegalArgument(
        "top_k must be a whole number, but was 4.5",
        () -> Presets.huggingFace(Map.of("top_k", 4.5)));
    Failures.illegalArgument(
        "temp must be finite, but was NaN", () -> Presets.llamaCpp(Map.of("temp", Double.NaN)));
    Failures.illegalArgument(
        "temperature must be finite and >= 0, but was -1.0",
        () -> Presets.vllm(Map.of("temperature", -1)));
  }
}
