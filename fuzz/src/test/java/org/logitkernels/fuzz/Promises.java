package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.logitkernels.Candidates;
import org.logitkernels.Sampler;
import org.logitkernels.Step;
import org.logitkernels.testkit.Accuracy;
import org.logitkernels.testkit.Oracle;

/** What holds of every outcome, whatever the input. */
final class Promises {
  /** Rows up to here are held against exact arithmetic. */
  private static final int EXACT = 300;

  /** More than the additions of a total and the roundings of probabilities come to. */
  private static final double ROUNDINGS = Accuracy.TOTAL + 2 * Accuracy.NORMALISATION;

  /** What the errors of weights may come to in a sum of probabilities, and in their total. */
  private static final double WEIGHTS = 2 * Accuracy.WEIGHT;

  private Promises() {}

  /** Of a kernel that succeeded. */
  static void ofKernel(
      KernelsTarget.Kernel kernel,
      float[] x,
      float temperature,
      float p,
      int k,
      Outcome outcome,
      int[] ids,
      float[] floats,
      int outFrom) {
    int[] order = Oracle.order(x);
    switch (kernel) {
      case ARG_MAX -> assertEquals(order[0], outcome.first());
      case TOP_K -> {
        int size = Math.min(k, order.length);
        assertEquals(size, outcome.first());
        assertPrefix(order, ids, size);
        for (int i = 0; i < size; i++) {
          assertEquals(x[order[i]] + 0f, floats[i]);
        }
      }
      case TOP_P -> {
        int size = outcome.first();
        assertPrefix(order, ids, size);
        if (p == 1) {
          assertEquals(order.length, size);
        } else if (x.length <= EXACT) {
          Oracle.Sizes sizes = new Oracle(x, temperature).nucleus(p, Accuracy.TOTAL);
          assertTrue(sizes.contains(size), () -> size + " is not in " + sizes);
        }
      }
      case SAMPLE -> {
        int token = outcome.first();
        assertTrue(x[token] > Float.NEGATIVE_INFINITY, "a masked token");
      }
      case SOFTMAX, TOP_K_RENORMALIZE, TOP_P_RENORMALIZE, MIN_P_RENORMALIZE -> {
        double sum = 0;
        for (int i = 0; i < order.length; i++) {
          float q = floats[outFrom + order[i]];
          assertTrue(q >= 0 && q <= 1, "no probability");
          float better = i == 0 ? 1 : floats[outFrom + order[i - 1]];
          assertTrue(q <= better * (1 + 0x1p-22f), "against the order"); // but for roundings
          sum += q;
        }
        assertEquals(1, sum, ROUNDINGS);
        for (int i = 0; i < x.length; i++) {
          assertTrue(x[i] > Float.NEGATIVE_INFINITY || floats[outFrom + i] == 0, "masked");
        }
      }
      default -> {
        // the others are held against other backends alone
      }
    }
  }

