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
  public static final String LLAMA_CPP_VERSION = "master of November 2026, b10470 and later";

  /** What {@link #huggingFace} follows: {@value}. */
  public static final String TRANSFORMERS_VERSION = "main branch of November 2026";

  /** What {@link #vllm} follows: {@value}. */
  public static final String VLLM_VERSION = "main branch of November 2026";

  /** What {@link #mlx} follows: {@value}. */
  public static final String MLX_LM_VERSION = "main branch of November 2026";

  private Presets() {}

  /**
   * The chain of llama.cpp's server, as of {@value #LLAMA_CPP_VERSION}: penalties, DRY,
   * top-n-sigma, top-k, typical, top-p, min-p, XTC, temperature.
   *
   * <p>{@code temperature} 0.8 (0 and less: greedy), {@code top_k} 40 (0 and less: off), {@code
   * top_p} 0.95 (1: off), {@code min_p} 0.05 (0: off), {@code typical_p} 1 (off), {@code
   * top_n_sigma} -1 (0 and less: off), {@code xtc_probability} 0 (off), {@code xtc_threshold} 0.1
   * (above 0.5: off), {@code min_keep} 0, {@code dynatemp_range} 0 (0 and less: off), {@code
   * dynatemp_exponent} 1, {@code repeat_last_n} 64 (0: off), {@code repeat_penalty} 1 (off), {@code
   * frequency_penalty} 0, {@code presence_penalty} 0, {@code dry_multiplier} 0 (off), {@code
   * dry_base} 1.75 (also for anything below 1), {@code dry_allowed_length} 2, {@code
   * dry_penalty_last_n} 64 (0: off). With a {@code mirostat} of 1 or 2 (0: off), {@code
   * mirostat_tau} 5 and {@code mirostat_eta} 0.1, the chain is the temperature and mirostat alone.
   * With an {@code adaptive_target} of 0 or more (-1: off) and {@code adaptive_decay} 0.9,
   * adaptive-p comes last: as if {@code samplers} there had named it too.
   *
   * <p>The names of {@code common_params_sampling} do as well: {@code temp}, {@code typ_p}, {@code
   * penalty_last_n}, {@code penalty_repeat}, {@code penalty_freq}, {@code penalty_present}. As the
   * server does, {@code temperature}, {@code top_k}, {@code top_p}, {@code min_p}, {@code xtc_*},
   * {@code mirostat} and {@code adaptive_target} out of range become the nearest value in it;
   * windows, lengths, {@code min_keep} and {@code adaptive_decay} out of range are errors.
   *
   * <p><b>Differences:</b> a {@code repeat_penalty} of 0 or less, and a {@code dry_multiplier},
   * {@code dynatemp_exponent}, {@code mirostat_tau} or {@code mirostat_eta} below 0, are errors
   * here; masked tokens are no candidates here, and there are until a step cuts them off; the three
   * penalties round once each; DRY has no breakers, which the server takes from strings: append a
   * {@link Step#dry} of your own for those. {@code docs/coming-from.md} has an example of each.
   *
   * @param parameters by llama.cpp's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, two names of one parameter, or a
   *     value that the server or a step rejects
   */
  public static SamplerChain llamaCpp(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("llama.cpp", parameters);
    Chain chain = new Chain(p.notNegative("min_keep", 0));
    int last = p.notNegative("repeat_last_n", 64, "penalty_last_n");
    float repeat = p.number("repeat_penalty", 1, "penalty_repeat");
    float frequency = p.number("frequency_penalty", 0, "penalty_freq");
    float presence = p.number("presence_penalty", 0, "penalty_present");
    float multiplier = p.number("dry_multiplier", 0);
    float base = p.number("dry_base", 1.75f);
    int allowed = p.notNegative("dry_allowed_length", 2);
    int range = p.notNegative("dry_penalty_last_n", 64);
    float sigma = p.number("top_n_sigma", -1);
    int topK = p.integer("top_k", 40);
    float typical = Math.max(0, p.number("typical_p", 1, "typ_p"));
    float topP = p.clamped("top_p", 0.95f);
    float minP = p.clamped("min_p", 0.05f);
    float probability = p.clamped("xtc_probability", 0);
    float threshold = p.clamped("xtc_threshold", 0.1f);
    float t = Math.max(0, p.number("temperature", 0.8f, "temp"));
    float spread = p.number("dynatemp_range", 0);
    float exponent = p.number("dynatemp_exponent", 1);
    float target = Math.min(1, p.number("adaptive_target", -1));
    float decay = p.number("adaptive_decay", 0.9f);
    if (decay < 0 || decay > 0.99f) {
      throw new IllegalArgumentException("adaptive_decay must be in [0, 0.99], but was " + decay);
    }
    int mirostat = p.integer("mirostat", 0);
    float tau = p.number("mirostat_tau", 5);
    float eta = p.number("mirostat_eta", 0.1f);
    if (mirostat > 0) {
      chain.add(Step.temperature(t));
      chain.add(mirostat == 1 ? Step.mirostatV1(tau, eta, 100) : Step.mirostatV2(tau, eta));
      return p.end(chain);
    }
    chain.penalties(last, true, repeat, frequency, presence);
    if (multiplier != 0 && range > 0) {
      chain.add(Step.dry(multiplier, base < 1 ? 1.75f : base, allowed, range));
    }
    if (sigma > 0) {
      chain.add(Step.topNSigma(sigma));
    }
    chain.topK(topK);
    chain.typical(typical);
    chain.topP(topP);
    chain.minP(minP);
    chain.xtc(probability, threshold);
    chain.add(
        spread > 0
            ? Step.dynamicTemperature(Math.max(0, t - spread), t + spread, exponent)
            : Step.temperature(t));
    if (target >= 0) {
      chain.add(Step.adaptiveP(target, decay));
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

    /** The name that a parameter was given by, of those that it has. */
    private String named(String name, String... others) {
      known.add(name);
      String named = name;
      for (String other : others) {
        known.add(other);
        if (given.containsKey(other)) {
          if (given.containsKey(named)) {
            throw new IllegalArgumentException(
                "'"
                    + named
                    + "' and '"
                    + other
                    + "' are one parameter of "
                    + system
                    + ": give one of them");
          }
          named = other;
        }
      }
      return named;
    }

    float number(String name, float otherwise, String... others) {
      String named = named(name, others);
      Number number = given.get(named);
      float value = number == null ? otherwise : number.floatValue();
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(named + " must be finite, but was " + number);
      }
      return value;
    }

    /** A number that is brought into [0, 1]. */
    float clamped(String name, float otherwise) {
      return Math.clamp(number(name, otherwise), 0f, 1f);
    }

    int integer(String name, int otherwise, String... others) {
      String named = named(name, others);
      Number number = given.get(named);
      if (number != null && number.intValue() != number.doubleValue()) {
        throw new IllegalArgumentException(named + " must be a whole number, but was " + number);
      }
      return number == null ? otherwise : number.intValue();
    }

    int notNegative(String name, int otherwise, String... others) {
      int value = integer(name, otherwise, others);
      if (value < 0) {
        throw new IllegalArgumentException(named(name, others) + " must be >= 0, but was " + value);
      }
      return value;
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
