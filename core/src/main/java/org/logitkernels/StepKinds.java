package org.logitkernels;

import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import org.logitkernels.ChainText.Arguments;
import org.logitkernels.ChainText.Form;
import org.logitkernels.ChainText.Maker;
import org.logitkernels.chain.Action;
import org.logitkernels.chain.AdaptiveP;
import org.logitkernels.chain.Constraints;
import org.logitkernels.chain.Dry;
import org.logitkernels.chain.Filters;
import org.logitkernels.chain.Mirostat;
import org.logitkernels.chain.Penalties;
import org.logitkernels.chain.SoftCaps;
import org.logitkernels.chain.Temperatures;
import org.logitkernels.chain.TopH;
import org.logitkernels.chain.Typical;
import org.logitkernels.chain.Xtc;
import org.logitkernels.numerics.Penalty;

/**
 * All kinds of steps: the action that each is, and the text that it is made of. The one place that
 * tells a step by its kind.
 *
 * <p>There is no switch over patterns, and no lambda but for texts. Both cost the first call of a
 * JVM milliseconds. Common steps come first, because each test loads the class of a step.
 */
final class StepKinds {
  /** How many steps {@code xtc} there were so far: each uses a number of its own. */
  private int exclusions;

  private StepKinds() {}

  /** An action for each step, for one sampler. */
  static Action[] actions(List<Step> steps) {
    StepKinds kinds = new StepKinds();
    Action[] made = new Action[steps.size()];
    for (int i = 0; i < made.length; i++) {
      made[i] = kinds.action(steps.get(i), 1);
    }
    return made;
  }

  private Action action(Step step, int minKeep) {
    if (step instanceof Step.Temperature(float t)) {
      return new Temperatures.Constant(t);
    } else if (step instanceof Step.TopK(int k)) {
      return new Filters.TopK(Math.max(k, minKeep));
    } else if (step instanceof Step.TopP(float p)) {
      return new Filters.TopP(p, minKeep);
    } else if (step instanceof Step.MinP(float p)) {
      return new Filters.MinP(p, minKeep);
    } else if (step instanceof Step.MinKeep(Step filter, int least)) {
      return action(filter, least);
    } else if (step instanceof Step.RepetitionPenalty(float penalty, int last, boolean prompt)) {
      return new Penalties(Penalty.factor(penalty), last, prompt);
    } else if (step instanceof Step.FrequencyPenalty(float penalty, int last, boolean prompt)) {
      return new Penalties(Penalty.subtrahend(penalty, 0), last, prompt);
    } else if (step instanceof Step.PresencePenalty(float penalty, int last, boolean prompt)) {
      return new Penalties(Penalty.subtrahend(0, penalty), last, prompt);
    } else if (step instanceof Step.LogitBias(SortedMap<Integer, Float> biases)) {
      return logitBias(biases);
    } else if (step instanceof Step.SoftCap(float cap)) {
      return new SoftCaps(cap);
    } else if (step instanceof Step.Typical(float p)) {
      return new Typical(p, minKeep);
    } else if (step instanceof Step.TopNSigma(float n)) {
      return new Filters.TopNSigma(n, minKeep);
    } else if (step instanceof Step.Xtc(float probability, float threshold)) {
      return new Xtc(probability, threshold, minKeep, exclusions++);
    } else if (step instanceof Step.Dry dry) {
      return dry(dry);
    } else if (step instanceof Step.EpsilonCutoff(float epsilon)) {
      return new Filters.EpsilonCutoff(epsilon, minKeep);
    } else if (step instanceof Step.EtaCutoff(float epsilon)) {
      return new Filters.EtaCutoff(epsilon, minKeep);
    } else if (step instanceof Step.TopH(float h, int n)) {
      return new TopH(h, n);
    } else if (step instanceof Step.PLess) {
      return new Filters.PLess(minKeep);
    } else if (step instanceof Step.DynamicTemperature(float min, float max, float exponent)) {
      return new Temperatures.Dynamic(min, max, exponent);
    } else if (step instanceof Step.NoRepeatNgram(int n)) {
      return new Constraints.NoRepeatNgram(n);
    } else if (step instanceof Step.Banned(List<List<Integer>> sequences)) {
      return banned(sequences);
    } else if (step instanceof Step.MinLength(int n, List<Integer> ends)) {
      return new Constraints.MinLength(n, ints(ends));
    } else if (step instanceof Step.Allowed) {
      return new Constraints.Allowed();
    } else if (step instanceof Step.MirostatV1(float tau, float eta, int m)) {
      return new Mirostat.V1(tau, eta, m);
    } else if (step instanceof Step.MirostatV2(float tau, float eta)) {
      return new Mirostat.V2(tau, eta);
    } else if (step instanceof Step.AdaptiveP(float target, float decay)) {
      return new AdaptiveP(target, decay);
    }
    throw new AssertionError(step);
  }

  private static Action logitBias(SortedMap<Integer, Float> biases) {
    int[] tokens = new int[biases.size()];
    float[] each = new float[biases.size()];
    int i = 0;
    for (Map.Entry<Integer, Float> bias : biases.entrySet()) {
      tokens[i] = bias.getKey();
      each[i++] = bias.getValue();
    }
    return new Constraints.LogitBias(tokens, each);
  }

  private static Action dry(Step.Dry dry) {
    int[] breakers = ints(dry.breakers());
    Arrays.sort(breakers);
    return new Dry(dry.multiplier(), dry.base(), dry.allowed(), dry.range(), breakers);
  }

