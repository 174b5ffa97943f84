package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.LogProbability;

/**
 * Log-sum-exp, a log-probability, softmax and log-softmax: what each makes of the row's maximum and
 * total weight.
 */
final class Softmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private Softmax() {}

  /** {@code max / T + ln(total)}. */
  static double logSumExp(
      float[] x,
      int from,
      int to,
      double temperature,
      float max,
      double total,
      float[] y,
      int yFrom) {
    return max / temperature + StrictMath.log(total);
  }

  /** The logarithm of the probability of the token that stands in the place of an output. */
  static double logProbability(
      float[] x,
      int from,
      int to,
      double temperature,
      float max,
      double total,
      float[] y,
      int token) {
    return LogProbability.of(x[from + token], max, temperature, StrictMath.log(total));
  }

  /** The weights, each multiplied by the inverse of the total. */
  static double softmax(
      float[] x,
      int from,
      int to,
      double temperature,
      float max,
      double total,
      float[] y,
      int yFrom) {
    float scale = Exponential.scale(temperature);
    float factor = (float) (1 / total);
    ExpSum.weights(x, from, to, max, scale, Exponential.cutoff(scale), factor, y, yFrom);
    return total;
  }

  /** {@code fma(d * h, 1 / (T h), -ln(total))}, where h keeps a difference from overflowing. */
  static double logSoftmax(
      float[] x,
      int from,
      int to,
      double temperature,
      float max,
      double total,
      float[] y,
      int yFrom) {
    float logTotal = (float) StrictMath.log(total);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogTotal = FloatVector.broadcast(F, -logTotal);
    int shift = yFrom - from;
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector d = FloatVector.fromArray(F, x, i).mul(shrink).sub(shrunkMax);
      d.fma(factors, minusLogTotal).intoArray(y, i + shift);
    }
    for (; i < to; i++) {
      y[i + shift] = Math.fma(x[i] * shrink - shrunkMax, factor, -logTotal);
    }
    return total;
  }
}
