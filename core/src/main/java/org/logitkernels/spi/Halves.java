package org.logitkernels.spi;

import java.lang.foreign.ValueLayout;
import org.logitkernels.numerics.RowErrors;

/**
 * Halves widened to floats, exactly: binary16, and bfloat16, which is the upper half of a float.
 */
public final class Halves {
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  private Halves() {}

  /** The float that a half is. */
  public static float widen(short half, boolean brain) {
    return brain ? Float.intBitsToFloat(half << 16) : Float.float16ToFloat(half);
  }

  /** The half that a float is which was one. */
  public static short narrow(float value, boolean brain) {
    return brain ? (short) (Float.floatToRawIntBits(value) >> 16) : Float.floatToFloat16(value);
  }

  /** The i-th. */
  public static float get(SegmentAddress halves, boolean brain, int i) {
    return widen(halves.segment.get(SHORT, halves.base + (long) Short.BYTES * i), brain);
  }

  /** Widens the halves {@code [from, to)} into {@code y}, from a place on. */
  public static void widen(
      SegmentAddress halves, boolean brain, int from, int to, float[] y, int place) {
    for (int i = from; i < to; i++) {
      y[place + i - from] = get(halves, brain, i);
    }
  }

  /** The first of the halves {@code [from, to)} with this value. */
  public static int first(SegmentAddress halves, boolean brain, int from, int to, float value) {
    int i = from;
    while (i < to - 1 && get(halves, brain, i) != value) { // also if another thread changes the row
      i++;
    }
    return i;
  }

  /** The error for the first NaN or +Infinity of a row that is known to hold one. */
  public static IllegalArgumentException invalid(SegmentAddress halves, boolean brain, int length) {
    float[] y = new float[length];
    widen(halves, brain, 0, length, y, 0);
    return RowErrors.invalid(y, 0, length);
  }

  /** Arg-max, as of the widened row. */
  public static int argMax(SegmentAddress halves, boolean brain, int length) {
    int best = -1;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      float value = get(halves, brain, i);
      if (!(value <= max)) { // greater, or NaN
        if (!(value < Float.POSITIVE_INFINITY)) {
          throw invalid(halves, brain, length);
        }
        max = value;
        best = i;
      }
    }
    if (best < 0) {
      throw RowErrors.allMasked();
    }
    return best;
  }
}
