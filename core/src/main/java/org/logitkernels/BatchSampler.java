package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.logitkernels.rows.WorkCrew;

/**
 * Batched sampling: a row of logits for each of many sequences in, a token for each out, by one
 * thread or by several.
 *
 * <p>Each row has a {@link Sampler} of its own, and gets exactly what that sampler gives for it
 * alone: token, candidates, probabilities and errors, to the bit. They depend on the row, its
 * chain, seed, position and history, never on the number of threads, on which thread took which
 * row, on the batch's size, or on a row's neighbours. Two rows with the same seed at the same
 * position use the same draw, wherever they run.
 *
 * <p><b>Rows that fail</b> (NaN, every token masked) are reported one by one by {@link #error}; the
 * others get their tokens.
 *
 * <p><b>Threads:</b> the caller's alone, or that and tasks on an executor, see {@link #on}. They
 * claim rows one at a time, without a lock. Whatever the executor does with a task (runs it at
 * once, late, never, or rejects it), the rows that no task has claimed are the caller's. What else
 * an executor throws reaches the caller behind the last row: then the step is done, its tokens are
 * written, and to repeat it would be to draw twice.
 *
 * <p><b>Few and long rows:</b> where there are at least two threads for a row, and it has 65,536
 * logits or more, they share it: its maxima (top-k, min-p, greedy) and the sums of its weights
 * (top-p, the draw from the whole row) are found in parts. Steps by entropy and by deviation, and
 * whatever works on what a filter has left, stay with the caller; so does the row at the most
 * extreme temperatures, in a segment that is confined to a thread, and with scalar kernels. The
 * others then look for the next step for 50 microseconds before they give their thread back.
 *
 * <p><b>Cost:</b> that of its rows, and of handing tasks to the executor. <b>Allocation:</b> none
 * in steady state, on any thread, but for what the executor needs to take a task, and for the
 * exceptions of rows that fail; enforced by {@code AllocationContract}. Measured for a task: with a
 * fixed pool of {@link java.util.concurrent.Executors} 24 bytes on the caller's thread and 32 on
 * the pool's, with a {@link java.util.concurrent.ForkJoinPool} 32, with a virtual thread 360.
 * <b>Footprint:</b> that of a {@link Sampler} for each row, and of a {@link Workspace} for each
 * thread.
 *
 * <p>Not thread-safe: one step at a time. A second one during the first is an {@link
 * IllegalStateException}.
 *
 * {@snippet lang=java :
 * float[][] logits = {{2, 1, 0.5f}, {0, 1, Float.NaN}, {0, 1, 2}}; // a row for each sequence
 * BatchSampler batch =
 *     BatchSampler.of(SamplerChain.parse("top_k=2"), 3, new long[] {42, 43, 44});
 * int[] tokens = new int[3];
 * int failed = batch.next(logits, 3, tokens);
 * System.out.println(failed + " failed: " + Arrays.toString(tokens));
 * // 1 failed: [1, -1, 2]
 * System.out.println(batch.error(1).getMessage());
 * // logit 2 is NaN
 * System.out.println(batch.row(0).probability());
 * // 0.26894143
 * }
 */
public final class BatchSampler {
  /** The token of a row that failed. */
  private static final int FAILED = -1;

  /** Any other thread. */
  private static final Thread ANOTHER =
      Thread.ofPlatform().inheritInheritableThreadLocals(false).unstarted(() -> {});

  private final Sampler[] samplers;
  private final @Nullable Throwable[] failures;
  private final WorkCrew.Work work = this::sampleRow;
  private final AtomicBoolean sampling = new AtomicBoolean();
  private WorkCrew crew = new WorkCrew(Runnable::run, 1);

  // The step: written before rows can be claimed, read after one was.
  private int rows;
  private int[] tokens = {};
  private Logits[] logits;
  private boolean accepting;

  /** Where each row lies, for steps on rows that come without handles. */
  private final Logits[] places;

  private BatchSampler(Sampler[] samplers) {
    this.samplers = samplers;
    this.failures = new Throwable[samplers.length];
    this.places = new Logits[samplers.length];
    Arrays.setAll(places, i -> new Logits());
    this.logits = places;
  }

