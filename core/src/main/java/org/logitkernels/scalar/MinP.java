package org.logitkernels.scalar;

import org.logitkernels.spi.Survivors;

/** Min-p: every unmasked token whose logit lies within a distance of the maximum. */
final class MinP {
  private MinP() {}

  static void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    collect(x, from, to, threshold, survivors);
  }

  /** The same, where the maximum is known. */
  static void collect(float[] x, int from, int to, float threshold, Survivors survivors) {
    float max = survivors.max;
    survivors.size = 0;
    survivors.forgetWeights();
    survivors.reserve(to - from);
    for (int i = from; i < to; i++) {
      if (x[i] - max >= threshold && x[i] > Float.NEGATIVE_INFINITY) {
        survivors.add(i - from, x[i]);
      }
    }
  }
}
