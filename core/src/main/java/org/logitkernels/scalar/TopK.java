package org.logitkernels.scalar;

import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Survivors;

/**
 * The best k: if the maxima of k strips of the row reach a bar, so do k logits, and only strips
 * that reach it are looked at again, into a buffer of 2k that is cut back to k whenever it is full.
 */
final class TopK {
  /** Strips for each of the k: enough for a bar that few logits reach. */
  private static final int STRIPS_EACH = 4;

  private static final int SHORTEST_STRIP = 8;

  private TopK() {}

  static void topK(float[] x, int from, int to, int k, Survivors survivors) {
    int strip = Math.max(SHORTEST_STRIP, Integer.highestOneBit((to - from) / STRIPS_EACH / k));
    int strips = (to - from - 1) / strip + 1;
    survivors.row.forget(); // these strips are others than those of vectors
    survivors.max = maxima(x, from, to, strip, survivors.row.maxima);
    int room = (int) Math.min(to - from, 2L * k);
    float bar = bar(survivors, strips, k);
    survivors.size = 0;
    survivors.reserve(room);
    for (int at = from, s = 0, end; at < to; at = end, s++) {
      end = at + Math.min(strip, to - at);
      if (!(survivors.row.maxima[s] > bar)) {
        continue;
      }
      for (int i = at; i < end; i++) {
        float value = x[i];
        if (value > bar) {
          if (survivors.size == room) {
            survivors.topK(k);
            bar = survivors.lowest(); // k tokens with lower ids reach it: an equal one is too late
            if (value <= bar) {
              continue;
            }
          }
          survivors.add(i - from, value);
        }
      }
    }
    survivors.topK(k);
  }

  /** The strips' maxima; returns that of the row. Throws as {@link Maxima#max} does. */
  private static float maxima(float[] x, int from, int to, int strip, float[] maxima) {
    float max = Float.NEGATIVE_INFINITY;
    for (int at = from, s = 0, end; at < to; at = end, s++) {
      end = at + Math.min(strip, to - at);
      float best = Float.NEGATIVE_INFINITY;
      for (int i = at; i < end; i++) {
        float value = x[i];
        if (!(value <= best)) { // greater, or NaN
          if (!(value < Float.POSITIVE_INFINITY)) {
            throw RowErrors.invalid(x, from, to);
          }
          best = value;
        }
      }
      maxima[s] = best;
      max = Math.max(max, best);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return max + 0f;
  }

  /** A bar below what k strips reach; if there are fewer, below every unmasked logit. */
  private static float bar(Survivors survivors, int strips, int k) {
    survivors.size = 0;
    if (strips > k) {
      survivors.reserve(strips);
      for (int s = 0; s < strips; s++) {
        if (survivors.row.maxima[s] > Float.NEGATIVE_INFINITY) {
          survivors.add(s, survivors.row.maxima[s]);
        }
      }
    }
    if (survivors.size < k) {
      return Float.NEGATIVE_INFINITY;
    }
    survivors.topK(k);
    return Math.nextDown(survivors.lowest());
  }
}
