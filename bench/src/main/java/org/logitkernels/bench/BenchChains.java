package org.logitkernels.bench;

import java.util.LinkedHashMap;
import java.util.Map;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/** Chains to time, as text: each step alone, and the systems' own with a history. */
final class BenchChains {
  /** By name. */
  static final Map<String, String> ALL = new LinkedHashMap<>();

  static {
    ALL.put("minP", "min_p=0.05");
    ALL.put("typical", "typical_p=0.9");
    ALL.put("topNSigma", "top_n_sigma=1");
    ALL.put("xtc", "xtc(probability=1, threshold=0.1)");
    ALL.put("epsilonCutoff", "epsilon_cutoff=3e-4");
    ALL.put("etaCutoff", "eta_cutoff=3e-4");
    ALL.put("topH", "top_h=0.4");
    ALL.put("pLess", "p_less()");
    ALL.put("dynamicTemperature", "dynamic_temperature(min=0.5, max=1.5, exponent=1)");
    ALL.put("mirostat1", "mirostat_v1(tau=5, eta=0.1, m=100)");
    ALL.put("mirostat2", "mirostat_v2(tau=5, eta=0.1)");
    ALL.put("adaptiveP", "adaptive_p(target=0.5, decay=0.9)");
    ALL.put("repetition", "repetition_penalty=1.1");
    ALL.put("frequency", "frequency_penalty=0.2");
    ALL.put("presence", "presence_penalty=0.2");
    ALL.put("dry", "dry(0.8, base=1.75, allowed=2, range=1024)");
    ALL.put("noRepeatNgram", "no_repeat_ngram=3");
    ALL.put("logitBias", "logit_bias(1=-0.5, 3=-Infinity)");
    ALL.put("banned", "banned=3;5|7");
    ALL.put("minLength", "min_length(100, ends=2)");
    ALL.put("softCap", "soft_cap=30");
    ALL.put("softCapTopK", "soft_cap=30, top_k=40");
    ALL.put("softCapChain", "soft_cap=30, " + Library.CHAIN);
    ALL.put("allowed", "allowed()");
    ALL.put("allowedGreedy", "allowed(), temperature=0");
    ALL.put("allowedChain", "allowed(), " + Library.CHAIN);
    put(
        "llamaCpp",
        Presets.llamaCpp(
            Map.of("penalty_repeat", 1.1, "penalty_freq", 0.1, "dry_multiplier", 0.8)));
    put("huggingFace", Presets.huggingFace(Map.of("repetition_penalty", 1.1, "top_p", 0.9)));
    put("vllm", Presets.vllm(Map.of("frequency_penalty", 0.1, "top_p", 0.9)));
    put("mlx", Presets.mlx(Map.of("temp", 0.7, "top_p", 0.9, "repetition_penalty", 1.1)));
  }

  private BenchChains() {}

  private static void put(String name, SamplerChain chain) {
    ALL.put(name, chain.toString());
  }
}