  /**
   * Of a row of attention, whose probabilities stand in an array: near to those of exact scores, in
   * double.
   *
   * @param cap 0 for none
   * @param log its log-sum-exp; NaN if there is none
   */
  static void ofAttention(
      float[] x, float scale, float cap, float sink, float[] out, int outFrom, float log) {
    double[] scores = new double[x.length];
    double max = sink;
    for (int i = 0; i < x.length; i++) {
      double scaled = (double) x[i] * scale;
      boolean isCapped = cap > 0 && x[i] > Float.NEGATIVE_INFINITY;
      scores[i] = isCapped ? cap * StrictMath.tanh(scaled / cap) : scaled;
      max = Math.max(max, scores[i]);
    }
    double total = max == Double.NEGATIVE_INFINITY ? 1 : StrictMath.exp(sink - max);
    for (double score : scores) {
      total += score == Double.NEGATIVE_INFINITY ? 0 : StrictMath.exp(score - max);
    }
    double exactLog = max + StrictMath.log(total);
    // A cap moves a score by a few roundings of it, and so do log-sum-exps that are merged.
    double largest = cap > 0 ? Math.min(cap, 1e30) : 0;
    largest = Math.max(largest, Math.abs(exactLog) < 1e30 ? Math.abs(exactLog) : 1e30);
    double error = (200 + 12 * largest) * 0x1p-24;
    float capOfScores = cap / scale;
    if (error > 0.25
        || cap > 0 && !(capOfScores >= Float.MIN_NORMAL && capOfScores <= Float.MAX_VALUE)) {
      return; // what is left of such scores is no more than their order
    }
    for (int i = 0; i < x.length; i++) {
      double exact =
          scores[i] == Double.NEGATIVE_INFINITY ? 0 : StrictMath.exp(scores[i] - max) / total;
      float p = out[outFrom + i];
      double slack = exact >= 0x1p-90 ? error * exact : 0x1p-89;
      assertEquals(exact, p, slack, () -> "a probability of attention");
      assertTrue(x[i] > Float.NEGATIVE_INFINITY || p == 0, "a masked score");
    }
    assertTrue(
        Float.isNaN(log) || Math.abs(exactLog - log) <= error,
        () -> "a log-sum-exp of " + log + " and not " + exactLog);
  }

  /** Of two partial results of attention, merged: {@code AttentionSoftmax.merge} in double. */
  static void ofMerge(float[] a, float logA, float[] b, float logB, float[] out, float log) {
    double max = Math.max(logA, logB);
    boolean isEmpty = max == Double.NEGATIVE_INFINITY;
    double weightA = isEmpty ? 0 : StrictMath.exp(logA - max);
    double weightB = isEmpty ? 0 : StrictMath.exp(logB - max);
    double total = isEmpty ? 1 : weightA + weightB;
    for (int i = 0; i < out.length; i++) {
      double ofA = weightA == 0 ? 0 : a[i] * (weightA / total);
      double ofB = weightB == 0 ? 0 : b[i] * (weightB / total);
      double size = Math.abs(a[i]) + Math.abs(b[i]);
      double slack = 3.1 * 0x1p-24 * (Math.abs(ofA) + Math.abs(ofB)) + 0x1p-148 * (size + 1);
      boolean isMerged = !(size <= 3e38) || Math.abs(ofA + ofB - out[i]) <= slack;
      assertTrue(isMerged, () -> "an output of " + ofA + " and " + ofB);
    }
    float exact = (float) (isEmpty ? max : max + StrictMath.log(total));
    assertTrue(
        exact == log || Math.abs(exact - log) <= Math.ulp(exact),
        () -> "a merged log-sum-exp of " + log + " and not " + exact);
  }

  /**
   * Of a row that is routed by logits and a bias: the experts of the groups that are kept, best
   * first.
   *
   * @param bias empty for none
   */
  static int[] routed(float[] row, float[] bias, int groups, int kept, boolean bestTwo) {
    int size = row.length / groups;
    float[] scores = row.clone();
    for (int i = 0; i < bias.length; i++) {
      scores[i] += bias[i];
    }
    double[] sums = new double[groups];
    for (int g = 0; g < groups; g++) {
      float[] group = Arrays.copyOfRange(scores, g * size, (g + 1) * size);
      int[] order = Oracle.order(group);
      sums[g] = order.length == 0 ? Double.NEGATIVE_INFINITY : group[order[0]];
      if (bestTwo && order.length > 1) {
        sums[g] = Math.max((float) (sums[g] + group[order[1]]), -Float.MAX_VALUE);
      }
    }
    for (int g = 0; g < groups; g++) {
      int better = 0;
      for (int other = 0; other < groups; other++) {
        better += sums[other] > sums[g] || sums[other] == sums[g] && other < g ? 1 : 0;
      }
      if (better >= kept) {
        Arrays.fill(scores, g * size, (g + 1) * size, Float.NEGATIVE_INFINITY);
      }
    }
    return Oracle.order(scores);
  }

