package org.logitkernels.internal;

import java.lang.foreign.MemorySegment;

/**
 * A row of logits where it lies, and the kernels that read it there.
 *
 * @param <X> what holds it
 */
public abstract sealed class Row<X> {
  private final RowKernels<X> kernels;
  X x;
  int from;
  int to;

  private Row(RowKernels<X> kernels, X nowhere) {
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
    void copy(int at, float[] target, int targetFrom, int length) {
      System.arraycopy(x, from + at, target, targetFrom, length);
    }
  }

  /** A row of halves, widened to an array when it is first more than searched for its best. */
  public static final class OfHalves extends Row<float[]> {
    private static final float[] NONE = {};

    private final Backend backend;
    private final Survivors survivors;
    private final NativeFloats halves = new NativeFloats();
    private float[] floats = NONE;
    private boolean brain;
    private boolean widened;

    /** Nowhere yet; widens rows as long as the survivors'. */
    public OfHalves(Backend backend, Survivors survivors) {
      super(backend, NONE);
      this.backend = backend;
      this.survivors = survivors;
    }

    /** Sets where it lies, and whether it is bfloat16. */
    public OfHalves at(MemorySegment segment, long base, int length, boolean brain) {
      halves.at(segment, base);
      this.brain = brain;
      to = length;
      widened = false;
      return this;
    }

    @Override
    void prepare() {
      if (!widened) {
        if (floats.length < to) {
          floats = new float[survivors.capacity()];
        }
        x = floats;
        backend.widen(halves, brain, to, x, survivors);
        widened = true;
      }
    }

    @Override
    public int argMax() {
      return widened ? super.argMax() : backend.argMaxOfHalves(halves, brain, to, survivors);
    }

    @Override
    public float get(int i) {
      prepare();
      return x[i];
    }

    @Override
    void copy(int at, float[] target, int targetFrom, int length) {
      prepare();
      System.arraycopy(x, at, target, targetFrom, length);
    }
  }

  /** A row in native memory. */
  public static final class OfNative extends Row<NativeFloats> {
    /** Nowhere yet. */
    public OfNative(NativeKernels kernels) {
      super(kernels, new NativeFloats());
    }

    /** Sets where it lies. */
    public OfNative at(MemorySegment segment, long base, int length) {
      x.at(segment, base);
      to = length;
      return this;
    }

    /** Where it lies. */
    public NativeFloats floats() {
      return x;
    }

    @Override
    public float get(int i) {
      return x.get(i);
    }

    @Override
    void copy(int at, float[] target, int targetFrom, int length) {
      x.copy(at, target, targetFrom, length);
    }
  }

  /** Makes the row ready for a kernel. */
  void prepare() {}

  /** Tokens in it. */
  public int length() {
    return to - from;
  }

  /** The i-th logit. */
  public abstract float get(int i);

  /** Copies a part of it. */
  abstract void copy(int at, float[] target, int targetFrom, int length);

  /** {@link RowKernels#argMax}. */
  public int argMax() {
    prepare();
    return kernels.argMax(x, from, to);
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
    prepare();
    kernels.topK(x, from, to, k, survivors);
  }

  /** {@link RowKernels#topP}. */
  public void topP(double temperature, float p, Survivors survivors) {
    prepare();
    kernels.topP(x, from, to, temperature, p, survivors);
  }

  /** {@link RowKernels#minP}. */
  public void minP(float threshold, Survivors survivors) {
    prepare();
    kernels.minP(x, from, to, threshold, survivors);
  }

  /** {@link RowKernels#sums}. */
  public void sums(double temperature, Survivors survivors) {
    prepare();
    kernels.sums(x, from, to, temperature, survivors);
  }

  /** {@link RowKernels#entropy}. */
  public void entropy(double temperature, Survivors survivors) {
    prepare();
    kernels.entropy(x, from, to, temperature, survivors);
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
}
