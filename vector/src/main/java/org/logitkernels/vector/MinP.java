package org.logitkernels.vector;

import org.logitkernels.spi.Survivors;

/** Min-p: all unmasked tokens whose logit lies within a distance of the maximum. */
final class MinP {
  static final int DEPTH = 32;

  private MinP() {}

  static void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    float max = Maxima.max(Strips.maxima(x, from, to, DEPTH, survivors));
    survivors.max = max;
    survivors.size = 0;
    if (threshold == Float.NEGATIVE_INFINITY) {
      Strips.all(x, from, to, survivors); // the difference of an unmasked token may overflow
    } else {
      Strips.collect(x, from, to, DEPTH, max, threshold, survivors);
    }
  }
}
