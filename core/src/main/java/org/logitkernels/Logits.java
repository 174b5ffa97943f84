package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Room;
import org.logitkernels.spi.NarrowFormat;

/**
 * Where a row of logits lies: in an array, in a range of one, in a buffer or in a memory segment.
 *
 * <p>Every method of kernels, samplers, beams, drafts and evaluation that reads a row takes one of
 * these, and gives the bits of the same logits in a {@code float[]}. The object is made once and
 * pointed at one row after the other with {@code at}:
 *
 * {@snippet lang=java :
 * Sampler sampler = SamplerChain.greedy().newSampler(3, 42);
 * try (Arena arena = Arena.ofConfined()) {
 *   MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, 3, 2, 9, 8, 7);
 *   Logits row = Logits.of(memory, 0, 3, ElementType.FLOAT32);
 *   System.out.println(sampler.next(row));
 *   // 1
 *   System.out.println(sampler.next(row.at(memory, 12, 3, ElementType.FLOAT32))); // the next row
 *   // 0
 * }
 * System.out.println(sampler.next(Logits.of(FloatBuffer.wrap(new float[] {0, 1, 2}))));
 * // 2
 * }
 *
 * <p><b>What it holds:</b> a reference and a few numbers, no logits and no scratch. Nothing is read
 * or copied when it is made or pointed: a row that changes afterwards is read as it then is. What
 * is said of a place (it is empty, or lies outside) is said by {@code of} and {@code at}; what is
 * wrong with logits is said by who reads them. A call that fails leaves the object as it was.
 *
 * <p><b>Cost:</b> {@code FLOAT32} in a {@code float[]} is read where it lies, whether it is given
 * as an array, a buffer or a segment, and so is native memory by vector kernels. Narrow formats are
 * widened. What else lies on the heap (unaligned, read-only, in arrays of other types) is copied
 * first. <b>Allocation:</b> none by {@code at}, but for the first time that it is given another
 * buffer that is no view of an array, and up to 16 bytes for another segment on the heap, as the
 * JDK gives its array as an object; enforced by {@code AllocationContract}. The handle refers to
 * the last heap segment of {@code FLOAT32} until it is given another.
 *
 * <p>Not thread-safe. Threads may read through one that none of them points elsewhere.
 */
public final class Logits {
  // No segment is named before there is one: the first takes longer to load than all of a sampler.

  private float @Nullable [] array;
  private int from;
  private @Nullable MemorySegment segment; // instead of the array
  private long byteOffset;
  private int length;
  private ElementType type = ElementType.FLOAT32;

  /** The last segment that was asked for its array, and the array. */
  private @Nullable MemorySegment known;

  private @Nullable Object arrayOfKnown;

  // A view for each call would be garbage, and engines hand over the same buffer again and again.
  private @Nullable FloatBuffer buffer;
  private @Nullable MemorySegment ofBuffer;

  /** Nowhere yet. */
  Logits() {}

  /**
   * A row that is a whole array.
   *
   * @param logits the row
   * @return where it lies
   * @throws IllegalArgumentException if the array is empty or longer than 2^31 - 2^24
   */
  public static Logits of(float[] logits) {
    return new Logits().at(logits);
  }

  /**
   * A row that is a range of an array.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return where it lies
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty or ends behind index 2^31 - 2^24
   */
  public static Logits of(float[] logits, int from, int to) {
    return new Logits().at(logits, from, to);
  }

  /**
   * A row between a buffer's position and its limit, as they are now.
   *
   * @param logits direct or on the heap, read-only or not, in the machine's byte order
   * @return where it lies
   * @throws IllegalArgumentException if the buffer has no logits between position and limit, is not
   *     in the machine's byte order, or the row is longer, or ends behind a later index of the
   *     buffer's array, than 2^31 - 2^24
   */
  public static Logits of(FloatBuffer logits) {
    return new Logits().at(logits);
  }

  /**
   * A row in a memory segment.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @return where it lies
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException if the length is below 1 or above 2^31 - 2^24
   */
  public static Logits of(MemorySegment logits, long byteOffset, int length, ElementType type) {
    return new Logits().at(logits, byteOffset, length, type);
  }

  /**
   * Points at a whole array, as {@link #of(float[])}.
   *
   * @param logits the row
   * @return this
   * @throws IllegalArgumentException if the array is empty or longer than 2^31 - 2^24
   */
  public Logits at(float[] logits) {
    return at(logits, 0, logits.length);
  }

  /**
   * Points at a range of an array, as {@link #of(float[], int, int)}.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return this
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty or ends behind index 2^31 - 2^24
   */
  public Logits at(float[] logits, int from, int to) {
    Kernels.checkRange(logits, from, to);
    return atArray(logits, from, to - from);
  }

  /**
   * Points at the logits between a buffer's position and its limit, as {@link #of(FloatBuffer)}.
   * The buffer may be moved afterwards: this object stays where it is.
   *
   * @param logits direct or on the heap, read-only or not, in the machine's byte order
   * @return this
   * @throws IllegalArgumentException if the buffer has no logits between position and limit, is not
   *     in the machine's byte order, or the row is longer, or ends behind a later index of the
   *     buffer's array, than 2^31 - 2^24
   */
  public Logits at(FloatBuffer logits) {
    int limit = logits.limit();
    int position = logits.position(); // once: another thread may move it
    int count = limit - position;
    if (count < 1) {
      throw new IllegalArgumentException("the buffer has no logits between position and limit");
    }
    if (logits.hasArray()) {
      int first = logits.arrayOffset() + position;
      return at(logits.array(), first, first + count);
    }
    if (logits.order() != ByteOrder.nativeOrder()) {
      throw new IllegalArgumentException(
          "the buffer is " + logits.order() + ", but the machine is " + ByteOrder.nativeOrder());
    }
    MemorySegment memory = ofBuffer;
    if (memory == null || logits != buffer) {
      memory = MemorySegment.ofBuffer(logits.duplicate().clear());
      ofBuffer = memory;
      buffer = logits;
    }
    return at(memory, (long) Float.BYTES * position, count, ElementType.FLOAT32);
  }

