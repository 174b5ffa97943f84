package org.logitkernels.spi;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Attention;
import org.logitkernels.numerics.RowErrors;

/**
 * Rows whose softmax is taken together: where they lie in an array, what they are scaled by, and
 * what kernels leave of them. Kept by whoever calls the kernels, and pointed at other rows for each
 * call.
 */
public final class AttentionRows {
  private static final float[] NO_FLOATS = {};

  /** What holds the logits. */
  public float[] x = NO_FLOATS;

  /** The index of the first logit. */
  public int from;

  /** How far a row lies behind the one before. */
  public int stride;

  /** What takes the probabilities; the same as {@link #x} if they go over the logits. */
  public float[] y = NO_FLOATS;

  /** The index of the first probability. */
  public int yFrom;

  /** How far a row of probabilities lies behind the one before. */
  public int yStride;

  /** How many rows there are. */
  public int count;

  /** The number of the first row among all rows of the caller. */
  public int number;

  /** The length of each row. */
  public int[] lengths = {};

  /** What logits are multiplied by. */
  public float scale = 1;

  /** The sink of each row. */
  public float @Nullable [] sinks;

  /** Where the sink of row 0 is. */
  public int sinksFrom;

  /** How many rows of the caller have one sink. */
  public int rowsOfSink = 1;

  /** What takes the log-sum-exp of each row. */
  public float @Nullable [] logSumExps;

  /** Where the log-sum-exp of row 0 goes. */
  public int logSumExpsFrom;

  /** The largest logit of each row, -Infinity if there is none. */
  public float[] maxima = NO_FLOATS;

  /** The factors from weights to probabilities, by row. */
  public float[] firsts = NO_FLOATS;

  /** The second factors. */
  public float[] seconds = NO_FLOATS;

  /** The largest and the least logit of each row, packed as kernels do it. For kernels. */
  public long[] extremes = {};

  /** 1.5 * 2^23 - N of each row whose loops are those of many rows; NaN of others. For kernels. */
  public float[] shifts = NO_FLOATS;

  /** The sum of each such row's weights. For kernels. */
  public double[] totals = {};

  /** Copies of rows that are too short for a kernel, once there were any. For kernels. */
  public @Nullable AttentionRows copies;

  /** No rows yet. */
  public AttentionRows() {}

  /** Makes room for rows. */
  public void reserve(int rows) {
    if (extremes.length < rows) {
      int room = Math.max(rows, 2 * extremes.length);
      lengths = Arrays.copyOf(lengths, room);
      maxima = new float[room];
      firsts = new float[room];
      seconds = new float[room];
      extremes = new long[room];
      shifts = new float[room];
      totals = new double[room];
    }
  }

  /** The temperature that the scale is. */
  public double temperature() {
    return Attention.temperature(scale);
  }

  /** The index of a row's first logit. */
  public int at(int row) {
    return from + row * stride;
  }

  /** The index of a row's first probability. */
  public int yAt(int row) {
    return yFrom + row * yStride;
  }

  /** How many logits the rows have together. */
  public long logits() {
    long sum = 0;
    for (int row = 0; row < count; row++) {
      sum += lengths[row];
    }
    return sum;
  }

  /** The error for the first NaN or +Infinity of a row that is known to hold one. */
  public IllegalArgumentException invalid(int row) {
    int at = at(row);
    for (int i = 0; i < lengths[row]; i++) {
      if (!(x[at + i] < Float.POSITIVE_INFINITY)) {
        return RowErrors.invalid(number + row, i, x[at + i]);
      }
    }
    return RowErrors.changed();
  }

  /** Probabilities, and the log-sum-exp, of a row without a logit that is not masked. */
  public void masked(int row) {
    int at = yAt(row);
    Arrays.fill(y, at, at + lengths[row], 0);
    if (logSumExps != null) {
      logSumExps[logSumExpsFrom + number + row] = sink(row);
    }
  }

  /** Leaves a row's two factors, and its log-sum-exp, from the total of its logits' weights. */
  public void total(int row, double total) {
    double all = total + sinkWeight(row);
    double inverse = 1 / all;
    float first = (float) inverse; // as Exponential.first and second have it, in one division
    firsts[row] = first;
    seconds[row] = (float) (inverse - first);
    if (logSumExps != null) {
      logSumExps[logSumExpsFrom + number + row] =
          Attention.logSumExp(all, sink(row), maxima[row], scale);
    }
  }

  /** The weight of a row's sink by the row's reference; 0 if there is none. */
  public double sinkWeight(int row) {
    return sinks == null ? 0 : Attention.sinkWeight(sink(row), maxima[row], scale);
  }

  private float sink(int row) {
    return sinks == null ? Float.NEGATIVE_INFINITY : sinks[sinksFrom + (number + row) / rowsOfSink];
  }
}
