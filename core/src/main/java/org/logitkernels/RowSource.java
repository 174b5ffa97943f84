package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.rows.Row;
import org.logitkernels.rows.WorkCrew;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFormat;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/**
 * Turns what a caller has into a {@link Row}. Floats in an array or in native memory are read where
 * they lie. Narrow formats are widened. Everything else is copied.
 *
 * <p>Loops over elements meet either arrays or native memory, and never heap memory through a
 * segment: a loop that has met both is slow for both.
 */
final class RowSource {
  /** In the place of the array that holds a row: native memory does. */
  static final Object NATIVE = new Object();

  private final Backend backend;
  private final Survivors survivors;
  private final Row.OfArray array;
  private Row.@Nullable OfNative natives;
  private Row.@Nullable OfNarrow narrow;
  private @Nullable SegmentAddress output;
  private boolean copied;
  private @Nullable WorkCrew crew;
  private final Logits place = new Logits();

  RowSource(Backend backend, Survivors survivors) {
    this.backend = backend;
    this.survivors = survivors;
    this.array = new Row.OfArray(backend);
  }

  Backend backend() {
    return backend;
  }

  Row<?> open(float[] x, int from, int to) {
    begin();
    return array.at(x, from, to);
  }

  /** Another row from now on. */
  private void begin() {
    survivors.take();
    survivors.row.forget();
    copied = false;
  }

  /** From now on a crew shares the passes over long rows; null for nobody. */
  void share(@Nullable WorkCrew crew) {
    this.crew = crew;
    array.share(crew);
    if (natives != null) {
      natives.share(crew);
    }
    if (narrow != null) {
      narrow.share(crew);
    }
  }

  /**
   * Whether the row lies in the arrays that rows are copied to, and not where the caller has it.
   */
  boolean isCopied() {
    return copied;
  }

  /** A handle of its own, for rows that come without one. */
  Logits place() {
    return place;
  }

  Row<?> open(Logits logits) {
    int length = logits.length();
    float[] array = logits.array();
    if (array != null) {
      return open(array, logits.from(), logits.from() + length);
    }
    MemorySegment segment = logits.segment();
    long offset = logits.byteOffset();
    begin();
    NarrowFormat format = logits.type().narrow();
    if (format != null) {
      return narrow(segment, offset, length, format);
    }
    if (segment.isNative()) {
      return natives().at(segment, offset, length);
    }
    copied = true;
    float[] floats = room();
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, floats, 0, length);
    return this.array.at(floats, 0, length);
  }

  private Row.OfNative natives() {
    Row.OfNative row = natives;
    if (row == null) {
      row = new Row.OfNative(backend.natives());
      row.share(crew);
      natives = row;
    }
    return row;
  }

  /** Memory for as many floats as the longest row has, perhaps those of the row itself. */
  float[] room() {
    return survivors.arrays().floats();
  }

  private Row<?> narrow(MemorySegment segment, long offset, int length, NarrowFormat format) {
    Row.OfNarrow row = narrow;
    if (row == null) {
      row = new Row.OfNarrow(backend, survivors);
      row.share(crew);
      narrow = row;
    }
    if (segment.isNative()) {
      return row.at(segment, offset, length, format);
    }
    copied = true;
    MemorySegment offHeap = survivors.arrays().offHeap(format.bytes());
    MemorySegment.copy(segment, offset, offHeap, 0, (long) length * format.bytes());
    return row.at(offHeap, 0, length, format);
  }

  /**
   * The array of a segment on the heap; null if the segment is read-only, as such a one keeps its
   * array to itself. The JDK's answer is an object, which not every call does without.
   */
  static @Nullable Object arrayOf(MemorySegment heap) {
    return heap.heapBase().orElse(null);
  }

  /** What holds a segment: an array, {@link #NATIVE}, or null for what does not tell. */
  static @Nullable Object holderOf(MemorySegment segment) {
    return segment.isNative() ? NATIVE : arrayOf(segment);
  }

  /** A row of probabilities may go over the row it comes from, and else over no part of it. */
  static void checkOutput(Logits logits, String name, MemorySegment out, long outOffset) {
    int length = logits.length();
    Objects.checkFromIndexSize(outOffset, (long) length * Float.BYTES, out.byteSize());
    if (out.isReadOnly()) {
      throw new IllegalArgumentException(name + " is read-only");
    }
    if (logits.holder() != holderOf(out)) {
      return;
    }
    ElementType type = logits.type();
    long apart = out.address() + outOffset - logits.address();
    boolean inPlace = apart == 0 && type == ElementType.FLOAT32;
    if (!inPlace && apart < (long) length * type.bytes() && -apart < (long) length * Float.BYTES) {
      throw new IllegalArgumentException(
          name + " overlap logits: in place means FLOAT32 at the same place");
    }
  }

  /** Where an output lies in native memory. */
  SegmentAddress output(MemorySegment out, long offset) {
    SegmentAddress place = output;
    if (place == null) {
      place = new SegmentAddress();
      output = place;
    }
    place.at(out, offset);
    return place;
  }

  static void copy(float[] y, int length, MemorySegment out, long offset) {
    MemorySegment.copy(y, 0, out, ValueLayout.JAVA_FLOAT_UNALIGNED, offset, length);
  }
}
