package org.logitkernels;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Chains as other systems build them: their order, their defaults, and what switches a step off
 * there.
 *
 * <p>Parameters go by the system's own names, and those not given have its defaults. What remains
 * different everywhere: ties go to the lower id, where others keep all or leave it open; a nucleus
 * ends where its mass reaches {@code p - 2^-21}, so that 0.5 + 0.3 reaches 0.8; NaN is an error;
 * and random numbers are this library's, so that a seed gives other tokens than there. {@code
 * docs/coming-from.md} has a table for each system.
 */
public final class Presets {
  /** What {@link #llamaCpp} follows: {@value}. */
  public static final String LLAMA_CPP_VERSION = "main branch of November 2026";

  /** What {@link #huggingFace} follows: {@value}. */
  public static final String TRANSFORMERS_VERSION = "main branch of November 2026";

  /** What {@link #vllm} follows: {@value}. */
  public static final String VLLM_VERSION = "main branch of November 2026";

  /** What {@link #mlx} follows: {@value}. */
  public static final String MLX_LM_VERSION = "main branch of November 2026";

  private Presets() {}

  /**
   * The chain of llama.cpp's {@code common_params_sampling}, as of November 2026: penalties, DRY,
   * top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature.
   *
   * <p>{@code temp} 0.8 (0 and less: greedy), {@code top_k} 40 (0 and less: off), {@code top_p}
   * 0.95 (1: off), {@code min_p} 0.05 (0: off), {@code typ_p} 1 (off), {@code top_n_sigma} -1
   * (off), {@code xtc_probability} 0 (off), {@code xtc_threshold} 0.1, {@code min_keep} 0, {@code
   * dynatemp_range} 0 (off), {@code dynatemp_exponent} 1, {@code penalty_last_n} 64 (0: off, -1:
   * all), {@code penalty_repeat} 1 (off), {@code penalty_freq} 0, {@code penalty_present} 0, {@code
   * dry_multiplier} 0 (off), {@code dry_base} 1.75, {@code dry_allowed_length} 2, {@code
   * dry_penalty_last_n} -1 (all), {@code adaptive_target} -1 (off; adaptive-p comes last) and
   * {@code adaptive_decay} 0.9. With a {@code mirostat} of 1 or 2 (0: off), {@code mirostat_tau} 5
   * and {@code mirostat_eta} 0.1, the chain is the temperature and mirostat alone, as there.
   *
   * <p><b>Differences:</b> the three penalties round once each; DRY has no breakers, which the
   * server takes from strings: append a {@link Step#dry} of your own for those.
   *
   * @param parameters by llama.cpp's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that a step rejects
   */
  public static SamplerChain llamaCpp(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("llama.cpp", parameters);
    Chain chain = new Chain(p.integer("min_keep", 0));
    int last = p.integer("penalty_last_n", 64);
    chain.penalties(
        last < 0 ? Integer.MAX_VALUE : last,
        true,
        p.number("penalty_repeat", 1),
        p.number("penalty_freq", 0),
        p.number("penalty_present", 0));
    float multiplier = p.number("dry_multiplier", 0);
    float base = p.number("dry_base", 1.75f);
    int allowed = p.integer("dry_allowed_length", 2);
    int range = p.integer("dry_penalty_last_n", -1);
    if (multiplier != 0 && base >= 1 && range != 0) {
      chain.add(Step.dry(multiplier, base, allowed, range < 0 ? Integer.MAX_VALUE : range));
    }
    float sigma = p.number("top_n_sigma", -1);
    if (sigma > 0) {
      chain.add(Step.topNSigma(sigma));
    }
    chain.topK(p.integer("top_k", 40));
    chain.typical(p.number("typ_p", 1));
    chain.topP(p.number("top_p", 0.95f));
    chain.minP(p.number("min_p", 0.05f));
    chain.xtc(p.number("xtc_probability", 0), p.number("xtc_threshold", 0.1f));
    float t = Math.max(0, p.number("temp", 0.8f));
    float spread = p.number("dynatemp_range", 0);
    float exponent = p.number("dynatemp_exponent", 1);
    chain.add(
        spread > 0
            ? Step.dynamicTemperature(Math.max(0, t - spread), t + spread, exponent)
            : Step.temperature(t));
    float target = p.number("adaptive_target", -1);
    float decay = p.number("adaptive_decay", 0.9f);
    if (target >= 0) {
      chain.add(Step.adaptiveP(target, decay));
    }
    int mirostat = p.integer("mirostat", 0);
    float tau = p.number("mirostat_tau", 5);
    float eta = p.number("mirostat_eta", 0.1f);
    if (mirostat < 0 || mirostat > 2) {
      throw new IllegalArgumentException("mirostat must be 0, 1 or 2, but was " + mirostat);
    }
    if (mirostat > 0) {
      chain.steps.clear();
      chain.add(Step.temperature(t));
      chain.add(mirostat == 1 ? Step.mirostatV1(tau, eta, 100) : Step.mirostatV2(tau, eta));
    }
    return p.end(chain);
  }

