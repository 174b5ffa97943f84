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
 * <p>Parameters go by the system's own names, and those not given, or null, have its defaults. A
 * number is rounded to float first, as most of these systems do, so that 1e-60 counts as 0. What
 * remains different everywhere: ties go to the lower id, where others keep all or leave it open; a
 * nucleus ends where its mass reaches {@code p - 2^-21}, so that 0.5 + 0.3 reaches 0.8; NaN is an
 * error; and random numbers are this library's, so that a seed gives other tokens than there.
 * {@code docs/coming-from.md} has a table for each system.
 *
 * {@snippet lang=java :
 * System.out.println(Presets.vllm(Map.of("temperature", 0.7, "top_p", 0.9)));
 * // temperature=0.7, top_p=0.9
 * System.out.println(Presets.llamaCpp(Map.of())); // with its defaults
 * // top_k=40, top_p=0.95, min_p=0.05, temperature=0.8
 * }
 */
public final class Presets {
  /** What {@link #llamaCpp} follows: {@value}. */
  public static final String LLAMA_CPP_VERSION = "master of November 2026, b10470 and later";

  /** What {@link #huggingFace} follows: {@value}. */
  public static final String TRANSFORMERS_VERSION =
      "main branch of August 2026, with pull request 47571";

  /** What {@link #vllm} follows: {@value}. */
  public static final String VLLM_VERSION = "main branch of August 2026, with pull request 46701";

  /** What {@link #mlx} follows: {@value}. */
  public static final String MLX_LM_VERSION = "0.32.0, commit d78bf58 of August 22, 2026";

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
   * {@snippet lang=java :
   * System.out.println(Presets.llamaCpp(Map.of("temp", 0.6, "top_k", 0, "repeat_penalty", 1.1)));
   * // repetition_penalty(1.1, last=64, prompt=true), top_p=0.95, min_p=0.05, temperature=0.6
   * }
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
   * The chain of Hugging Face transformers' {@code generate(do_sample=True)}, as in its {@value
   * #TRANSFORMERS_VERSION}: repetition penalty, no-repeat n-gram, minimum of new tokens,
   * temperature, top-h, top-k, top-p, min-p, typical, epsilon, eta.
   *
   * <p>{@code repetition_penalty} 1 (off; the prompt counts), {@code no_repeat_ngram_size} 0 (0 and
   * less: off), {@code min_new_tokens} 0 (0 and less: off) before {@code eos_token_id}, {@code
   * temperature} 1, {@code top_h} (off unless given), {@code top_k} 50 (0: off), {@code top_p} 1 (1
   * and more: off), {@code min_p} 0 (off), {@code typical_p} 1 (1 and more: off), {@code
   * epsilon_cutoff} and {@code eta_cutoff} 0 (off, as is all that is not between 0 and 1). All
   * filters but top-h keep at least {@code min_tokens_to_keep} 1 of the tokens, which is no
   * parameter there: it is 1, and with {@code num_beams} one more than there are ends. With a
   * {@code do_sample} of 0 (1: on) the parameters from the temperature on are not looked at, and
   * the best token is taken.
   *
   * <p><b>Differences:</b> a temperature of 0, an error there, is greedy here; {@code
   * min_new_tokens} without {@code eos_token_id}, which does nothing there, is an error here.
   *
   * {@snippet lang=java :
   * System.out.println(Presets.huggingFace(Map.of("temperature", 0.6, "top_p", 0.9)));
   * // temperature=0.6, top_k=50, top_p=0.9
   * try {
   *   Presets.huggingFace(Map.of("top_k", -1));
   * } catch (IllegalArgumentException e) {
   *   System.out.println(e.getMessage());
   *   // top_k must be >= 0 (0: off), but was -1
   * }
   * }
   *
   * @param parameters by transformers' names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that transformers
   *     rejects
   */
  public static SamplerChain huggingFace(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("Hugging Face", parameters);
    int keep = p.integer("min_tokens_to_keep", 1);
    p.check(keep >= 1, "min_tokens_to_keep", ">= 1");
    Chain chain = new Chain(keep);
    double repetition = p.real("repetition_penalty", 1);
    p.check(repetition > 0, "repetition_penalty", "> 0");
    chain.penalties(Integer.MAX_VALUE, true, (float) repetition, 0, 0);
    int ngram = p.integer("no_repeat_ngram_size", 0);
    if (ngram > 0) {
      chain.add(Step.noRepeatNgram(ngram));
    }
    chain.minLength(p, "min_new_tokens");
    double temperature = p.real("temperature", 1);
    double topH = p.real("top_h", 1);
    int topK = p.integer("top_k", 50);
    double topP = p.real("top_p", 1);
    double minP = p.real("min_p", 0);
    double typical = p.real("typical_p", 1);
    double epsilon = p.real("epsilon_cutoff", 0);
    double eta = p.real("eta_cutoff", 0);
    int sample = p.integer("do_sample", 1);
    p.check(sample == 0 || sample == 1, "do_sample", "0 or 1");
    if (sample == 0) {
      chain.add(Step.temperature(0));
      return p.end(chain);
    }
    p.check(temperature >= 0, "temperature", ">= 0");
    p.check(topH > 0 && topH <= 1, "top_h", "in (0, 1], or not given");
    p.check(topK >= 0, "top_k", ">= 0 (0: off)");
    p.check(topP >= 0, "top_p", ">= 0 (1 and more: off)");
    p.check(minP >= 0 && minP <= 1, "min_p", "in [0, 1] (0: off)");
    p.check(typical > 0, "typical_p", "> 0 (1 and more: off)");
    chain.temperature((float) temperature);
    if (p.has("top_h")) {
      chain.add(Step.topH((float) topH));
    }
    chain.topK(topK == 0 ? 0 : Math.max(topK, keep));
    chain.topP((float) topP);
    chain.minP((float) minP);
    chain.typical((float) typical);
    if (epsilon > 0 && epsilon < 1) {
      chain.filter(Step.epsilonCutoff((float) epsilon));
    }
    if (eta > 0 && eta < 1) {
      chain.filter(Step.etaCutoff((float) eta));
    }
    return p.end(chain);
  }

