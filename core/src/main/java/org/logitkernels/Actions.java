package org.logitkernels;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
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
 * Makes the actions of a chain: the one place that tells a step by its kind.
 *
 * <p>There is no switch over patterns and no lambda. Both cost the first call of a JVM
 * milliseconds. Common steps come first, because each test loads the class of a step.
 */
final class Actions {
  /** How many steps {@code xtc} there were so far: each uses a number of its own. */
  private int exclusions;

  private Actions() {}

  /** An action for each step, for one sampler. */
  static Action[] of(List<Step> steps) {
    Actions actions = new Actions();
    Action[] made = new Action[steps.size()];
    for (int i = 0; i < made.length; i++) {
      made[i] = actions.of(steps.get(i), 1);
    }
    return made;
  }

  private Action of(Step step, int minKeep) {
    if (step instanceof Step.Temperature(float t)) {
      return new Temperatures.Constant(t);
    } else if (step instanceof Step.TopK(int k)) {
      return new Filters.TopK(Math.max(k, minKeep));
    } else if (step instanceof Step.TopP(float p)) {
      return new Filters.TopP(p, minKeep);
    } else if (step instanceof Step.MinP(float p)) {
      return new Filters.MinP(p, minKeep);
    } else if (step instanceof Step.MinKeep(Step filter, int least)) {
      return of(filter, least);
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
}
