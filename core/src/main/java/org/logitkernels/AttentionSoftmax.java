package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Attention;
import org.logitkernels.spi.AttentionRows;

/**
 * Softmax of many rows, as attention takes it of its scores: {@code p_i = exp(c x_i) / (exp(z) +
 * sum(exp(c x_j)))} in each row, with a scale c, an optional sink z, and an optional cap.
 *
 * <p>The rows are one matrix: so many rows, each so many numbers (the stride) behind the one
 * before, over one array or one memory segment. Each row has a length of its own, as a causal mask
 * wants it. What lies behind a row's end is neither read nor written. An object of this class keeps
 * the options from call to call, and the scratch. The results go over the scores, or elsewhere.
 *
 * {@snippet lang=java :
 * AttentionSoftmax attention = AttentionSoftmax.of(Kernels.best(), 0.125f); // 1 / sqrt(64)
 * float[] scores = {8, 0, 0, 8, 8, 0, 8, 8, 8}; // three queries, three keys
 * float[] logSumExps = new float[3];
 * attention.lengths(new int[] {1, 2, 3}, 0).logSumExps(logSumExps, 0);
 * attention.softmax(scores, 0, 3, 3);
 * System.out.println(Arrays.toString(Arrays.copyOfRange(scores, 6, 9))); // the third query's
 * // [0.33333334, 0.33333334, 0.33333334]
 * System.out.println(Arrays.toString(logSumExps));
 * // [1.0, 1.6931472, 2.0986123]
 * }
 *
 * <p><b>Bits:</b> a row without a sink has the bits of {@link Kernels#softmax(float[], int, int,
 * float, float[], int)} at the temperature {@code 1 / c}, wherever that is a float: at a scale of 1
 * and at every power of two. The bits are the same on every backend and vector width, of arrays and
 * of segments, and whatever rows are called together: enforced by {@code AttentionContract}, with
 * the accuracy below. docs/numerics.md, section 4, has the definition.
 *
 * <p><b>Accuracy:</b> that of {@link Kernels}: a probability of at least 2^-100 is within a
 * relative 12 * 2^-24 of the exact one. Where a probability is 0, its weight is below 2^-125 of the
 * row's largest, or the exact probability is below 2^-148, as beside a sink far above the scores.
 * Outputs in halves are these floats rounded to nearest, ties to even.
 *
 * <p><b>Special values:</b> {@code -Infinity} masks an entry: its probability is exactly 0. A soft
 * mask, such as -3.4e38, is a score as any other: beside usual scores, and without a cap, its
 * probability is 0, and in a row of nothing else all are equal. A row that is masked as a whole,
 * and a row of length 0, gets zeros and is no error; its log-sum-exp is its sink, or {@code
 * -Infinity}. NaN or +Infinity in any row is an {@link IllegalArgumentException} that names the row
 * and the index in it. Every row is checked before the first number is written.
 *
 * <p><b>Sinks:</b> a sink is a logit of its own that takes part in the total and gets no
 * probability. It is in nats: the scale does not apply to it. {@code -Infinity} is no sink. The
 * log-sum-exp of a row counts its sink. Where partial results are to be merged, so give the sinks
 * to one of the parts. <b>Source:</b> OpenAI, gpt-oss-120b and gpt-oss-20b Model Card,
 * arXiv:2508.10925; Xiao et al., Efficient Streaming Language Models with Attention Sinks,
 * arXiv:2309.17453.
 *
 * <p><b>Caps:</b> with a cap k, a score counts as {@code k tanh(c x / k)}, as in Gemma 2. That is
 * {@link Kernels#softCap(float[], int, int, float, float[], int) softCap} of the row at {@code k /
 * c} in float, and then softmax of what that leaves, with its bits. A sink is not capped.
 * <b>Source:</b> Gemma Team, Gemma 2, arXiv:2408.00118.
 *
 * <p><b>Cost:</b> linear in the entries; two reads and a write of each (three and two in rows of up
 * to 128 or of more than 1,024), and one exponential. Rows in segments are copied to scratch, a
 * part at a time; where they are more than 16,384 entries they are read twice. <b>Allocation:</b>
 * none once the scratch has grown: to 40 bytes for each row of a call, to 4 KB where rows have less
 * than 16 entries, and for segments to 6 bytes for an entry of the longest row, 98,304 at least. A
 * call on a read-only heap segment may add some dozens of bytes, as the array behind it can only be
 * found by making a slice.
 *
 * <p>Holds no result between calls, but refers to the kernels, to the arrays or segments of the
 * last call of each kind, and to the arrays of lengths, sinks and log-sum-exps that it was given,
 * until others take their place. To let go of them, drop the object. One object is for one thread
 * at a time.
 */
