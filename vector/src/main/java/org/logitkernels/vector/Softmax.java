package org.logitkernels.vector;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.LogProbability;

/**
 * Log-sum-exp, a log-probability, softmax and log-softmax: all from the row's maximum and its total
 * weight.
 */
final class Softmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /**
   * Whether softmax stores the weights, sums them, and scales them afterwards. Otherwise it
   * computes the weights a second time. The bits are the same.
   *
   * <p>To store costs a read of the row, because the row must be known to be valid first, and a
   * write and two reads of the output. To compute again costs an exponential a logit. To store is
   * faster with vectors of 256 bits, in either cache. With 512 bits it is faster in the second
   * cache; in the last one it is about the same.
   */
  static final boolean STORES = true;

  /** What stands for the power of the least weight where it is not known. */
  static final double UNKNOWN = Double.NEGATIVE_INFINITY;

  private Softmax() {}

  /** {@code max / T + ln(total / w(max))}. */
  static double logSumExp(float[] x, int from, int to, double temperature) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
      return Maxima.max(extremes) / temperature
          + GroupSum.logPartition(x, from, to, temperature, extremes);
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      return max / temperature + logPartition(to - from, temperature, max, scratch);
    } finally {
      scratch.give();
    }
  }

  /** The logarithm of the probability of a token. */
  static double logProbability(float[] x, int from, int to, double temperature, int token) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
      double logPartition = GroupSum.logPartition(x, from, to, temperature, extremes);
      return LogProbability.of(x[from + token], Maxima.max(extremes), temperature, logPartition);
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      double logPartition = logPartition(to - from, temperature, max, scratch);
      return LogProbability.of(x[from + token], max, temperature, logPartition);
    } finally {
      scratch.give();
    }
  }

  /** Sums the blocks of the row, and returns the row's maximum. */
  private static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    return to - from <= Lanes.BLOCK
        ? BlockSoftmax.sums(x, from, to, temperature, scratch)
        : ExpSum.sums(x, from, to, temperature, scratch);
  }

  static double logPartition(int length, double temperature, float max, Scratch scratch) {
    double total = Lanes.total(scratch.sums, scratch.tops, Lanes.blocks(length), max, temperature);
    return LogProbability.ofPartition(total, max, temperature);
  }

  /** The weights, each divided by the total. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    boolean written =
        to - from <= Lanes.BLOCK && BlockSoftmax.softmax(x, from, to, temperature, y, yFrom);
    if (!written) {
      softmax(x, from, to, temperature, y, yFrom, STORES);
    }
  }

  /** Softmax in one of its two forms. */
  static void softmax(
      float[] x, int from, int to, double temperature, float[] y, int yFrom, boolean stores) {
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    double scale = Exponential.scale(temperature);
    try {
      if (!stores) {
        float max = ExpSum.sums(x, from, to, temperature, scratch);
        double total = total(scratch, to - from, max, temperature);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        again(x, from, to, max, scale, first, second, y, yFrom);
        return;
      }
      long extremes = StoredSum.look(x, from, to, scratch);
      float max = Maxima.max(extremes);
      if (StoredSum.isPlain(extremes, scale)) {
        double total = StoredSum.plain(x, from, to, max, scale, y, yFrom, scratch);
        ExpSum.checkTotal(total, to - from);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        double least = BlockSoftmax.least(extremes, scale);
        scalePlain(y, yFrom, to - from, least, first, second, scratch);
      } else {
        StoredSum.sums(x, from, to, max, temperature, scratch, y, yFrom);
        double total = total(scratch, to - from, max, temperature);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        scale(x, from, to, max, scale, first, second, y, yFrom, scratch);
      }
    } finally {
      scratch.give();
    }
  }

  /** The row's total. */
  static double total(Scratch scratch, int length, float max, double temperature) {
    double total = Lanes.total(scratch.sums, scratch.tops, Lanes.blocks(length), max, temperature);
    ExpSum.checkTotal(total, length);
    return total;
  }

  /** Computes the weights again, block by block, and makes probabilities of them. */
  static void again(
      float[] x,
      int from,
      int to,
      float max,
      double scale,
      float first,
      float second,
      float[] y,
      int yFrom) {
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      int yAt = yFrom + at - from;
      Weights.write(x, at, end, max, scale, y, yAt);
      Probability.write(y, yAt, end - at, 0, UNKNOWN, first, second, y, yAt);
    }
  }

  /** Makes probabilities of the weights that {@link StoredSum#plain} has stored. */
  static void scalePlain(
      float[] y, int yFrom, int length, double least, float first, float second, Scratch scratch) {
    int rest = length % Lanes.BLOCK;
    int whole = length - rest;
    Probability.write(y, yFrom, whole, 0, least, first, second, y, yFrom);
    if (rest > 0) {
      BlockSoftmax.probabilities(scratch.weights, rest, least, first, second, y, yFrom + whole);
    }
  }

  /**
   * Makes probabilities of the stored weights, and of the logits of the blocks that have no stored
   * weights. Begins with the last block: its weights were stored last, and are in the nearest
   * cache.
   */
  static void scale(
      float[] x,
      int from,
      int to,
      float max,
      double scale,
      float first,
      float second,
      float[] y,
      int yFrom,
      Scratch scratch) {
    for (int b = Lanes.blocks(to - from) - 1; b >= 0; b--) {
      int at = from + b * Lanes.BLOCK;
      int yAt = yFrom + at - from;
      float least = scratch.leasts[b];
      if (least == least) {
        scaleBlock(y, yAt, scratch.tops[b], least, max, scale, first, second);
      } else {
        int end = Math.min(to, at + Lanes.BLOCK);
        again(x, at, end, max, scale, first, second, y, yAt);
      }
    }
  }

  /** Makes probabilities of the stored weights of a block, given its maximum and its minimum. */
  static void scaleBlock(
      float[] y,
      int at,
      float top,
      float least,
      float max,
      double scale,
      float first,
      float second) {
    int exponent = Exponential.exponent(max, scale);
    int below = exponent - Exponential.exponent(top, scale);
    if (below <= -Exponential.LEAST) {
      double lowest = least * scale - exponent;
      Probability.write(y, at, Lanes.BLOCK, below, lowest, first, second, y, at);
    } else {
      Arrays.fill(y, at, at + Lanes.BLOCK, 0);
    }
  }

  /**
   * Computes {@code fma(d * h, 1 / (T h), -ln(total / w(max)))}. The factor h keeps a difference
   * from overflowing.
   */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
      float logPartition = (float) GroupSum.logPartition(x, from, to, temperature, extremes);
      float max = Maxima.max(extremes);
      logarithms(x, from, to, temperature, max, logPartition, y, yFrom);
      return;
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      float logPartition = (float) logPartition(to - from, temperature, max, scratch);
      logarithms(x, from, to, temperature, max, logPartition, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  private static void logarithms(
      float[] x,
      int from,
      int to,
      double temperature,
      float max,
      float logPartition,
      float[] y,
      int yFrom) {
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogPartition = FloatVector.broadcast(F, -logPartition);
    int shift = yFrom - from;
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector d = FloatVector.fromArray(F, x, i).mul(shrink).sub(shrunkMax);
      d.fma(factors, minusLogPartition).intoArray(y, i + shift);
    }
    for (; i < to; i++) {
      y[i + shift] = Math.fma(x[i] * shrink - shrunkMax, factor, -logPartition);
    }
  }
}
