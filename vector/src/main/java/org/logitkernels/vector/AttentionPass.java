package org.logitkernels.vector;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.AttentionRows;

/**
 * Softmax of many rows, each with the bits of {@link Softmax}.
 *
 * <p>First comes a look at all rows, so that nothing is written before all are known to be valid.
 * Then short rows are taken many at a time, by {@link AttentionGroups} and {@link ShortAttention}.
 * Each other row is taken as a row alone would be: by {@link BlockSoftmax}, or a long one by {@link
 * Softmax}. Only the sink is different, which has a part in the total.
 */
final class AttentionPass {
  /** With such a weight a total is hardly larger than that of the longest row may be. */
  private static final double HIGHEST_SINK = 0x1p30;

  private AttentionPass() {}

  /** Leaves the extremes of each row. Throws for NaN and +Infinity. */
  static void look(AttentionRows rows) {
    AttentionGroups.look(rows);
    for (int row = 0; row < rows.count; row++) {
      int length = rows.lengths[row];
      if (!BlockSoftmax.isGroup(length)) {
        int at = rows.at(row);
        rows.extremes[row] = length == 0 ? Maxima.NONE : Maxima.rest(rows.x, at, at + length);
      }
      float max = Maxima.max(rows.extremes[row]);
      if (!(max < Float.POSITIVE_INFINITY)) {
        throw rows.invalid(row);
      }
      rows.maxima[row] = max;
    }
  }

  /** Checks all rows, and then writes the probabilities of each. */
  static void softmax(AttentionRows rows) {
    look(rows);
    int longest = 0;
    for (int row = 0; row < rows.count; row++) {
      longest = Math.max(longest, rows.lengths[row]);
    }
    double temperature = rows.temperature();
    double scale = Exponential.scale(temperature);
    Scratch scratch = Scratch.take(Lanes.blocks(longest));
    try {
      for (int row = 0; row < rows.count; row += AttentionGroups.TURN) {
        int end = Math.min(rows.count, row + AttentionGroups.TURN);
        int together = AttentionGroups.references(rows, row, end, scale);
        if (together > 0) {
          AttentionGroups.weights(rows, row, end, scale);
          AttentionGroups.sums(rows, row, end);
          AttentionGroups.factors(rows, row, end);
          AttentionGroups.probabilities(rows, row, end);
        }
        if (together < end - row) {
          together += ShortAttention.softmax(rows, row, end, scale);
        }
        if (together < end - row) {
          others(rows, row, end, temperature, scale, scratch);
        }
      }
    } finally {
      scratch.give();
    }
  }

  /** The rows that are not taken together. */
  private static void others(
      AttentionRows rows, int begin, int end, double temperature, double scale, Scratch scratch) {
    for (int row = begin; row < end; row++) {
      if (AttentionGroups.has(rows, row)) {
        continue;
      }
      if (rows.maxima[row] == Float.NEGATIVE_INFINITY) {
        rows.masked(row);
      } else if (rows.lengths[row] <= Lanes.BLOCK && !mayBeCut(rows, row, scale)) {
        shortRow(rows, row, temperature, scale, scratch);
      } else {
        longRow(rows, row, temperature, scratch);
      }
    }
  }

  /** Whether the sum of a row that is a vector at least may not be that of its weights. */
  private static boolean mayBeCut(AttentionRows rows, int row, double scale) {
    int at = rows.at(row);
    int end = at + rows.lengths[row];
    return end - at >= Species.FLOATS.length()
        && BlockSoftmax.mayBeCut(rows.x, at, end, rows.extremes[row], scale);
  }

  /** A row of a block at most. */
  private static void shortRow(
      AttentionRows rows, int row, double temperature, double scale, Scratch scratch) {
    int from = rows.at(row);
    int length = rows.lengths[row];
    double total =
        BlockSoftmax.weights(
            rows.x, from, from + length, rows.extremes[row], temperature, scale, scratch);
    ExpSum.checkTotal(total, length);
    rows.total(row, total);
    BlockSoftmax.probabilities(
        scratch.weights,
        length,
        BlockSoftmax.least(rows.extremes[row], scale),
        rows.firsts[row],
        rows.seconds[row],
        rows.y,
        rows.yAt(row));
  }

  /** A row of more than a block, or one that may be cut. */
  private static void longRow(AttentionRows rows, int row, double temperature, Scratch scratch) {
    float[] x = rows.x;
    float[] y = rows.y;
    int at = rows.at(row);
    int end = at + rows.lengths[row];
    int yAt = rows.yAt(row);
    double scale = Exponential.scale(temperature);
    // Under a high sink, the factors of stored weights could underflow.
    boolean stores = rows.sinkWeight(row) <= HIGHEST_SINK;
    float max = rows.maxima[row];
    if (stores && StoredSum.isPlain(rows.extremes[row], scale)) {
      double total = StoredSum.plain(x, at, end, max, scale, y, yAt, scratch);
      ExpSum.checkTotal(total, end - at);
      rows.total(row, total);
      double least = BlockSoftmax.least(rows.extremes[row], scale);
      Softmax.scalePlain(y, yAt, end - at, least, rows.firsts[row], rows.seconds[row], scratch);
      return;
    }
    if (stores) {
      StoredSum.look(x, at, end, scratch);
      StoredSum.sums(x, at, end, max, temperature, scratch, y, yAt);
    } else {
      ExpSum.sums(x, at, end, temperature, scratch);
    }
    rows.total(row, Softmax.total(scratch, end - at, max, temperature));
    float first = rows.firsts[row];
    float second = rows.seconds[row];
    if (stores) {
      Softmax.scale(x, at, end, max, scale, first, second, y, yAt, scratch);
    } else {
      Softmax.again(x, at, end, max, scale, first, second, y, yAt);
    }
  }
}
