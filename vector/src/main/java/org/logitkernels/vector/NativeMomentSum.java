// Generated from MomentSum.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Deviation;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link MomentSum}, for rows in native memory. */
final class NativeMomentSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final VectorSpecies<Long> L = VectorSpecies.of(long.class, F.vectorShape());
  private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  private NativeMomentSum() {}

  static void moments(SegmentAddress x, int from, int to, Survivors survivors) {
    float origin = x.get(first(x, from, to));
    double[] lanes = survivors.row.lanes;
    Arrays.fill(lanes, 0);
    if (survivors.row.isLooked() && Maxima.min(survivors.row.extremes) > Float.NEGATIVE_INFINITY) {
      survivors.max = Maxima.max(NativeMaxima.check(x, from, to, survivors.row.extremes));
      ofUnmasked(x, from, to, origin, lanes);
      survivors.row.stripsLeft();
      survivors.deviation = Deviation.deviation(lanes, to - from);
      return;
    }
    int at = from;
    int strips = 0;
    int masked = 0;
    boolean negativeNan = false;
    for (; at <= to - Lanes.BLOCK; at += Lanes.BLOCK, strips += Lanes.COUNT) {
      int found = block(x, at, origin, lanes, survivors.row.maxima, strips);
      masked += found & MomentSum.NEGATIVE_NAN - 1;
      negativeNan |= found >= MomentSum.NEGATIVE_NAN;
    }
    // The scan may read some logits a second time. That changes no extreme.
    long extremes = NativeMaxima.scan(x, Math.min(at, to - F.length()), to);
    if (strips > 0) {
      long ofStrips = Maxima.scan(survivors.row.maxima, 0, strips);
      extremes = Maxima.merge(extremes, ofStrips, negativeNan ? -1 : Maxima.MINUS_INFINITY);
    }
    survivors.max = Maxima.max(NativeMaxima.check(x, from, to, extremes));
    survivors.row.stripsLeft();
    masked += add(x, from, at, to, origin, lanes);
    survivors.deviation = Deviation.deviation(lanes, to - from - masked);
  }

  private static int first(SegmentAddress x, int from, int to) {
    int i = from;
    while (i < to && x.get(i) == Float.NEGATIVE_INFINITY) {
      i++;
    }
    if (i == to) {
      throw RowErrors.allMasked();
    }
    return i;
  }

  private static int add(
      SegmentAddress x, int from, int at, int end, float origin, double[] lanes) {
    int masked = 0;
    for (int i = at; i < end; i++) {
      masked += Deviation.add(x.get(i), i - from, origin, lanes);
    }
    return masked;
  }

  private static void ofUnmasked(SegmentAddress x, int from, int to, float origin, double[] lanes) {
    int at = from;
    for (; at <= to - Lanes.BLOCK; at += Lanes.BLOCK) {
      plainBlock(x, at, origin, lanes);
    }
    add(x, from, at, to, origin, lanes);
  }

  private static int block(
      SegmentAddress x, int at, float origin, double[] lanes, float[] maxima, int strip) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert lanes.length == 2 * Deviation.LANES : lanes.length + " lanes";
    FloatVector origins = FloatVector.broadcast(F, origin);
    DoubleVector minusOrigin = DoubleVector.broadcast(D, -(double) origin);
    DoubleVector scale = DoubleVector.broadcast(D, Mass.SCALE);
    LongVector ofHigh = LongVector.broadcast(L, MomentSum.OF_HIGH);
    int run = LaneSum.ROUNDS * F.length();
    int masked = 0;
    int negativeNans = 0;
    for (int start = at; start < at + Lanes.BLOCK; start += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      for (int lane = 0; lane < Deviation.LANES; lane += F.length()) {
        int even = lane / 2;
        int odd = Deviation.LANES / 2 + even;
        DoubleVector evenSum = DoubleVector.fromArray(D, lanes, even);
        DoubleVector oddSum = DoubleVector.fromArray(D, lanes, odd);
        DoubleVector evenSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + even);
        DoubleVector oddSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + odd);
        for (int i = start + lane; i < start + run; i += Deviation.LANES) {
          FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
          IntVector bits = v.reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
          VectorMask<Float> isMasked = v.compare(EQ, Float.NEGATIVE_INFINITY);
          masked += isMasked.trueCount();
          LongVector pairs = v.blend(origins, isMasked).reinterpretAsLongs();
          LongVector half = pairs.lanewise(LSHL, Mass.HALF);
          LongVector low =
              half.lanewise(AND, MomentSum.MAGNITUDE)
                  .lanewise(LSHR, Mass.TO_DOUBLE)
                  .lanewise(OR, half.lanewise(AND, MomentSum.SIGN));
          DoubleVector d = low.reinterpretAsDoubles().fma(scale, minusOrigin);
          evenSum = d.add(evenSum);
          evenSquares = d.fma(d, evenSquares);
          LongVector high =
              pairs
                  .lanewise(AND, MomentSum.MAGNITUDE)
                  .lanewise(LSHR, Mass.TO_DOUBLE)
                  .lanewise(AND, ofHigh)
                  .lanewise(OR, pairs.lanewise(AND, MomentSum.SIGN));
          d = high.reinterpretAsDoubles().fma(scale, minusOrigin);
          oddSum = d.add(oddSum);
          oddSquares = d.fma(d, oddSquares);
        }
        DoubleVector.zero(D).add(evenSum).intoArray(lanes, even);
        DoubleVector.zero(D).add(oddSum).intoArray(lanes, odd);
        DoubleVector.zero(D).add(evenSquares).intoArray(lanes, Deviation.LANES + even);
        DoubleVector.zero(D).add(oddSquares).intoArray(lanes, Deviation.LANES + odd);
      }
      negativeNans +=
          Species.LOWEST
              .max(flippedMax)
              .compare(GT, Maxima.MINUS_INFINITY ^ Integer.MIN_VALUE)
              .trueCount();
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0)).reinterpretAsFloats().intoArray(maxima, strip);
    }
    return masked + (negativeNans > 0 ? MomentSum.NEGATIVE_NAN : 0);
  }

  private static void plainBlock(SegmentAddress x, int at, float origin, double[] lanes) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert lanes.length == 2 * Deviation.LANES : lanes.length + " lanes";
    DoubleVector minusOrigin = DoubleVector.broadcast(D, -(double) origin);
    DoubleVector scale = DoubleVector.broadcast(D, Mass.SCALE);
    LongVector ofHigh = LongVector.broadcast(L, MomentSum.OF_HIGH);
    for (int lane = 0; lane < Deviation.LANES; lane += F.length()) {
      int even = lane / 2;
      int odd = Deviation.LANES / 2 + even;
      DoubleVector evenSum = DoubleVector.fromArray(D, lanes, even);
      DoubleVector oddSum = DoubleVector.fromArray(D, lanes, odd);
      DoubleVector evenSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + even);
      DoubleVector oddSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + odd);
      for (int i = at + lane; i < at + Lanes.BLOCK; i += Deviation.LANES) {
        LongVector pairs =
            FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
                .reinterpretAsLongs();
        LongVector half = pairs.lanewise(LSHL, Mass.HALF);
        LongVector low =
            half.lanewise(AND, MomentSum.MAGNITUDE)
                .lanewise(LSHR, Mass.TO_DOUBLE)
                .lanewise(OR, half.lanewise(AND, MomentSum.SIGN));
        DoubleVector d = low.reinterpretAsDoubles().fma(scale, minusOrigin);
        evenSum = d.add(evenSum);
        evenSquares = d.fma(d, evenSquares);
        LongVector high =
            pairs
                .lanewise(AND, MomentSum.MAGNITUDE)
                .lanewise(LSHR, Mass.TO_DOUBLE)
                .lanewise(AND, ofHigh)
                .lanewise(OR, pairs.lanewise(AND, MomentSum.SIGN));
        d = high.reinterpretAsDoubles().fma(scale, minusOrigin);
        oddSum = d.add(oddSum);
        oddSquares = d.fma(d, oddSquares);
      }
      DoubleVector.zero(D).add(evenSum).intoArray(lanes, even);
      DoubleVector.zero(D).add(oddSum).intoArray(lanes, odd);
      DoubleVector.zero(D).add(evenSquares).intoArray(lanes, Deviation.LANES + even);
      DoubleVector.zero(D).add(oddSquares).intoArray(lanes, Deviation.LANES + odd);
    }
  }
}
