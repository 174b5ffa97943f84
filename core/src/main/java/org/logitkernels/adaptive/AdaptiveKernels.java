package org.logitkernels.adaptive;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.Survivors;

/**
 * Scalar kernels that are exchanged for vector ones, kernel by kernel, as those get fast. Both give
 * the same bits, so no caller can tell when, except by the clock.
 *
 * <p>A call costs one volatile read more than that of the kernel it goes to, and takes no lock; the
 * first call of a kernel takes one, and may start the thread that warms the kernel.
 *
 * @param <X> what holds a row
 * @param <K> the kernels
 */
abstract sealed class AdaptiveKernels<X, K extends RowKernels<X>> implements RowKernels<X>
    permits AdaptiveBackend, AdaptiveNatives {
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
    PARTS("the parts of a row"),
    WEIGHTS("the weights of survivors"),
    DRAW("the draw"),
    WIDEN("the widening of narrow rows");

    /** How many of them are of rows, and so any kernels have. */
    static final int OF_ROWS = PARTS.ordinal() + 1;

    /** All of them. Cheaper than a copy of values(). */
    static final Kernel[] ALL = values();

    final String label;

    Kernel(String label) {
      this.label = label;
    }
  }

  private final K slow;

  /** What answers, by kernel; never changed, only replaced. */
  private volatile List<K> serving;

  /** Kernels that were called before they were exchanged, a bit each. Written under the lock. */
  private volatile int wanted;

  /** Who is told of the first call of a kernel. */
  private volatile @Nullable WarmUp<X, K> warmUp;

  /** Begins with the same kernels for everything. */
  AdaptiveKernels(K slow) {
    this.slow = slow;
    this.serving = Collections.nCopies(Kernel.ALL.length, slow);
  }

  /** How many of the kernels there are to exchange. */
  abstract int count();

  /** The name of one of these kernels, for the report. */
  abstract String nameOf(Kernel kernel);

  /** A row that these kernels read. */
  abstract X place(float[] row);

  /** Tells a warm-up of the first call of each kernel from now on. */
  void warmBy(WarmUp<X, K> warmUp) {
    this.warmUp = warmUp;
  }

  /** From now on a kernel is another's. For one thread alone. */
  void exchange(Kernel kernel, K better) {
    List<K> next = new ArrayList<>(serving);
    next.set(kernel.ordinal(), better);
    serving = next;
  }

  /** The kernels that answer first. */
  K slow() {
    return slow;
  }

  /** Whether a kernel was called while the first ones answered for it. */
  boolean isWanted(Kernel kernel) {
    return (wanted >> kernel.ordinal() & 1) != 0;
  }

  /** Whether a kernel is another's by now. */
  boolean isExchanged(Kernel kernel) {
    return serving.get(kernel.ordinal()) != slow;
  }

  /** What answers for a kernel now. */
  final K serving(Kernel kernel) {
    K kernels = serving.get(kernel.ordinal());
    if (kernels == slow && !isWanted(kernel)) {
      want(kernel);
    }
    return kernels;
  }

  /** The first call of a kernel. May start a thread; nothing that goes wrong there is thrown. */
  private void want(Kernel kernel) {
    if (WarmUp.isAtWork()) {
      return; // which compares others with these
    }
    synchronized (this) {
      wanted |= 1 << kernel.ordinal();
    }
    WarmUp<X, K> told = warmUp;
    if (told != null) {
      told.work();
    }
  }

  @Override
  public int argMax(X x, int from, int to) {
    return serving(Kernel.ARG_MAX).argMax(x, from, to);
  }

  @Override
  public double logSumExp(X x, int from, int to, double temperature) {
    return serving(Kernel.LOG_SUM_EXP).logSumExp(x, from, to, temperature);
  }

  @Override
  public void softmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.SOFTMAX).softmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.LOG_SOFTMAX).logSoftmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(X x, int from, int to, int k, Survivors survivors) {
    serving(Kernel.TOP_K).topK(x, from, to, k, survivors);
  }

  @Override
  public void topP(
      X x, int from, int to, double temperature, float p, boolean summed, Survivors survivors) {
    serving(Kernel.TOP_P).topP(x, from, to, temperature, p, summed, survivors);
  }

  @Override
  public void minP(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.MIN_P).minP(x, from, to, threshold, survivors);
  }

  @Override
  public void sums(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.SUMS).sums(x, from, to, temperature, survivors);
  }

  @Override
  public void entropy(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.ENTROPY).entropy(x, from, to, temperature, survivors);
  }

  @Override
  public void moments(X x, int from, int to, Survivors survivors) {
    serving(Kernel.MOMENTS).moments(x, from, to, survivors);
  }

  @Override
  public void collect(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.COLLECT).collect(x, from, to, threshold, survivors);
  }
}