  /**
   * The chain of vLLM's {@code SamplingParams}, as in its {@value #VLLM_VERSION}: minimum of
   * tokens, repetition, frequency and presence penalty, temperature, min-p, top-k, top-p.
   *
   * <p>{@code min_tokens} 0 (off) before {@code eos_token_id}, which the engine takes from the
   * model; {@code repetition_penalty} 1 (off; the prompt counts), {@code frequency_penalty} 0 and
   * {@code presence_penalty} 0 (off; in [-2, 2]; the prompt does not count), {@code temperature} 1
   * (in [0, 2]; 0: greedy, without the steps behind it; between 0 and 0.01: 0.01), {@code min_p} 0
   * (off), {@code top_k} 0 (off, like -1), {@code top_p} 1 (off; above 0).
   *
   * <p><b>Differences:</b> {@code min_tokens} without {@code eos_token_id}, which does nothing for
   * a model without an end, is an error here.
   *
   * {@snippet lang=java :
   * System.out.println(Presets.vllm(Map.of("temperature", 0)));
   * // temperature=0.0
   * System.out.println(Presets.vllm(Map.of("min_p", 0.1, "presence_penalty", 0.5)));
   * // presence_penalty(0.5, last=2147483647, prompt=false), min_p=0.1
   * }
   *
   * @param parameters by vLLM's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, or a value that vLLM rejects
   */
  public static SamplerChain vllm(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("vLLM", parameters);
    Chain chain = new Chain(1);
    p.check(p.integer("min_tokens", 0) >= 0, "min_tokens", ">= 0");
    chain.minLength(p, "min_tokens");
    double repetition = p.real("repetition_penalty", 1);
    double frequency = p.real("frequency_penalty", 0);
    double presence = p.real("presence_penalty", 0);
    double temperature = p.real("temperature", 1);
    double minP = p.real("min_p", 0);
    int topK = p.integer("top_k", 0);
    double topP = p.real("top_p", 1);
    p.check(repetition > 0, "repetition_penalty", "> 0");
    p.check(Math.abs(frequency) <= 2, "frequency_penalty", "in [-2, 2]");
    p.check(Math.abs(presence) <= 2, "presence_penalty", "in [-2, 2]");
    p.check(temperature >= 0 && temperature <= 2, "temperature", "in [0, 2]");
    p.check(minP >= 0 && minP <= 1, "min_p", "in [0, 1] (0: off)");
    p.check(topK >= -1, "top_k", ">= -1 (-1 and 0: off)");
    p.check(topP > 0 && topP <= 1, "top_p", "in (0, 1] (1: off)");
    chain.penalties(Integer.MAX_VALUE, true, (float) repetition, 0, 0);
    chain.penalties(Integer.MAX_VALUE, false, 1, (float) frequency, (float) presence);
    if (temperature == 0) {
      chain.add(Step.temperature(0));
      return p.end(chain);
    }
    chain.temperature((float) Math.max(temperature, 0.01));
    chain.minP((float) minP);
    chain.topK(topK);
    chain.topP((float) topP);
    return p.end(chain);
  }