  /**
   * The chain of Hugging Face transformers' {@code generate(do_sample=True)}, as of November 2026:
   * repetition penalty, no-repeat n-gram, temperature, top-h, top-k, top-p, min-p, typical,
   * epsilon, eta.
   *
   * <p>{@code temperature} 1, {@code top_k} 50 (0: off), {@code top_p} 1 (off), {@code min_p} 0
   * (off), {@code typical_p} 1 (off), {@code epsilon_cutoff} 0 (off), {@code eta_cutoff} 0 (off),
   * {@code top_h} 0 (off), {@code repetition_penalty} 1 (off), {@code no_repeat_ngram_size} 0
   * (off). Everything keeps at least one token.
   *
   * <p><b>Differences:</b> a temperature of 0, an error there, is greedy here.
   *
   * @param parameters by transformers' names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that a step rejects
   */
  public static SamplerChain huggingFace(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("Hugging Face", parameters);
    Chain chain = new Chain(1);
    chain.penalties(Integer.MAX_VALUE, true, p.number("repetition_penalty", 1), 0, 0);
    int ngram = p.integer("no_repeat_ngram_size", 0);
    if (ngram > 0) {
      chain.add(Step.noRepeatNgram(ngram));
    }
    chain.temperature(p.number("temperature", 1));
    float topH = p.number("top_h", 0);
    if (topH > 0) {
      chain.add(Step.topH(topH));
    }
    chain.topK(p.integer("top_k", 50));
    chain.topP(p.number("top_p", 1));
    chain.minP(p.number("min_p", 0));
    chain.typical(p.number("typical_p", 1));
    float epsilon = p.number("epsilon_cutoff", 0);
    if (epsilon > 0) {
      chain.add(Step.epsilonCutoff(epsilon));
    }
    float eta = p.number("eta_cutoff", 0);
    if (eta > 0) {
      chain.add(Step.etaCutoff(eta));
    }
    return p.end(chain);
  }

  /**
   * The chain of vLLM's {@code SamplingParams}, as of November 2026: repetition, frequency and
   * presence penalty, temperature, min-p, top-k, top-p.
   *
   * <p>{@code temperature} 1 (below 1e-5: greedy), {@code top_k} 0 (off, like -1), {@code top_p} 1
   * (off), {@code min_p} 0 (off), {@code repetition_penalty} 1 (off; the prompt counts), {@code
   * frequency_penalty} 0 and {@code presence_penalty} 0 (off; the prompt does not count).
   *
   * @param parameters by vLLM's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that a step rejects
   */
  public static SamplerChain vllm(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("vLLM", parameters);
    Chain chain = new Chain(1);
    chain.penalties(Integer.MAX_VALUE, true, p.number("repetition_penalty", 1), 0, 0);
    float frequency = p.number("frequency_penalty", 0);
    chain.penalties(Integer.MAX_VALUE, false, 1, frequency, p.number("presence_penalty", 0));
    float t = p.number("temperature", 1);
    chain.temperature(t >= 0 && t < 1e-5f ? 0 : t);
    chain.minP(p.number("min_p", 0));
    chain.topK(p.integer("top_k", 0));
    chain.topP(p.number("top_p", 1));
    return p.end(chain);
  }

