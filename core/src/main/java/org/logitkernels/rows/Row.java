package org.logitkernels.rows;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NarrowFormat;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * A row of logits where it lies, and the kernels that read it there.
 *
 * @param <X> what holds it
 */
public abstract sealed class Row<X>
    permits Row.OfArray, Row.OfNarrow, Row.OfNative, MaskedRow, CappedRow {
  /** Logits below which a row is done before others have begun to help. */
  public static final int SHORTEST_SPLIT = 64 * Lanes.BLOCK;

  private final RowKernels<X> kernels;
  X x;
  int from;
  int to;
  private @Nullable WorkCrew crew;
  private @Nullable SharedRow<X> split;

  Row(RowKernels<X> kernels, X nowhere) {
    this.kernels = kernels;
    this.x = nowhere;
  }

  /** A row in an array. */
  public static final class OfArray extends Row<float[]> {
    private static final float[] NONE = {};

    /** Nowhere yet. */
    public OfArray(Backend backend) {
      super(backend, NONE);
    }

    /** Sets where it lies. */
    public OfArray at(float[] x, int from, int to) {
      this.x = x;
      this.from = from;
      this.to = to;
      return this;
    }

    /** The array. */
    public float[] array() {
      return x;
    }

    /** Where in it the row begins. */
    public int from() {
      return from;
    }

    @Override
    public float get(int i) {
      return x[from + i];
    }

    @Override
    public void get(int[] tokens, int size, int[] bits) {
      float[] row = x;
      int first = from;
      int length = length();
      for (int i = 0; i < size; i++) {
        int token = tokens[i];
        float logit = token < length ? row[first + token] : Float.NEGATIVE_INFINITY;
        bits[i] = Float.floatToRawIntBits(logit);
      }
    }

    @Override
    public void penalise(
        Backend backend,
        long[] occurred,
        int[] counts,
        Penalty penalty,
        double temperature,
        float[] y,
        Survivors survivors) {
      backend.penalise(x, from, length(), occurred, counts, penalty, temperature, y, survivors);
    }

    @Override
    public void copy(int at, float[] target, int targetFrom, int length) {
      System.arraycopy(x, from + at, target, targetFrom, length);
    }
  }

  /**
   * A row of a narrow format, widened to an array when it is first more than searched for its best.
   */
  public static final class OfNarrow extends Row<float[]> {
    private static final float[] NONE = {};

    private final Backend backend;
    private final Survivors survivors;
    private final NarrowFloats narrow = new NarrowFloats();
    private boolean widened;

    /** Nowhere yet; widens rows as long as the survivors'. */
    public OfNarrow(Backend backend, Survivors survivors) {
      super(backend, NONE);
      this.backend = backend;
      this.survivors = survivors;
    }

    /** Sets where it lies, and how it is stored. */
    public OfNarrow at(MemorySegment segment, long base, int length, NarrowFormat format) {
      narrow.at(segment, base, format);
      to = length;
      widened = false;
      return this;
    }

    @Override
    void prepare() {
      if (!widened) {
        survivors.row.forget(); // what was known is of another row
        x = survivors.arrays().floats();
        SharedRow<float[]> split = split(survivors);
        if (split instanceof SharedRow.OfNarrow of) {
          of.look();
        } else {
          backend.widen(narrow, to, x, survivors);
        }
        widened = true;
      }
    }

    @Override
    public void rest() {
      x = NONE;
      widened = false;
    }

    @Override
    SharedRow<float[]> split(
        WorkCrew crew, SharedRowKernels<float[]> kernels, Survivors survivors) {
      return kernels instanceof Backend.Parts parts
          ? new SharedRow.OfNarrow(crew, parts, narrow, x, survivors)
          : super.split(crew, kernels, survivors);
    }

    @Override
    public int argMax(Survivors survivors) {
      return widened || isShared() ? super.argMax(survivors) : backend.argMaxOfNarrow(narrow, to);
    }

    @Override
    public float get(int i) {
      return widened ? x[i] : narrow.get(i);
    }

    @Override
    public void copy(int at, float[] target, int targetFrom, int length) {
      prepare();
      System.arraycopy(x, at, target, targetFrom, length);
    }
  }

  /** A row in native memory. */
  public static final class OfNative extends Row<SegmentAddress> {
    /** Nowhere yet. */
    public OfNative(NativeKernels kernels) {
      super(kernels, new SegmentAddress());
    }

    /** Sets where it lies. */
    public OfNative at(MemorySegment segment, long base, int length) {
      x.at(segment, base);
      to = length;
      return this;
    }

    /** Where it lies. */
    public SegmentAddress floats() {
      return x;
    }

    @Override
    public float get(int i) {
      return x.get(i);
    }

    @Override
    public void copy(int at, float[] target, int targetFrom, int length) {
      x.copy(at, target, targetFrom, length);
    }
  }

  /**
   * The bits of the logits of some tokens; those of a token that is not there are of a masked one.
   */
  public void get(int[] tokens, int size, int[] bits) {
    int length = length();
    for (int i = 0; i < size; i++) {
      int token = tokens[i];
      bits[i] = Float.floatToRawIntBits(token < length ? get(token) : Float.NEGATIVE_INFINITY);
    }
  }

  /** {@link Backend#penalise}. */
  public void penalise(
      Backend backend,
      long[] occurred,
      int[] counts,
      Penalty penalty,
      double temperature,
      float[] y,
      Survivors survivors) {
    copy(0, y, 0, length());
    backend.penalise(y, 0, length(), occurred, counts, penalty, temperature, y, survivors);
  }

  /** From now on a crew shares the passes over long rows; null for nobody. */
  public final void share(@Nullable WorkCrew crew) {
    this.crew = crew;
  }

  /** Shares the passes as another row does. */
  public final void shareAs(Row<?> other) {
    crew = other.crew;
  }

  final boolean isShared() {
    return crew != null;
  }

  /** Makes the row ready for a kernel. */
  void prepare() {}

  /** The arrays that the row was widened to are given back: it is widened anew when it must be. */
  public void rest() {}

  /** Tokens in it. */
  public int length() {
    return to - from;
  }

  /** The i-th logit. */
  public abstract float get(int i);

  /** Copies a part of it, which begins with a block. */
  public abstract void copy(int at, float[] target, int targetFrom, int length);

  /**
   * Leaves the tokens of a block that have a weight as survivors, if that is less work than to copy
   * the block; false if it is not.
   */
  boolean list(int block, Survivors survivors) {
    return false;
  }

  /** Its passes in parts; null if nobody shares them. */
  final @Nullable SharedRow<X> split(Survivors survivors) {
    WorkCrew helpers = crew;
    SharedRowKernels<X> parts =
        helpers == null || length() < SHORTEST_SPLIT ? null : kernels.parts();
    if (helpers == null || parts == null) {
      return null;
    }
    SharedRow<X> known = split;
    if (known == null || !known.isOf(parts, survivors)) {
      known = split(helpers, parts, survivors);
      split = known;
    }
    known.at(helpers, x, from, to);
    return known;
  }

  SharedRow<X> split(WorkCrew crew, SharedRowKernels<X> kernels, Survivors survivors) {
    return new SharedRow<>(crew, kernels, x, survivors);
  }

  /** Looks at it in parts, if they are shared, for a kernel that then hardly reads it. */
  private void look(Survivors survivors) {
    SharedRow<X> split = split(survivors);
    if (split != null) {
      split.look();
    }
  }

  /** Sums it in parts, if they are shared. */
  private boolean sumsInParts(double temperature, Survivors survivors) {
    SharedRow<X> split = split(survivors);
    return split != null && split.sums(temperature);
  }

  /** {@link RowKernels#argMax}. The survivors are scratch. */
  public int argMax(Survivors survivors) {
    prepare();
    SharedRow<X> split = split(survivors);
    return split == null ? kernels.argMax(x, from, to) : split.argMax();
  }

  /** {@link RowKernels#logSumExp}. */
  public double logSumExp(double temperature) {
    prepare();
    return kernels.logSumExp(x, from, to, temperature);
  }

  /** {@link RowKernels#softmax}. */
  public void softmax(double temperature, float[] y, int yFrom) {
    prepare();
    kernels.softmax(x, from, to, temperature, y, yFrom);
  }

  /** {@link RowKernels#logSoftmax}. */
  public void logSoftmax(double temperature, float[] y, int yFrom) {
    prepare();
    kernels.logSoftmax(x, from, to, temperature, y, yFrom);
  }

  /** {@link RowKernels#topK}. */
  public void topK(int k, Survivors survivors) {
    if (k == 1) { // a narrow row is not widened for it
      int best = argMax(survivors);
      survivors.only(best, get(best));
      return;
    }
    prepare();
    look(survivors);
    kernels.topK(x, from, to, k, survivors);
  }

  /** {@link RowKernels#topP}. */
  public void topP(double temperature, float p, Survivors survivors) {
    prepare();
    boolean summed = sumsInParts(temperature, survivors);
    kernels.topP(x, from, to, temperature, p, summed, survivors);
  }

  /** {@link RowKernels#minP}. */
  public void minP(float threshold, Survivors survivors) {
    prepare();
    look(survivors);
    kernels.minP(x, from, to, threshold, survivors);
  }

  /** {@link RowKernels#sums}. */
  public void sums(double temperature, Survivors survivors) {
    prepare();
    if (!sumsInParts(temperature, survivors)) {
      kernels.sums(x, from, to, temperature, survivors);
    }
  }

  /** {@link RowKernels#entropy}. */
  public void entropy(double temperature, Survivors survivors) {
    prepare();
    kernels.entropy(x, from, to, temperature, survivors);
  }

  /**
   * {@link RowKernels#divergence} of this row and another, which {@link #sums} at temperature 1 has
   * just been through.
   *
   * @param ofOther what that left
   */
  public double divergence(Row<float[]> other, Survivors ofOther, Survivors survivors) {
    prepare();
    return kernels.divergence(x, from, to, other.x, other.from, ofOther.row.tops, survivors);
  }

  /** {@link RowKernels#moments}. */
  public void moments(Survivors survivors) {
    prepare();
    kernels.moments(x, from, to, survivors);
  }

  /** {@link RowKernels#collect}. */
  public void collect(float threshold, Survivors survivors) {
    prepare();
    kernels.collect(x, from, to, threshold, survivors);
  }

  /** {@link RowKernels#softCap}. */
  public void softCap(float cap, float[] y, int yFrom) {
    prepare();
    kernels.softCap(x, from, to, cap, y, yFrom);
  }

  /** The best token of a row that {@link #sums} has just been through. */
  public int best(Survivors survivors) {
    int block = 0;
    while (block < Lanes.blocks(length()) - 1 && survivors.row.tops[block] != survivors.max) {
      block++;
    }
    int token = block * Lanes.BLOCK;
    while (token < length() - 1 && get(token) != survivors.max) {
      token++;
    }
    return token;
  }
}