  /**
   * A batch whose rows share a chain, on {@link Kernels#best()}.
   *
   * @param chain the chain of every row
   * @param vocabularySize the longest row it will be given, at most 2^31 - 2^24
   * @param seeds of each row, the seed that selects its random stream; their number is that of rows
   * @return a batch on the caller's thread, every row at position 0
   * @throws IllegalArgumentException if the vocabulary size is below 1 or above 2^31 - 2^24
   * @throws IllegalStateException if a backend is forced and cannot serve
   */
  public static BatchSampler of(SamplerChain chain, int vocabularySize, long[] seeds) {
    return of(Collections.nCopies(seeds.length, chain), vocabularySize, seeds);
  }

  /**
   * A batch whose rows have chains of their own, on {@link Kernels#best()}.
   *
   * @param chains of each row, the chain
   * @param vocabularySize the longest row it will be given, at most 2^31 - 2^24
   * @param seeds of each row, the seed that selects its random stream
   * @return a batch on the caller's thread, every row at position 0
   * @throws IllegalArgumentException if the vocabulary size is below 1 or above 2^31 - 2^24, or
   *     there are not as many seeds as chains
   * @throws IllegalStateException if a backend is forced and cannot serve
   */
  public static BatchSampler of(List<SamplerChain> chains, int vocabularySize, long[] seeds) {
    if (chains.size() != seeds.length) {
      throw new IllegalArgumentException(
          "there are " + chains.size() + " chains, but " + seeds.length + " seeds");
    }
    Sampler[] samplers = new Sampler[seeds.length];
    for (int i = 0; i < samplers.length; i++) {
      SamplerChain chain =
          Objects.requireNonNull(chains.get(i), "the chain of row " + i + " is null");
      samplers[i] = chain.newSampler(vocabularySize, seeds[i]);
    }
    return new BatchSampler(samplers);
  }

  /**
   * A batch of samplers: each row goes on with its own chain, kernels, position and history.
   *
   * @param samplers of each row, the sampler
   * @return a batch on the caller's thread
   * @throws IllegalArgumentException if a sampler stands in two rows
   */
  public static BatchSampler of(Sampler... samplers) {
    Map<Sampler, Integer> rows = new IdentityHashMap<>();
    for (int i = 0; i < samplers.length; i++) {
      Sampler sampler = Objects.requireNonNull(samplers[i], "the sampler of row " + i + " is null");
      Integer other = rows.put(sampler, i);
      if (other != null) {
        throw new IllegalArgumentException(
            "the sampler of row " + i + " has row " + other + " already");
      }
    }
    return new BatchSampler(samplers.clone());
  }

  /**
   * From now on, shares the rows of a step between the caller's thread and tasks on an executor.
   *
   * <p>The caller's thread always takes part, and waits at the end only for rows that a task has
   * begun: an executor that is busy, full or shut down costs speed and nothing else. So the caller
   * may itself be a thread of that executor. A task that the executor has not run yet is not handed
   * over again, so at most {@code parallelism - 1} of them are ever in its queue; one that the
   * executor drops in silence is missed until this is called again.
   *
   * {@snippet lang=java :
   * try (ExecutorService executor = Executors.newFixedThreadPool(3)) {
   *   BatchSampler batch =
   *       BatchSampler.of(SamplerChain.greedy(), 3, new long[8]).on(executor, 4); // 3 and this thread
   *   float[] logits = new float[8 * 3]; // eight rows, one behind the other
   *   logits[7 * 3 + 2] = 1;
   *   int[] tokens = new int[8];
   *   batch.next(logits, 0, 3, 8, 3, tokens);
   *   System.out.println(Arrays.toString(tokens)); // whatever the threads do
   *   // [0, 0, 0, 0, 0, 0, 0, 2]
   * }
   * }
   *
   * @param executor runs the tasks; never shut down by this class
   * @param parallelism how many threads at most, the caller's among them; 1 for it alone
   * @return this batch
   * @throws IllegalArgumentException if the parallelism is below 1
   * @throws IllegalStateException during a step
   */
  public BatchSampler on(Executor executor, int parallelism) {
    Objects.requireNonNull(executor, "executor");
    if (parallelism < 1) {
      throw new IllegalArgumentException("parallelism must be >= 1, but was " + parallelism);
    }
    checkIdle();
    crew = new WorkCrew(executor, parallelism);
    return this;
  }

