package org.logitkernels.vector;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Survivors;

/**
 * The nucleus: the total, then the tokens near the maximum, from further and further away until
 * they hold the mass.
 *
 * <p>Tokens that lie {@code ln(n / ((1 - p) total))} T below the maximum or further weigh, all n of
 * them, less than what the nucleus leaves out; the distance need not grow beyond that.
 */
final class TopP {
  private static final int DEPTH = 32;

  /** First distance from the maximum, in units of T. */
  private static final double NEAR = 3;

  private TopP() {}

  static void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors) {
    long extremes = Strips.maxima(x, from, to, DEPTH, survivors.maxima);
    float max = Maxima.max(extremes);
    double total = ExpSum.total(x, from, to, max, Maxima.min(extremes), temperature);
    survivors.max = max;
    survivors.total = total;
    if (p == 1) {
      survivors.all(x, from, to);
      return;
    }
    int length = to - from;
    double far = 1e-3 + StrictMath.log(length / ((1 - p) * total));
    for (double distance = NEAR; ; distance *= 2) {
      float bar = (float) (-Math.min(distance, far) * temperature);
      survivors.size = 0;
      if (distance < 2 * far) {
        Strips.collect(x, from, to, DEPTH, max, bar, survivors);
      } else {
        survivors.all(x, from, to); // the tail weighs no more than rounding
      }
      float scale = Exponential.scale(temperature);
      ExpSum.weights(
          survivors.values,
          0,
          survivors.size,
          max,
          scale,
          Exponential.cutoff(scale),
          survivors.weights,
          0);
      if (survivors.nucleus(p, total, length) || distance >= 2 * far) {
        return;
      }
    }
  }
}
