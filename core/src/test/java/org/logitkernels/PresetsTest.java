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
    assertChain("temperature=0.0", Presets.vllm(Map.of("temperature", 0, "top_k", 5)));
    assertChain(
        "min_length(3, ends=2), top_k=5",
        Presets.vllm(Map.of("min_tokens", 3, "eos_token_id", 2, "top_k", 5)));
  }

  /** vLLM raises what is above 0 and below 0.01, before it asks what is greedy. */
  @Test
  void vllmRaisesLowTemperatures() {
    for (double t : new double[] {0.005, 0.001, 1e-6, 1e-50, 0.01}) {
      assertChain("temperature=0.01", Presets.vllm(Map.of("temperature", t)));
    }
    assertChain("temperature=0.010000001", Presets.vllm(Map.of("temperature", 0.010000001f)));
    assertChain("temperature=0.0", Presets.vllm(Map.of("temperature", 0)));
    assertChain("temperature=0.0", Presets.vllm(Map.of("temperature", -0.0)));
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

  /** At temperature 0 mlx-lm takes the arg-max behind its penalties, before any other step. */
  @Test
  void mlxIsGreedyBeforeAllFilters() {
    Map<String, Number> filters =
        Map.of("xtc_probability", 1, "xtc_threshold", 0.1, "top_p", 0.5, "min_p", 7, "top_k", 3);
    assertChain("temperature=0.0", Presets.mlx(filters));
    Map<String, Number> more = new HashMap<>(filters);
    more.put("frequency_penalty", 1);
    assertChain("frequency_penalty(1.0, last=20, prompt=true), temperature=0.0", Presets.mlx(more));
    float[] x = {(float) Math.log(.5), (float) Math.log(.3), (float) Math.log(.15), -3};
    assertEquals(0, Presets.mlx(filters).newSampler(4, 1).sample(x));
  }

  /** XTC's threshold was 0 until July 2026, and left the least likely token alone. */
  @Test
  void mlxExcludesFromATenthOn() {
    SamplerChain chain = Presets.mlx(Map.of("temp", 1, "xtc_probability", 1));
    assertChain("xtc(probability=1.0, threshold=0.1)", chain);
    float[] x = {(float) Math.log(.5), (float) Math.log(.3), (float) Math.log(.15), -3};
    Sampler sampler = chain.newSampler(4, 1);
    sampler.sample(x, 0, 4, 0.1);
    float[] probabilities = new float[4];
    sampler.probabilities(probabilities, 0);
    assertEquals(0, probabilities[0] + probabilities[1]);
    assertEquals(0.15 / (0.15 + Math.exp(-3)), probabilities[2], 1e-6);
  }

  @Test
  void mlxContextOfNoTokensIsAllOfThem() {
    assertChain(
        "repetition_penalty(1.5, last=2147483647, prompt=true), temperature=0.0",
        Presets.mlx(Map.of("repetition_penalty", 1.5, "repetition_context_size", 0)));
    Failures.illegalArgument(
        "presence_context_size must be >= 0 (0: all), but was -5",
        () -> Presets.mlx(Map.of("presence_context_size", -5)));
  }

  @Test
  void mlxByTheServersName() {
    assertEquals(
        Presets.mlx(Map.of("temp", 0.7, "top_k", 4)),
        Presets.mlx(Map.of("temperature", 0.7, "top_k", 4)));
    Failures.illegalArgument(
        "'temp' and 'temperature' are one parameter of mlx-lm: give one of them",
        () -> Presets.mlx(Map.of("temp", 0.7, "temperature", 0.7)));
    Failures.illegalArgument(
        "temperature must be >= 0 (0: greedy), but was -1",
        () -> Presets.mlx(Map.of("temperature", -1)));
  }

  @Test
  void mlxRejectsWhatItsStepsReject() {
    Map<String, Number> drawn = Map.of("temp", 1);
    Failures.illegalArgument(
        "xtc_threshold must be in [0, 0.5], but was 0.51",
        () -> Presets.mlx(with(drawn, Map.of("xtc_probability", 1, "xtc_threshold", 0.51))));
    Failures.illegalArgument(
        "xtc_probability must be in [0, 1] (0 and less: off), but was 1.5",
        () -> Presets.mlx(with(drawn, Map.of("xtc_probability", 1.5))));
    Failures.illegalArgument(
        "min_p must be in [0, 1] (0: off), but was -0.5",
        () -> Presets.mlx(with(drawn, Map.of("min_p", -0.5))));
    Failures.illegalArgument(
        "min_tokens_to_keep must be >= 1, but was 0",
        () -> Presets.mlx(with(drawn, Map.of("min_p", 0.5, "min_tokens_to_keep", 0))));
    Failures.illegalArgument(
        "repetition_penalty must be >= 0 (0: off), but was -1",
        () -> Presets.mlx(with(drawn, Map.of("repetition_penalty", -1))));
    assertChain("", Presets.mlx(with(drawn, Map.of("xtc_threshold", 7))));
    assertChain("", Presets.mlx(with(drawn, Map.of("top_p", 1.5, "xtc_probability", -1))));
    assertChain("", Presets.mlx(with(drawn, Map.of("top_p", -1, "top_k", -1, "min_p", 0))));
  }

  /** What switches a step of transformers off, and what it rejects. */
  @Test
  void huggingFaceEdges() {
    Map<String, Number> all = Map.of("top_k", 0);
    for (double off : new double[] {0, 1, -1, 1.5}) {
      assertChain("", Presets.huggingFace(with(all, Map.of("epsilon_cutoff", off))));
      assertChain("", Presets.huggingFace(with(all, Map.of("eta_cutoff", off))));
    }
    for (double off : new double[] {1, 1.5}) {
      assertChain("", Presets.huggingFace(with(all, Map.of("top_p", off, "typical_p", off))));
    }
    assertChain("top_p=0.0", Presets.huggingFace(with(all, Map.of("top_p", 0))));
    assertChain("", Presets.huggingFace(with(all, Map.of("no_repeat_ngram_size", -1))));
    assertHuggingFaceRejects("top_k must be >= 0 (0: off), but was -1", "top_k", -1);
    assertHuggingFaceRejects("top_p must be >= 0 (1 and more: off), but was -0.1", "top_p", -0.1);
    assertHuggingFaceRejects("top_h must be in (0, 1], or not given, but was 0", "top_h", 0);
    assertHuggingFaceRejects("top_h must be in (0, 1], or not given, but was 1.1", "top_h", 1.1);
    assertHuggingFaceRejects("min_p must be in [0, 1] (0: off), but was 1.5", "min_p", 1.5);
    assertHuggingFaceRejects("typical_p must be > 0 (1 and more: off), but was 0", "typical_p", 0);
    assertHuggingFaceRejects("temperature must be >= 0, but was -1", "temperature", -1);
    assertHuggingFaceRejects("repetition_penalty must be > 0, but was 0", "repetition_penalty", 0);
    assertHuggingFaceRejects("min_tokens_to_keep must be >= 1, but was 0", "min_tokens_to_keep", 0);
    assertHuggingFaceRejects("do_sample must be 0 or 1, but was 2", "do_sample", 2);
  }

  private static void assertHuggingFaceRejects(String message, String name, Number value) {
    Failures.illegalArgument(message, () -> Presets.huggingFace(Map.of(name, value)));
  }

  @Test
  void huggingFaceKeepsAtLeastSoMany() {
    assertChain(
        "top_k=3, top_p(0.5, min_keep=3), min_p(0.1, min_keep=3), typical_p(0.5, min_keep=3),"
            + " epsilon_cutoff(0.1, min_keep=3), eta_cutoff(0.1, min_keep=3)",
        Presets.huggingFace(
            Map.of(
                "min_tokens_to_keep",
                3,
                "top_k",
                2,
                "top_p",
                0.5,
                "min_p",
                0.1,
                "typical_p",
                0.5,
                "epsilon_cutoff",
                0.1,
                "eta_cutoff",
                0.1)));
  }

  /** Without sampling, transformers makes none of the processors from the temperature on. */
  @Test
  void huggingFaceWithoutSampling() {
    assertChain(
        "repetition_penalty(1.5, last=2147483647, prompt=true), min_length(4, ends=2),"
            + " temperature=0.0",
        Presets.huggingFace(
            Map.of(
                "do_sample",
                0,
                "repetition_penalty",
                1.5,
                "min_new_tokens",
                4,
                "eos_token_id",
                2,
                "temperature",
                -1,
                "top_k",
                -1)));
  }

  @Test
  void vllmRejectsWhatItsRangesReject() {
    assertVllmRejects("temperature must be in [0, 2], but was 2.000000001", 2.000000001);
    assertVllmRejects("temperature must be in [0, 2], but was -1", -1);
    Failures.illegalArgument(
        "top_p must be in (0, 1] (1: off), but was 0", () -> Presets.vllm(Map.of("top_p", 0)));
    Failures.illegalArgument(
        "top_k must be >= -1 (-1 and 0: off), but was -2", () -> Presets.vllm(Map.of("top_k", -2)));
    Failures.illegalArgument(
        "min_p must be in [0, 1] (0: off), but was -1", () -> Presets.vllm(Map.of("min_p", -1)));
    Failures.illegalArgument(
        "frequency_penalty must be in [-2, 2], but was 2.1",
        () -> Presets.vllm(Map.of("frequency_penalty", 2.1)));
    Failures.illegalArgument(
        "presence_penalty must be in [-2, 2], but was -2.1",
        () -> Presets.vllm(Map.of("presence_penalty", -2.1)));
    Failures.illegalArgument(
        "repetition_penalty must be > 0, but was 0",
        () -> Presets.vllm(Map.of("repetition_penalty", 0)));
    Failures.illegalArgument(
        "min_tokens must be >= 0, but was -1", () -> Presets.vllm(Map.of("min_tokens", -1)));
    assertChain("top_p=0.0", Presets.vllm(Map.of("top_p", 1e-50)));
  }

  private static void assertVllmRejects(String message, Number temperature) {
    Failures.illegalArgument(message, () -> Presets.vllm(Map.of("temperature", temperature)));
  }

  private static Map<String, Number> with(Map<String, Number> some, Map<String, Number> more) {
    Map<String, Number> all = new HashMap<>(some);
    all.putAll(more);
    return all;
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
        "unknown parameter 'temp' of vLLM, which has eos_token_id, frequency_penalty, min_p,"
            + " min_tokens, presence_penalty, repetition_penalty, temperature, top_k, top_p",
        () -> Presets.vllm(Map.of("temp", 1)));
    Failures.illegalArgument(
        "top_k must be a whole number, but was 4.5",
        () -> Presets.huggingFace(Map.of("top_k", 4.5)));
    Failures.illegalArgument(
        "temp must be finite, but was NaN", () -> Presets.llamaCpp(Map.of("temp", Double.NaN)));
    Failures.illegalArgument(
        "min_tokens is 3, but the token that it keeps back is not known: give eos_token_id too",
        () -> Presets.vllm(Map.of("min_tokens", 3)));
    Failures.illegalArgument(
        "eos_token_id must be >= 0, but was -1",
        () -> Presets.huggingFace(Map.of("min_new_tokens", 3, "eos_token_id", -1)));
  }
}