  /** As in {@code BatchSampler[rows=8, chain=temperature=0.8]}; each chain once, with a bar. */
  @Override
  public String toString() {
    String chains =
        Stream.of(samplers)
            .map(sampler -> sampler.chain().toString())
            .distinct()
            .collect(Collectors.joining(" | "));
    return "BatchSampler[rows=" + samplers.length + ", chain=" + chains + "]";
  }

  /** {@return how many rows there are} */
  public int rows() {
    return samplers.length;
  }

  /**
   * The sampler of a row, for all that is about that row alone: before a step its position, the
   * prompt and the mask of allowed tokens; after it the candidates and probabilities, and to accept
   * the token.
   *
   * <p>To be used between steps, not during one.
   *
   * @param i the row
   * @return its sampler, the same until another is put in its place
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalStateException during a step
   */
  public Sampler row(int i) {
    checkIdle();
    return samplers[i];
  }

  /**
   * Gives the tokens that the first rows may choose in the next step, all masks in one block: that
   * of row i begins {@code i * stride} after that of row 0, and is read as {@link
   * Sampler#allow(long[])} says. Rows whose chain has no step {@link Step#allowed} are passed over.
   *
   * <p>Masks are copied at once. <b>Allocation:</b> none in steady state.
   *
   * @param masks holds the masks, each as long as the row's vocabulary needs
   * @param from where that of row 0 begins
   * @param stride from the beginning of a mask to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @throws IndexOutOfBoundsException if a mask does not lie there; then no mask was given
   * @throws IllegalArgumentException if the stride is negative, or there are not as many rows
   * @throws IllegalStateException during a step
   */
  public void allow(long[] masks, int from, int stride, int rows) {
    checkIdle();
    checkMasks(masks.length, from, stride, rows, Long.SIZE);
    for (int i = 0; i < rows; i++) {
      if (samplers[i].readsMask()) {
        samplers[i].allow(masks, from + i * stride, units(i, Long.SIZE));
      }
    }
  }

  /**
   * Gives the tokens that the first rows may choose in the next step, all masks in one block: that
   * of row i begins {@code i * stride} after that of row 0, and is read as {@link
   * Sampler#allow(int[])} says. Rows whose chain has no step {@link Step#allowed} are passed over.
   *
   * <p>Masks are copied at once. <b>Allocation:</b> none in steady state.
   *
   * @param masks holds the masks, each as long as the row's vocabulary needs
   * @param from where that of row 0 begins
   * @param stride from the beginning of a mask to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @throws IndexOutOfBoundsException if a mask does not lie there; then no mask was given
   * @throws IllegalArgumentException if the stride is negative, or there are not as many rows
   * @throws IllegalStateException during a step
   */
  public void allow(int[] masks, int from, int stride, int rows) {
    checkIdle();
    checkMasks(masks.length, from, stride, rows, Integer.SIZE);
    for (int i = 0; i < rows; i++) {
      if (samplers[i].readsMask()) {
        samplers[i].allow(masks, from + i * stride, units(i, Integer.SIZE));
      }
    }
  }

