// Generated from GroupSum.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.spi.SegmentAddress;

/** {@link GroupSum}, for rows in native memory. */
final class NativeGroupSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Double> D = LaneSum.D;

  private NativeGroupSum() {}

  static double logPartition(
      SegmentAddress x, int from, int to, double temperature, long extremes) {
    float max = Maxima.max(extremes);
    double total = total(x, from, to, temperature, extremes);
    return LogProbability.ofPartition(total, max, temperature);
  }

  private static double total(
      SegmentAddress x, int from, int to, double temperature, long extremes) {
    double scale = Exponential.scale(temperature);
    if (BlockSoftmax.isPlain(extremes, scale)) {
      float shift = Exponential.ROUND - Exponential.exponent(Maxima.max(extremes), scale);
      return plain(x, from, to, Exponential.head(scale), Exponential.tail(scale), shift);
    }
    Scratch scratch = Scratch.take(1);
    try {
      NativeExpSum.sums(x, from, to, temperature, scratch);
      return scratch.sums[0];
    } finally {
      scratch.give();
    }
  }

  private static double plain(
      SegmentAddress x, int from, int to, float head, float tail, float shift) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to && to <= x.length() : "group of " + from + " to " + to;
    assert BlockSoftmax.isGroup(to - from) : to - from + " logits";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int last = to - F.length();
    // The weights of the last vector, some of which the lanes may have without it.
    FloatVector v0 = FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER);
    FloatVector t0 = v0.fma(heads, shifts);
    FloatVector r0 = v0.fma(heads, shifts.sub(t0));
    r0 = v0.fma(tails, r0);
    FloatVector p0 = FloatVector.broadcast(F, C6).fma(r0, FloatVector.broadcast(F, C5));
    p0 = p0.fma(r0, FloatVector.broadcast(F, C4));
    p0 = p0.fma(r0, FloatVector.broadcast(F, C3));
    p0 = p0.fma(r0, FloatVector.broadcast(F, C2));
    p0 = p0.fma(r0, FloatVector.broadcast(F, C1));
    p0 = p0.fma(r0, FloatVector.broadcast(F, 1)); // 2^r
    IntVector bits0 = p0.reinterpretAsInts().add(t0.reinterpretAsInts().lanewise(LSHL, 23));
    FloatVector atEnd = bits0.reinterpretAsFloats();
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    DoubleVector even = DoubleVector.zero(D);
    DoubleVector odd = DoubleVector.zero(D);
    for (int a = 0; a < LaneSum.FIRST; a++) {
      DoubleVector halfEven = DoubleVector.zero(D);
      DoubleVector halfOdd = DoubleVector.zero(D);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        DoubleVector quarterEven = DoubleVector.zero(D);
        DoubleVector quarterOdd = DoubleVector.zero(D);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          int at = from + (a + 2 * b + 4 * c) * F.length();
          FloatVector sum = FloatVector.zero(F);
          for (; at <= last; at += Lanes.COUNT) {
            FloatVector v =
                FloatVector.fromMemorySegment(F, segment, offset + 4L * at, Species.ORDER);
            FloatVector t = v.fma(heads, shifts);
            FloatVector r = v.fma(heads, shifts.sub(t));
            r = v.fma(tails, r);
            FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
            p = p.fma(r, FloatVector.broadcast(F, C4));
            p = p.fma(r, FloatVector.broadcast(F, C3));
            p = p.fma(r, FloatVector.broadcast(F, C2));
            p = p.fma(r, FloatVector.broadcast(F, C1));
            p = p.fma(r, FloatVector.broadcast(F, 1));
            IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
            IntVector bits = p.reinterpretAsInts().add(power);
            sum = bits.reinterpretAsFloats().add(sum);
          }
          if (at < to) {
            IntVector places = Species.LANES.add(at - last).lanewise(AND, F.length() - 1);
            VectorMask<Float> inside = Species.LANES.compare(LT, to - at).cast(F);
            FloatVector rest = atEnd.rearrange(places.toShuffle().cast(F));
            sum = FloatVector.zero(F).blend(rest, inside).add(sum);
          }
          LongVector pairs = FloatVector.zero(F).add(sum).reinterpretAsLongs();
          LongVector low = pairs.lanewise(LSHL, Mass.HALF).lanewise(LSHR, Mass.TO_DOUBLE);
          LongVector high =
              pairs.lanewise(LSHR, Mass.HALF).lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE);
          quarterEven = low.reinterpretAsDoubles().add(quarterEven);
          quarterOdd = high.reinterpretAsDoubles().add(quarterOdd);
        }
        halfEven = one.fma(quarterEven, halfEven);
        halfOdd = one.fma(quarterOdd, halfOdd);
      }
      even = one.fma(halfEven, even);
      odd = one.fma(halfOdd, odd);
    }
    even = DoubleVector.zero(D).add(even);
    odd = DoubleVector.zero(D).add(odd);
    if (LaneSum.HALVE_8) {
      even = even.add(even.rearrange(LaneSum.BY_4));
      odd = odd.add(odd.rearrange(LaneSum.BY_4));
    }
    if (LaneSum.HALVE_4) {
      even = even.add(even.rearrange(LaneSum.BY_2));
      odd = odd.add(odd.rearrange(LaneSum.BY_2));
    }
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    return (evens + odds) * Mass.SCALE;
  }
}
