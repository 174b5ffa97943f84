package org.logitkernels.vector;

import java.util.Arrays;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.spi.AttentionRows;

/**
 * Softmax of attention rows that are shorter than a vector, many rows at a time. They are copied,
 * each filled up to a vector, and taken together by {@link AttentionGroups}.
 *
 * <p>A row is filled up with its first logit, which changes no extreme. The weights of what is not
 * the row's are set to 0 before they are summed.
 */
final class ShortAttention {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private ShortAttention() {}

  /**
   * Writes the probabilities of the rows that can be taken together, and returns how many these
   * are.
   */
  static int softmax(AttentionRows rows, int begin, int end, double scale) {
    int few = 0;
    for (int row = begin; row < end; row++) {
      few += isShort(rows, row) ? 1 : 0;
    }
    if (few == 0) {
      return 0;
    }
    AttentionRows filled = copies(rows, end - begin);
    for (int row = begin; row < end; row++) {
      filled.extremes[row - begin] = isShort(rows, row) ? rows.extremes[row] : Maxima.NONE;
    }
    int together = AttentionGroups.references(filled, 0, filled.count, scale);
    fill(rows, begin, filled);
    AttentionGroups.weights(filled, 0, filled.count, scale);
    cut(rows, begin, filled);
    AttentionGroups.sums(filled, 0, filled.count);
    for (int i = 0; i < filled.count; i++) {
      if (AttentionGroups.has(filled, i)) {
        int row = begin + i;
        ExpSum.checkTotal(filled.totals[i], rows.lengths[row]);
        rows.total(row, filled.totals[i]);
        rows.shifts[row] = filled.shifts[i];
        filled.firsts[i] = rows.firsts[row];
        filled.seconds[i] = rows.seconds[row];
      }
    }
    AttentionGroups.probabilities(filled, 0, filled.count);
    copy(rows, begin, filled);
    return together;
  }

  private static boolean isShort(AttentionRows rows, int row) {
    return rows.lengths[row] > 0 && rows.lengths[row] < F.length();
  }

  /** A place for so many copies. */
  private static AttentionRows copies(AttentionRows rows, int count) {
    AttentionRows copies = rows.copies;
    if (copies == null) {
      copies = new AttentionRows();
      copies.reserve(AttentionGroups.TURN);
      Arrays.fill(copies.lengths, F.length());
      copies.stride = F.length();
      copies.yStride = F.length();
      copies.x = new float[AttentionGroups.TURN * F.length()];
      copies.y = copies.x;
      rows.copies = copies;
    }
    copies.count = count;
    return copies;
  }

  /** Copies each row, and fills it up. */
  private static void fill(AttentionRows rows, int begin, AttentionRows filled) {
    float[] x = rows.x;
    float[] y = filled.x;
    for (int i = 0; i < filled.count; i++) {
      if (AttentionGroups.has(filled, i)) {
        int at = rows.at(begin + i);
        int length = rows.lengths[begin + i];
        int to = i * F.length();
        for (int j = 0; j < F.length(); j++) {
          y[to + j] = x[j < length ? at + j : at];
        }
      }
    }
  }

  /** Sets the weights to 0 that are not the row's. */
  private static void cut(AttentionRows rows, int begin, AttentionRows filled) {
    float[] y = filled.x;
    for (int i = 0; i < filled.count; i++) {
      if (AttentionGroups.has(filled, i)) {
        for (int j = rows.lengths[begin + i]; j < F.length(); j++) {
          y[i * F.length() + j] = 0;
        }
      }
    }
  }

  /** Copies the probabilities to where they go. */
  private static void copy(AttentionRows rows, int begin, AttentionRows filled) {
    float[] x = filled.x;
    float[] y = rows.y;
    for (int i = 0; i < filled.count; i++) {
      if (AttentionGroups.has(filled, i)) {
        int at = rows.yAt(begin + i);
        for (int j = 0; j < rows.lengths[begin + i]; j++) {
          y[at + j] = x[i * F.length() + j];
        }
      }
    }
  }
}
