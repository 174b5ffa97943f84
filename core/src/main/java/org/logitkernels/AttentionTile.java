package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFormat;

/**
 * Attention rows in memory segments, as many at a time as have room in an array.
 *
 * <p>Where they have no room together, all of them are looked at before the first is written.
 */
final class AttentionTile {
  /** Numbers that are worked on together, so few that the cache holds them. */
  private static final int ROOM = 1 << 14;

  private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED;
  private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED;

  /** A matrix in a segment. */
  static final class Place {
    private MemorySegment segment = MemorySegment.NULL;
    private long base;
    private ElementType type = ElementType.FLOAT32;
    private long stride;

    /** Points at a matrix. */
    void at(MemorySegment segment, long base, ElementType type, long stride) {
      this.segment = segment;
      this.base = base;
      this.type = type;
      this.stride = stride;
    }

    private long offset(int row) {
      return base + row * stride * type.bytes();
    }
  }

  /** Where the scores are. */
  final Place source = new Place();

  /** Where the probabilities go. */
  final Place target = new Place();

  private float[] floats = {};
  private short[] halves = {};
  private int[] lengths = {};

  /** Softmax of so many rows, whose lengths are there; capped, if the cap is above 0. */
  void softmax(Backend backend, AttentionRows rows, int count, float cap) {
    int longest = 0;
    for (int row = 0; row < count; row++) {
      longest = Math.max(longest, rows.lengths[row]);
    }
    int most = Math.clamp(ROOM / Math.max(1, longest), 1, count);
    reserve(Math.max(ROOM, longest), count);
    System.arraycopy(rows.lengths, 0, lengths, 0, count);
    rows.x = floats;
    rows.y = floats;
    rows.from = 0;
    rows.yFrom = 0;
    rows.stride = longest;
    rows.yStride = longest;
    for (int row = 0; most < count && row < count; row += most) {
      load(rows, row, Math.min(count, row + most));
      backend.checkAttention(rows);
    }
    for (int row = 0; row < count; row += most) {
      int end = Math.min(count, row + most);
      load(rows, row, end);
      if (cap > 0) {
        if (most >= count) {
          backend.checkAttention(rows); // before the cap: errors name the score
        }
        cap(backend, rows, cap);
      }
      backend.attention(rows);
      store(rows, row, end);
    }
  }

  private void cap(Backend backend, AttentionRows rows, float cap) {
    for (int row = 0; row < rows.count; row++) {
      int at = rows.at(row);
      if (rows.lengths[row] > 0) {
        backend.softCap(floats, at, at + rows.lengths[row], cap, floats, at);
      }
    }
  }

  private void reserve(int room, int count) {
    if (floats.length < room) {
      float[] more = new float[room];
      halves = new short[room]; // both are there, or as they were
      floats = more;
    }
    if (lengths.length < count) {
      lengths = new int[Math.max(count, 2 * lengths.length)];
    }
  }

  private void load(AttentionRows rows, int from, int to) {
    rows.number = from;
    rows.count = to - from;
    for (int row = from; row < to; row++) {
      int length = lengths[row];
      int at = (row - from) * rows.stride;
      long offset = source.offset(row);
      rows.lengths[row - from] = length;
      NarrowFormat narrow = source.type.narrow();
      if (narrow == null) {
        MemorySegment.copy(source.segment, FLOAT, offset, floats, at, length);
      } else {
        MemorySegment.copy(source.segment, SHORT, offset, halves, at, length);
        narrow.widen(halves, floats, at, at + length);
      }
    }
  }

  private void store(AttentionRows rows, int from, int to) {
    for (int row = from; row < to; row++) {
      int length = lengths[row];
      int at = (row - from) * rows.stride;
      long offset = target.offset(row);
      NarrowFormat narrow = target.type.narrow();
      if (narrow == null) {
        MemorySegment.copy(floats, at, target.segment, FLOAT, offset, length);
      } else {
        narrow.round(floats, halves, at, at + length);
        MemorySegment.copy(halves, at, target.segment, SHORT, offset, length);
      }
    }
  }
}
