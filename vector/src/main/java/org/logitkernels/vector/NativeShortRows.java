// Generated from ShortRows.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link ShortRows}, for rows in native memory. */
final class NativeShortRows {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private NativeShortRows() {}

  static int argMax(SegmentAddress x, int from, int to) {
    return to - from <= 4 * F.length() ? argMaxOfFour(x, from, to) : argMaxOfEight(x, from, to);
  }

  private static int argMaxOfFour(SegmentAddress x, int from, int to) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to - F.length() : from + " to " + to;
    assert to <= x.length() && to - from <= 4 * F.length() : to + " of " + x.length();
    int last = to - F.length();
    int second = Math.min(from + F.length(), last);
    int third = Math.min(from + 2 * F.length(), last);
    FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * from, Species.ORDER);
    FloatVector b = FloatVector.fromMemorySegment(F, segment, offset + 4L * second, Species.ORDER);
    FloatVector c = FloatVector.fromMemorySegment(F, segment, offset + 4L * third, Species.ORDER);
    FloatVector d = FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER);
    // Bits of floats that are not negative order as the floats do, and above those of all others.
    int max =
        a.reinterpretAsInts()
            .max(b.reinterpretAsInts())
            .max(c.reinterpretAsInts().max(d.reinterpretAsInts()))
            .reduceLanes(MAX);
    FloatVector sum = a.add(b).add(c.add(d)); // NaN if a logit is NaN
    if (max < 0 || max >= Maxima.INFINITY || sum.compare(NE, sum).anyTrue()) {
      return NativeMaxima.argMax(x, from, to);
    }
    float best = Float.intBitsToFloat(max);
    return Long.numberOfTrailingZeros(
        a.compare(EQ, best).toLong()
            | b.compare(EQ, best).toLong() << second - from
            | c.compare(EQ, best).toLong() << third - from
            | d.compare(EQ, best).toLong() << last - from);
  }

  private static int argMaxOfEight(SegmentAddress x, int from, int to) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from < to - 4 * F.length() : from + " to " + to;
    assert to <= x.length() && to - from <= 8 * F.length() : to + " of " + x.length();
    int last = to - F.length();
    int fifth = from + 4 * F.length();
    int sixth = Math.min(fifth + F.length(), last);
    int seventh = Math.min(fifth + 2 * F.length(), last);
    if (fifth > last) {
      fifth = last;
    }
    int second = from + F.length();
    int third = from + 2 * F.length();
    int fourth = from + 3 * F.length();
    FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * from, Species.ORDER);
    FloatVector b = FloatVector.fromMemorySegment(F, segment, offset + 4L * second, Species.ORDER);
    FloatVector c = FloatVector.fromMemorySegment(F, segment, offset + 4L * third, Species.ORDER);
    FloatVector d = FloatVector.fromMemorySegment(F, segment, offset + 4L * fourth, Species.ORDER);
    FloatVector e = FloatVector.fromMemorySegment(F, segment, offset + 4L * fifth, Species.ORDER);
    FloatVector f = FloatVector.fromMemorySegment(F, segment, offset + 4L * sixth, Species.ORDER);
    FloatVector g = FloatVector.fromMemorySegment(F, segment, offset + 4L * seventh, Species.ORDER);
    FloatVector h = FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER);
    IntVector ab = a.reinterpretAsInts().max(b.reinterpretAsInts());
    IntVector cd = c.reinterpretAsInts().max(d.reinterpretAsInts());
    IntVector ef = e.reinterpretAsInts().max(f.reinterpretAsInts());
    IntVector gh = g.reinterpretAsInts().max(h.reinterpretAsInts());
    int max = ab.max(cd).max(ef.max(gh)).reduceLanes(MAX);
    FloatVector sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))); // NaN if a logit is NaN
    if (max < 0 || max >= Maxima.INFINITY || sum.compare(NE, sum).anyTrue()) {
      return NativeMaxima.argMax(x, from, to);
    }
    float best = Float.intBitsToFloat(max);
    long hits =
        a.compare(EQ, best).toLong()
            | b.compare(EQ, best).toLong() << second - from
            | c.compare(EQ, best).toLong() << third - from
            | d.compare(EQ, best).toLong() << fourth - from;
    if (hits != 0) {
      return Long.numberOfTrailingZeros(hits);
    }
    hits =
        e.compare(EQ, best).toLong()
            | f.compare(EQ, best).toLong() << sixth - fifth
            | g.compare(EQ, best).toLong() << seventh - fifth
            | h.compare(EQ, best).toLong() << last - fifth;
    return fifth - from + Long.numberOfTrailingZeros(hits);
  }

  static void topK(SegmentAddress x, int from, int to, int k, Survivors survivors) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to - F.length() && to <= x.length() : from + " to " + to;
    int length = to - from;
    survivors.reserve(length);
    float[] values = survivors.values;
    int last = to - F.length();
    FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).intoArray(values, length);
    IntVector most = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector least = IntVector.broadcast(I, Integer.MAX_VALUE);
    for (int i = from; i < last; i += F.length()) {
      FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
      v.intoArray(values, i - from);
      IntVector bits = v.reinterpretAsInts();
      IntVector rank = bits.lanewise(ASHR, 31).lanewise(AND, Integer.MAX_VALUE).lanewise(XOR, bits);
      most = rank.max(most);
      least = rank.min(least);
    }
    FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER);
    v.intoArray(values, last - from);
    IntVector bits = v.reinterpretAsInts();
    IntVector rank = bits.lanewise(ASHR, 31).lanewise(AND, Integer.MAX_VALUE).lanewise(XOR, bits);
    int max = rank.max(most).reduceLanes(MAX);
    int min = rank.min(least).reduceLanes(MIN);
    if (max >= Maxima.INFINITY || min < ShortRows.MASKED_RANK) {
      throw RowErrors.invalid(x.onHeap(to), from, to);
    }
    if (max == ShortRows.MASKED_RANK) {
      throw RowErrors.allMasked();
    }
    survivors.size = length;
    survivors.max(ShortRows.logit(max));
    ShortRows.cut(survivors, k, Math.max(ShortRows.logit(min), -Float.MAX_VALUE));
  }
}
