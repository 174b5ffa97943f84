package org.logitkernels.vector;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * Softmax of a short row, which is a block at most, and the sum of its weights.
 *
 * <p>The maximum comes first. Then the weights are stored in a scratch, which the first cache
 * holds, are summed there, and go to the output as probabilities. So the output is written once,
 * and it may be the row.
 */
final class BlockSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private BlockSoftmax() {}

  /** The weights, each divided by the total. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    Scratch scratch = Scratch.take();
    try {
      weights(x, from, to, extremes, scale, scratch);
      double total = sum(scratch, to - from);
      ExpSum.checkTotal(total, to - from);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      assert first >= 0x1p-126f : "factor " + first;
      probabilities(scratch.weights, to - from, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  /**
   * Leaves the sum and the maximum of the row, as {@link ExpSum#sums} does, and returns the
   * maximum.
   */
  static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    scratch.tops[0] = Maxima.max(extremes);
    weights(x, from, to, extremes, Exponential.scale(temperature), scratch);
    scratch.sums[0] = sum(scratch, to - from);
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

  /** Leaves the weights. */
  static void weights(float[] x, int from, int to, long extremes, double scale, Scratch scratch) {
    if (to - from < F.length()) {
      for (int i = from; i < to; i++) {
        scratch.weights[i - from] = x[i];
      }
      filledWeights(to - from, extremes, scale, scratch);
      return;
    }
    float max = Maxima.max(extremes);
    int exponent = Exponential.exponent(max, scale);
    boolean plain =
        !Exponential.isFar(max, scale) && Maxima.min(extremes) * scale >= exponent + ExpSum.PLAIN;
    float[] weights = scratch.weights;
    int length = to - from;
    int whole = length - length % F.length();
    if (plain) {
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      float shift = Exponential.ROUND - exponent;
      Weights.plain(x, from, from + whole, head, tail, shift, weights, 0);
      if (whole < length) { // the last vector, of which some weights are there already
        Weights.plain(x, to - F.length(), to, head, tail, shift, weights, length - F.length());
      }
    } else {
      Weights.write(x, from, from + whole, max, scale, 1, 0, weights, 0);
      if (whole < length) {
        Weights.write(x, to - F.length(), to, max, scale, 1, 0, weights, length - F.length());
      }
    }
  }

  /**
   * Leaves the weights of so many logits, less than a vector, which stand where the weights will.
   * They are filled up with their maximum; the sum does not count what is behind them.
   */
  static void filledWeights(int length, long extremes, double scale, Scratch scratch) {
    Arrays.fill(scratch.weights, length, F.length(), Maxima.max(extremes));
    weights(scratch.weights, 0, F.length(), extremes, scale, scratch);
  }

  /** The sum of so many weights. What lies behind them is overwritten. */
  static double sum(Scratch scratch, int length) {
    int groups = LaneSum.paired((length + Lanes.GROUP - 1) / Lanes.GROUP);
    Arrays.fill(scratch.weights, length, groups * Lanes.GROUP, 0);
    return LaneSum.ofWeights(scratch.weights, 0, groups);
  }

  /** Makes probabilities of so many weights. */
  static void probabilities(
      float[] weights, int length, float first, float second, float[] y, int yFrom) {
    if (length < F.length()) {
      probabilities(weights, F.length(), first, second, weights, 0);
      System.arraycopy(weights, 0, y, yFrom, length);
      return;
    }
    assert length >= F.length() && length <= weights.length : length + " of " + weights.length;
    assert yFrom >= 0 && yFrom <= y.length - length : "probabilities from " + yFrom;
    assert first >= 0 && first <= 2 : "factor " + first;
    assert Math.abs(second) <= first : "factors " + first + ", " + second;
    assert weights.length == Lanes.BLOCK : "room for " + weights.length;
    assert y != weights || yFrom == 0 && length == F.length()
        : "weights over themselves: " + length;
    FloatVector firsts = FloatVector.broadcast(F, first);
    FloatVector seconds = FloatVector.broadcast(F, second);
    int last = length - F.length();
    for (int i = 0; i < last; i += F.length()) {
      FloatVector weight = FloatVector.fromArray(F, weights, i);
      weight.fma(firsts, weight.mul(seconds)).intoArray(y, yFrom + i);
    }
    // The last vector may write some probabilities a second time.
    FloatVector weight = FloatVector.fromArray(F, weights, last);
    weight.fma(firsts, weight.mul(seconds)).intoArray(y, yFrom + last);
  }
}