  /**
   * The chain of mlx-lm's {@code make_logits_processors} and {@code make_sampler}, as in {@value
   * #MLX_LM_VERSION}: repetition, presence and frequency penalty, top-p, min-p, XTC, top-k,
   * temperature.
   *
   * <p>{@code repetition_penalty} 0 (off, like 1), {@code presence_penalty} and {@code
   * frequency_penalty} 0 (off), each over the last 20 tokens (0: all), the prompt's among them, of
   * {@code repetition_context_size}, {@code presence_context_size} and {@code
   * frequency_context_size}; {@code temp}, or the server's {@code temperature}, 0 (greedy, without
   * the steps before it: their parameters are not looked at); {@code top_p} 0 (off, as is all that
   * is not between 0 and 1), {@code min_p} 0 (off), {@code min_tokens_to_keep} 1 (for min-p),
   * {@code xtc_probability} 0 (0 and less: off), {@code xtc_threshold} 0.1, {@code top_k} 0 (0 and
   * less: off).
   *
   * <p><b>Differences:</b> XTC's threshold includes equality here, and of tied last choices one
   * stays; the server spares the line break and the ends from XTC; a top-k of the vocabulary or
   * more, an error there, is off here; a temperature or a context size below 0 is an error here, as
   * in the server; the prompt counts, as in the server's batches, where {@code generate_step} shows
   * only its last token to the penalties.
   *
   * {@snippet lang=java :
   * System.out.println(Presets.mlx(Map.of("temp", 0.7, "min_p", 0.05)));
   * // min_p=0.05, temperature=0.7
   * }
   *
   * @param parameters by mlx-lm's names
   * @return the chain
   * @throws IllegalArgumentException for a name that is not above, two names of one parameter, or a
   *     value that mlx-lm or its server rejects
   */
  public static SamplerChain mlx(Map<String, ? extends Number> parameters) {
    Parameters p = new Parameters("mlx-lm", parameters);
    Chain chain = new Chain(1);
    double repetition = p.real("repetition_penalty", 0);
    p.check(repetition >= 0, "repetition_penalty", ">= 0 (0: off)");
    int context = mlxContext(p, "repetition_context_size");
    chain.penalties(context, true, repetition == 0 ? 1 : (float) repetition, 0, 0);
    context = mlxContext(p, "presence_context_size");
    chain.penalties(context, true, 1, 0, p.number("presence_penalty", 0));
    context = mlxContext(p, "frequency_context_size");
    chain.penalties(context, true, 1, p.number("frequency_penalty", 0), 0);
    double topP = p.real("top_p", 0);
    double minP = p.real("min_p", 0);
    int keep = p.integer("min_tokens_to_keep", 1);
    double probability = p.real("xtc_probability", 0);
    double threshold = p.real("xtc_threshold", 0.1);
    int topK = p.integer("top_k", 0);
    String temp = p.named("temp", "temperature");
    double temperature = p.real(temp, 0);
    p.check(temperature >= 0, temp, ">= 0 (0: greedy)");
    if (temperature == 0) {
      chain.add(Step.temperature(0));
      return p.end(chain);
    }
    chain.topP(topP <= 0 ? 1 : (float) topP);
    if (minP != 0) {
      p.check(minP > 0 && minP <= 1, "min_p", "in [0, 1] (0: off)");
      p.check(keep >= 1, "min_tokens_to_keep", ">= 1");
      chain.minKeep = keep;
      chain.minP((float) minP);
      chain.minKeep = 1;
    }
    if (probability > 0) {
      p.check(probability <= 1, "xtc_probability", "in [0, 1] (0 and less: off)");
      p.check(threshold >= 0 && threshold <= 0.5, "xtc_threshold", "in [0, 0.5]");
      chain.xtc((float) probability, (float) threshold);
    }
    chain.topK(topK);
    chain.temperature((float) temperature);
    return p.end(chain);
  }

  /** How many tokens a penalty of mlx-lm looks at: of 0, {@code tokens[-0:]} makes all. */
  private static int mlxContext(Parameters p, String name) {
    int context = p.integer(name, 20);
    p.check(context >= 0, name, ">= 0 (0: all)");
    return context == 0 ? Integer.MAX_VALUE : context;
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

    /** Keeps the end of the sequence, which must be given, back for so many tokens. */
    void minLength(Parameters p, String name) {
      int least = p.integer(name, 0);
      int end = p.integer("eos_token_id", 0);
      if (least > 0) {
        if (!p.has("eos_token_id")) {
          throw new IllegalArgumentException(
              (name + " is " + least + ", but the token that it keeps back is not known: ")
                  + "give eos_token_id too");
        }
        p.check(end >= 0, "eos_token_id", ">= 0");
        add(Step.minLength(least, end));
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
        if (has(other)) {
          if (has(named)) {
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
        boolean finite = Double.isFinite(number == null ? otherwise : number.doubleValue());
        throw new IllegalArgumentException(
            named
                + (finite ? " must be at most " + Float.MAX_VALUE + " in size" : " must be finite")
                + ", but was "
                + number);
      }
      return value;
    }

    /** The same in double, for ranges: 2.00000001 is above 2. */
    double real(String name, double otherwise) {
      float value = number(name, (float) otherwise);
      Number number = given.get(name);
      return number == null ? otherwise : number instanceof Float ? value : number.doubleValue();
    }

    boolean has(String name) {
      return given.get(name) != null;
    }

    void check(boolean right, String name, String range) {
      if (!right) {
        throw new IllegalArgumentException(
            name + " must be " + range + ", but was " + given.get(name));
      }
    }

    /** A number that is brought into [0, 1]. */
    float clamped(String name, float otherwise) {
      return Math.clamp(number(name, otherwise), 0f, 1f);
    }

    int integer(String name, int otherwise, String... others) {
      String named = named(name, others);
      Number number = given.get(named);
      if (number != null && number.intValue() != number.doubleValue()) {
        boolean whole = Math.rint(number.doubleValue()) == number.doubleValue();
        throw new IllegalArgumentException(
            named + " must be " + (whole ? "an int" : "a whole number") + ", but was " + number);
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