  /**
   * Gives the tokens that the first rows may choose in the next step, all masks in one block: that
   * of row i begins {@code i * byteStride} after that of row 0, and is read as {@link
   * Sampler#allow(MemorySegment, long, long)} says. Rows whose chain has no step {@link
   * Step#allowed} are passed over.
   *
   * <p>Masks are copied at once. <b>Allocation:</b> none in steady state.
   *
   * @param masks holds the masks, each as long as the row's vocabulary needs
   * @param byteOffset where that of row 0 begins, any alignment
   * @param byteStride from the beginning of a mask to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @throws IndexOutOfBoundsException if a mask does not lie there; then no mask was given
   * @throws IllegalArgumentException if the stride is negative, or there are not as many rows
   * @throws IllegalStateException during a step, or if the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread; then no mask was
   *     given
   */
  public void allow(MemorySegment masks, long byteOffset, long byteStride, int rows) {
    checkIdle();
    checkMasks(masks.byteSize(), byteOffset, byteStride, rows, Byte.SIZE);
    for (int i = 0; i < rows; i++) {
      if (samplers[i].readsMask()) {
        samplers[i].allow(masks, byteOffset + i * byteStride, units(i, Byte.SIZE));
      }
    }
  }

  /** Words or bytes of a row's mask. */
  private int units(int row, int bits) {
    return (int) ((samplers[row].vocabularySize() + (bits - 1L)) / bits);
  }

  private void checkMasks(long size, long from, long stride, int rows, int bits) {
    checkStride(stride);
    checkRows(rows);
    for (int i = 0; i < rows; i++) {
      if (samplers[i].readsMask()) {
        long before = i == 0 || stride <= size / i ? i * stride : size + 1;
        Objects.checkFromIndexSize(from, units(i, bits), size);
        Objects.checkFromIndexSize(before, from + units(i, bits), size);
      }
    }
  }

  private static void checkStride(long stride) {
    if (stride < 0) {
      throw new IllegalArgumentException("stride must be >= 0, but was " + stride);
    }
  }

  private void checkRows(int rows) {
    if (rows < 0 || rows > samplers.length) {
      throw new IllegalArgumentException(
          "rows must be in [0, " + samplers.length + "], but was " + rows);
    }
  }

  /**
   * Gives a row to another sampler: a sequence has ended, and another takes its place.
   *
   * @param i the row
   * @param sampler its sampler from now on
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalArgumentException if the sampler has another row
   * @throws IllegalStateException during a step
   */
  public void row(int i, Sampler sampler) {
    Objects.requireNonNull(sampler, "sampler");
    Objects.checkIndex(i, samplers.length);
    checkIdle();
    for (int j = 0; j < samplers.length; j++) {
      if (samplers[j] == sampler && j != i) {
        throw new IllegalArgumentException("the sampler has row " + j);
      }
    }
    samplers[i] = sampler;
    failures[i] = null;
  }

  /**
   * One step: draws a token for each of the first rows, as {@link Sampler#sample(float[], int,
   * int)} does.
   *
   * <p>Row i is the range of {@code length} logits from {@code from + i * stride}. Rows may
   * overlap: with a stride of 0 all are the same one. They are referred to, not copied, until the
   * next step.
   *
   * <p>An interrupt is kept for the caller, and abandons no row. Arguments are checked before
   * anything is done.
   *
   * @param logits the array that holds the rows
   * @param from index of the first row's first logit
   * @param stride from the beginning of a row to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @param length logits in a row, at least 1
   * @param tokens where the tokens go, each counted from the beginning of its row; -1 for a row
   *     that failed, see {@link #error}
   * @return how many rows failed; their positions have not moved
   * @throws IndexOutOfBoundsException if the rows do not lie in the array
   * @throws IllegalArgumentException if the stride is negative, there are not as many rows, the
   *     length is below 1, or {@code tokens} too short
   * @throws IllegalStateException during another step
   * @throws Error what a row met that is no exception ({@link OutOfMemoryError}), once all others
   *     are finished; if there are several, that of the lowest row
   */
  public int sample(float[] logits, int from, int stride, int rows, int length, int[] tokens) {
    return sample(logits, from, stride, rows, length, false, tokens);
  }

  /**
   * One step that also accepts: draws a token for each of the first rows, and adds it to that row's
   * history, as {@link Sampler#next(float[], int, int)} does. Otherwise as {@link #sample(float[],
   * int, int, int, int, int[])}.
   *
   * @param logits the array that holds the rows
   * @param from index of the first row's first logit
   * @param stride from the beginning of a row to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @param length logits in a row, at least 1
   * @param tokens where the tokens go; -1 for a row that failed, which has accepted nothing
   * @return how many rows failed; their positions have not moved
   * @throws IndexOutOfBoundsException if the rows do not lie in the array
   * @throws IllegalArgumentException if the stride is negative, there are not as many rows, the
   *     length is below 1, or {@code tokens} too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@code sample}
   */
  public int next(float[] logits, int from, int stride, int rows, int length, int[] tokens) {
    return sample(logits, from, stride, rows, length, true, tokens);
  }

