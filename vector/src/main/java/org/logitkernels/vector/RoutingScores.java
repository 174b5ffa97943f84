package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.logitkernels.numerics.Sigmoid.C1;
import static org.logitkernels.numerics.Sigmoid.C2;
import static org.logitkernels.numerics.Sigmoid.C3;
import static org.logitkernels.numerics.Sigmoid.C4;
import static org.logitkernels.numerics.Sigmoid.C5;
import static org.logitkernels.numerics.Sigmoid.C6;
import static org.logitkernels.numerics.Sigmoid.C7;
import static org.logitkernels.numerics.Sigmoid.C8;
import static org.logitkernels.numerics.Sigmoid.C9;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Sigmoid;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/** The scores that routing compares, where they are no logits, or not all of them count. */
final class RoutingScores {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private static final VectorSpecies<Integer> I = Species.INTS;

  static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, F.vectorShape());

  private RoutingScores() {}

  /** Writes the scores of a few rows. */
  static void write(
      RoutingRule rule, float[] x, int from, int stride, int rows, RoutingScratch scratch) {
    int experts = rule.experts();
    float[] scores = scratch.scores;
    float[] bias = rule.bias();
    for (int r = 0; r < rows; r++) {
      int at = from + r * stride;
      int to = r * scratch.room;
      switch (rule.choice()) {
        case LOGIT -> System.arraycopy(x, at, scores, to, experts);
        case SIGMOID -> sigmoids(x, at, experts, scores, to, scratch.doubles);
        case PROBABILITY ->
            System.arraycopy(scratch.probabilities, r * experts, scores, to, experts);
      }
      if (bias != null) {
        add(bias, experts, scores, to);
      }
      if (bias != null || rule.choice() != RoutingRule.Choice.LOGIT) {
        mask(x, at, experts, scores, to);
      }
      if (rule.keptGroups() < rule.groups()) {
        limit(rule, scores, to, scratch.groups);
      }
    }
  }

  /**
   * {@link Sigmoid}, in vectors of doubles. Plain loops make doubles of floats and floats of
   * doubles: vectors would do it by floats of half the width, and methods of the JDK that meet two
   * widths may allocate for good.
   */
  static void sigmoids(float[] x, int from, int length, float[] y, int to, double[] doubles) {
    for (int i = 0; i < length; i++) {
      doubles[i] = Math.min(Math.max(x[from + i], Sigmoid.LEAST), Sigmoid.MOST);
    }
    sigmoids(doubles, (length + DOUBLES.length() - 1) & -DOUBLES.length());
    for (int i = 0; i < length; i++) {
      y[to + i] = (float) doubles[i];
    }
  }

  /** The same in double. */
  private static void sigmoids(double[] x, int length) {
    assert length > 0 && length <= x.length : length + " of " + x.length;
    assert length % DOUBLES.length() == 0 : length + " in vectors of " + DOUBLES.length();
    assert DOUBLES.length() >= 2 && DOUBLES.length() <= 8 : "vectors of " + DOUBLES.length();
    DoubleVector scale = DoubleVector.broadcast(DOUBLES, Sigmoid.SCALE);
    DoubleVector round = DoubleVector.broadcast(DOUBLES, Sigmoid.ROUND);
    DoubleVector one = DoubleVector.broadcast(DOUBLES, 1);
    for (int i = 0; i < length; i += DOUBLES.length()) {
      DoubleVector v = DoubleVector.fromArray(DOUBLES, x, i);
      DoubleVector t = v.fma(scale, round);
      DoubleVector r = v.fma(scale, round.sub(t));
      DoubleVector p =
          DoubleVector.broadcast(DOUBLES, C9).fma(r, DoubleVector.broadcast(DOUBLES, C8));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C7));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C6));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C5));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C4));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C3));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C2));
      p = p.fma(r, DoubleVector.broadcast(DOUBLES, C1));
      p = p.fma(r, one);
      DoubleVector e =
          p.reinterpretAsLongs()
              .add(t.reinterpretAsLongs().lanewise(LSHL, 52))
              .reinterpretAsDoubles();
      one.div(e.add(one)).intoArray(x, i);
    }
  }

  private static void add(float[] bias, int length, float[] y, int to) {
    int i = 0;
    for (; i <= length - F.length(); i += F.length()) {
      FloatVector.fromArray(F, y, to + i)
          .add(FloatVector.fromArray(F, bias, i))
          .intoArray(y, to + i);
    }
    for (; i < length; i++) {
      y[to + i] += bias[i];
    }
  }

  /** Experts that are masked have no score. */
  private static void mask(float[] x, int from, int length, float[] y, int to) {
    int i = 0;
    for (; i <= length - F.length(); i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, from + i);
      FloatVector.fromArray(F, y, to + i)
          .blend(v, v.compare(EQ, Float.NEGATIVE_INFINITY))
          .intoArray(y, to + i);
    }
    for (; i < length; i++) {
      if (x[from + i] == Float.NEGATIVE_INFINITY) {
        y[to + i] = Float.NEGATIVE_INFINITY;
      }
    }
  }

  /** Makes the scores of all but the best groups -Infinity. */
  private static void limit(RoutingRule rule, float[] scores, int at, float[] groups) {
    int size = rule.experts() / rule.groups();
    for (int g = 0; g < groups.length; g++) {
      int from = at + g * size;
      groups[g] =
          size % F.length() == 0
              ? ofGroup(scores, from, from + size, rule.bestTwo())
              : ofSmallGroup(scores, from, from + size, rule.bestTwo());
    }
    for (int g = 0; g < groups.length; g++) {
      int better = 0;
      for (int other = 0; other < groups.length; other++) {
        boolean above = groups[other] > groups[g];
        better += above || other < g && groups[other] == groups[g] ? 1 : 0;
      }
      if (better >= rule.keptGroups()) {
        Arrays.fill(scores, at + g * size, at + (g + 1) * size, Float.NEGATIVE_INFINITY);
      }
    }
  }

  /** The score of a group: {@link RoutingRule#groupScore}. Its length is one of whole vectors. */
  private static float ofGroup(float[] scores, int from, int to, boolean two) {
    assert from >= 0 && from < to && to <= scores.length : from + " to " + to;
    assert (to - from) % I.length() == 0 : to - from + " in vectors of " + I.length();
    assert from <= scores.length - I.length() : from + " of " + scores.length;
    assert to - from >= I.length() : "a group of " + (to - from) + " from " + from + " to " + to;
    IntVector bests = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector seconds = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int i = from; i < to; i += F.length()) {
      IntVector bits = FloatVector.fromArray(F, scores, i).add(0).reinterpretAsInts();
      IntVector rank = bits.lanewise(ASHR, 31).lanewise(AND, Integer.MAX_VALUE).lanewise(XOR, bits);
      seconds = rank.min(bests).max(seconds);
      bests = rank.max(bests);
    }
    IntVector most = Species.LOWEST.max(bests);
    int best = most.reduceLanes(MAX);
    if (!two) {
      return ShortRows.logit(best);
    }
    VectorMask<Integer> equal = most.compare(EQ, best);
    int second =
        equal.trueCount() > 1
            ? best
            : most.blend(Species.LOWEST.max(seconds), equal).reduceLanes(MAX);
    return RoutingRule.groupScore(ShortRows.logit(best), ShortRows.logit(second));
  }

  private static float ofSmallGroup(float[] scores, int from, int to, boolean two) {
    float best = Float.NEGATIVE_INFINITY;
    float second = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      float score = scores[i];
      if (score > second) {
        second = score > best ? best : score;
        best = score > best ? score : best;
      }
    }
    return two ? RoutingRule.groupScore(best, second) : best;
  }
}
