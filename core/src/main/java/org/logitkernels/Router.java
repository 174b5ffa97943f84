package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Room;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NarrowFormat;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.Survivors;

/**
 * Routes tokens to experts: a {@link Routing} with the memory that it takes.
 *
 * <p>A call takes rows of logits, one for each token, and writes for each row k experts, best
 * first, and their weights. A row's results do not depend on other rows of the call, and have the
 * same bits on every backend.
 *
 * <p>Three tokens of a model with eight experts:
 *
 * {@snippet lang=java :
 * float[] logits = {
 *   0.5f, 2, -1, 2, 0, -3, 1, 0,
 *   1, 1, 1, 1, 1, 1, 1, 1,
 *   -9, -9, -9, -9, -9, -9, -9, 30,
 * };
 * Router router = Routing.mixtral(8, 2).newRouter();
 * int[] experts = new int[3 * 2];
 * float[] weights = new float[3 * 2];
 * router.route(logits, 0, 8, 3, experts, 0, weights, 0);
 * System.out.println(Arrays.toString(experts));
 * // [1, 3, 0, 1, 7, 0]
 * System.out.println(Arrays.toString(weights));
 * // [0.5, 0.5, 0.5, 0.5, 1.0, 1.1548225E-17]
 * }
 *
 * <p><b>Cost:</b> one read of all rows to see that they are valid, and one that routes as many at a
 * time as a vector has lanes: so few rows in a call cost more each. Sigmoids, and softmax over all
 * experts without renormalisation, cost an exponential for each logit. <b>Allocation:</b> all when
 * the router is made, up to 150 bytes for each expert and 16 KB beside; rows that lie in no {@code
 * float[]} add up to 65 bytes for each expert and 20 KB with the first of them. Then nothing; but a
 * heap segment that is not the one of the call before, or is read-only, may cost some dozens of
 * bytes, as its array comes as an object. Not thread-safe: one router for each thread.
 *
 * <p>Holds no result between calls, but refers to the last heap segment and its array until it
 * meets another.
 */
public final class Router {
  private final Backend backend;
  private final RoutingRule rule;
  private final RoutingScratch scratch;
  private @Nullable Copies copies;

  /** Remembers the array of the last heap segment. */
  private final Logits place = new Logits();

  Router(Backend backend, RoutingRule rule) {
    this.backend = backend;
    this.rule = rule;
    this.scratch = new RoutingScratch(rule);
  }

  /** Rows that lie in no array of floats, a few at a time. */
  private static final class Copies {
    final float[] floats;
    final NarrowFloats narrow = new NarrowFloats();
    final Survivors survivors;

    Copies(int length) {
      floats = new float[length];
      survivors = new Survivors(length);
    }
  }

  /**
   * Routes rows of an array.
   *
   * <p>All rows are checked before anything is written. <b>Aliasing:</b> the weights must not lie
   * over the logits.
   *
   * @param logits the array that holds the rows
   * @param from index of the first row's first logit
   * @param stride from one row's first logit to the next one's; at least the number of experts
   * @param rows how many rows, at least 1
   * @param experts where the ids go: those of row r from {@code expertsFrom + r * k} on, best first
   * @param expertsFrom the index of the first
   * @param weights where their weights go, in the same way
   * @param weightsFrom the index of the first
   * @throws IndexOutOfBoundsException if the rows or an output do not lie in their array
   * @throws IllegalArgumentException if there are no rows, they overlap each other or the weights,
   *     or for NaN or +Infinity in one of them; the message names row and expert
   * @throws IllegalStateException if a row leaves fewer than k experts that are not masked, or the
   *     kept groups do; the message names the row
   */
  public void route(
      float[] logits,
      int from,
      int stride,
      int rows,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    long length = checkRows(stride, rows);
    Kernels.checkPlace("logits", from, length, logits.length);
    checkOutputs(rows, experts, expertsFrom, weights, weightsFrom);
    if (logits == weights
        && from < (long) weightsFrom + (long) rows * rule.k()
        && weightsFrom < from + length) {
      throw new IllegalArgumentException("weights overlap logits");
    }
    backend.checkRoutes(rule, logits, from, stride, rows, 0, scratch);
    backend.route(
        rule, logits, from, stride, rows, scratch, experts, expertsFrom, weights, weightsFrom);
  }

