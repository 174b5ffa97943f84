package org.logitkernels.scalar;

import org.logitkernels.spi.Survivors;

/** Min-p: every unmasked token whose logit lies within a distance of the maximum. */
final class MinP {
  private MinP() {}

  static void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    survivors.all(x, from, to);
    survivors.max = max;
    survivors.minP(threshold, 1);
  }
}
