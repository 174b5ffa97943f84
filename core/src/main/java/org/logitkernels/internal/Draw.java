package org.logitkernels.internal;

import java.util.Arrays;

/**
 * A draw from the whole row, by the sums of its blocks: a block by the running totals, then a token
 * of that block, whose weights are computed anew.
 *
 * <p>Tokens may be excluded: they weigh nothing, and only the blocks that hold them are summed
 * again. Weights stay relative to the row's maximum, be it excluded or not.
 */
public final class Draw {
  private Draw() {}

  /** Draws a token from a row. */
  public static int sample(
      Backend backend, Row<?> row, double temperature, double u, Survivors survivors) {
    row.sums(temperature, survivors);
    int token = draw(backend, row, temperature, u, survivors);
    if (token < 0) {
      throw Rows.changed();
    }
    return token;
  }

  /** Excludes a token of a row whose blocks were summed at this temperature. */
  static void exclude(
      Backend backend, Row<?> row, double temperature, int token, Survivors survivors) {
    if (survivors.excludedCount == survivors.excluded.length) {
      survivors.excluded =
          Arrays.copyOf(
              survivors.excluded, Room.of(survivors.excludedCount, survivors.excludedCount + 1L));
    }
    survivors.excluded[survivors.excludedCount++] = token;
    sumAgain(backend, row, temperature, token / Lanes.BLOCK, survivors);
  }

  /** Sums the blocks of a row, without the tokens that are excluded. */
  static void sums(Backend backend, Row<?> row, double temperature, Survivors survivors) {
    row.sums(temperature, survivors);
    for (int i = 0; i < survivors.excludedCount; i++) {
      int block = survivors.excluded[i] / Lanes.BLOCK;
      sumAgain(backend, row, temperature, block, survivors);
    }
  }

  private static void sumAgain(
      Backend backend, Row<?> row, double temperature, int block, Survivors survivors) {
    if (survivors.tops[block] == Float.NEGATIVE_INFINITY) {
      return; // all masked so far
    }
    float max = survivors.max;
    survivors.max = survivors.tops[block];
    weigh(backend, row, temperature, block, survivors);
    survivors.sums[block] = Lanes.sum(survivors.weights, survivors.size);
    survivors.max = max;
  }

  /** The weights of a block's tokens, in the place of the survivors'. */
  private static void weigh(
      Backend backend, Row<?> row, double temperature, int block, Survivors survivors) {
    int at = block * Lanes.BLOCK;
    survivors.size = Math.min(row.length() - at, Lanes.BLOCK);
    row.copy(at, survivors.values, 0, survivors.size);
    for (int i = 0; i < survivors.excludedCount; i++) {
      int token = survivors.excluded[i];
      if (token / Lanes.BLOCK == block) {
        survivors.values[token % Lanes.BLOCK] = Float.NEGATIVE_INFINITY;
      }
    }
    backend.weights(survivors, temperature);
  }

  /**
   * Draws by the sums of the blocks: the first block whose running total exceeds {@code u * total},
   * and in it as {@link Survivors#drawIndex} does. Leaves the total; returns the token, or -1 if
   * nothing has a weight.
   */
  static int draw(Backend backend, Row<?> row, double temperature, double u, Survivors survivors) {
    int blocks = Lanes.blocks(row.length());
    double[] prefixes = survivors.prefixes;
    double total = prefixes(row, survivors);
    double target = u * total; // below the total, as u < 1, however it rounds
    int block = 0;
    while (block < blocks - 1 && prefixes[block] <= target) {
      block++;
    }
    for (; block < blocks; block++) {
      double before = block == 0 ? 0 : prefixes[block - 1];
      int token = drawFrom(backend, row, temperature, block, target - before, survivors);
      if (token >= 0) { // if not, the maximum came later and left no weight here
        return token;
      }
    }
    for (block = blocks - 1; block >= 0; block--) { // what came later is excluded
      int token = drawFrom(backend, row, temperature, block, Double.POSITIVE_INFINITY, survivors);
      if (token >= 0) {
        return token;
      }
    }
    return -1;
  }

  /** Leaves the running totals of the blocks, and the total, which it returns. */
  static double prefixes(Row<?> row, Survivors survivors) {
    int blocks = Lanes.blocks(row.length());
    survivors.total = Lanes.prefixes(survivors.sums, survivors.decays, blocks, survivors.prefixes);
    return survivors.total;
  }

  private static int drawFrom(
      Backend backend,
      Row<?> row,
      double temperature,
      int block,
      double target,
      Survivors survivors) {
    weigh(backend, row, temperature, block, survivors);
    int i = Survivors.drawIndex(survivors.weights, 0, survivors.size, 0, target);
    return i < 0 ? -1 : block * Lanes.BLOCK + i;
  }
}