  private int sample(
      float[] logits, int from, int stride, int rows, int length, boolean accepting, int[] tokens) {
    checkStride(stride);
    checkStep(rows, length, tokens);
    if (rows > 0) {
      Objects.checkFromIndexSize(from, (rows - 1L) * stride + length, logits.length);
    }
    begin();
    try {
      for (int i = 0; i < rows; i++) {
        int start = from + i * stride;
        places[i].at(logits, start, start + length);
      }
      return step(places, rows, accepting, tokens);
    } finally {
      sampling.set(false);
    }
  }

  /**
   * One step on rows in a memory segment, as {@link Sampler#sample(MemorySegment, long, int,
   * ElementType)} draws from each: otherwise as {@link #sample(float[], int, int, int, int,
   * int[])}.
   *
   * <p>A segment that is confined to one thread fails, row by row, on every other thread: take a
   * shared one, or no executor.
   *
   * @param logits holds the rows: native or on the heap, read-only or not
   * @param byteOffset where in it the first row begins; any alignment
   * @param byteStride from the beginning of a row to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @param length logits in a row, at least 1
   * @param type how they are stored, in the machine's byte order
   * @param tokens where the tokens go; -1 for a row that failed
   * @return how many rows failed; their positions have not moved
   * @throws IndexOutOfBoundsException if the rows do not lie in the segment
   * @throws IllegalArgumentException if the stride is negative, there are not as many rows, the
   *     length is below 1, or {@code tokens} too short
   * @throws IllegalStateException during another step
   * @throws Error as above
   */
  public int sample(
      MemorySegment logits,
      long byteOffset,
      long byteStride,
      int rows,
      int length,
      ElementType type,
      int[] tokens) {
    return sample(logits, byteOffset, byteStride, rows, length, type, false, tokens);
  }

  /**
   * One step on rows in a memory segment that also accepts: draws a token for each of the first
   * rows, and adds it to that row's history. Otherwise as {@link #sample(MemorySegment, long, long,
   * int, int, ElementType, int[])}.
   *
   * @param logits holds the rows: native or on the heap, read-only or not
   * @param byteOffset where in it the first row begins; any alignment
   * @param byteStride from the beginning of a row to that of the next, at least 0
   * @param rows how many rows, from the first on; at most {@link #rows()}
   * @param length logits in a row, at least 1
   * @param type how they are stored, in the machine's byte order
   * @param tokens where the tokens go; -1 for a row that failed, which has accepted nothing
   * @return how many rows failed; their positions have not moved
   * @throws IndexOutOfBoundsException if the rows do not lie in the segment
   * @throws IllegalArgumentException if the stride is negative, there are not as many rows, the
   *     length is below 1, or {@code tokens} too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@code sample}
   */
  public int next(
      MemorySegment logits,
      long byteOffset,
      long byteStride,
      int rows,
      int length,
      ElementType type,
      int[] tokens) {
    return sample(logits, byteOffset, byteStride, rows, length, type, true, tokens);
  }

  private int sample(
      MemorySegment logits,
      long byteOffset,
      long byteStride,
      int rows,
      int length,
      ElementType type,
      boolean accepting,
      int[] tokens) {
    if (byteStride < 0) {
      throw new IllegalArgumentException("byteStride must be >= 0, but was " + byteStride);
    }
    checkStep(rows, length, tokens);
    if (rows > 0) {
      long bytes = logits.byteSize();
      long others = rows - 1L;
      Objects.checkFromIndexSize(byteOffset, (long) length * type.bytes(), bytes);
      if (others > 0) {
        long last = byteStride > bytes / others ? Long.MAX_VALUE : others * byteStride;
        Objects.checkFromIndexSize(last, byteOffset + (long) length * type.bytes(), bytes);
      }
    }
    begin();
    try {
      for (int i = 0; i < rows; i++) {
        places[i].at(logits, byteOffset + i * byteStride, length, type);
      }
      return step(places, rows, accepting, tokens);
    } finally {
      sampling.set(false);
    }
  }

