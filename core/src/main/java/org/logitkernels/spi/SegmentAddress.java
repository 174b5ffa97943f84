package org.logitkernels.spi;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * Where numbers lie in a memory segment: kept by whoever calls kernels, and pointed at one row
 * after the other, as an object for each call would be garbage.
 *
 * <p>Kernels for arrays never see a segment, nor those for segments an array: code that meets both
 * gets slow for both.
 */
public final class SegmentAddress {
  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final float[] NONE = {};

  /** What holds them. */
  public MemorySegment segment = MemorySegment.NULL;

  /** The offset in bytes of the first. */
  public long base;

  private float[] onHeap = NONE;

  /** Points nowhere. */
  public SegmentAddress() {}

  /** Points at a place. */
  public void at(MemorySegment segment, long base) {
    this.segment = segment;
    this.base = base;
  }

  /** The i-th float. */
  public float get(int i) {
    return segment.get(FLOAT, base + (long) Float.BYTES * i);
  }

  /** Sets the i-th float. */
  public void set(int i, float value) {
    segment.set(FLOAT, base + (long) Float.BYTES * i, value);
  }

  /** How many there can be. */
  public int length() {
    return (int) Math.min(Integer.MAX_VALUE, (segment.byteSize() - base) / Float.BYTES);
  }

  /** Copies floats to an array. */
  public void copy(int from, float[] target, int at, int length) {
    long start = base + (long) Float.BYTES * from;
    MemorySegment.copy(segment, FLOAT, start, target, at, length);
  }

  /** A copy of the first floats, in an array that is used again. */
  public float[] onHeap(int length) {
    if (onHeap.length < length) {
      onHeap = new float[length];
    }
    copy(0, onHeap, 0, length);
    return onHeap;
  }

  /** Writes floats, from the i-th on. */
  public void put(float[] source, int from, int i, int length) {
    MemorySegment.copy(source, from, segment, FLOAT, base + (long) Float.BYTES * i, length);
  }
}
