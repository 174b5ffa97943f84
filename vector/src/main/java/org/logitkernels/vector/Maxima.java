package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;

/**
 * The row's maximum, and the check that every kernel makes first.
 *
 * <p>The extremes are taken of the bits of floats, with four integer operations a vector. As signed
 * integers, the bits of floats that are not negative order as the floats do. The bits of negative
 * floats order the other way round, below all others. So the row's maximum is the signed maximum if
 * that is not negative, and the signed minimum otherwise.
 *
 * <p>NaN and +Infinity show as a signed maximum of at least +Infinity. NaN with the sign set shows
 * as an unsigned maximum above -Infinity. If any logit is negative, the row's minimum is the
 * unsigned maximum; otherwise it is the signed minimum.
 *
 * <p>The unsigned maximum is carried as a signed maximum of bits whose sign is flipped. C2 of JDK
 * 27 ends the process at a loop that carries an unsigned one.
 */
final class Maxima {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  static final int INFINITY = 0x7f800000;
  static final int MINUS_INFINITY = 0xff800000;

  /**
   * A block of the arg-max: so long that the reduction at its end costs little, and so short that a
   * second look costs little.
   */
  static final int ARG_MAX_BLOCK = 8192;

  private Maxima() {}

  /**
   * Checks the extremes of a row, and returns them. Throws for NaN and +Infinity, and where every
   * token is masked.
   */
  static long check(float[] x, int from, int to, long extremes) {
    check(x, from, to, max(extremes));
    return extremes;
  }

  /** Checks a maximum, which is NaN if the row holds NaN or +Infinity. */
  static float check(float[] x, int from, int to, float max) {
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw RowErrors.invalid(x, from, to);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return max;
  }