  /**
   * One step on rows that are arrays of their own: draws a token for each of the first rows, as
   * {@link Sampler#sample(float[])} does. Rows need not be equally long. Otherwise as {@link
   * #sample(float[], int, int, int, int, int[])}.
   *
   * @param logits the rows
   * @param rows how many, from the first on; at most {@link #rows()}
   * @param tokens where the tokens go; -1 for a row that failed
   * @return how many rows failed; their positions have not moved
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException if there are not as many rows, one is empty, or {@code tokens}
   *     is too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@link #sample(float[], int, int, int, int, int[])}
   */
  public int sample(float[][] logits, int rows, int[] tokens) {
    return sample(logits, rows, false, tokens);
  }

  /**
   * One step that also accepts on rows that are arrays of their own: draws a token for each of the
   * first rows, and adds it to that row's history, as {@link Sampler#next(float[])} does. Rows need
   * not be equally long. Otherwise as {@link #next(float[], int, int, int, int, int[])}.
   *
   * @param logits the rows
   * @param rows how many, from the first on; at most {@link #rows()}
   * @param tokens where the tokens go; -1 for a row that failed
   * @return how many rows failed; their positions have not moved
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException if there are not as many rows, one is empty, or {@code tokens}
   *     is too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@link #sample(float[], int, int, int, int, int[])}
   */
  public int next(float[][] logits, int rows, int[] tokens) {
    return sample(logits, rows, true, tokens);
  }

  private int sample(float[][] logits, int rows, boolean accepting, int[] tokens) {
    checkStep(rows, tokens);
    Kernels.checkOutput("logits", logits.length, rows);
    for (int i = 0; i < rows; i++) {
      if (logits[i] == null) {
        throw new NullPointerException(nullRow(i));
      }
      if (logits[i].length == 0) {
        throw new IllegalArgumentException("row " + i + " is empty");
      }
      Kernels.checkEnd(logits[i].length);
    }
    begin();
    try {
      for (int i = 0; i < rows; i++) {
        places[i].at(logits[i]);
      }
      return step(places, rows, accepting, tokens);
    } finally {
      sampling.set(false);
    }
  }

  /**
   * One step on rows wherever they lie: draws a token for each of the first rows, as {@link
   * Sampler#sample(Logits)} does. Rows may differ in length, in element type and in what holds
   * them. Otherwise as {@link #sample(float[], int, int, int, int, int[])}.
   *
   * <p>The rows are referred to until the next step, the handles until this one ends: during it
   * none of them may be pointed elsewhere. One handle may stand for several rows. A segment that is
   * confined to one thread fails on every other thread, as for {@link #sample(MemorySegment, long,
   * long, int, int, ElementType, int[])}.
   *
   * @param logits of each row, where it lies
   * @param rows how many, from the first on; at most {@link #rows()}
   * @param tokens where the tokens go; -1 for a row that failed
   * @return how many rows failed; their positions have not moved
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException if there are not as many rows, or {@code tokens} is too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@link #sample(float[], int, int, int, int, int[])}
   */
  public int sample(Logits[] logits, int rows, int[] tokens) {
    return sample(logits, rows, false, tokens);
  }

