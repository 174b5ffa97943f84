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
    double total = ExpSum.prefixes(x, from, to, temperature, prefixes, survivors.decays);
    survivors.max = max;
    survivors.total = total;
    double target = u * total; // below the total, as u < 1, however it rounds
    int blocks = Lanes.blocks(to - from);
    int block = survivors.blockOf(target, blocks);
    for (; ; block++) {
      int at = from + block * Lanes.BLOCK;
      int end = Math.min(to, at + Lanes.BLOCK);
      ExpSum.weights(x, at, end, survivors.max, temperature, 1, survivors.weights, 0);
      double before = block == 0 ? 0 : prefixes[block - 1];
      int i = Survivors.drawIndex(survivors.weights, 0, end - at, 0, target - before);
      if (i >= 0 || block == blocks - 1) { // if not, the maximum came later and left no weight here
        return at - from + Math.max(i, 0);
      }
    }
  }
}
