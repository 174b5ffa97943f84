package org.logitkernels.scalar;

import org.logitkernels.numerics.SoftCap;

/** The soft cap of every logit of a row. */
final class SoftCaps {
  private SoftCaps() {}

  static void write(float[] x, int from, int to, float cap, float[] y, int yFrom) {
    float stretch = SoftCap.stretch(cap);
    float inverse = SoftCap.inverse(cap);
    float rate = SoftCap.rate(cap);
    float bound = SoftCap.bound(cap);
    float end = SoftCap.end(cap);
    float floor = SoftCap.floor(cap);
    int ahead = yFrom - from;
    for (int i = from; i < to; i++) {
      y[i + ahead] = SoftCap.of(x[i], cap, stretch, inverse, rate, bound, end, floor);
    }
  }
}
