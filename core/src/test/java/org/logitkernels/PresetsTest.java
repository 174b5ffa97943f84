package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
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
            + " range=64), top_n_sigma=1.0, top_k=20, typical_p(0.9, min_keep=2),"
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
  }

  /** Some values out of range are brought into it, as its server does, and some are refused. */
  @Test
  void llamaCppOutOfRange() {
    assertChain(
        "temperature=0.8, mirostat_v2(tau=5.0, eta=0.1)", Presets.llamaCpp(Map.of("mirostat", 3)));
    assertChain(
        "typical_p=0.0, top_p=0.0, min_p=1.0, xtc(probability=1.0, threshold=0.0),"
            + " temperature=0.0, adaptive_p(target=1.0, decay=0.99)",
        Presets.llamaCpp(
            Map.ofEntries(
                Map.entry("mirostat", -1),
                Map.entry("top_k", -1),
                Map.entry("typical_p", -1),
                Map.entry("top_p", -0.5),
                Map.entry("min_p", 1.5),
                Map.entry("xtc_probability", 2),
                Map.entry("xtc_threshold", -1),
                Map.entry("temperature", -1),
                Map.entry("adaptive_target", 2),
                Map.entry("adaptive_decay", 0.99))));
    for (String name :
        List.of("min_keep", "repeat_last_n", "dry_allowed_length", "dry_penalty_last_n")) {
      Failures.illegalArgument(
          name + " must be >= 0, but was -1", () -> Presets.llamaCpp(Map.of(name, -1)));
    }
    Failures.illegalArgument(
        "adaptive_decay must be in [0, 0.99], but was 1.0",
        () -> Presets.llamaCpp(Map.of("adaptive_decay", 1)));
    Failures.illegalArgument(
        "adaptive_decay must be in [0, 0.99], but was -0.5",
        () -> Presets.llamaCpp(Map.of("adaptive_decay", -0.5)));
  }

  /** The server's names and those of the library's parameters. */
  @Test
  void llamaCppByEitherName() {
    Map<String, Number> server =
        Map.of(
            "repeat_last_n", 32,
            "repeat_penalty", 1.5,
            "frequency_penalty", 0.25,
            "presence_penalty", 0.5,
            "typical_p", 0.75,
            "temperature", 0.5);
    Map<String, Number> common =
        Map.of(
            "penalty_last_n", 32,
            "penalty_repeat", 1.5,
            "penalty_freq", 0.25,
            "penalty_present", 0.5,
            "typ_p", 0.75,
            "temp", 0.5);
    assertChain(
        "repetition_penalty(1.5, last=32, prompt=true), frequency_penalty(0.25, last=32,"
            + " prompt=true), presence_penalty(0.5, last=32, prompt=true), top_k=40,"
            + " typical_p=0.75, top_p=0.95, min_p=0.05, temperature=0.5",
        Presets.llamaCpp(server));
    assertEquals(Presets.llamaCpp(server), Presets.llamaCpp(common));
    Failures.illegalArgument(
        "'temperature' and 'temp' are one parameter of llama.cpp: give one of them",
        () -> Presets.llamaCpp(Map.of("temp", 1, "temperature", 1)));
    Failures.illegalArgument(
        "penalty_last_n must be >= 0, but was -1",
        () -> Presets.llamaCpp(Map.of("penalty_last_n", -1)));
  }

  /** A repetition that began 103 tokens ago is behind its window of 64. */
  @Test
  void llamaCppDryLooksAtTheLast64() {
    int[] prompt = new int[103];
    Arrays.setAll(prompt, i -> 10 + i);
    prompt[0] = 5;
    prompt[1] = 6;
    prompt[2] = 7;
    prompt[101] = 5;
    prompt[102] = 6;
    float[] row = new float[200];
    row[7] = 1;
    row[8] = 0.5f;
    assertEquals(7, greedyDry(Map.of(), prompt, row));
    assertEquals(8, greedyDry(Map.of("dry_penalty_last_n", 103), prompt, row));
    assertEquals(7, greedyDry(Map.of("dry_penalty_last_n", 102), prompt, row));
  }

  private static int greedyDry(Map<String, Number> more, int[] prompt, float[] row) {
    Map<String, Number> parameters = new HashMap<>(more);
    parameters.put("dry_multiplier", 0.8);
    parameters.put("temperature", 0);
    Sampler sampler = Presets.llamaCpp(parameters).newSampler(row.length, 1, Kernels.scalar());
    sampler.acceptPrompt(prompt);
    return sampler.sample(row);
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
    String dry = "dry(0.8, base=1.0, allowed=2, range=64), ";
    assertLlamaCpp(dry, off, Map.of("dry_multiplier", 0.8, "dry_base", 1));
    String usual = "dry(0.8, base=1.75, allowed=2, range=64), ";
    assertLlamaCpp(usual, off, Map.of("dry_multiplier", 0.8, "dry_base", Math.nextDown(1f)));
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
