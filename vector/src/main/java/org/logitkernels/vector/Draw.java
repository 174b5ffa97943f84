package org.logitkernels.vector;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Survivors;

/**
 * A draw from the whole row: a block by the running totals, then a token of that block, whose
 * weights are computed anew.
 */
final class Draw {
  private Draw() {}

  static int draw(float[] x, int from, int to, double temperature, double u, Survivors survivors) {
    ExpSum.prefixes(x, from, to, temperature, survivors);
    double[] prefixes = survivors.prefixes;
    double total = survivors.total;
    double target = u * total; // below the total, as u < 1, however it rounds
    int blocks = Lanes.blocks(to - from);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    int block = survivors.blockOf(target, blocks);
    for (; ; block++) {
      int at = from + block * Lanes.BLOCK;
      int end = Math.min(to, at + Lanes.BLOCK);
      ExpSum.weights(x, at, end, survivors.max, scale, cutoff, 1, survivors.weights, 0);
      double before = block == 0 ? 0 : prefixes[block - 1];
      int i = Survivors.drawIndex(survivors.weights, 0, end - at, 0, target - before);
      if (i >= 0 || block == blocks - 1) { // if not, the maximum came later and left no weight here
        return at - from + Math.max(i, 0);
      }
    }
  }

  /** {@link Survivors#draw}: the same sum, a block at a time where that cannot change a bit. */
  static int draw(Survivors survivors, double u) {
    int padded = survivors.pad(Species.FLOATS.length());
    double[] prefixes = survivors.prefixes;
    if (survivors.size < Lanes.BLOCK || !Mass.prefixes(survivors.weights, padded, prefixes)) {
      return survivors.draw(u);
    }
    int blocks = Lanes.blocks(survivors.size);
    double total = prefixes[blocks - 1];
    survivors.total = total;
    double target = u * total;
    int block = survivors.blockOf(target, blocks);
    int at = block * Lanes.BLOCK;
    int end = Math.min(survivors.size, at + Lanes.BLOCK);
    double before = block == 0 ? 0 : prefixes[block - 1];
    return survivors.ids[Survivors.drawIndex(survivors.weights, at, end, before, target)];
  }
}