  /**
   * The chain of mlx-lm's {@code make_logits_processors} and {@code make_sampler}, as of November
   * 2026: repetition, presence and frequency penalty, top-p, min-p, XTC, top-k, temperature.
   *
   * <p>{@code temp} 0 (greedy), {@code top_p} 0 (off, like 1), {@code min_p} 0 (off), {@code
   * min_tokens_to_keep} 1 (for min-p), {@code top_k} 0 (off, like -1), {@code xtc_probability} 0
   * (off), {@code xtc_threshold} 0, {@code repetition_penalty} 0 (off), {@code presence_penalty}
   * and {@code frequency_penalty} 0 (off), each over the last 20 tokens of {@code
   * repetition_context_size}, {@code presence_context_size} and {@code frequency_context_size}.
   *
   * <p><b>Differences:</b> an XTC threshold includes equality here; a top-k as long as the
   * vocabulary, an error there, is off here.
   *
   * @param parameters by mlx-lm's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that a step rejects
   */
  public static SamplerChain mlx(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("mlx-lm", parameters);
    Chain chain = new Chain(1);
    float repetition = p.number("repetition_penalty", 0);
    int context = p.integer("repetition_context_size", 20);
    chain.penalties(context, true, repetition == 0 ? 1 : repetition, 0, 0);
    context = p.integer("presence_context_size", 20);
    chain.penalties(context, true, 1, 0, p.number("presence_penalty", 0));
    context = p.integer("frequency_context_size", 20);
    chain.penalties(context, true, 1, p.number("frequency_penalty", 0), 0);
    float topP = p.number("top_p", 0);
    chain.topP(topP <= 0 ? 1 : topP);
    chain.minKeep = p.integer("min_tokens_to_keep", 1);
    chain.minP(p.number("min_p", 0));
    chain.minKeep = 1;
    float probability = p.number("xtc_probability", 0);
    chain.xtc(probability, p.number("xtc_threshold", 0));
    chain.topK(p.integer("top_k", 0));
    chain.temperature(p.number("temp", 0));
    return p.end(chain);
  }

  /** Steps, without those that are switched off. */
  private static final class Chain {
    private final List<Step> steps = new ArrayList<>();
    private int minKeep;

    Chain(int minKeep) {
      this.minKeep = minKeep;
    }

    void add(Step step) {
      steps.add(step);
    }

    private void filter(Step step) {
      add(minKeep > 1 ? step.minKeep(minKeep) : step);
    }

    void penalties(int last, boolean prompt, float repeat, float frequency, float presence) {
      if (last == 0) {
        return;
      }
      if (repeat != 1) {
        add(Step.repetitionPenalty(repeat, last, prompt));
      }
      if (frequency != 0) {
        add(Step.frequencyPenalty(frequency, last, prompt));
      }
      if (presence != 0) {
        add(Step.presencePenalty(presence, last, prompt));
      }
    }

    void temperature(float t) {
      if (t != 1) {
        add(Step.temperature(t));
      }
    }

    void topK(int k) {
      if (k > 0) {
        add(Step.topK(k));
      }
    }

    void topP(float p) {
      if (p < 1) {
        filter(Step.topP(p));
      }
    }

    void minP(float p) {
      if (p > 0) {
        filter(Step.minP(p));
      }
    }

    void typical(float p) {
      if (p < 1) {
        filter(Step.typical(p));
      }
    }

    void xtc(float probability, float threshold) {
      if (probability > 0 && threshold <= 0.5f) {
        filter(Step.xtc(probability, threshold));
      }
    }
  }

  /** The parameters given, and the names that are known. */
  private static final class Parameters {
    private final String system;
    private final Map<String, ? extends Number> given;
    private final Set<String> known = new TreeSet<>();

    Parameters(String system, Map<String, ? extends Number> given) {
      this.system = system;
      this.given = given;
    }

    float number(String name, float otherwise) {
      known.add(name);
      Number number = given.get(name);
      float value = number == null ? otherwise : number.floatValue();
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(name + " must be finite, but was " + number);
      }
      return value;
    }

    int integer(String name, int otherwise) {
      known.add(name);
      Number number = given.get(name);
      if (number != null && number.intValue() != number.doubleValue()) {
        throw new IllegalArgumentException(name + " must be a whole number, but was " + number);
      }
      return number == null ? otherwise : number.intValue();
    }

    /** The chain, if every name was known. */
    SamplerChain end(Chain chain) {
      for (String name : given.keySet()) {
        if (!known.contains(name)) {
          throw new IllegalArgumentException(
              "unknown parameter '"
                  + name
                  + "' of "
                  + system
                  + ", which has "
                  + String.join(", ", known));
        }
      }
      return SamplerChain.of(chain.steps.toArray(new Step[0]));
    }
  }
}
