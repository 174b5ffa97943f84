package org.logitkernels.internal;

import java.lang.foreign.ValueLayout;

/**
 * Halves widened to floats, exactly: binary16, and bfloat16, which is the upper half of a float.
 */
public final class Halves {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private Halves() {}

  /** Widens the halves {@code [from, to)} to the same places of {@code y}. */
  public static void widen(NativeFloats halves, boolean brain, int from, int to, float[] y) {
    for (int i = from; i < to; i++) {
      short half = halves.segment.get(SHORT, halves.base + (long) Short.BYTES * i);
      y[i] = brain ? Float.intBitsToFloat(half << 16) : Float.float16ToFloat(half);
    }
  }
}
