package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;

/** The weights of chosen experts, a row in each lane. */
final class RoutingWeights {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Double> DOUBLES = RoutingScores.DOUBLES;

  /** How far the chosen logits of one choice are from those of the next. */
  private static final int STEP = RoutingScratch.ROWS;

  private static final double SCALE = Exponential.scale(1);
  private static final float HEAD = Exponential.head(SCALE);
  private static final float TAIL = Exponential.tail(SCALE);

  private RoutingWeights() {}

  /** Writes the weights of a few rows, whose experts are chosen. */
  static void weigh(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    int k = rule.k();
    if (rule.weighing() == RoutingRule.Weighing.PROBABILITY) {
      for (int r = 0; r < rows; r++) {
        for (int j = r * k; j < (r + 1) * k; j++) {
          int at = r * rule.experts() + experts[expertsFrom + j];
          weights[weightsFrom + j] = scratch.probabilities[at] * rule.scale();
        }
      }
      return;
    }
    float[] chosen = scratch.chosen;
    boolean sigmoid = rule.weighing() == RoutingRule.Weighing.SIGMOID;
    for (int r = 0; r < rows; r++) {
      int at = from + r * stride;
      float max = Float.NEGATIVE_INFINITY;
      for (int j = 0; j < k; j++) {
        float logit = x[at + experts[expertsFrom + r * k + j]];
        chosen[j * STEP + r] = logit;
        max = logit > max ? logit : max;
      }
      if (!sigmoid) {
        scratch.origins[r] = Exponential.origin(max, SCALE, 1);
        scratch.shifts[r] = Exponential.ROUND - Exponential.exponent(max, SCALE);
      }
    }
    if (sigmoid) {
      RoutingScores.sigmoids(chosen, 0, k * STEP, chosen, 0, scratch.doubles);
    } else {
      powers(chosen, k, scratch.origins, scratch.shifts);
    }
    if (!sigmoid || rule.renormalised()) {
      double epsilon = sigmoid ? RoutingRule.EPSILON : 0;
      invert(chosen, k, epsilon, scratch.doubles, scratch.origins, scratch.shifts);
      scale(chosen, k, scratch.origins, scratch.shifts);
    }
    float scale = rule.scale();
    for (int r = 0; r < rows; r++) {
      for (int j = 0; j < k; j++) {
        weights[weightsFrom + r * k + j] = chosen[j * STEP + r] * scale;
      }
    }
  }

  /** The weights of logits, in their place. */
  private static void powers(float[] chosen, int k, float[] origins, float[] shifts) {
    assert k > 0 && k * STEP <= chosen.length : k + " of " + chosen.length;
    assert origins.length == STEP && shifts.length == STEP : "rows " + origins.length;
    FloatVector origin = FloatVector.fromArray(F, origins, 0);
    FloatVector shift = FloatVector.fromArray(F, shifts, 0);
    FloatVector heads = FloatVector.broadcast(F, HEAD);
    FloatVector tails = FloatVector.broadcast(F, TAIL);
    for (int i = 0; i < k * STEP; i += STEP) {
      FloatVector v = FloatVector.fromArray(F, chosen, i).sub(origin);
      FloatVector t = v.fma(heads, shift);
      FloatVector r = v.fma(heads, shift.sub(t));
      r = v.fma(tails, r);
      FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, C1));
      p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
      IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
      VectorMask<Float> counts =
          t.compare(GE, VectorExponential.LEAST)
              .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
      FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts).intoArray(chosen, i);
    }
  }

  /**
   * The inverse of each row's sum, in two floats. A float becomes a double by a shift, times
   * 2^-896: those of the even rows, and those of the odd ones.
   */
  private static void invert(
      float[] chosen, int k, double epsilon, double[] inverses, float[] firsts, float[] seconds) {
    assert k > 0 && k * STEP <= chosen.length : k + " of " + chosen.length;
    assert firsts.length == STEP && seconds.length == STEP : "rows " + firsts.length;
    assert epsilon >= 0 && epsilon < 1 : "epsilon " + epsilon;
    assert STEP % F.length() == 0 && F.length() == 2 * DOUBLES.length() : STEP + " apart";
    DoubleVector zero = DoubleVector.zero(DOUBLES);
    DoubleVector evens = zero;
    DoubleVector odds = zero;
    for (int i = 0; i < k * STEP; i += STEP) {
      LongVector pairs = FloatVector.fromArray(F, chosen, i).reinterpretAsLongs();
      LongVector low = pairs.lanewise(LSHL, Mass.HALF).lanewise(LSHR, Mass.TO_DOUBLE);
      LongVector high = pairs.lanewise(LSHR, Mass.HALF).lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE);
      evens = low.reinterpretAsDoubles().add(evens);
      odds = high.reinterpretAsDoubles().add(odds);
    }
    DoubleVector least = DoubleVector.broadcast(DOUBLES, epsilon);
    DoubleVector one = DoubleVector.broadcast(DOUBLES, 1);
    one.div(zero.add(evens).mul(Mass.SCALE).add(least)).intoArray(inverses, 0);
    one.div(zero.add(odds).mul(Mass.SCALE).add(least)).intoArray(inverses, DOUBLES.length());
    for (int r = 0; r < F.length(); r++) {
      double inverse = inverses[(r & 1) * DOUBLES.length() + (r >> 1)];
      firsts[r] = (float) inverse;
      seconds[r] = (float) (inverse - firsts[r]);
    }
  }

  /** Weights become shares. */
  private static void scale(float[] chosen, int k, float[] firsts, float[] seconds) {
    FloatVector first = FloatVector.fromArray(F, firsts, 0);
    FloatVector second = FloatVector.fromArray(F, seconds, 0);
    for (int i = 0; i < k * STEP; i += STEP) {
      FloatVector w = FloatVector.fromArray(F, chosen, i);
      w.fma(first, w.mul(second)).intoArray(chosen, i);
    }
  }
}