  /**
   * Routes rows of a memory segment, native or on the heap. They are copied or widened a few at a
   * time, unless the segment is that of a {@code float[]}.
   *
   * <p>All rows are checked before anything is written.
   *
   * @param logits what holds the rows
   * @param offset of the first row's first logit, in bytes
   * @param stride from one row's first logit to the next one's, in logits; at least the number of
   *     experts
   * @param rows how many rows, at least 1
   * @param type how each logit is stored
   * @param experts where the ids go: those of row r from {@code expertsFrom + r * k} on, best first
   * @param expertsFrom the index of the first
   * @param weights where their weights go, in the same way
   * @param weightsFrom the index of the first
   * @throws IndexOutOfBoundsException if the rows do not lie in the segment, or an output not in
   *     its array
   * @throws IllegalArgumentException if there are no rows, they overlap each other or an output, or
   *     for NaN or +Infinity in one of them; the message names row and expert
   * @throws IllegalStateException if a row leaves fewer than k experts that are not masked, or the
   *     kept groups do, the message names the row; or if the segment is closed
   * @throws WrongThreadException if this thread may not read the segment
   */
  public void route(
      MemorySegment logits,
      long offset,
      int stride,
      int rows,
      ElementType type,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    long length = checkRows(stride, rows);
    Kernels.checkPlace("logits", offset, length * type.bytes(), logits.byteSize());
    checkOutputs(rows, experts, expertsFrom, weights, weightsFrom);
    if (!logits.isNative()) {
      Object base = place.arrayOf(logits);
      int k = rule.k();
      long first = logits.address() + offset;
      if (logits.isReadOnly()) { // such a one keeps its array to itself
        base =
            logits.asOverlappingSlice(MemorySegment.ofArray(weights)).isPresent()
                ? weights
                : logits.asOverlappingSlice(MemorySegment.ofArray(experts)).isPresent()
                    ? experts
                    : null;
      }
      if (base == weights && overlap(first, length * type.bytes(), weightsFrom, (long) rows * k)) {
        throw new IllegalArgumentException("weights overlap logits");
      }
      if (base == experts && overlap(first, length * type.bytes(), expertsFrom, (long) rows * k)) {
        throw new IllegalArgumentException("experts overlap logits");
      }
      if (base instanceof float[] heap
          && type == ElementType.FLOAT32
          && first % Float.BYTES == 0
          && first / Float.BYTES + length <= Room.LONGEST_ROW) {
        int from = (int) (first / Float.BYTES);
        route(heap, from, stride, rows, experts, expertsFrom, weights, weightsFrom);
        return;
      }
    }
    int most = RoutingScratch.ROWS * rule.experts(); // floats in a copy
    int together = Math.min(RoutingScratch.ROWS, 1 + (most - rule.experts()) / stride);
    for (int row = 0; row < rows; row += together) {
      int count = Math.min(together, rows - row);
      float[] x = copy(logits, offset, stride, row, count, type);
      backend.checkRoutes(rule, x, 0, stride, count, row, scratch);
    }
    for (int row = 0; row < rows; row += together) {
      int count = Math.min(together, rows - row);
      float[] x = copy(logits, offset, stride, row, count, type);
      int out = row * rule.k();
      backend.route(
          rule,
          x,
          0,
          stride,
          count,
          scratch,
          experts,
          expertsFrom + out,
          weights,
          weightsFrom + out);
    }
  }

  /** Copies a few rows, and what lies between them. */
  private float[] copy(
      MemorySegment logits, long offset, int stride, int row, int count, ElementType type) {
    Copies made = copies;
    if (made == null) {
      made = new Copies(RoutingScratch.ROWS * rule.experts());
      copies = made;
    }
    int length = (count - 1) * stride + rule.experts();
    long at = offset + (long) row * stride * type.bytes();
    NarrowFormat format = type.narrow();
    if (format == null) {
      MemorySegment.copy(logits, ValueLayout.JAVA_FLOAT_UNALIGNED, at, made.floats, 0, length);
    } else if (logits.isNative()) {
      made.narrow.at(logits, at, format);
      made.survivors.row.forget();
      backend.widen(made.narrow, length, made.floats, made.survivors);
      made.narrow.at(MemorySegment.NULL, 0, format);
    } else {
      for (int i = 0; i < length; i++) {
        short bits = logits.get(ValueLayout.JAVA_SHORT_UNALIGNED, at + 2L * i);
        made.floats[i] = format.widen(bits);
      }
    }
    return made.floats;
  }

  /** How many floats the rows reach over. */
  private long checkRows(int stride, int rows) {
    if (rows < 1) {
      throw new IllegalArgumentException("rows must be >= 1, but were " + rows);
    }
    if (stride < rule.experts()) {
      throw new IllegalArgumentException(
          "rows overlap: stride is " + stride + ", but there are " + rule.experts() + " experts");
    }
    return (rows - 1L) * stride + rule.experts();
  }

  private void checkOutputs(
      int rows, int[] experts, int expertsFrom, float[] weights, int weightsFrom) {
    Kernels.checkPlace("experts", expertsFrom, (long) rows * rule.k(), experts.length);
    Kernels.checkPlace("weights", weightsFrom, (long) rows * rule.k(), weights.length);
  }

  /** Whether bytes of a heap segment lie over elements of its array, of four bytes each. */
  private static boolean overlap(long first, long bytes, int from, long length) {
    long begin = 4L * from;
    return first < begin + 4L * length && begin < first + bytes;
  }

  /** As in {@code Router[experts=128, k=8]}. */
  @Override
  public String toString() {
    return "Router[experts=" + rule.experts() + ", k=" + rule.k() + "]";
  }
}
