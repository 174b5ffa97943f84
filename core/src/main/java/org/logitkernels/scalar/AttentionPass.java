package org.logitkernels.scalar;

import org.logitkernels.spi.AttentionRows;

/** Softmax of many rows: each as {@link Softmax} does it, with a sink in its total. */
final class AttentionPass {
  private AttentionPass() {}

  /** Leaves the maximum of each row. */
  static void look(AttentionRows rows) {
    for (int row = 0; row < rows.count; row++) {
      int at = rows.at(row);
      float max = Float.NEGATIVE_INFINITY;
      for (int i = at; i < at + rows.lengths[row]; i++) {
        float value = rows.x[i];
        if (!(value <= max)) { // greater, or NaN
          if (!(value < Float.POSITIVE_INFINITY)) {
            throw rows.invalid(row);
          }
          max = value;
        }
      }
      rows.maxima[row] = max + 0f;
    }
  }

  /** Checks all rows, and then writes the probabilities of each. */
  static void softmax(AttentionRows rows) {
    look(rows);
    double temperature = rows.temperature();
    for (int row = 0; row < rows.count; row++) {
      softmax(rows, row, temperature);
    }
  }

  private static void softmax(AttentionRows rows, int row, double temperature) {
    float max = rows.maxima[row];
    if (max == Float.NEGATIVE_INFINITY) {
      rows.masked(row);
      return;
    }
    int at = rows.at(row);
    int end = at + rows.lengths[row];
    rows.total(row, ExpSum.total(rows.x, at, end, temperature, max));
    float first = rows.firsts[row];
    float second = rows.seconds[row];
    ExpSum.weights(rows.x, at, end, max, temperature, first, second, rows.y, rows.yAt(row));
  }
}
