// Generated from BlockSoftmax.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link BlockSoftmax}, for rows in native memory. */
final class NativeBlockSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeBlockSoftmax() {}

  static boolean softmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    double least = BlockSoftmax.least(extremes, scale);
    int length = to - from;
    if (length >= F.length() && mayBeCut(x, from, to, extremes, scale)) {
      return false;
    }
    if (BlockSoftmax.isGroup(length)) {
      NativeWeights.write(x, from, to, Maxima.max(extremes), scale, y, yFrom);
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
      BlockSoftmax.probabilities(scratch.weights, length, least, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
    return true;
  }

  static float sums(SegmentAddress x, int from, int to, double temperature, Scratch scratch) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    if (to - from >= F.length() && !BlockSoftmax.isPlain(extremes, scale)) {
      return NativeExpSum.sums(x, from, to, temperature, scratch);
    }
    scratch.tops[0] = Maxima.max(extremes);
    scratch.sums[0] = weights(x, from, to, extremes, temperature, scale, scratch);
    return scratch.tops[0];
  }

  static void sums(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
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

  static double weights(
      SegmentAddress x,
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
        weights[i - from] = x.get(i);
      }
      return BlockSoftmax.filledWeights(length, extremes, temperature, scale, scratch);
    }
    if (BlockSoftmax.isPlain(extremes, scale)) {
      int whole = length - length % F.length();
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      float shift = Exponential.ROUND - Exponential.exponent(max, scale);
      NativeWeights.plain(x, from, from + whole, head, tail, shift, weights, 0);
      if (whole < length) { // the last vector, of which some weights are there already
        NativeWeights.plain(
            x, to - F.length(), to, head, tail, shift, weights, length - F.length());
      }
    } else {
      NativeWeights.write(x, from, to, max, scale, weights, 0);
    }
    return LaneSum.ofWeights(weights, length);
  }

  static boolean mayBeCut(SegmentAddress x, int from, int to, long extremes, double scale) {
    if (BlockSoftmax.isPlain(extremes, scale)) {
      return false;
    }
    float max = Maxima.max(extremes);
    if (Exponential.isFar(max, scale)) {
      return true;
    }
    int least = Exponential.exponent(max, scale) + Exponential.LEAST;
    return NativeMaxima.anyBetween(
        x, from, to, (float) ((least - 0.52) / scale), (float) ((least + 0.01) / scale));
  }
}
