package org.logitkernels.scalar;

import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/** Rows of which a mask allows some tokens. */
final class MaskedRows {
  private MaskedRows() {}

  private static boolean allows(long[] mask, int block, int i) {
    return (mask[block * Lanes.WORDS + (i >> 6)] >>> i & 1) != 0;
  }

  /** Tokens that are allowed, and -Infinity for all others. */
  static void write(float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom) {
    for (int i = 0; i < to - from; i++) {
      y[yFrom + i] = allows(mask, block, i) ? x[from + i] : Float.NEGATIVE_INFINITY;
    }
  }

  /** The maxima of blocks. */
  static void tops(float[] x, int from, int to, long[] mask, int block, float[] tops) {
    for (int at = from, b = block; at < to; at += Lanes.BLOCK, b++) {
      float top = Float.NEGATIVE_INFINITY;
      for (int i = 0; i < Math.min(to - at, Lanes.BLOCK); i++) {
        if (allows(mask, b, i)) {
          top = Math.max(top, x[at + i]); // NaN stays
        }
      }
      tops[b] = top + 0f;
    }
  }

  /** The maxima of blocks, and their sums. */
  static void sums(
      float[] x,
      int from,
      int to,
      long[] mask,
      int block,
      double temperature,
      Survivors survivors) {
    tops(x, from, to, mask, block, survivors.row.tops);
    for (int at = from, b = block; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      float top = survivors.row.tops[b];
      survivors.row.sums[b] = 0;
      if (Math.abs(top) < Float.POSITIVE_INFINITY) {
        write(x, at, end, mask, b, survivors.values, 0);
        survivors.row.sums[b] = ExpSum.block(survivors.values, 0, end - at, temperature, top);
      }
    }
  }
}