  /** The same bits. */
  static boolean same(float[] x, float[] y) {
    for (int i = 0; i < x.length; i++) {
      if (Float.floatToRawIntBits(x[i]) != Float.floatToRawIntBits(y[i])) {
        return false;
      }
    }
    return x.length == y.length;
  }

  private static void assertPrefix(int[] order, int[] ids, int size) {
    assertTrue(size >= 1 && size <= order.length, () -> "a size of " + size);
    for (int i = 0; i < size; i++) {
      assertEquals(order[i], ids[i], "the ids");
    }
    for (int i = size; i < ids.length; i++) {
      assertEquals(-7, ids[i], "behind the ids");
    }
  }

  /** Of a sampler that has drawn a token from a row. */
  static void ofSampler(Sampler sampler, float[] x, int token) {
    assertTrue(token >= 0 && token < x.length, () -> "a token out of range: " + token);
    assertTrue(x[token] > Float.NEGATIVE_INFINITY, "a masked token");
    float[] left = new float[x.length];
    float[] probabilities = new float[x.length];
    sampler.maskedLogits(left, 0);
    sampler.probabilities(probabilities, 0);
    Candidates candidates = sampler.candidates();
    int[] order = Oracle.order(left);
    assertEquals(order.length, candidates.size());
    double sum = 0;
    boolean drawn = false;
    for (int i = 0; i < order.length; i++) {
      int id = candidates.id(i);
      assertEquals(order[i], id, "the candidates");
      assertTrue(x[id] > Float.NEGATIVE_INFINITY, "a masked candidate");
      float q = candidates.probability(i);
      assertEquals(probabilities[id], q);
      sum += q;
      drawn |= id == token;
      double log = candidates.logProbability(i);
      // Of less than 2^-100 the logarithm is finite while the probability underflows.
      assertTrue(log <= 0, () -> "ln p = " + log);
      assertTrue(q < 1e-30 || Math.abs(Math.exp(log) / q - 1) < 1e-4, () -> log + ", " + q);
    }
    assertTrue(drawn, "the token is no candidate");
    assertEquals(1, sum, ROUNDINGS);
    assertTrue(sampler.probability() > 0, "a token without a probability");
    assertEquals(probabilities[token], sampler.probability());
    for (int i = 0; i < x.length; i++) {
      assertTrue(left[i] > Float.NEGATIVE_INFINITY || probabilities[i] == 0);
    }
  }

