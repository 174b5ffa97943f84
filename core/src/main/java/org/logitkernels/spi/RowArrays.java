package org.logitkernels.spi;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.logitkernels.numerics.Lanes;

/**
 * The arrays as long as a row, or nearly: whoever works on a row has them, and no sequence does
 * between rows.
 *
 * <p>Each array is made when a row first needs it, at its full length.
 */
public final class RowArrays {
  /** Lends arrays to survivors, for as long as a row is worked on. */
  public interface Lender {
    /** Rows this long fit. */
    int capacity();

    /** Arrays that nobody else has. */
    RowArrays take();

    /** Takes arrays back. */
    void give(RowArrays arrays);
  }

  /** A vector may be stored whole although only a part of it survives. */
  static final int SLACK = 16;

  private static final float[] NONE = {};

  /**
   * A strip is at least so many logits long; half as many again as there are strips serve the
   * levels above.
   */
  private static final int SHORTEST_STRIP = 8;

  final float[] maxima;
  final Selection selection;
  private final int capacity;
  private int[] ids = {};
  private float[] values = NONE;
  private float[] weights = NONE;
  private float[] floats = NONE;
  private float[] changed = NONE;
  private long[] mask = {};
  private MemorySegment offHeap = MemorySegment.NULL;

  /** For rows of up to {@code capacity} logits. */
  public RowArrays(int capacity) {
    this.capacity = capacity;
    this.maxima = new float[capacity / SHORTEST_STRIP * 3 / 2 + 4 * SLACK];
    this.selection = new Selection(capacity + SLACK);
  }

  /** Makes room for as many survivors as a row may leave, all or none. */
  void reserve() {
    int room = capacity + SLACK;
    if (ids.length < room) {
      int[] moreIds = new int[room];
      float[] moreValues = new float[room];
      weights = new float[room]; // all are there, or as they were
      values = moreValues;
      ids = moreIds;
    }
  }

  int[] ids() {
    return ids;
  }

  float[] values() {
    return values;
  }

  float[] weights() {
    return weights;
  }

  /** For a row that is widened, or copied to the heap. */
  public float[] floats() {
    if (floats.length < capacity) {
      floats = new float[capacity];
    }
    return floats;
  }

  /** For a copy of a row with what steps have changed in it. */
  public float[] changed() {
    if (changed.length < capacity) {
      changed = new float[capacity];
    }
    return changed;
  }

  /** A bit for each token of a row, in whole blocks. */
  public long[] mask() {
    if (mask.length == 0) {
      mask = new long[Lanes.blocks(capacity) * Lanes.WORDS];
    }
    return mask;
  }

  /** Native memory, for a row of a narrow format that lies on the heap. */
  public MemorySegment offHeap(long bytesEach) {
    long bytes = capacity * bytesEach;
    if (offHeap.byteSize() < bytes) {
      offHeap = Arena.ofAuto().allocate(bytes, 64);
    }
    return offHeap;
  }
}
