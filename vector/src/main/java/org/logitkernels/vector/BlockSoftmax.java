package org.logitkernels.vector;

import java.util.Arrays;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * Softmax of a short row, which is a block at most, and the sum of its weights.
 *
 * <p>The maximum comes first. The weights of a row that is a group at most are written where the
 * probabilities will be. So it needs no scratch: to take one and to give it back costs as much as
 * 100 weights, and keeps the processor from beginning the next row.
 *
 * <p>The weights of a longer row are stored in a scratch, which the first cache holds, are summed
 * there, and go to the output as probabilities. So the output is written once. In either case it
 * may be the row.
 */
final class BlockSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private BlockSoftmax() {}

  /** Whether so many logits are a group at most, but not too few for a vector. */
  static boolean isGroup(int length) {
    return length >= F.length() && length <= Lanes.GROUP;
  }

  /**
   * The weights, each divided by the total. Returns false, and has written nothing, if the row may
   * be cut: then the total cannot be that of stored weights.
   */
  static boolean softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    double least = least(extremes, scale);
    int length = to - from;
    if (length >= F.length() && mayBeCut(x, from, to, extremes, scale)) {
      return false;
    }
    if (isGroup(length)) {
      Weights.write(x, from, to, Maxima.max(extremes), scale, y, yFrom);
      double total = LaneSum.ofGroup(y, yFrom, length);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      Probability.write(y, yFrom, length, 0, least, first, second, y, yFrom);
      return true;
    }
    Scratch scratch = Scratch.take(1);
    try {
      double total = weights(x, from, to, extremes, temperature, scale, scratch);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      probabilities(scratch.weights, length, least, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
    return true;
  }

  /**
   * Leaves the sum and the maximum of the row, as {@link ExpSum#sums} does, and returns the
   * maximum.
   */
  static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    if (to - from >= F.length() && !isPlain(extremes, scale)) {
      return ExpSum.sums(x, from, to, temperature, scratch);
    }
    scratch.tops[0] = Maxima.max(extremes);
    scratch.sums[0] = weights(x, from, to, extremes, temperature, scale, scratch);
    return scratch.tops[0];
  }

  /** Leaves the same for a row of a few logits, and what draws need of it. */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    Scratch scratch = Scratch.take(1);
    try {
      float max = sums(x, from, to, temperature, scratch);
      survivors.row.tops[0] = max;
      survivors.row.sums[0] = scratch.sums[0];
      survivors.total(max, 1, temperature);
      survivors.row.forget();
    } finally {
      scratch.give();
    }
  }

  /**
   * Leaves the weights in the scratch, and returns their sum. The row may not be cut, unless it is
   * shorter than a vector.
   */
  static double weights(
      float[] x,
      int from,
      int to,
      long extremes,
      double temperature,
      double scale,
      Scratch scratch) {
    float max = Maxima.max(extremes);
    float[] weights = scratch.weights;
    int length = to - from;
    if (length < F.length()) {
      for (int i = from; i < to; i++) {
        weights[i - from] = x[i];
      }
      return filledWeights(length, extremes, temperature, scale, scratch);
    }
    if (isPlain(extremes, scale)) {
      int whole = length - length % F.length();
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      float shift = Exponential.ROUND - Exponential.exponent(max, scale);
      Weights.plain(x, from, from + whole, head, tail, shift, weights, 0);
      if (whole < length) { // the last vector, of which some weights are there already
        Weights.plain(x, to - F.length(), to, head, tail, shift, weights, length - F.length());
      }
    } else {
      Weights.write(x, from, to, max, scale, weights, 0);
    }
    return LaneSum.ofWeights(weights, length);
  }

  /**
   * Leaves the weights of so many logits, less than a vector, which stand where the weights will,
   * and returns their sum. They are filled up with masked ones, whose weight is 0.
   */
  static double filledWeights(
      int length, long extremes, double temperature, double scale, Scratch scratch) {
    float[] weights = scratch.weights;
    int filled = F.length();
    Arrays.fill(weights, length, filled, Float.NEGATIVE_INFINITY);
    if (mayBeCut(weights, 0, filled, extremes, scale)) {
      ExpSum.sums(weights, 0, filled, temperature, scratch);
      Weights.write(weights, 0, filled, Maxima.max(extremes), scale, weights, 0);
      return scratch.sums[0];
    }
    Weights.write(weights, 0, filled, Maxima.max(extremes), scale, weights, 0);
    return LaneSum.ofGroup(weights, 0, filled);
  }

  /** The power of two of the least weight, but for its rounding, if the maximum is near. */
  static double least(long extremes, double scale) {
    return Maxima.min(extremes) * scale - Exponential.exponent(Maxima.max(extremes), scale);
  }

  /** Whether every weight of a block counts, and none is relative to a far maximum. */
  static boolean isPlain(long extremes, double scale) {
    return !Exponential.isFar(Maxima.max(extremes), scale)
        && least(extremes, scale) >= ExpSum.PLAIN;
  }

  /**
   * Whether a logit of a block may have a weight between 2^-126.5 and 2^-126. A sum has it as a
   * term, and as a stored weight it is 0: so the sum cannot be that of stored weights.
   */
  static boolean mayBeCut(float[] x, int from, int to, long extremes, double scale) {
    if (isPlain(extremes, scale)) {
      return false;
    }
    float max = Maxima.max(extremes);
    if (Exponential.isFar(max, scale)) {
      return true;
    }
    int least = Exponential.exponent(max, scale) + Exponential.LEAST;
    return Maxima.anyBetween(
        x, from, to, (float) ((least - 0.52) / scale), (float) ((least + 0.01) / scale));
  }

  /**
   * Writes the probabilities of the first weights. Where these are less than a vector, there are
   * zeros behind them.
   */
  static void probabilities(
      float[] weights, int length, double least, float first, float second, float[] y, int yFrom) {
    if (length < F.length()) {
      Probability.write(weights, 0, F.length(), 0, least, first, second, weights, 0);
      System.arraycopy(weights, 0, y, yFrom, length);
    } else {
      Probability.write(weights, 0, length, 0, least, first, second, y, yFrom);
    }
  }
}
