package org.logitkernels;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Divergence;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.rows.Row;
import org.logitkernels.spi.Survivors;

/** Two rows that are read together, and what that leaves. */
final class ComparedRows {
  private final Kernels kernels;
  private final Workspace first;
  private final Workspace second;
  private final Logits copied = new Logits();
  private @Nullable Row<?> p;
  private @Nullable Row<float[]> q;

  /** Read with these kernels, each with a workspace of its own. */
  ComparedRows(Kernels kernels, Workspace first, Workspace second) {
    this.kernels = kernels;
    this.first = first;
    this.second = second;
  }

  Kernels kernels() {
    return kernels;
  }

  /**
   * Reads both, and returns the divergence of p from q.
   *
   * @param nameOfP what an error calls the row
   */
  double read(Logits rowP, Logits rowQ, String nameOfP, String nameOfQ) {
    if (rowP.length() != rowQ.length()) {
      throw new IllegalArgumentException(
          nameOfP + " has " + rowP.length() + " logits, but " + nameOfQ + " has " + rowQ.length());
    }
    double logPartition;
    Row<float[]> other;
    try {
      other = onHeap(kernels.open(rowQ, second));
      other.sums(Divergence.TEMPERATURE, second.survivors);
      logPartition = second.survivors.logPartition(Divergence.TEMPERATURE);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw RowErrors.in(nameOfQ, e);
    }
    q = other;
    try {
      Row<?> row = kernels.open(rowP, first);
      p = row;
      double mean = row.divergence(other, second.survivors, first.survivors);
      return Divergence.of(
          mean, first.survivors.logPartition(Divergence.TEMPERATURE), logPartition);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw RowErrors.in(nameOfP, e);
    }
  }

  /** The row in an array, where the loop over another can read it. */
  private Row<float[]> onHeap(Row<?> row) {
    if (row instanceof Row.OfNarrow narrow) {
      return narrow;
    }
    if (row instanceof Row.OfNative) {
      float[] room = second.source(kernels.rows).room();
      int length = row.length();
      row.copy(0, room, 0, length);
      return onHeap(kernels.open(copied.at(room, 0, length), second));
    }
    return (Row.OfArray) row;
  }

  /** The log-probability of a token in the first row. */
  double logProbabilityOfP(int token) {
    return logProbability(p, first.survivors, token);
  }

  /** The log-probability of a token in the second row. */
  double logProbabilityOfQ(int token) {
    return logProbability(q, second.survivors, token);
  }

  private static double logProbability(@Nullable Row<?> row, Survivors survivors, int token) {
    return row == null
        ? Double.NaN
        : survivors.logProbability(row.get(token), Divergence.TEMPERATURE);
  }

  /** Whether the best token of both is the same one. */
  boolean haveSameBest() {
    return p != null && q != null && best(p, first.survivors) == best(q, second.survivors);
  }

  /** The first token that attains the maximum, which is that of its block. */
  private static int best(Row<?> row, Survivors survivors) {
    return row.best(survivors);
  }

  /** Lets go of both rows. */
  void rest() {
    p = null;
    q = null;
  }
}
