package org.logitkernels.internal;

/**
 * Scalar kernels that are exchanged for vector ones, kernel by kernel, as those get fast. Both give
 * the same bits, so no caller can tell when, except by the clock.
 *
 * <p>A call costs one volatile read more than that of the kernel it goes to, and takes no lock.
 */
public final class AdaptiveKernels implements RowKernels {
  /** What is exchanged on its own. */
  enum Kernel {
    ARG_MAX("arg-max"),
    LOG_SUM_EXP("log-sum-exp"),
    SOFTMAX("softmax"),
    LOG_SOFTMAX("log-softmax"),
    TOP_K("top-k"),
    TOP_P("top-p"),
    MIN_P("min-p"),
    SUMS("sums"),
    ENTROPY("entropy"),
    MOMENTS("moments"),
    COLLECT("collection"),
    WEIGHTS("the weights of survivors"),
    DRAW("the draw");

    /** All of them. Cheaper than a copy of values(). */
    static final Kernel[] ALL = values();

    final String label;

    Kernel(String label) {
      this.label = label;
    }
  }

  private final RowKernels scalar;

  /** What answers, by kernel; never changed, only replaced. */
  private volatile RowKernels[] serving;

  /**
   * Kernels that were called before they were exchanged, a bit each. A lost update is made good by
   * the next call.
   */
  private volatile int wanted;

  /** Of the vectors; less than 0 while not known for sure. */
  private volatile int vectorBits = -1;

  /** Begins with the scalar kernels for everything. */
  public AdaptiveKernels(RowKernels scalar) {
    this.scalar = scalar;
    RowKernels[] all = new RowKernels[Kernel.ALL.length];
    for (int i = 0; i < all.length; i++) {
      all[i] = scalar;
    }
    this.serving = all;
  }

  /** From now on a kernel is another's. For one thread alone. */
  void exchange(Kernel kernel, RowKernels better) {
    RowKernels[] next = serving.clone();
    next[kernel.ordinal()] = better;
    serving = next;
  }

  /** What the vectors' width has turned out to be; 0 if there will be none. */
  void vectorBits(int bits) {
    vectorBits = bits;
  }

  /** The scalar kernels, which answer first. */
  RowKernels scalar() {
    return scalar;
  }

  /** Whether a kernel was called while scalar answered for it. */
  boolean isWanted(Kernel kernel) {
    return (wanted >> kernel.ordinal() & 1) != 0;
  }

  private RowKernels serving(Kernel kernel) {
    RowKernels rows = serving[kernel.ordinal()];
    if (rows == scalar && !isWanted(kernel)) {
      wanted |= 1 << kernel.ordinal();
    }
    return rows;
  }

  @Override
  public String name() {
    return "adaptive";
  }

  /** That of the vector kernels, before they answer too. */
  @Override
  public int vectorBits() {
    int known = vectorBits;
    return known < 0 ? HotSpot.vectorBits() : known;
  }

  @Override
  public int argMax(float[] x, int from, int to) {
    return serving(Kernel.ARG_MAX).argMax(x, from, to);
  }

  @Override
  public double logSumExp(float[] x, int from, int to, double temperature) {
    return serving(Kernel.LOG_SUM_EXP).logSumExp(x, from, to, temperature);
  }

  @Override
  public void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.SOFTMAX).softmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.LOG_SOFTMAX).logSoftmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(float[] x, int from, int to, int k, Survivors survivors) {
    serving(Kernel.TOP_K).topK(x, from, to, k, survivors);
  }

  @Override
  public void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors) {
    serving(Kernel.TOP_P).topP(x, from, to, temperature, p, survivors);
  }

  @Override
  public void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.MIN_P).minP(x, from, to, threshold, survivors);
  }

  @Override
  public void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.SUMS).sums(x, from, to, temperature, survivors);
  }

  @Override
  public void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.ENTROPY).entropy(x, from, to, temperature, survivors);
  }

  @Override
  public void moments(float[] x, int from, int to, Survivors survivors) {
    serving(Kernel.MOMENTS).moments(x, from, to, survivors);
  }

  @Override
  public void collect(float[] x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.COLLECT).collect(x, from, to, threshold, survivors);
  }

  @Override
  public int draw(Survivors survivors, double u) {
    return serving(Kernel.DRAW).draw(survivors, u);
  }

  @Override
  public void weights(Survivors survivors, double temperature) {
    serving(Kernel.WEIGHTS).weights(survivors, temperature);
  }
}
