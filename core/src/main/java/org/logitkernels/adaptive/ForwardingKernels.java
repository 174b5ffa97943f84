package org.logitkernels.adaptive;

import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * Kernels that hand each call on to others. This file has every kernel by name: what it is called
 * in reports, who answers for it, and how a warm-up tries it.
 *
 * @param <X> what holds a row
 * @param <Y> what holds it for those that answer
 */
abstract class ForwardingKernels<X, Y> implements RowKernels<X> {
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
    WIDEN("the widening of narrow rows"),
    MASK("rows with a mask"),
    PENALISE("penalties of many tokens"),
    ROUTE("routing");

    /** How many of them are of rows, and so any kernels have. */
    static final int OF_ROWS = PARTS.ordinal() + 1;

    /** All of them. Cheaper than a copy of values(). */
    static final Kernel[] ALL = values();

    final String label;

    Kernel(String label) {
      this.label = label;
    }

    /** Whether rows of less than a block take a way of their own. */
    boolean hasWayForShortRows() {
      return this == ARG_MAX || this == SOFTMAX || this == TOP_K;
    }

    /** What has to come before a call of it. */
    <X> void prepare(RowKernels<X> kernels, Trial<X> trial) {
      if (this == COLLECT) {
        kernels.moments(trial.x(), 0, trial.to(), trial.survivors());
      }
    }

    /** Calls it, if it is of rows, as a trial wants it. */
    <X> void call(RowKernels<X> kernels, Trial<X> trial) {
      X x = trial.x();
      int to = trial.to();
      double temperature = trial.temperature();
      Survivors survivors = trial.survivors();
      switch (this) {
        case ARG_MAX -> trial.use(kernels.argMax(x, 0, to));
        case LOG_SUM_EXP -> trial.use((long) kernels.logSumExp(x, 0, to, temperature));
        case SOFTMAX -> kernels.softmax(x, 0, to, temperature, trial.out(), 0);
        case LOG_SOFTMAX -> kernels.logSoftmax(x, 0, to, temperature, trial.out(), 0);
        case TOP_K -> kernels.topK(x, 0, to, trial.isEven() ? 40 : 200, survivors);
        case TOP_P ->
            kernels.topP(x, 0, to, temperature, trial.isEven() ? 0.95f : 0.9f, false, survivors);
        case MIN_P -> kernels.minP(x, 0, to, trial.isEven() ? -3 : -2, survivors);
        case SUMS -> kernels.sums(x, 0, to, temperature, survivors);
        case ENTROPY -> kernels.entropy(x, 0, to, temperature, survivors);
        case MOMENTS -> kernels.moments(x, 0, to, survivors);
        case COLLECT -> kernels.collect(x, 0, to, trial.isEven() ? -3 : -2, survivors);
        case PARTS -> {
          SharedRowKernels<X> parts = kernels.parts();
          if (parts == null) { // of the same use
            kernels.sums(x, 0, to, temperature, survivors);
          } else {
            int blocks = Lanes.blocks(to);
            parts.look(x, 0, to, 0, blocks, 0, survivors);
            parts.looked(1, survivors);
            int half = (blocks + 1) / 2;
            parts.sums(x, 0, to, temperature, 0, half, survivors);
            survivors.row.forget();
            parts.sums(x, 0, to, temperature, half, blocks, survivors);
            parts.total(x, 0, to, temperature, survivors);
          }
        }
        default -> throw new IllegalStateException(label); // of survivors or narrow rows
      }
    }
  }

  /** What answers for a kernel now. */
  abstract RowKernels<Y> serving(Kernel kernel);

  /** A row, or what of it a kernel reads, for those that answer. */
  abstract Y row(X x, int to);

  @Override
  public int argMax(X x, int from, int to) {
    return serving(Kernel.ARG_MAX).argMax(row(x, to), from, to);
  }

  @Override
  public double logSumExp(X x, int from, int to, double temperature) {
    return serving(Kernel.LOG_SUM_EXP).logSumExp(row(x, to), from, to, temperature);
  }

  @Override
  public void softmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.SOFTMAX).softmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.LOG_SOFTMAX).logSoftmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(X x, int from, int to, int k, Survivors survivors) {
    serving(Kernel.TOP_K).topK(row(x, to), from, to, k, survivors);
  }

  @Override
  public void topP(
      X x, int from, int to, double temperature, float p, boolean summed, Survivors survivors) {
    serving(Kernel.TOP_P).topP(row(x, to), from, to, temperature, p, summed, survivors);
  }

  @Override
  public void minP(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.MIN_P).minP(row(x, to), from, to, threshold, survivors);
  }

  @Override
  public void sums(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.SUMS).sums(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public void entropy(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.ENTROPY).entropy(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public void moments(X x, int from, int to, Survivors survivors) {
    serving(Kernel.MOMENTS).moments(row(x, to), from, to, survivors);
  }

  @Override
  public void collect(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.COLLECT).collect(row(x, to), from, to, threshold, survivors);
  }
}
