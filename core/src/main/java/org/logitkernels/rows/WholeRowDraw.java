package org.logitkernels.rows;

import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A draw from the whole row, by the sums of its blocks: a block by the running totals, then a token
 * of that block, whose weights are computed anew.
 *
 * <p>Tokens may be excluded: they weigh nothing, and only the blocks that hold them are summed
 * again, as if they were masked.
 */
public final class WholeRowDraw {
  private WholeRowDraw() {}

  /** Draws a token from a row. */
  public static int sample(
      Backend backend, Row<?> row, double temperature, double u, Survivors survivors) {
    row.sums(temperature, survivors);
    int token = draw(backend, row, temperature, u, survivors);
    if (token < 0) {
      throw RowErrors.changed();
    }
    return token;
  }

  /** Excludes a token of a row whose blocks were summed at this temperature. */
  public static void exclude(
      Backend backend, Row<?> row, double temperature, int token, Survivors survivors) {
    survivors.excluded.add(token);
    sumAgain(backend, row, temperature, token / Lanes.BLOCK, survivors);
  }

  /**
   * Sums the blocks of a row, without the tokens that are excluded: the maximum is that of the
   * others.
   */
  public static void sums(Backend backend, Row<?> row, double temperature, Survivors survivors) {
    blockSums(backend, row, temperature, survivors);
    if (survivors.excluded.count() > 0) {
      renewTotal(row, temperature, survivors);
    }
  }

  /** The maximum and the total of the tokens that are not excluded. */
  public static void renewTotal(Row<?> row, double temperature, Survivors survivors) {
    int blocks = Lanes.blocks(row.length());
    survivors.total(Lanes.max(survivors.row.tops, blocks), blocks, temperature);
  }

  /** The same without a total of what is left, which may be nothing. */
  public static void blockSums(
      Backend backend, Row<?> row, double temperature, Survivors survivors) {
    row.sums(temperature, survivors);
    if (survivors.excluded.count() > 0) {
      for (int block = 0; block < Lanes.blocks(row.length()); block++) {
        if (survivors.excluded.isIn(block)) {
          sumAgain(backend, row, temperature, block, survivors);
        }
      }
    }
  }

  private static void sumAgain(
      Backend backend, Row<?> row, double temperature, int block, Survivors survivors) {
    load(row, block, survivors);
    backend.sumBlock(survivors, temperature, block);
  }

  /** A block's logits, in the place of the survivors': masked where tokens are excluded. */
  private static void load(Row<?> row, int block, Survivors survivors) {
    int at = block * Lanes.BLOCK;
    survivors.size = Math.min(row.length() - at, Lanes.BLOCK);
    row.copy(at, survivors.values, 0, survivors.size);
    survivors.excluded.mask(block, survivors.values);
  }

  /**
   * Draws by the sums of the blocks: the first block whose running total exceeds {@code u * total},
   * and in it as {@link Survivors#drawIndex} does. Leaves the total; returns the token, or -1 if
   * nothing has a weight.
   *
   * <p>Once the best tokens are excluded, all others may weigh so little beside the maximum that
   * the total is 0. Then nothing has a weight, even if a token of a far row still has one.
   */
  public static int draw(
      Backend backend, Row<?> row, double temperature, double u, Survivors survivors) {
    int blocks = Lanes.blocks(row.length());
    double[] prefixes = survivors.row.prefixes;
    double total = prefixes(row, temperature, survivors);
    if (total == 0) {
      return -1;
    }
    double target = u * total; // below the total, as u < 1, however it rounds
    int block = 0;
    while (block < blocks - 1 && prefixes[block] <= target) {
      block++;
    }
    boolean listed = !survivors.excluded.isIn(block) && row.list(block, survivors);
    if (!listed) {
      load(row, block, survivors);
    }
    backend.weights(survivors, temperature);
    double before = block == 0 ? 0 : prefixes[block - 1];
    int i = Survivors.drawIndex(survivors.weights, 0, survivors.size, 0, target - before);
    return i < 0 ? -1 : listed ? survivors.ids[i] : block * Lanes.BLOCK + i;
  }

  /** Leaves the running totals of the blocks, and the total, which it returns. */
  public static double prefixes(Row<?> row, double temperature, Survivors survivors) {
    survivors.total =
        Lanes.prefixes(
            survivors.row.sums,
            survivors.row.tops,
            Lanes.blocks(row.length()),
            survivors.max,
            temperature,
            survivors.row.prefixes);
    return survivors.total;
  }
}