  /**
   * Points at a row in a memory segment, as {@link #of(MemorySegment, long, int, ElementType)}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @return this
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException if the length is below 1 or above 2^31 - 2^24
   */
  public Logits at(MemorySegment logits, long byteOffset, int length, ElementType type) {
    Room.checkRow("length", length);
    Objects.checkFromIndexSize(byteOffset, (long) length * type.bytes(), logits.byteSize());
    if (type == ElementType.FLOAT32
        && !logits.isNative()
        && arrayOf(logits) instanceof float[] heap) {
      long at = logits.address() + byteOffset;
      if (at % Float.BYTES == 0 && at / Float.BYTES + length <= Room.LONGEST_ROW) {
        return atArray(heap, (int) (at / Float.BYTES), length);
      }
    }
    this.array = null;
    this.from = 0;
    this.segment = logits;
    this.byteOffset = byteOffset;
    this.length = length;
    this.type = type;
    return this;
  }

  /** The array of a segment on the heap. It is asked for once, as the answer comes as an object. */
  @Nullable Object arrayOf(MemorySegment heap) {
    if (heap != known) {
      arrayOfKnown = RowSource.arrayOf(heap);
      known = heap;
    }
    return arrayOfKnown;
  }

  /** At the row that begins so many logits behind another. */
  Logits at(Logits first, long logits) {
    float[] floats = first.array;
    if (floats != null) {
      int begin = Math.toIntExact(first.from + logits);
      return at(floats, begin, begin + first.length);
    }
    long offset = first.byteOffset + logits * first.type.bytes();
    return at(first.segment(), offset, first.length, first.type);
  }

  /** Checks that so many rows, of which this is the first, lie in what holds it. */
  void checkRows(int count, long stride) {
    if (stride < 0) {
      throw new IllegalArgumentException("stride must be >= 0, but was " + stride);
    }
    Kernels.checkStride("", count, stride);
    long logits = (count - 1) * stride + length;
    if (array != null) {
      Kernels.checkPlace("the rows", from, logits, array.length);
    } else {
      Kernels.checkPlace("the rows", byteOffset, logits * type.bytes(), segment().byteSize());
    }
  }

  private Logits atArray(float[] logits, int from, int length) {
    this.array = logits;
    this.from = from;
    this.length = length;
    this.type = ElementType.FLOAT32;
    this.segment = null;
    return this;
  }

  /** {@return how many logits the row has} */
  public int length() {
    return length;
  }

  /** {@return how they are stored} */
  public ElementType type() {
    return type;
  }

  /**
   * A logit, read now and widened exactly.
   *
   * @param i the token's id
   * @return its logit, whatever it is
   * @throws IndexOutOfBoundsException if there is no such token
   * @throws IllegalStateException if the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public float get(int i) {
    Objects.checkIndex(i, length);
    float[] floats = array;
    if (floats != null) {
      return floats[from + i];
    }
    NarrowFormat format = type.narrow();
    return format == null
        ? segment().get(ValueLayout.JAVA_FLOAT_UNALIGNED, byteOffset + (long) Float.BYTES * i)
        : format.get(segment(), byteOffset, i);
  }

  /** The array that holds the row; null if a segment does. */
  float @Nullable [] array() {
    return array;
  }

  /** The index of the first logit in the array. */
  int from() {
    return from;
  }

  /** The segment that holds the row, if no array does. */
  MemorySegment segment() {
    return Objects.requireNonNull(segment);
  }

  /** Where in the segment it begins. */
  long byteOffset() {
    return byteOffset;
  }

  /** What holds the row: an array, {@link RowSource#NATIVE}, or null for what does not tell. */
  @Nullable Object holder() {
    return array != null ? array : RowSource.holderOf(segment());
  }

  /** Where in what holds it the row begins, in bytes. */
  long address() {
    return array != null ? (long) Float.BYTES * from : segment().address() + byteOffset;
  }

  /** Whether another thread may read it, too. */
  boolean isAccessibleBy(Thread thread) {
    return array != null || segment().isAccessibleBy(thread);
  }

  /**
   * Whether the other points at the same row: the same place in memory, length and element type.
   * What is in it does not matter. The answer changes when one of them is pointed elsewhere.
   */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Logits that
        && length == that.length
        && type == that.type
        && array == that.array
        && from == that.from
        && (array != null || start().equals(that.start()));
  }

  @Override
  public int hashCode() {
    int place = array != null ? System.identityHashCode(array) + from : start().hashCode();
    return 31 * place + length;
  }

  /** Segments are equal if they begin at one place. */
  private MemorySegment start() {
    return segment().asSlice(byteOffset, 0);
  }

  /**
   * As in {@code Logits[length=128256, type=FLOAT32, in=array, from=0]} and {@code
   * Logits[length=128256, type=FLOAT16, in=native memory, byteOffset=64]}; the numbers are not
   * printed.
   */
  @Override
  public String toString() {
    String place =
        array != null
            ? "array, from=" + from
            : (segment().isNative() ? "native" : "heap") + " memory, byteOffset=" + byteOffset;
    return "Logits[length=" + length + ", type=" + type + ", in=" + place + "]";
  }
}
