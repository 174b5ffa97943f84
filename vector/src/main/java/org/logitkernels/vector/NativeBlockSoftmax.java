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

  static void softmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    Scratch scratch = Scratch.take();
    try {
      weights(x, from, to, extremes, scale, scratch);
      double total = BlockSoftmax.sum(scratch, to - from);
      ExpSum.checkTotal(total, to - from);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      assert first >= 0x1p-126f : "factor " + first;
      BlockSoftmax.probabilities(scratch.weights, to - from, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  static float sums(SegmentAddress x, int from, int to, double temperature, Scratch scratch) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.rest(x, from, to));
    scratch.tops[0] = Maxima.max(extremes);
    weights(x, from, to, extremes, Exponential.scale(temperature), scratch);
    scratch.sums[0] = BlockSoftmax.sum(scratch, to - from);
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

  static void weights(
      SegmentAddress x, int from, int to, long extremes, double scale, Scratch scratch) {
    if (to - from < F.length()) {
      for (int i = from; i < to; i++) {
        scratch.weights[i - from] = x.get(i);
      }
      BlockSoftmax.filledWeights(to - from, extremes, scale, scratch);
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
      NativeWeights.plain(x, from, from + whole, head, tail, shift, weights, 0);
      if (whole < length) { // the last vector, of which some weights are there already
        NativeWeights.plain(
            x, to - F.length(), to, head, tail, shift, weights, length - F.length());
      }
    } else {
      NativeWeights.write(x, from, from + whole, max, scale, 1, 0, weights, 0);
      if (whole < length) {
        NativeWeights.write(x, to - F.length(), to, max, scale, 1, 0, weights, length - F.length());
      }
    }
  }
}