public final class AttentionSoftmax {
  private final Kernels kernels;
  private final AttentionRows rows = new AttentionRows();
  private final AttentionTile tile = new AttentionTile();
  private int length = -1;
  private int @Nullable [] lengths;
  private int lengthsFrom;

  /** Of scores before the scale; 0 if there is none. */
  private float cap;

  private AttentionSoftmax(Kernels kernels, float scale) {
    this.kernels = kernels;
    rows.scale = scale;
  }

  /**
   * Softmax with a scale.
   *
   * @param kernels the backend
   * @param scale by which scores are multiplied, finite and above 0; usually {@code 1 /
   *     sqrt(dimension)}, or 1 where the scores are scaled
   * @return softmax without sinks, which writes no log-sum-exp
   * @throws IllegalArgumentException if the scale is not finite and above 0
   */
  public static AttentionSoftmax of(Kernels kernels, float scale) {
    Objects.requireNonNull(kernels, "kernels");
    if (!(scale > 0 && scale < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("scale must be finite and > 0, but was " + scale);
    }
    return new AttentionSoftmax(kernels, scale);
  }

  /**
   * All rows have this length from now on.
   *
   * @param length entries in a row, at least 0
   * @return this
   * @throws IllegalArgumentException if the length is negative
   */
  public AttentionSoftmax lengths(int length) {
    if (length < 0) {
      throw new IllegalArgumentException("length must be >= 0, but was " + length);
    }
    this.length = length;
    lengths = null;
    return this;
  }

  /**
   * Row r has the length {@code lengths[from + r]} from now on. The array is read at each call.
   *
   * @param lengths entries in each row
   * @param from the index of the first row's length
   * @return this
   * @throws IndexOutOfBoundsException if the index does not lie in the array or at its end
   */
  public AttentionSoftmax lengths(int[] lengths, int from) {
    Objects.checkFromToIndex(from, lengths.length, lengths.length);
    this.lengths = lengths;
    lengthsFrom = from;
    return this;
  }

  /**
   * Row r has the sink {@code sinks[from + r / rowsPerSink]} from now on. The array is read at each
   * call. Where a head's rows stand together, there is one sink to as many rows as a head has.
   *
   * @param sinks logits in nats, {@code -Infinity} for none
   * @param from the index of the first row's sink
   * @param rowsPerSink how many rows in turn have the same sink, at least 1
   * @return this
   * @throws IndexOutOfBoundsException if the index does not lie in the array or at its end
   * @throws IllegalArgumentException if {@code rowsPerSink} is below 1
   */
  public AttentionSoftmax sinks(float[] sinks, int from, int rowsPerSink) {
    Objects.checkFromToIndex(from, sinks.length, sinks.length);
    Kernels.checkCount("rowsPerSink", rowsPerSink);
    rows.sinks = sinks;
    rows.sinksFrom = from;
    rows.rowsOfSink = rowsPerSink;
    return this;
  }

  /**
   * No row has a sink from now on.
   *
   * @return this
   */
  public AttentionSoftmax withoutSinks() {
    rows.sinks = null;
    return this;
  }

  /**
   * Scores are capped from now on: {@code k tanh(c x / k)} takes the place of {@code c x}.
   *
   * @param cap k, finite and above 0
   * @return this
   * @throws IllegalArgumentException if the cap is not finite and above 0
   */
  public AttentionSoftmax cap(float cap) {
    Kernels.checkCap(cap);
    this.cap = (float) Math.clamp((double) cap / rows.scale, Float.MIN_VALUE, Float.MAX_VALUE);
    return this;
  }

  /**
   * Scores are not capped from now on.
   *
   * @return this
   */
  public AttentionSoftmax withoutCap() {
    cap = 0;
    return this;
  }

  /**
   * The log-sum-exp of row r, {@code ln(exp(z) + sum(exp(c x_j)))} in nats, goes to {@code
   * logSumExps[from + r]} from now on: for {@link #merge merging}.
   *
   * <p><b>Accuracy:</b> that of {@link Kernels#logSumExp(float[], int, int, float)}, rounded to a
   * float; beyond the floats it is an infinity.
   *
   * @param logSumExps where they go
   * @param from the index of the first
   * @return this
   * @throws IndexOutOfBoundsException if the index does not lie in the array or at its end
   */
  public AttentionSoftmax logSumExps(float[] logSumExps, int from) {
    Objects.checkFromToIndex(from, logSumExps.length, logSumExps.length);
    rows.logSumExps = logSumExps;
    rows.logSumExpsFrom = from;
    return this;
  }

  /**
   * No log-sum-exp is written from now on.
   *
   * @return this
   */
  public AttentionSoftmax withoutLogSumExps() {
    rows.logSumExps = null;
    return this;
  }

  /**
   * Softmax of rows, in place.
   *
   * @param scores the array that holds the rows
   * @param from the index of the first row's first entry
   * @param count how many rows there are
   * @param stride how far a row lies behind the one before
   * @throws IndexOutOfBoundsException if a row, its length, its sink or its log-sum-exp does not
   *     lie in its array
   * @throws IllegalArgumentException if count, stride or a length is negative, a stride is shorter
   *     than a row that another follows, a sink is NaN or +Infinity, the rows, the sinks and the
   *     log-sum-exps overlap each other, or for NaN or +Infinity in a row
   * @throws IllegalStateException if no length was set
   */
  public void softmax(float[] scores, int from, int count, int stride) {
    softmax(scores, from, count, stride, scores, from, stride);
  }

  /**
   * Softmax of rows, into an array.
   *
   * <p><b>Aliasing:</b> in place (the same array, index and stride) is allowed. Otherwise what lies
   * between the first and the last probability must be apart from what lies between the first and
   * the last score, rows or not. Rows of scores may overlap each other if they are not in place.
   *
   * @param scores the array that holds the rows
   * @param from the index of the first row's first entry
   * @param count how many rows there are
   * @param stride how far a row lies behind the one before
   * @param probabilities where the probabilities go
   * @param probabilitiesFrom the index of the first row's first one
   * @param probabilitiesStride how far a row of probabilities lies behind the one before
   * @throws IndexOutOfBoundsException if a row, its length, its sink, its probabilities or its
   *     log-sum-exp does not lie in its array
   * @throws IllegalArgumentException if count, a stride or a length is negative, the probabilities'
   *     stride is shorter than a row that another follows, the probabilities overlap the scores but
   *     are not in place, a sink is NaN or +Infinity, the log-sum-exps overlap either, the sinks
   *     overlap the log-sum-exps or the probabilities, or for NaN or +Infinity in a row
   * @throws IllegalStateException if no length was set
   */
  public void softmax(
      float[] scores,
      int from,
      int count,
      int stride,
      float[] probabilities,
      int probabilitiesFrom,
      int probabilitiesStride) {
    take(count, stride, probabilitiesStride);
    long extent = extent("scores", count, stride);
    long outExtent = extent("probabilities", count, probabilitiesStride);
    Kernels.checkPlace("scores", from, extent, scores.length);
    Kernels.checkPlace("probabilities", probabilitiesFrom, outExtent, probabilities.length);
    boolean inPlace = from == probabilitiesFrom && (stride == probabilitiesStride || count < 2);
    if (scores == probabilities
        && !inPlace
        && from < probabilitiesFrom + outExtent
        && probabilitiesFrom < from + extent) {
      throw overlap();
    }
    long begin = (long) Float.BYTES * from;
    long outBegin = (long) Float.BYTES * probabilitiesFrom;
    checkApart("scores", scores == rows.logSumExps, false, begin, Float.BYTES * extent, count);
    checkApart(
        "probabilities",
        probabilities == rows.logSumExps,
        probabilities == rows.sinks,
        outBegin,
        Float.BYTES * outExtent,
        count);
    if (isEmpty(count)) {
      return;
    }
    makeRoom(count);
    rows.count = count;
    rows.x = scores;
    rows.from = from;
    rows.stride = stride;
    rows.y = probabilities;
    rows.yFrom = probabilitiesFrom;
    rows.yStride = probabilitiesStride;
    rows.number = 0;
    if (cap > 0) {
      kernels.rows.checkAttention(rows);
      for (int row = 0; row < count; row++) {
        int at = rows.at(row);
        int end = at + rows.lengths[row];
        if (at < end) {
          kernels.rows.softCap(scores, at, end, cap, probabilities, rows.yAt(row));
        }
      }
      rows.x = probabilities;
      rows.from = probabilitiesFrom;
      rows.stride = probabilitiesStride;
    }
    kernels.rows.attention(rows);
  }

  /**
   * Softmax of rows in a memory segment, into a memory segment.
   *
   * <p><b>Aliasing:</b> in place (the same memory, type and stride) is allowed. Otherwise the two
   * must be apart, as in an array. Offsets are in bytes, strides in numbers; any alignment.
   *
   * @param scores holds the rows: native or on the heap, read-only or not
   * @param byteOffset where in it the first row begins
   * @param type how scores are stored, in the machine's byte order
   * @param count how many rows there are
   * @param stride how many numbers a row lies behind the one before
   * @param probabilities where the probabilities go
   * @param probabilitiesByteOffset where in it the first goes
   * @param probabilitiesType how they are stored: rounded to nearest, ties to even, if they are
   *     halves
   * @param probabilitiesStride how many numbers a row of probabilities lies behind the one before
   * @throws IndexOutOfBoundsException if a row, its length, its sink, its probabilities or its
   *     log-sum-exp does not lie where it should
   * @throws IllegalArgumentException if count, a stride or a length is negative, the probabilities'
   *     stride is shorter than a row that another follows, the probabilities overlap the scores but
   *     are not in place, or are read-only, a sink is NaN or +Infinity, the log-sum-exps overlap
   *     either, the sinks overlap the log-sum-exps or the probabilities, or for NaN or +Infinity in
   *     a row
   * @throws IllegalStateException if no length was set, or a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public void softmax(
      MemorySegment scores,
      long byteOffset,
      ElementType type,
      int count,
      long stride,
      MemorySegment probabilities,
      long probabilitiesByteOffset,
      ElementType probabilitiesType,
      long probabilitiesStride) {
    take(count, stride, probabilitiesStride);
    long bytes = extent("scores", count, stride) * type.bytes();
    long outBytes = extent("probabilities", count, probabilitiesStride) * probabilitiesType.bytes();
    Kernels.checkPlace("scores", byteOffset, bytes, scores.byteSize());
    Kernels.checkPlace(
        "probabilities", probabilitiesByteOffset, outBytes, probabilities.byteSize());
    if (probabilities.isReadOnly()) {
      throw new IllegalArgumentException("probabilities is read-only");
    }
    checkAccess("scores", scores);
    checkAccess("probabilities", probabilities);
    boolean sameMemory =
        scores.isNative()
            ? probabilities.isNative()
            : scores.isReadOnly() // such a one keeps its array to itself
                ? scores.asOverlappingSlice(probabilities).isPresent()
                : RowSource.arrayOf(scores) == RowSource.arrayOf(probabilities);
    long apart =
        probabilities.address() + probabilitiesByteOffset - (scores.address() + byteOffset);
    boolean inPlace =
        apart == 0 && type == probabilitiesType && (stride == probabilitiesStride || count < 2);
    if (sameMemory && !inPlace && apart < bytes && -apart < outBytes) {
      throw overlap();
    }
    checkApart(
        "scores",
        isOver(scores, rows.logSumExps),
        false,
        scores.address() + byteOffset,
        bytes,
        count);
    checkApart(
        "probabilities",
        isOver(probabilities, rows.logSumExps),
        isOver(probabilities, rows.sinks),
        probabilities.address() + probabilitiesByteOffset,
        outBytes,
        count);
    if (isEmpty(count)) {
      return;
    }
    makeRoom(count);
    tile.source.at(scores, byteOffset, type, stride);
    tile.target.at(probabilities, probabilitiesByteOffset, probabilitiesType, probabilitiesStride);
    tile.softmax(kernels.rows, rows, count, cap);
  }

  /**
   * Merges two partial results of attention, each over a part of the keys: what a split of the keys
   * over blocks, threads or machines ends with.
   *
   * <p><b>Definition:</b> {@code m = max(a, b)} of the two log-sum-exps; the shares {@code exp(a -
   * m) / (exp(a - m) + exp(b - m))} and likewise for b in double, each rounded to a float; {@code
   * outA * shareA + outB * shareB}, three roundings in float; {@code m + ln(1 + exp(min(a, b) -
   * m))} in double, rounded to a float. So the bits do not depend on which part comes first. A part
   * whose log-sum-exp is {@code -Infinity} is empty and has no weight: the other part is copied,
   * bit by bit, and the empty one is not read. Two empty parts give zeros and {@code -Infinity}.
   *
   * <p><b>Accuracy:</b> the error of an output is at most {@code 3.1 * 2^-24 * (|outA| shareA +
   * |outB| shareB)}; enforced by {@code AttentionContract}. <b>Cost:</b> a pass over the outputs,
   * and of each row two or three exponentials and a logarithm in double. <b>Allocation:</b> none.
   * <b>Aliasing:</b> the result may go over either part, outputs over outputs and log-sum-exps over
   * log-sum-exps. <b>Source:</b> Dao et al., Flash-Decoding,
   * https://crfm.stanford.edu/2023/10/12/flashdecoding.html.
   *
   * @param outA the outputs of the first part: rows of so many dimensions, one behind the other
   * @param logSumExpsA the log-sum-exp of each row
   * @param outB the outputs of the second part
   * @param logSumExpsB the log-sum-exp of each row
   * @param count how many rows
   * @param dimension how many numbers an output has
   * @param out where the merged outputs go
   * @param logSumExps where their log-sum-exps go
   * @throws IndexOutOfBoundsException if an array is too short
   * @throws IllegalArgumentException if count or dimension is negative, a log-sum-exp is NaN or
   *     +Infinity, or an array that is written holds the other kind of number too
   */
  public static void merge(
      float[] outA,
      float[] logSumExpsA,
      float[] outB,
      float[] logSumExpsB,
      int count,
      int dimension,
      float[] out,
      float[] logSumExps) {
    checkNotNegative("count", count);
    checkNotNegative("dimension", dimension);
    long numbers = (long) count * dimension;
    Kernels.checkPlace("outA", 0, numbers, outA.length);
    Kernels.checkPlace("outB", 0, numbers, outB.length);
    Kernels.checkPlace("out", 0, numbers, out.length);
    Kernels.checkPlace("logSumExpsA", 0, count, logSumExpsA.length);
    Kernels.checkPlace("logSumExpsB", 0, count, logSumExpsB.length);
    Kernels.checkPlace("logSumExps", 0, count, logSumExps.length);
    if (out == logSumExps || out == logSumExpsA || out == logSumExpsB) {
      throw new IllegalArgumentException("out overlaps log-sum-exps");
    }
    if (logSumExps == outA || logSumExps == outB) {
      throw new IllegalArgumentException("logSumExps overlap outputs");
    }
    for (int row = 0; row < count; row++) {
      checkLogit("logSumExpsA", row, logSumExpsA[row]);
      checkLogit("logSumExpsB", row, logSumExpsB[row]);
    }
    for (int row = 0; row < count; row++) {
      float a = logSumExpsA[row];
      float b = logSumExpsB[row];
      int from = row * dimension;
      int to = from + dimension;
      if (a == Float.NEGATIVE_INFINITY && b == Float.NEGATIVE_INFINITY) {
        Arrays.fill(out, from, to, 0);
      } else if (b == Float.NEGATIVE_INFINITY) {
        System.arraycopy(outA, from, out, from, dimension);
      } else if (a == Float.NEGATIVE_INFINITY) {
        System.arraycopy(outB, from, out, from, dimension);
      } else {
        float shareA = Attention.share(a, b);
        float shareB = Attention.share(b, a);
        for (int i = from; i < to; i++) {
          out[i] = outA[i] * shareA + outB[i] * shareB;
        }
      }
      logSumExps[row] = Attention.merged(a, b);
    }
  }

  /** Checks what both kinds of call have, and takes the lengths if each row has its own. */
  private void take(int count, long stride, long outStride) {
    checkNotNegative("count", count);
    checkNotNegative("stride", stride);
    checkNotNegative("probabilities' stride", outStride);
    int[] given = lengths;
    if (given != null) {
      Kernels.checkPlace("lengths", lengthsFrom, count, given.length);
      rows.reserve(count);
      System.arraycopy(given, lengthsFrom, rows.lengths, 0, count);
      for (int row = 0; row < count; row++) {
        int here = rows.lengths[row];
        if (here < 0) {
          throw new IllegalArgumentException("length of row " + row + " is " + here);
        }
        if (row < count - 1) {
          checkStride(row, here, outStride);
        }
      }
    } else if (length < 0) {
      throw new IllegalStateException("no length of the rows was set: call lengths first");
    } else if (count > 1) {
      checkStride(0, length, outStride);
    }
    float[] sinks = rows.sinks;
    if (sinks != null) {
      int needed = sinks(count);
      Kernels.checkPlace("sinks", rows.sinksFrom, needed, sinks.length);
      for (int sink = 0; sink < needed; sink++) {
        checkLogit("sinks", sink, sinks[rows.sinksFrom + sink]);
      }
    }
    if (rows.logSumExps != null) {
      Kernels.checkPlace("logSumExps", rows.logSumExpsFrom, count, rows.logSumExps.length);
      checkApart(
          "logSumExps",
          false,
          rows.logSumExps == sinks,
          (long) Float.BYTES * rows.logSumExpsFrom,
          (long) Float.BYTES * count,
          count);
    }
  }

  /** Whether there is nothing to write: then rows may be more than there is room for. */
  private boolean isEmpty(int count) {
    return count == 0 || lengths == null && length == 0 && rows.logSumExps == null;
  }

  /** Takes the one length of all rows, which were found to lie where they should. */
  private void makeRoom(int count) {
    if (lengths == null) {
      rows.reserve(count);
      Arrays.fill(rows.lengths, 0, count, length);
    }
  }

  /** How many sinks so many rows have. */
  private int sinks(int count) {
    return count == 0 ? 0 : (count - 1) / rows.rowsOfSink + 1;
  }

  /** How far the end of the rows lies behind their begin. */
  private long extent(String name, int count, long stride) {
    Kernels.checkStride(name + ": ", count, stride);
    if (lengths == null) {
      return count == 0 ? 0 : (count - 1) * stride + length;
    }
    long extent = 0;
    for (int row = 0; row < count; row++) {
      extent = Math.max(extent, row * stride + rows.lengths[row]);
    }
    return extent;
  }

  private static void checkStride(int row, int length, long outStride) {
    if (length > outStride) {
      throw new IllegalArgumentException(
          "row "
              + row
              + " has length "
              + length
              + ", but the next row of probabilities begins "
              + outStride
              + " behind it");
    }
  }

  /** Bytes of an array must not be those of log-sum-exps, or of sinks, where these lie in it. */
  private void checkApart(
      String name, boolean besideLogs, boolean besideSinks, long begin, long bytes, int count) {
    if (besideLogs && overlap(begin, bytes, rows.logSumExpsFrom, count)) {
      throw new IllegalArgumentException("logSumExps overlap " + name);
    }
    if (besideSinks && overlap(begin, bytes, rows.sinksFrom, sinks(count))) {
      throw new IllegalArgumentException(name + " overlap sinks");
    }
  }

  private static boolean overlap(long begin, long bytes, int from, long floats) {
    long first = (long) Float.BYTES * from;
    return first < begin + bytes && begin < first + Float.BYTES * floats;
  }

  /** Whether a segment's memory is an array. */
  private static boolean isOver(MemorySegment segment, float @Nullable [] array) {
    if (array == null || segment.isNative()) {
      return false;
    }
    return segment.isReadOnly()
        ? segment.asOverlappingSlice(MemorySegment.ofArray(array)).isPresent()
        : RowSource.arrayOf(segment) == array;
  }

  /** What a read or a write would find later, perhaps when other rows were written. */
  private static void checkAccess(String name, MemorySegment segment) {
    if (!segment.scope().isAlive()) {
      throw new IllegalStateException(name + ": the memory was released");
    }
    if (!segment.isAccessibleBy(Thread.currentThread())) {
      throw new WrongThreadException(name + ": the memory is confined to another thread");
    }
  }

  private static void checkNotNegative(String name, long number) {
    if (number < 0) {
      throw new IllegalArgumentException(name + " must be >= 0, but was " + number);
    }
  }

  private static void checkLogit(String name, int index, float logit) {
    if (!(logit < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(name + ": number " + index + " is " + logit);
    }
  }

  private static IllegalArgumentException overlap() {
    return new IllegalArgumentException(
        "probabilities overlap scores: in place means the same place, type and stride");
  }
}
