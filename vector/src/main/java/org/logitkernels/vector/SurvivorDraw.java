package org.logitkernels.vector;

import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/** The draw from survivors, and the sum of a block that a draw from a whole row sums again. */
final class SurvivorDraw {
  private SurvivorDraw() {}

  /**
   * Draws as {@link Survivors#draw} does. Sums a block at a time where that cannot change a bit.
   */
  static int draw(Survivors survivors, double u) {
    int padded = survivors.pad(Species.FLOATS.length());
    double[] prefixes = survivors.row.prefixes;
    if (survivors.size < Lanes.BLOCK || !Mass.prefixes(survivors.weights, padded, prefixes)) {
      return survivors.draw(u);
    }
    int blocks = Lanes.blocks(survivors.size);
    double total = prefixes[blocks - 1];
    survivors.total = total;
    double target = u * total;
    int block = 0;
    while (block < blocks - 1 && prefixes[block] <= target) {
      block++;
    }
    int at = block * Lanes.BLOCK;
    int end = Math.min(survivors.size, at + Lanes.BLOCK);
    double before = block == 0 ? 0 : prefixes[block - 1];
    int i = Survivors.drawIndex(survivors.weights, at, end, before, target);
    return i < 0 ? -1 : survivors.ids[i];
  }

  /**
   * Sums a block again, as {@link org.logitkernels.spi.Backend#sumBlock} says. The block is at
   * least a vector long.
   */
  static void sumBlock(Survivors survivors, double temperature, int block) {
    Scratch scratch = Scratch.take();
    try {
      ExpSum.pass(
          survivors.values,
          0,
          survivors.size,
          temperature,
          Float.NaN,
          block,
          survivors.row.sums,
          survivors.row.tops,
          scratch.strips,
          0,
          scratch.groups);
    } finally {
      scratch.give();
    }
  }
}
