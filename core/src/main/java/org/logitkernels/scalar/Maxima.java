package org.logitkernels.scalar;

import org.logitkernels.internal.Rows;

/** The row's maximum, and with it the check that every kernel makes first. */
final class Maxima {
  private Maxima() {}

  /** The maximum, never -0. Throws for NaN and +Infinity, and where every token is masked. */
  static float max(float[] x, int from, int to) {
    float max = Float.NEGATIVE_INFINITY;
    for (int i = from; i < to; i++) {
      float value = x[i];
      if (!(value < Float.POSITIVE_INFINITY)) {
        throw Rows.invalid(x, from, to);
      }
      if (value > max) {
        max = value;
      }
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    return max + 0f;
  }

  /** The first id that attains the maximum. */
  static int argMax(float[] x, int from, int to) {
    float max = max(x, from, to);
    int i = from;
    while (x[i] != max && i < to - 1) { // the bound holds even if another thread changes the row
      i++;
    }
    return i - from;
  }
}
