// Generated from Maxima.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.SegmentAddress;

/** {@link Maxima}, for rows in native memory. */
final class NativeMaxima {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private NativeMaxima() {}

  static long check(SegmentAddress x, int from, int to, long extremes) {
    check(x, from, to, Maxima.max(extremes));
    return extremes;
  }

  static float check(SegmentAddress x, int from, int to, float max) {
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw RowErrors.invalid(x.onHeap(to), from, to);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return max;
  }

  static long scan(SegmentAddress x, int from, int to) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to - F.length() && to <= x.length() : from + " to " + to;
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    int last = to - F.length();
    int i = from;
    for (; i <= last - 4 * F.length(); i += 4 * F.length()) {
      IntVector a =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
              .reinterpretAsInts();
      IntVector b =
          FloatVector.fromMemorySegment(
                  F, segment, offset + 4L * i + 4L * F.length(), Species.ORDER)
              .reinterpretAsInts();
      IntVector c =
          FloatVector.fromMemorySegment(
                  F, segment, offset + 4L * i + 4L * (2 * F.length()), Species.ORDER)
              .reinterpretAsInts();
      IntVector d =
          FloatVector.fromMemorySegment(
                  F, segment, offset + 4L * i + 4L * (3 * F.length()), Species.ORDER)
              .reinterpretAsInts();
      signedMax = a.max(b).max(c.max(d)).max(signedMax);
      signedMin = a.min(b).min(c.min(d)).min(signedMin);
      flippedMax =
          a.lanewise(XOR, Integer.MIN_VALUE)
              .max(b.lanewise(XOR, Integer.MIN_VALUE))
              .max(flippedMax);
      flippedMax =
          c.lanewise(XOR, Integer.MIN_VALUE)
              .max(d.lanewise(XOR, Integer.MIN_VALUE))
              .max(flippedMax);
    }
    for (; i < last; i += F.length()) {
      IntVector bits =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
              .reinterpretAsInts();
      signedMax = bits.max(signedMax);
      signedMin = bits.min(signedMin);
      flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
    }
    // The last vector may read some logits a second time. That changes no extreme.
    IntVector bits =
        FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER)
            .reinterpretAsInts();
    return Maxima.extremes(
        bits.max(signedMax).reduceLanes(MAX),
        bits.min(signedMin).reduceLanes(MIN),
        bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  static long rest(SegmentAddress x, int from, int to) {
    if (to - from >= F.length()) {
      return scan(x, from, to);
    }
    int signedMax = Integer.MIN_VALUE;
    int signedMin = Integer.MAX_VALUE;
    int unsignedMax = 0;
    for (int i = from; i < to; i++) {
      int bits = Float.floatToRawIntBits(x.get(i));
      signedMax = Math.max(signedMax, bits);
      signedMin = Math.min(signedMin, bits);
      unsignedMax = Integer.compareUnsigned(bits, unsignedMax) > 0 ? bits : unsignedMax;
    }
    return Maxima.extremes(signedMax, signedMin, unsignedMax);
  }

  static int argMax(SegmentAddress x, int from, int to) {
    float best = Float.NEGATIVE_INFINITY;
    int start = from;
    int at = from;
    while (at < to) {
      int end =
          to - at < 2 * Maxima.ARG_MAX_BLOCK
              ? to
              : at + Maxima.ARG_MAX_BLOCK; // the last block is never short
      int bits = signedMax(x, at, end);
      float max = Float.intBitsToFloat(bits);
      if (bits >= Maxima.INFINITY || bits < 0 && !(best >= 0)) {
        max = Maxima.max(scan(x, at, end));
        if (!(max < Float.POSITIVE_INFINITY)) {
          throw RowErrors.invalid(x.onHeap(to), from, to);
        }
      }
      if (max > best) {
        best = max;
        start = at;
      }
      at = end;
    }
    if (best == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return start - from + first(x, start, to, best);
  }

  private static int signedMax(SegmentAddress x, int from, int to) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to - F.length() && to <= x.length() : from + " to " + to;
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    FloatVector sum = FloatVector.zero(F);
    int last = to - F.length();
    int i = from;
    for (; i <= last - 4 * F.length(); i += 4 * F.length()) {
      FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
      FloatVector b =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * F.length(), Species.ORDER);
      FloatVector c =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * (2 * F.length()), Species.ORDER);
      FloatVector d =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * (3 * F.length()), Species.ORDER);
      sum = a.add(b).add(c.add(d)).add(sum);
      signedMax =
          a.reinterpretAsInts()
              .max(b.reinterpretAsInts())
              .max(c.reinterpretAsInts().max(d.reinterpretAsInts()))
              .max(signedMax);
    }
    for (; i < last; i += F.length()) {
      FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
      sum = a.add(sum);
      signedMax = a.reinterpretAsInts().max(signedMax);
    }
    FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * last, Species.ORDER);
    sum = a.add(sum);
    int max = a.reinterpretAsInts().max(signedMax).reduceLanes(MAX);
    // A NaN whose sign is set shows only in the sum.
    return sum.compare(NE, sum).anyTrue() ? Maxima.INFINITY : max;
  }

  static boolean anyBetween(SegmentAddress x, int from, int to, float low, float high) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to - F.length() && to <= x.length() : from + " to " + to;
    int last = to - F.length();
    int count = 0;
    for (int i = from; i < to; i += F.length()) {
      int at = Math.min(i, last);
      FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * at, Species.ORDER);
      count += v.compare(GE, low).and(v.compare(LT, high)).trueCount();
    }
    return count > 0;
  }

  static int first(SegmentAddress x, int from, int to, float max) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from < to && to <= x.length() : from + " to " + to + " of " + x.length();
    assert max == max : "the maximum is NaN";
    FloatVector maxima = FloatVector.broadcast(F, max);
    int i = from;
    for (; i <= to - 4 * F.length(); i += 4 * F.length()) {
      FloatVector a = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
      FloatVector b =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * F.length(), Species.ORDER);
      FloatVector c =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * (2 * F.length()), Species.ORDER);
      FloatVector d =
          FloatVector.fromMemorySegment(
              F, segment, offset + 4L * i + 4L * (3 * F.length()), Species.ORDER);
      VectorMask<Float> one = a.compare(EQ, maxima).or(b.compare(EQ, maxima));
      if (one.or(c.compare(EQ, maxima)).or(d.compare(EQ, maxima)).anyTrue()) {
        break;
      }
    }
    for (; i <= to - F.length(); i += F.length()) {
      long hits =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
              .compare(EQ, maxima)
              .toLong();
      if (hits != 0) {
        return i + Long.numberOfTrailingZeros(hits) - from;
      }
    }
    while (x.get(i) != max && i < to - 1) { // another thread may change the row
      i++;
    }
    return i - from;
  }
}