  /** Of the last step of a chain: what it left of that which the chain before it had left. */
  static void ofStep(
      Step step, Sampler before, float[] y, float[] z, List<Integer> history, long[] mask) {
    int[] was = Oracle.order(y);
    int[] is = Oracle.order(z);
    switch (step) {
      case Step.MinKeep(Step filter, int n) -> {
        assertTrue(is.length >= Math.min(n, was.length), "fewer than the minimum");
        if (is.length > n) {
          ofStep(filter, before, y, z, history, mask);
        } else {
          assertSurvive(y, z);
        }
      }
      case Step.Temperature(float t) -> {
        if (t > 0) {
          assertArrayEquals(y, z);
        } else {
          assertPrefix(was, is, y, z);
          assertEquals(1, is.length);
        }
      }
      case Step.DynamicTemperature d -> {
        if (is.length == 1) {
          assertEquals(was[0], is[0]);
        } else {
          assertArrayEquals(y, z);
        }
      }
      case Step.TopK(int k) -> {
        assertPrefix(was, is, y, z);
        assertEquals(Math.min(k, was.length), is.length);
      }
      case Step.TopP(float p) -> {
        assertPrefix(was, is, y, z);
        if (p == 1) {
          assertEquals(was.length, is.length);
        } else {
          assertMass(p, before.candidates(), is.length);
        }
      }
      case Step.MinP(float p) -> {
        assertPrefix(was, is, y, z);
        double best = before.candidates().logProbability(0);
        for (int i = 0; i < was.length && p > 0; i++) {
          double beside = before.candidates().logProbability(i) - best - StrictMath.log(p);
          boolean kept = i < is.length;
          double slack = 0x1p-20 + 1e-6 * Math.abs(StrictMath.log(p));
          assertTrue(kept ? beside >= -slack : beside <= slack, () -> "min-p, by " + beside);
        }
      }
      case Step.EpsilonCutoff(float epsilon) -> {
        assertPrefix(was, is, y, z);
        for (int i = 1; i < was.length && epsilon > 0; i++) {
          double beside = before.candidates().logProbability(i) - StrictMath.log(epsilon);
          if (y[was[i]] == y[was[0]]) {
            continue; // kept with the best, whatever they weigh
          }
          boolean kept = i < is.length;
          double slack = 2e-5 + 1e-6 * Math.abs(StrictMath.log(epsilon));
          assertTrue(kept ? beside >= -slack : beside <= slack, () -> "epsilon, by " + beside);
        }
      }
      case Step.PLess p -> {
        assertPrefix(was, is, y, z);
        Candidates candidates = before.candidates();
        double collision = 0;
        for (int i = 0; i < was.length; i++) {
          collision += StrictMath.exp(2 * candidates.logProbability(i));
        }
        double logarithm = StrictMath.log(collision);
        for (int i = 1; i < was.length; i++) {
          boolean kept = i < is.length;
          if (y[was[0]] - y[was[i]] < 0x1p-120f) {
            assertTrue(kept || y[was[i]] < y[was[0]], "p-less dropped a tie");
            continue; // the cut is a multiple of the least float
          }
          double beside = candidates.logProbability(i) - logarithm;
          double slack = 2e-5 + 1e-6 * Math.abs(logarithm);
          assertTrue(kept ? beside >= -slack : beside <= slack, () -> "p-less, by " + beside);
        }
      }
      case Step.SoftCap c -> {
        for (int i = 0; i < y.length; i++) {
          assertEquals(y[i] == Float.NEGATIVE_INFINITY, z[i] == Float.NEGATIVE_INFINITY, "a mask");
          assertTrue(
              z[i] == Float.NEGATIVE_INFINITY || Math.abs(z[i]) <= Math.abs(y[i]), "a soft cap");
        }
        for (int i = 1; i < was.length; i++) {
          assertTrue(z[was[i - 1]] >= z[was[i]], "a soft cap turned the order");
        }
      }
      case Step.EtaCutoff e -> assertPrefix(was, is, y, z);
      case Step.TopNSigma s -> assertPrefix(was, is, y, z);
      case Step.MirostatV1 m -> assertPrefix(was, is, y, z);
      case Step.MirostatV2 m -> assertPrefix(was, is, y, z);
      case Step.TopH(float h, int n) -> {
        assertPrefix(was, is, y, z);
        assertTrue(is.length <= n, "more than n");
      }
      case Step.Typical(float p) -> {
        assertSurvive(y, z);
        Candidates candidates = before.candidates();
        double mass = 0;
        double least = 1;
        for (int i = 0; i < was.length; i++) {
          if (z[was[i]] > Float.NEGATIVE_INFINITY) {
            mass += candidates.probability(i);
            least = Math.min(least, candidates.probability(i));
          }
        }
        double error = ROUNDINGS + WEIGHTS;
        assertTrue(p < 1 || is.length == was.length, "typical 1");
        assertTrue(mass >= p - 0x1p-21 - error, "typical, too few");
        // Without its last there would not be enough; at least the least probable is no more.
        double most = mass - maximum(candidates, was, z);
        assertTrue(is.length == 1 || p == 1 || most <= p + error, "typical, too many");
      }
      case Step.Xtc(float probability, float threshold) -> {
        assertSurvive(y, z);
        int dropped = was.length - is.length;
        for (int i = 0; i < was.length; i++) {
          assertEquals(i >= dropped, z[was[i]] > Float.NEGATIVE_INFINITY, "not the top choices");
        }
        if (dropped > 0) {
          double last = before.candidates().logProbability(dropped);
          assertTrue(last >= StrictMath.log(threshold) - 2e-5, "below the threshold");
        }
      }
      case Step.AdaptiveP p -> assertArrayEquals(was, sorted(was, z));
      case Step.Allowed a -> {
        for (int i = 0; i < y.length; i++) {
          boolean may = i / 64 < mask.length && (mask[i / 64] >>> i & 1) != 0;
          assertEquals(may ? y[i] : Float.NEGATIVE_INFINITY, z[i], "the mask");
        }
      }
      case Step.LogitBias(var biases) -> assertOnly(biases.keySet(), y, z, "biases");
      case Step.MinLength(int n, List<Integer> ends) -> assertMasked(new TreeSet<>(ends), y, z);
      case Step.Banned(List<List<Integer>> sequences) -> {
        Set<Integer> lasts = new TreeSet<>();
        sequences.forEach(sequence -> lasts.add(sequence.getLast()));
        assertMasked(lasts, y, z);
      }
      case Step.NoRepeatNgram n -> assertMasked(new TreeSet<>(history), y, z);
      default -> assertOnly(new TreeSet<>(history), y, z, "penalties");
    }
  }

