package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.UMAX;
import static jdk.incubator.vector.VectorOperators.UMIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Rows;

/**
 * The row's maximum, and with it the check that every kernel makes first.
 *
 * <p>Works on the floats' bits, three integer operations a vector. As signed integers the bits of
 * non-negative floats order as the floats do, and above those of all negative ones; as unsigned
 * integers those of negative floats order against the floats. So the signed maximum is the row's if
 * it is not negative, and else the unsigned minimum is. NaN and +Infinity show as a signed maximum
 * from +Infinity on or, with the sign set, as an unsigned maximum above -Infinity; and where
 * anything is negative the unsigned maximum is the row's minimum.
 */
final class Maxima {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final int SIGN = 0x80000000;
  private static final int INFINITY = 0x7f800000;
  private static final int MINUS_INFINITY = 0xff800000;

  /**
   * Long enough for the reduction at its end to cost little, short enough for a second look to cost
   * little.
   */
  private static final int ARG_MAX_BLOCK = 8192;

  private Maxima() {}

  /**
   * The maximum, never -0, and a lower bound of a row at least a vector long, packed. Throws for
   * NaN and +Infinity, and where every token is masked.
   */
  static long extremes(float[] x, int from, int to) {
    return check(x, from, to, scan(x, from, to));
  }

  static long check(float[] x, int from, int to, long extremes) {
    float max = max(extremes);
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw Rows.invalid(x, from, to);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    return extremes;
  }

  /** The maximum, NaN standing for NaN and +Infinity, and the minimum. */
  static long scan(float[] x, int from, int to) {
    IntVector signedMax = IntVector.broadcast(I, SIGN);
    IntVector unsignedMin = IntVector.broadcast(I, -1);
    IntVector unsignedMax = IntVector.zero(I);
    int last = to - F.length();
    for (int i = from; i < last; i += F.length()) {
      IntVector bits = FloatVector.fromArray(F, x, i).reinterpretAsInts();
      signedMax = signedMax.max(bits);
      unsignedMin = unsignedMin.lanewise(UMIN, bits);
      unsignedMax = unsignedMax.lanewise(UMAX, bits);
    }
    // The last vector may take in logits for a second time, which changes no extreme.
    IntVector bits = FloatVector.fromArray(F, x, last).reinterpretAsInts();
    // Unsigned reductions go by way of signed ones, which every machine has.
    return extremes(
        signedMax.max(bits).reduceLanes(MAX),
        unsignedMin.lanewise(UMIN, bits).lanewise(XOR, SIGN).reduceLanes(MIN) ^ SIGN,
        unsignedMax.lanewise(UMAX, bits).lanewise(XOR, SIGN).reduceLanes(MAX) ^ SIGN);
  }

  /** From the extremes of the bits. */
  static long extremes(int signedMax, int unsignedMin, int unsignedMax) {
    boolean invalid = signedMax >= INFINITY || isNegativeNaN(unsignedMax);
    float max = Float.intBitsToFloat(signedMax >= 0 ? signedMax : unsignedMin);
    return pack(invalid ? Float.NaN : max, unsignedMax < 0 ? unsignedMax : unsignedMin);
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
        throw Rows.invalid(x, from, to);
      }
      if (max > best) {
        best = max;
        start = at;
      }
      at = end;
    }
    if (best == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
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
