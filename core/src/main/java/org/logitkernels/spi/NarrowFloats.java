package org.logitkernels.spi;

import java.lang.foreign.MemorySegment;
import org.logitkernels.numerics.RowErrors;

/**
 * Where the numbers of a narrow format lie, and the scalar code that reads them: kept by whoever
 * calls kernels, and pointed at one row after the other, as {@link SegmentAddress} is.
 */
public final class NarrowFloats {
  /** What holds them. */
  public MemorySegment segment = MemorySegment.NULL;

  /** The offset in bytes of the first. */
  public long base;

  /** How each is stored. */
  public NarrowFormat format = NarrowFormat.BINARY16;

  /** Points nowhere. */
  public NarrowFloats() {}

  /** Points at a place. */
  public void at(MemorySegment segment, long base, NarrowFormat format) {
    this.segment = segment;
    this.base = base;
    this.format = format;
  }

  /** The float that the i-th is. */
  public float get(int i) {
    return format.get(segment, base, i);
  }

  /** Sets the i-th to a float that is a number of this format, or to a number near to the float. */
  public void set(int i, float value) {
    format.write(segment, base, i, format.narrow(value));
  }

  /** How many there can be. */
  public long length() {
    return (segment.byteSize() - base) / format.bytes();
  }

  /** Widens those in {@code [from, to)} into {@code y}, from a place on. */
  public void widen(int from, int to, float[] y, int place) {
    for (int i = from; i < to; i++) {
      y[place + i - from] = get(i);
    }
  }

  /** The first in {@code [from, to)} with this value. */
  public int first(int from, int to, float value) {
    int i = from;
    while (i < to - 1 && get(i) != value) { // also if another thread changes the row
      i++;
    }
    return i;
  }

  /** The error for the first NaN or +Infinity of a row that is known to hold one. */
  public IllegalArgumentException invalid(int length) {
    float[] y = new float[length];
    widen(0, length, y, 0);
    return RowErrors.invalid(y, 0, length);
  }

  /** Arg-max, as of the widened row. */
  public int argMax(int length) {
    int best = -1;
    float max = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < length; i++) {
      float value = get(i);
      if (!(value <= max)) { // greater, or NaN
        if (!(value < Float.POSITIVE_INFINITY)) {
          throw invalid(length);
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
