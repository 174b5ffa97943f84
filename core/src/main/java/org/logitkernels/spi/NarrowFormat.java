package org.logitkernels.spi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * A format narrower than a float, each of whose numbers is a float.
 *
 * <p>The bits of its numbers, as signed integers, have the order that the bits of floats have.
 * Vector loops rely on that.
 */
public enum NarrowFormat {
  /** IEEE 754 binary16. */
  BINARY16(Short.BYTES),

  /** The upper half of a float. */
  BFLOAT16(Short.BYTES);

  private final int bytes;

  NarrowFormat(int bytes) {
    this.bytes = bytes;
  }

  /** The size of a number in bytes. */
  public int bytes() {
    return bytes;
  }

  /** The float that a number is, exactly. */
  public float widen(int bits) {
    return switch (this) {
      case BINARY16 -> Float.float16ToFloat((short) bits);
      case BFLOAT16 -> Float.intBitsToFloat(bits << Short.SIZE);
    };
  }

  /** The bits of a float that is a number of this format, or of a number near to the float. */
  public int narrow(float value) {
    return switch (this) {
      case BINARY16 -> Float.floatToFloat16(value);
      case BFLOAT16 -> Float.floatToRawIntBits(value) >> Short.SIZE;
    };
  }

  /** Makes floats of the numbers {@code from[at, end)}. The compiler makes vectors of the loops. */
  public void widen(short[] from, float[] to, int at, int end) {
    switch (this) {
      case BINARY16 -> {
        for (int i = at; i < end; i++) {
          to[i] = Float.float16ToFloat(from[i]);
        }
      }
      case BFLOAT16 -> {
        for (int i = at; i < end; i++) {
          to[i] = Float.intBitsToFloat(from[i] << Short.SIZE);
        }
      }
    }
  }

  /** Rounds the floats {@code from[at, end)}, to nearest, ties to even. None of them is NaN. */
  public void round(float[] from, short[] to, int at, int end) {
    switch (this) {
      case BINARY16 -> {
        for (int i = at; i < end; i++) {
          to[i] = Float.floatToFloat16(from[i]);
        }
      }
      case BFLOAT16 -> {
        for (int i = at; i < end; i++) {
          int bits = Float.floatToRawIntBits(from[i]);
          to[i] = (short) (bits + 0x7fff + (bits >> Short.SIZE & 1) >> Short.SIZE);
        }
      }
    }
  }

  /** The float that the i-th number in memory is. */
  public float get(MemorySegment segment, long base, int i) {
    return widen(read(segment, base, i));
  }

  // A size that is a constant lets the compiler move the checks of bounds out of loops. The layout
  // is named here, and is no constant of this class, so that only these methods load it.

  /** Reads the bits of the i-th number, its sign extended. */
  int read(MemorySegment segment, long base, int i) {
    return segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, base + (long) Short.BYTES * i);
  }

  /** Writes the bits of the i-th number. */
  void write(MemorySegment segment, long base, int i, int bits) {
    segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, base + (long) Short.BYTES * i, (short) bits);
  }
}