  private static double maximum(Candidates candidates, int[] was, float[] z) {
    double most = 0;
    for (int i = 0; i < was.length; i++) {
      if (z[was[i]] > Float.NEGATIVE_INFINITY) {
        most = Math.max(most, candidates.probability(i));
      }
    }
    return most;
  }

  /** The ids again, if all of them and no others are left. */
  private static int[] sorted(int[] was, float[] z) {
    int left = 0;
    for (float logit : z) {
      left += logit > Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    assertEquals(was.length, left);
    for (int id : was) {
      assertTrue(z[id] > Float.NEGATIVE_INFINITY);
    }
    return was;
  }

  /** The mass of a nucleus reaches p, and without its last token it would not. */
  private static void assertMass(float p, Candidates candidates, int size) {
    double mass = 0;
    for (int i = 0; i < size - 1; i++) {
      mass += candidates.probability(i);
    }
    double error = ROUNDINGS + WEIGHTS;
    double without = mass;
    double with = mass + candidates.probability(size - 1);
    double need = p - 0x1p-21;
    assertTrue(size == 1 || without <= need + error, () -> without + " was enough for " + p);
    assertTrue(
        size == candidates.size() || with >= need - error, () -> with + " is less than " + p);
  }

  private static void assertPrefix(int[] was, int[] is, float[] y, float[] z) {
    assertSurvive(y, z);
    assertTrue(is.length >= 1 && is.length <= was.length);
    for (int i = 0; i < is.length; i++) {
      assertEquals(was[i], is[i], "no prefix");
    }
  }

  /** Tokens are dropped, and otherwise unchanged. */
  private static void assertSurvive(float[] y, float[] z) {
    for (int i = 0; i < y.length; i++) {
      assertTrue(z[i] == y[i] || z[i] == Float.NEGATIVE_INFINITY, "a filter changed a logit");
    }
  }

  private static void assertOnly(Set<Integer> ids, float[] y, float[] z, String name) {
    for (int i = 0; i < y.length; i++) {
      boolean masked = y[i] == Float.NEGATIVE_INFINITY;
      assertTrue(z[i] == y[i] || !masked && ids.contains(i), name + " changed another token");
    }
  }

  private static void assertMasked(Set<Integer> ids, float[] y, float[] z) {
    assertOnly(ids, y, z, "bans");
    assertSurvive(y, z);
  }

  private static void assertArrayEquals(int[] expected, int[] actual) {
    assertTrue(Arrays.equals(expected, actual), "other tokens");
  }

  private static void assertArrayEquals(float[] expected, float[] actual) {
    for (int i = 0; i < expected.length; i++) {
      assertEquals(expected[i] + 0f, actual[i] + 0f, "other logits");
    }
  }
}