  /**
   * The extremes of a part that is at least a vector long. The maximum is NaN if the part holds NaN
   * or +Infinity.
   *
   * <p>Four vectors a round make the method longer than HotSpot would inline: see {@link ExpSum}.
   */
  static long scan(float[] x, int from, int to) {
    assert from >= 0 && from <= to - F.length() && to <= x.length : from + " to " + to;
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    int last = to - F.length();
    int i = from;
    for (; i <= last - 4 * F.length(); i += 4 * F.length()) {
      IntVector a = FloatVector.fromArray(F, x, i).reinterpretAsInts();
      IntVector b = FloatVector.fromArray(F, x, i + F.length()).reinterpretAsInts();
      IntVector c = FloatVector.fromArray(F, x, i + 2 * F.length()).reinterpretAsInts();
      IntVector d = FloatVector.fromArray(F, x, i + 3 * F.length()).reinterpretAsInts();
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
      IntVector bits = FloatVector.fromArray(F, x, i).reinterpretAsInts();
      signedMax = bits.max(signedMax);
      signedMin = bits.min(signedMin);
      flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
    }
    // The last vector may read some logits a second time. That changes no extreme.
    IntVector bits = FloatVector.fromArray(F, x, last).reinterpretAsInts();
    return extremes(
        bits.max(signedMax).reduceLanes(MAX),
        bits.min(signedMin).reduceLanes(MIN),
        bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /** The extremes of what the row's end leaves of a block, or of a short row. */
  static long rest(float[] x, int from, int to) {
    if (to - from >= F.length()) {
      return scan(x, from, to);
    }
    int signedMax = Integer.MIN_VALUE;
    int signedMin = Integer.MAX_VALUE;
    int unsignedMax = 0;
    for (int i = from; i < to; i++) {
      int bits = Float.floatToRawIntBits(x[i]);
      signedMax = Math.max(signedMax, bits);
      signedMin = Math.min(signedMin, bits);
      unsignedMax = Integer.compareUnsigned(bits, unsignedMax) > 0 ? bits : unsignedMax;
    }
    return extremes(signedMax, signedMin, unsignedMax);
  }

  /** Packs the extremes of floats, from those of their bits. */
  static long extremes(int signedMax, int signedMin, int unsignedMax) {
    boolean invalid = signedMax >= INFINITY || isNegativeNaN(unsignedMax);
    float max = Float.intBitsToFloat(signedMax >= 0 ? signedMax : signedMin);
    return pack(invalid ? Float.NaN : max, unsignedMax < 0 ? unsignedMax : signedMin);
  }

  /**
   * The extremes of two parts together. Of the second part, the extremes of the strips' maxima are
   * known, and the unsigned maximum of the bits.
   */
  static long merge(long part, long maxima, int unsignedMax) {
    float max = isNegativeNaN(unsignedMax) ? Float.NaN : Math.max(max(part), max(maxima));
    float least = unsignedMax < 0 ? Float.intBitsToFloat(unsignedMax) : 0;
    return pack(max, Float.floatToRawIntBits(Math.min(min(part), least)));
  }

  /** The extremes of no logits at all. */
  static final long NONE =
      pack(Float.NEGATIVE_INFINITY, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));

  /** The extremes of two parts together. */
  static long join(long one, long other) {
    float min = Math.min(min(one), min(other));
    return pack(Math.max(max(one), max(other)), Float.floatToRawIntBits(min));
  }

  /** The extremes of the first parts together. */
  static long join(long[] parts, int count) {
    long extremes = NONE;
    for (int part = 0; part < count; part++) {
      extremes = join(extremes, parts[part]);
    }
    return extremes;
  }

  private static boolean isNegativeNaN(int unsignedMax) {
    return Integer.compareUnsigned(unsignedMax, MINUS_INFINITY) > 0;
  }

  /** Packs a maximum and the bits of a minimum. */
  static long pack(float max, int min) {
    return (long) Float.floatToRawIntBits(max + 0f) << 32 | Integer.toUnsignedLong(min);
  }

  static float max(long extremes) {
    return Float.intBitsToFloat((int) (extremes >> 32));
  }

  static float min(long extremes) {
    return Float.intBitsToFloat((int) extremes);
  }

  /**
   * The first id with the maximum: the first block that has it, then the first logit in that block.
   *
   * <p>A block with a logit that is not negative costs two operations a vector. Another one can
   * hold the maximum only if all blocks before it were negative too. Then it is scanned a second
   * time.
   */
  static int argMax(float[] x, int from, int to) {
    float best = Float.NEGATIVE_INFINITY;
    int start = from;
    int at = from;
    while (at < to) {
      int end =
          to - at < 2 * ARG_MAX_BLOCK ? to : at + ARG_MAX_BLOCK; // the last block is never short
      int bits = signedMax(x, at, end);
      float max = Float.intBitsToFloat(bits);
      if (bits >= INFINITY || bits < 0 && !(best >= 0)) {
        max = max(scan(x, at, end));
        if (!(max < Float.POSITIVE_INFINITY)) {
          throw RowErrors.invalid(x, from, to);
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

  /**
   * The maximum of the bits of floats as signed integers: that of the floats if it is not negative.
   * At least +Infinity if one of the floats is NaN or +Infinity, or if their sum is no number.
   */
  private static int signedMax(float[] x, int from, int to) {
    assert from >= 0 && from <= to - F.length() && to <= x.length : from + " to " + to;
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    FloatVector sum = FloatVector.zero(F);
    int last = to - F.length();
    int i = from;
    for (; i <= last - 4 * F.length(); i += 4 * F.length()) {
      FloatVector a = FloatVector.fromArray(F, x, i);
      FloatVector b = FloatVector.fromArray(F, x, i + F.length());
      FloatVector c = FloatVector.fromArray(F, x, i + 2 * F.length());
      FloatVector d = FloatVector.fromArray(F, x, i + 3 * F.length());
      sum = a.add(b).add(c.add(d)).add(sum);
      signedMax =
          a.reinterpretAsInts()
              .max(b.reinterpretAsInts())
              .max(c.reinterpretAsInts().max(d.reinterpretAsInts()))
              .max(signedMax);
    }
    for (; i < last; i += F.length()) {
      FloatVector a = FloatVector.fromArray(F, x, i);
      sum = a.add(sum);
      signedMax = a.reinterpretAsInts().max(signedMax);
    }
    FloatVector a = FloatVector.fromArray(F, x, last);
    sum = a.add(sum);
    int max = a.reinterpretAsInts().max(signedMax).reduceLanes(MAX);
    // A NaN whose sign is set shows only in the sum.
    return sum.compare(NE, sum).anyTrue() ? INFINITY : max;
  }

  /** Whether a logit of a part that is at least a vector long lies between two bounds. */
  static boolean anyBetween(float[] x, int from, int to, float low, float high) {
    assert from >= 0 && from <= to - F.length() && to <= x.length : from + " to " + to;
    int last = to - F.length();
    int count = 0;
    for (int i = from; i < to; i += F.length()) {
      int at = Math.min(i, last);
      FloatVector v = FloatVector.fromArray(F, x, at);
      count += v.compare(GE, low).and(v.compare(LT, high)).trueCount();
    }
    return count > 0;
  }

  /** Where a maximum comes first in {@code x[from, to)}. */
  static int first(float[] x, int from, int to, float max) {
    assert from >= 0 && from < to && to <= x.length : from + " to " + to + " of " + x.length;
    assert max == max : "the maximum is NaN";
    FloatVector maxima = FloatVector.broadcast(F, max);
    int i = from;
    for (; i <= to - 4 * F.length(); i += 4 * F.length()) {
      FloatVector a = FloatVector.fromArray(F, x, i);
      FloatVector b = FloatVector.fromArray(F, x, i + F.length());
      FloatVector c = FloatVector.fromArray(F, x, i + 2 * F.length());
      FloatVector d = FloatVector.fromArray(F, x, i + 3 * F.length());
      VectorMask<Float> one = a.compare(EQ, maxima).or(b.compare(EQ, maxima));
      if (one.or(c.compare(EQ, maxima)).or(d.compare(EQ, maxima)).anyTrue()) {
        break;
      }
    }
    for (; i <= to - F.length(); i += F.length()) {
      long hits = FloatVector.fromArray(F, x, i).compare(EQ, maxima).toLong();
      if (hits != 0) {
        return i + Long.numberOfTrailingZeros(hits) - from;
      }
    }
    while (x[i] != max && i < to - 1) { // another thread may change the row
      i++;
    }
    return i - from;
  }
}
