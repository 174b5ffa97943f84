// Generated from BlockSoftmax.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
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
    int length = to - from;
    if (BlockSoftmax.isGroup(length) && !mayBeCut(x, from, to, extremes, scale)) {
      groupWeights(x, from, to, Maxima.max(extremes), scale, y, yFrom);
      double total = LaneSum.ofGroup(y, yFrom, length);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      BlockSoftmax.probabilities(y, yFrom, length, first, second, y, yFrom);
      return;
    }
    Scratch scratch = Scratch.take(1);
    try {
      double total = weights(x, from, to, extremes, temperature, scale, scratch);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      BlockSoftmax.probabilities(scratch.weights, 0, length, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  static float sums(SegmentAddress x, int from, int to, double temperature, Scratch scratch) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.rest(x, from, to));
    scratch.tops[0] = Maxima.max(extremes);
    double scale = Exponential.scale(temperature);
    boolean stored = to - from < F.length() || BlockSoftmax.isPlain(extremes, scale);
    scratch.sums[0] =
        stored
            ? weights(x, from, to, extremes, temperature, scale, scratch)
            : cutSum(x, from, to, temperature, scratch);
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
    boolean cut = mayBeCut(x, from, to, extremes, scale);
    double sum = cut ? cutSum(x, from, to, temperature, scratch) : 0;
    int whole = length - length % F.length();
    if (BlockSoftmax.isPlain(extremes, scale)) {
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      float shift = Exponential.ROUND - Exponential.exponent(max, scale);
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
    if (cut) {
      return sum;
    }
    if (length <= Lanes.GROUP) {
      return LaneSum.ofGroup(weights, 0, length);
    }
    int groups = LaneSum.paired((length + Lanes.GROUP - 1) / Lanes.GROUP);
    Arrays.fill(weights, length, groups * Lanes.GROUP, 0);
    return LaneSum.ofWeights(weights, 0, groups);
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

  private static double cutSum(
      SegmentAddress x, int from, int to, double temperature, Scratch scratch) {
    NativeExpSum.pass(
        x,
        from,
        to,
        temperature,
        Float.NaN,
        0,
        scratch.sums,
        scratch.tops,
        scratch.strips,
        0,
        scratch.groups);
    return scratch.sums[0];
  }

  static void groupWeights(
      SegmentAddress x, int from, int to, float max, double scale, float[] y, int yFrom) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    int length = to - from;
    assert from >= 0 && to <= x.length() && BlockSoftmax.isGroup(length) : from + " to " + to;
    assert yFrom >= 0 && yFrom <= y.length - length : "weights from " + yFrom;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < 0x1p128 : "scale " + scale;
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float origin = Exponential.origin(max, scale, 1);
    float shift = Exponential.ROUND - Exponential.exponent(max, scale);
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int end = to - F.length();
    FloatVector last = FloatVector.fromMemorySegment(F, segment, offset + 4L * end, Species.ORDER);
    int whole = length - length % F.length();
    for (int i = 0; i < whole; i += F.length()) {
      FloatVector v =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * from + 4L * i, Species.ORDER)
              .sub(origins);
      FloatVector t = v.fma(heads, shifts);
      FloatVector r = v.fma(heads, shifts.sub(t));
      r = v.fma(tails, r);
      FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, C1));
      p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
      IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
      VectorMask<Float> counts =
          t.compare(GE, VectorExponential.LEAST)
              .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
      FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts).intoArray(y, yFrom + i);
    }
    if (whole < length) {
      FloatVector v = last.sub(origins);
      FloatVector t = v.fma(heads, shifts);
      FloatVector r = v.fma(heads, shifts.sub(t));
      r = v.fma(tails, r);
      FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, C1));
      p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
      IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
      VectorMask<Float> counts =
          t.compare(GE, VectorExponential.LEAST)
              .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
      FloatVector weight = FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts);
      weight.intoArray(y, yFrom + length - F.length());
    }
  }
}