  /**
   * One step that also accepts on rows wherever they lie: draws a token for each of the first rows,
   * and adds it to that row's history, as {@link Sampler#next(Logits)} does. Rows may differ in
   * length, in element type and in what holds them. Otherwise as {@link #next(float[], int, int,
   * int, int, int[])}.
   *
   * <p>The rows are referred to until the next step, the handles until this one ends: during it
   * none of them may be pointed elsewhere. One handle may stand for several rows. A segment that is
   * confined to one thread fails on every other thread, as for {@link #sample(MemorySegment, long,
   * long, int, int, ElementType, int[])}.
   *
   * @param logits of each row, where it lies
   * @param rows how many, from the first on; at most {@link #rows()}
   * @param tokens where the tokens go; -1 for a row that failed
   * @return how many rows failed; their positions have not moved
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException if there are not as many rows, or {@code tokens} is too short
   * @throws IllegalStateException during another step
   * @throws Error as for {@link #sample(float[], int, int, int, int, int[])}
   */
  public int next(Logits[] logits, int rows, int[] tokens) {
    return sample(logits, rows, true, tokens);
  }

  private int sample(Logits[] logits, int rows, boolean accepting, int[] tokens) {
    checkStep(rows, tokens);
    Kernels.checkOutput("logits", logits.length, rows);
    for (int i = 0; i < rows; i++) {
      if (logits[i] == null) {
        throw new NullPointerException(nullRow(i));
      }
    }
    begin();
    try {
      return step(logits, rows, accepting, tokens);
    } finally {
      sampling.set(false);
    }
  }

  private static String nullRow(int i) {
    return "the logits of row " + i + " are null";
  }

  /**
   * The error of a row in the last step: what its sampler threw.
   *
   * @param i the row
   * @return the error; null if the row got a token, or was not in the step
   * @throws IndexOutOfBoundsException if there is no such row
   * @throws IllegalStateException during a step
   */
  public @Nullable RuntimeException error(int i) {
    checkIdle();
    return failures[i] instanceof RuntimeException error ? error : null;
  }

  private void checkStep(int rows, int length, int[] tokens) {
    checkStep(rows, tokens);
    Kernels.checkCount("length", length);
  }

  private void checkStep(int rows, int[] tokens) {
    checkRows(rows);
    Kernels.checkOutput("tokens", tokens.length, rows);
  }

  private void checkIdle() {
    if (sampling.get()) {
      throw duringAStep();
    }
  }

  private void begin() {
    if (!sampling.compareAndSet(false, true)) {
      throw duringAStep();
    }
  }

  private static IllegalStateException duringAStep() {
    return new IllegalStateException("the batch is in a step: it serves one caller at a time");
  }

  /** The step that has begun. */
  private int step(Logits[] logits, int rows, boolean accepting, int[] tokens) {
    Arrays.fill(failures, null);
    this.logits = logits;
    this.rows = rows;
    this.accepting = accepting;
    this.tokens = tokens;
    try {
      boolean split = splits();
      crew.linger(split);
      if (split) {
        splitRows();
      } else {
        crew.run(rows, work);
      }
    } finally {
      this.logits = places; // also if an executor fails: the caller's are not kept
    }
    return failed();
  }

  /**
   * Whether threads share each row: long ones, which all of them may read, and so few that more
   * than half of the threads had none of their own. (A row is not done twice as fast by two.)
   */
  private boolean splits() {
    if (2L * rows > crew.threads()) {
      return false;
    }
    for (int i = 0; i < rows; i++) {
      if (logits[i].length() < Sampler.SHORTEST_SHARED
          || !samplers[i].isShareable()
          || !logits[i].isAccessibleBy(ANOTHER)) {
        return false;
      }
    }
    return true;
  }

  /** One row after the other, each shared by all threads as far as it is long. */
  private void splitRows() {
    for (int i = 0; i < rows; i++) {
      samplers[i].share(crew);
      try {
        sampleRow(i);
      } finally {
        samplers[i].share(null);
      }
    }
  }

  private void sampleRow(int i) {
    int token = FAILED;
    Sampler sampler = samplers[i];
    try {
      token = accepting ? sampler.next(logits[i]) : sampler.sample(logits[i]);
    } catch (RuntimeException | Error e) {
      failures[i] = e;
    }
    tokens[i] = token;
  }

  /** How many rows failed; throws what is no exception. */
  private int failed() {
    int failed = 0;
    for (int i = 0; i < rows; i++) {
      if (failures[i] instanceof Error error) {
        throw error;
      }
      failed += failures[i] == null ? 0 : 1;
    }
    return failed;
  }
}