  private static Action banned(List<List<Integer>> sequences) {
    int[][] each = new int[sequences.size()][];
    for (int i = 0; i < each.length; i++) {
      each[i] = ints(sequences.get(i));
    }
    return new Constraints.Banned(each);
  }

  private static int[] ints(List<Integer> numbers) {
    int[] ints = new int[numbers.size()];
    for (int i = 0; i < ints.length; i++) {
      ints[i] = numbers.get(i);
    }
    return ints;
  }

  /** How steps are made of texts. Apart, as a program without texts does not load it. */
  static final class Texts {
    private static final String MIN_KEEP = ChainText.MIN_KEEP;

    static final Map<String, Form> FORMS = new LinkedHashMap<>();

    static {
      add("temperature", a -> Step.temperature(a.number("t")), "t");
      add("dynamic_temperature", Texts::dynamicTemperature, "min", "max", "exponent");
      add("top_k", a -> Step.topK(a.integer("k")), "k", MIN_KEEP);
      add("top_p", a -> Step.topP(a.number("p")), "p", MIN_KEEP);
      add("min_p", a -> Step.minP(a.number("p")), "p", MIN_KEEP);
      add("typical_p", a -> Step.typical(a.number("p")), "p", MIN_KEEP);
      add("top_n_sigma", a -> Step.topNSigma(a.number("n")), "n", MIN_KEEP);
      add("xtc", Texts::xtc, "probability", "threshold", MIN_KEEP);
      add("epsilon_cutoff", a -> Step.epsilonCutoff(a.number("epsilon")), "epsilon", MIN_KEEP);
      add("eta_cutoff", a -> Step.etaCutoff(a.number("epsilon")), "epsilon", MIN_KEEP);
      add("top_h", a -> Step.topH(a.number("h"), a.integer("n", Step.TopH.TOP_N)), "h", "n");
      add("p_less", a -> Step.pLess(), MIN_KEEP);
      add("mirostat_v1", Texts::mirostatV1, "tau", "eta", "m");
      add("mirostat_v2", a -> Step.mirostatV2(a.number("tau"), a.number("eta", 0.1)), "tau", "eta");
      add("adaptive_p", Texts::adaptiveP, "target", "decay");
      add("repetition_penalty", Texts::repetition, "penalty", "last", "prompt");
      add("frequency_penalty", Texts::frequency, "penalty", "last", "prompt");
      add("presence_penalty", Texts::presence, "penalty", "last", "prompt");
      add("dry", Texts::dry, "multiplier", "base", "allowed", "range", "breakers");
      add("no_repeat_ngram", a -> Step.noRepeatNgram(a.integer("n")), "n");
      add("logit_bias", Texts::logitBias, ChainText.IDS);
      add("banned", Texts::banned, "sequences");
      add("min_length", a -> Step.minLength(a.integer("n"), a.ids("ends")), "n", "ends");
      add("allowed", a -> Step.allowed());
      add("soft_cap", a -> Step.softCap(a.number("cap")), "cap");
    }

    private Texts() {}

    private static void add(String name, Maker maker, String... parameters) {
      FORMS.put(name, new Form(maker, List.of(parameters)));
    }

    private static Step dynamicTemperature(Arguments a) {
      return Step.dynamicTemperature(a.number("min"), a.number("max"), a.number("exponent", 1.0));
    }

    private static Step xtc(Arguments a) {
      return Step.xtc(a.number("probability"), a.number("threshold"));
    }

    private static Step mirostatV1(Arguments a) {
      return Step.mirostatV1(a.number("tau"), a.number("eta", 0.1), a.integer("m", 100));
    }

    private static Step adaptiveP(Arguments a) {
      return Step.adaptiveP(a.number("target"), a.number("decay", 0.9));
    }

    private static Step repetition(Arguments a) {
      return Step.repetitionPenalty(a.number("penalty"), a.last(), a.prompt(true));
    }

    private static Step frequency(Arguments a) {
      return Step.frequencyPenalty(a.number("penalty"), a.last(), a.prompt(false));
    }

    private static Step presence(Arguments a) {
      return Step.presencePenalty(a.number("penalty"), a.last(), a.prompt(false));
    }

    private static Step dry(Arguments a) {
      return Step.dry(
          a.number("multiplier"),
          a.number("base", 1.75),
          a.integer("allowed", 2),
          a.integer("range", Integer.MAX_VALUE),
          a.ids("breakers"));
    }

    private static Step logitBias(Arguments a) {
      Map<Integer, Double> biases = new HashMap<>();
      for (String text : List.copyOf(a.values.keySet())) {
        Integer id = ChainText.whole(text, ChainText.DIGITS);
        if (id == null) {
          throw a.error(text, "'" + text + "' is no token id");
        }
        if (biases.put(id, a.number(text)) != null) { // as 7 and 07
          throw a.error(text, "'" + id + "' is given twice");
        }
      }
      return Step.logitBias(biases);
    }

    private static Step banned(Arguments a) {
      if (!a.has("sequences")) {
        return Step.banned();
      }
      String[] sequences = a.value("sequences").split("\\|", -1);
      int[][] ids = new int[sequences.length][];
      for (int i = 0; i < ids.length; i++) {
        ids[i] = a.ids("sequences", sequences[i]);
      }
      return Step.banned(ids);
    }
  }
}
