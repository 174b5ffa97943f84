package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.D2F;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.F2D;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
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
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Sigmoid;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/** The scores that routing compares, where they are no logits, or not all of them count. */
final class RoutingScores {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private static final VectorSpecies<Integer> I = Species.INTS;

  /** As many floats as there are doubles in a vector. */
  static final VectorSpecies<Float> HALF =
      VectorSpecies.of(float.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

  static final VectorSpecies<Double> DOUBLES = VectorSpecies.of(double.class, F.vectorShape());

  /**
   * Whether floats are widened in vectors. Two floats are a vector without most of the operations:
   * each would allocate.
   */
  static final boolean WIDENS = HALF.length() > 2;

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
        case SIGMOID -> sigmoids(x, at, experts, scores, to);
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

  /** {@link Sigmoid}, in vectors of doubles. */
  static void sigmoids(float[] x, int from, int length, float[] y, int to) {
    assert from >= 0 && length >= 0 && from <= x.length - length : length + " at " + from;
    assert to >= 0 && to <= y.length - length : length + " to " + to + " of " + y.length;
    DoubleVector scale = DoubleVector.broadcast(DOUBLES, Sigmoid.SCALE);
    DoubleVector round = DoubleVector.broadcast(DOUBLES, Sigmoid.ROUND);
    DoubleVector one = DoubleVector.broadcast(DOUBLES, 1);
    int i = 0;
    for (; WIDENS && i <= length - HALF.length(); i += HALF.length()) {
      FloatVector x0 = FloatVector.fromArray(HALF, x, from + i);
      FloatVector x1 = x0.blend(Sigmoid.LEAST, x0.compare(LT, Sigmoid.LEAST));
      FloatVector x2 = x1.blend(Sigmoid.MOST, x1.compare(GT, Sigmoid.MOST));
      DoubleVector v = (DoubleVector) x2.convertShape(F2D, DOUBLES, 0);
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
      DoubleVector s = one.div(e.add(one));
      ((FloatVector) s.convertShape(D2F, HALF, 0)).intoArray(y, to + i);
    }
    for (; i < length; i++) {
      y[to + i] = Sigmoid.of(x[from + i]);
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

  /** The best score of a group, or the sum of the best two. Its length is one of whole vectors. */
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
    return ShortRows.logit(best) + ShortRows.logit(second);
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
    return two ? best + second : best;
  }
}
