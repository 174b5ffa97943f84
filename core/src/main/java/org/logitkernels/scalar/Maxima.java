package org.logitkernels.scalar;

import org.logitkernels.numerics.RowErrors;

/** The row's maximum, and with it the check that every kernel makes first. */
final class Maxima {
  private Maxima() {}

  /** The maximum, never -0. Throws for NaN and +Infinity, and where every token is masked. */
  static float max(float[] x, int from, int to) {
    return x[from + argMax(x, from, to)] + 0f;
  }

  /** The first id that attains the maximum. Throws as {@link #max} does. */
  static int argMax(float[] x, int from, int to) {
    int best = best(x, from, to);
    if (best < 0) {
      throw RowErrors.allMasked();
    }
    return best - from;
  }

  /** The maximum of a part, never -0; -Infinity if all of it is masked. Throws for NaN. */
  static float top(float[] x, int from, int to) {
    int best = best(x, from, to);
    return best < 0 ? Float.NEGATIVE_INFINITY : x[best] + 0f;
  }

  /** The index of the first maximum; -1 if all are masked. Throws for NaN and +Infinity. */
  static int best(float[] x, int from, int to) {
    float max = Float.NEGATIVE_INFINITY;
    int best = -1;
    for (int i = from; i < to; i++) {
      float value = x[i];
      if (!(value <= max)) { // greater, or NaN
        if (!(value < Float.POSITIVE_INFINITY)) {
          throw RowErrors.invalid(x, from, to);
        }
        max = value;
        best = i;
      }
    }
    return best;
  }
}
