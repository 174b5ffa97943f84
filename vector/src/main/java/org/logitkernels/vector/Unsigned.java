package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.UMAX;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import org.logitkernels.internal.HotSpot;

/**
 * Maxima of integers as unsigned ones, lane by lane.
 *
 * <p>Where the optimising compiler ends the process at a loop that carries such a maximum, it is
 * carried with its sign bits flipped, as a signed one: one operation more.
 */
final class Unsigned {
  private static final boolean FLIPPED = HotSpot.failsAtUnsignedExtremes();
  private static final int SIGN = Integer.MIN_VALUE;
  private static final short SHORT_SIGN = Short.MIN_VALUE;

  /** What a maximum of ints begins with. */
  static final int LEAST = FLIPPED ? SIGN : 0;

  /** What a maximum of shorts begins with. */
  static final short LEAST_SHORT = FLIPPED ? SHORT_SIGN : 0;

  private Unsigned() {}

  /** The maximum with further ints. */
  static IntVector max(IntVector max, IntVector bits) {
    return FLIPPED ? max.max(bits.lanewise(XOR, SIGN)) : max.lanewise(UMAX, bits);
  }

  /** The ints that the maximum stands for. */
  static IntVector bits(IntVector max) {
    return FLIPPED ? max.lanewise(XOR, SIGN) : max;
  }

  /** The maximum of all lanes, by way of the signed one, which every machine has. */
  static int reduce(IntVector max) {
    return (FLIPPED ? max : max.lanewise(XOR, SIGN)).reduceLanes(MAX) ^ SIGN;
  }

  /** The maximum with further shorts. */
  static ShortVector max(ShortVector max, ShortVector bits) {
    return FLIPPED ? max.max(bits.lanewise(XOR, SHORT_SIGN)) : max.lanewise(UMAX, bits);
  }

  /** The shorts that the maximum stands for. */
  static ShortVector bits(ShortVector max) {
    return FLIPPED ? max.lanewise(XOR, SHORT_SIGN) : max;
  }

  /** The maximum of all lanes, by way of the signed one. */
  static short reduce(ShortVector max) {
    return (short) ((FLIPPED ? max : max.lanewise(XOR, SHORT_SIGN)).reduceLanes(MAX) ^ SHORT_SIGN);
  }
}
