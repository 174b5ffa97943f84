package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;

/**
 * The row's maximum, and with it the check that every kernel makes first.
 *
 * <p>Works on the floats' bits, four integer operations a vector. As integers the bits of
 * non-negative floats order as the floats do, those of negative floats against them, and as signed
 * integers below all others. So the signed maximum is the row's if it is not negative, and else the
 * signed minimum is. NaN and +Infinity show as a signed maximum from +Infinity on or, with the sign
 * set, as an unsigned maximum above -Infinity; and where anything is negative the unsigned maximum
 * is the row's minimum, else the signed minimum is. The unsigned maximum is carried as a signed one
 * of bits whose sign is flipped: C2 of JDK 27 ends the process at a loop that carries it as it is.
 */
final class Maxima {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final int INFINITY = 0x7f800000;
  private static final int MINUS_INFINITY = 0xff800000;

  /**
   * Long enough for the reduction at its end to cost little, short enough for a second look to cost
   * little.
   */
  static final int ARG_MAX_BLOCK = 8192;

  private Maxima() {}

  /**
   * The extremes of a row, if they are those of a row that can be drawn from. Throws for NaN and
   * +Infinity, and where every token is masked.
   */
  static long check(float[] x, int from, int to, long extremes) {
    check(x, from, to, max(extremes));
    return extremes;
  }

  /** The same of a maximum that is NaN where the row holds that or +Infinity. */
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
   * The maximum, NaN standing for NaN and +Infinity, and the minimum, of a part at least a vector
   * long.
   *
   * <p>Four vectors a round make it longer than HotSpot would inline: see {@link ExpSum}.
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
      signedMax = signedMax.max(a.max(b).max(c.max(d)));
      signedMin = signedMin.min(a.min(b).min(c.min(d)));
      flippedMax =
          flippedMax
              .max(a.lanewise(XOR, Integer.MIN_VALUE))
              .max(b.lanewise(XOR, Integer.MIN_VALUE));
      flippedMax =
          flippedMax
              .max(c.lanewise(XOR, Integer.MIN_VALUE))
              .max(d.lanewise(XOR, Integer.MIN_VALUE));
    }
    for (; i < last; i += F.length()) {
      IntVector bits = FloatVector.fromArray(F, x, i).reinterpretAsInts();
      signedMax = signedMax.max(bits);
      signedMin = signedMin.min(bits);
      flippedMax = flippedMax.max(bits.lanewise(XOR, Integer.MIN_VALUE));
    }
    // The last vector may take in logits for a second time, which changes no extreme.
    IntVector bits = FloatVector.fromArray(F, x, last).reinterpretAsInts();
    return extremes(
        signedMax.max(bits).reduceLanes(MAX),
        signedMin.min(bits).reduceLanes(MIN),
        flippedMax.max(bits.lanewise(XOR, Integer.MIN_VALUE)).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /** The same of what the row's end leaves of a block, in a row at least a vector long. */
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

  /** From the extremes of the bits. */
  static long extremes(int signedMax, int signedMin, int unsignedMax) {
    boolean invalid = signedMax >= INFINITY || isNegativeNaN(unsignedMax);
    float max = Float.intBitsToFloat(signedMax >= 0 ? signedMax : signedMin);
    return pack(invalid ? Float.NaN : max, unsignedMax < 0 ? unsignedMax : signedMin);
  }

  /**
   * The extremes of two parts, of which the second is known by its strips' maxima and the unsigned
   * maximum of its bits.
   */
  static long merge(long part, long maxima, int unsignedMax) {
    float max = isNegativeNaN(unsignedMax) ? Float.NaN : Math.max(max(part), max(maxima));
    float least = unsignedMax < 0 ? Float.intBitsToFloat(unsignedMax) : 0;
    return pack(max, Float.floatToRawIntBits(Math.min(min(part), least)));
  }

  /** What is beyond any: of no logits. */
  static final long NONE =
      pack(Float.NEGATIVE_INFINITY, Float.floatToRawIntBits(Float.POSITIVE_INFINITY));

  /** The extremes of two parts. */
  static long join(long one, long other) {
    float min = Math.min(min(one), min(other));
    return pack(Math.max(max(one), max(other)), Float.floatToRawIntBits(min));
  }

  /** The extremes of the first so many parts. */
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

  private static long pack(float max, int min) {
    return (long) Float.floatToRawIntBits(max + 0f) << 32 | Integer.toUnsignedLong(min);
  }

  static float max(long extremes) {
    return Float.intBitsToFloat((int) (extremes >> 32));
  }

  static float min(long extremes) {
    return Float.intBitsToFloat((int) extremes);
  }

  /** The first id that attains the maximum: the first block that does, then the first in it. */
  static int argMax(float[] x, int from, int to) {
    float best = Float.NEGATIVE_INFINITY;
    int start = from;
    int at = from;
    while (at < to) {
      int end = to - at < 2 * ARG_MAX_BLOCK ? to : at + ARG_MAX_BLOCK; // no short block at the end
      float max = max(scan(x, at, end));
      if (!(max < Float.POSITIVE_INFINITY)) {
        throw RowErrors.invalid(x, from, to);
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

  /** Where in {@code x[from, to)} a maximum comes first. */
  static int first(float[] x, int from, int to, float max) {
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      long hits = FloatVector.fromArray(F, x, i).compare(VectorOperators.EQ, max).toLong();
      if (hits != 0) {
        return i + Long.numberOfTrailingZeros(hits) - from;
      }
    }
    while (x[i] != max && i < to - 1) { // the bound holds even if another thread changes the row
      i++;
    }
    return i - from;
  }
}
