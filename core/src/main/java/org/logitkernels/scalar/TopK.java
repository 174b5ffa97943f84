package org.logitkernels.scalar;

import org.logitkernels.internal.Survivors;

/** The best k: a buffer of twice that many, cut back to k whenever it is full. */
final class TopK {
  private TopK() {}

  static void topK(float[] x, int from, int to, int k, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    int room = (int) Math.min(to - from, 2L * k);
    survivors.size = 0;
    survivors.reserve(room);
    float bar =
        Float.NEGATIVE_INFINITY; // k tokens with lower ids reach it: an equal one comes too late
    for (int i = from; i < to; i++) {
      float value = x[i];
      if (value > bar) {
        if (survivors.size == room) {
          survivors.topK(k);
          bar = survivors.lowest();
          if (value <= bar) {
            continue;
          }
        }
        survivors.add(i - from, value);
      }
    }
    survivors.topK(k);
  }
}
