package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;

/**
 * Maxima of integers as unsigned ones, lane by lane.
 *
 * <p>A maximum is carried with its sign bits flipped, as a signed one: one operation more than
 * {@code UMAX}. JDK 25's compiler leaves calls of {@code UMAX} out of line in some JVMs, for good,
 * and then makes an object of each vector; JDK 27's ends the process at a loop that carries one.
 */
final class Unsigned {
  private static final int SIGN = Integer.MIN_VALUE;
  private static final short SHORT_SIGN = Short.MIN_VALUE;

  /** What a maximum of ints begins with. */
  static final int LEAST = SIGN;

  /** What a maximum of shorts begins with. */
  static final short LEAST_SHORT = SHORT_SIGN;

  private Unsigned() {}

  /** The maximum with further ints. */
  static IntVector max(IntVector max, IntVector bits) {
    return max.max(bits.lanewise(XOR, SIGN));
  }

  /** The maximum of all lanes. */
  static int reduce(IntVector max) {
    return max.reduceLanes(MAX) ^ SIGN;
  }

  /** An int as a lane of a maximum holds it. */
  static int lane(int bits) {
    return bits ^ SIGN;
  }

  /** The maximum with further shorts. */
  static ShortVector max(ShortVector max, ShortVector bits) {
    return max.max(bits.lanewise(XOR, SHORT_SIGN));
  }

  /** A short as a lane of a maximum holds it. */
  static short lane(short bits) {
    return (short) (bits ^ SHORT_SIGN);
  }

  /** The maximum of all lanes. */
  static short reduce(ShortVector max) {
    return (short) (max.reduceLanes(MAX) ^ SHORT_SIGN);
  }
}
