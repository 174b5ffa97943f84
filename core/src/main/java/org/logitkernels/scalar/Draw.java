package org.logitkernels.scalar;

import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Survivors;

/**
 * A draw from the whole row: a block by the running totals, then a token of that block, whose
 * weights are computed anew.
 */
final class Draw {
  private Draw() {}

  static int draw(float[] x, int from, int to, double temperature, double u, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    double[] prefixes = survivors.prefixes;
    double total = ExpSum.prefixes(x, from, to, max, temperature, prefixes);
    survivors.max = max;
    survivors.total = total;
    double target = u * total; // below the total, as u < 1, however it rounds
    int block = survivors.blockOf(target, Lanes.blocks(to - from));
    int at = from + block * Lanes.BLOCK;
    int end = Math.min(to, at + Lanes.BLOCK);
    ExpSum.weights(x, at, end, max, temperature, survivors.weights, 0);
    double before = block == 0 ? 0 : prefixes[block - 1];
    return at - from + Survivors.drawIndex(survivors.weights, end - at, target - before);
  }
}
