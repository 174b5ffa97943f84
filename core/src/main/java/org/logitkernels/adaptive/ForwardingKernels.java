package org.logitkernels.adaptive;

import org.jspecify.annotations.Nullable;
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
    ARG_MAX("arg-max", 1),
    LOG_SUM_EXP("log-sum-exp", 5),
    SOFTMAX("softmax", 8),
    LOG_SOFTMAX("log-softmax", 6),
    TOP_K("top-k", 2),
    TOP_P("top-p", 12),
    MIN_P("min-p", 2),
    SUMS("sums", 5),
    ENTROPY("entropy", 7),
    MOMENTS("moments", 3),
    COLLECT("collection", 2),
    DIVERGENCE("divergence", 6),
    SOFT_CAP("soft cap", 5),
    PARTS("the parts of a row", 5),
    WEIGHTS("the weights of survivors", 5),
    DRAW("the draw", 2),
    WIDEN("the widening of narrow rows", 1),
    MASK("rows with a mask", 5),
    PENALISE("penalties of many tokens", 2),
    ROUTE("routing", 6),
    ATTENTION("attention rows", 6);

    /** How many of them are of rows, and so any kernels have. */
    static final int OF_ROWS = PARTS.ordinal() + 1;

    /** All of them. Cheaper than a copy of values(). */
    static final Kernel[] ALL = values();

    final String label;

    /** What the scalar kernel takes for a logit, roughly, in nanoseconds. */
    final int cost;

    Kernel(String label, int cost) {
      this.label = label;
      this.cost = cost;
    }

    /** One call on a row, and where less than a block has ways of its own, on its beginnings. */
    int callsOfTrial() {
      return switch (this) {
        case ARG_MAX, LOG_SUM_EXP, SOFTMAX, TOP_K, SUMS -> 1 + Trial.BEGINNINGS.length;
        default -> 1;
      };
    }

    /** How many turns a trial needs to take it through its ways. */
    int turns() {
      return switch (this) {
        case TOP_K -> 3;
        case ROUTE -> RoutingTrial.RULES.length;
        case ATTENTION -> Trial.OF_ATTENTION;
        default -> 2;
      };
    }

    /** What has to come before a call of it. */
    <X> void prepare(RowKernels<X> kernels, Trial<X> trial) {
      if (this == COLLECT) {
        kernels.moments(trial.x(), 0, trial.to(), trial.survivors());
      } else if (this == MOMENTS && !trial.isEven()) {
        look(kernels.parts(), trial); // then less is left to do
      } else if (this == DIVERGENCE) { // the other row is what its softmax would be made of
        kernels.logSoftmax(trial.x(), 0, trial.to(), 1, trial.out(), 0);
      }
    }

    /** Leaves what a look at the row finds, where kernels have one. */
    private static <X> void look(@Nullable SharedRowKernels<X> parts, Trial<X> trial) {
      if (parts == null) {
        return;
      }
      parts.look(trial.x(), 0, trial.to(), 0, Lanes.blocks(trial.to()), 0, trial.survivors());
      parts.looked(1, trial.survivors());
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
        case TOP_K -> kernels.topK(x, 0, to, trial.k(), survivors);
        case TOP_P ->
            kernels.topP(x, 0, to, temperature, trial.isEven() ? 0.95f : 0.9f, false, survivors);
        case MIN_P -> kernels.minP(x, 0, to, trial.isEven() ? -3 : -2, survivors);
        case SUMS -> kernels.sums(x, 0, to, temperature, survivors);
        case ENTROPY -> kernels.entropy(x, 0, to, temperature, survivors);
        case MOMENTS -> kernels.moments(x, 0, to, survivors);
        case COLLECT -> kernels.collect(x, 0, to, trial.isEven() ? -3 : -2, survivors);
        case SOFT_CAP -> kernels.softCap(x, 0, to, trial.isEven() ? 30 : 5, trial.out(), 0);
        case DIVERGENCE ->
            trial.use(
                (long) kernels.divergence(x, 0, to, trial.out(), 0, survivors.row.tops, survivors));
        case PARTS -> {
          SharedRowKernels<X> parts = kernels.parts();
          if (parts == null) { // of the same use
            kernels.sums(x, 0, to, temperature, survivors);
          } else {
            int blocks = Lanes.blocks(to);
            look(parts, trial);
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

  /** What answers for a kernel now, for so many logits. */
  abstract RowKernels<Y> serving(Kernel kernel, long length);

  /** A row, or what of it a kernel reads, for those that answer. */
  abstract Y row(X x, int to);

  @Override
  public int argMax(X x, int from, int to) {
    return serving(Kernel.ARG_MAX, to - from).argMax(row(x, to), from, to);
  }

  @Override
  public double logSumExp(X x, int from, int to, double temperature) {
    return serving(Kernel.LOG_SUM_EXP, to - from).logSumExp(row(x, to), from, to, temperature);
  }

  @Override
  public void softmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.SOFTMAX, to - from).softmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    serving(Kernel.LOG_SOFTMAX, to - from).logSoftmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(X x, int from, int to, int k, Survivors survivors) {
    serving(Kernel.TOP_K, to - from).topK(row(x, to), from, to, k, survivors);
  }

  @Override
  public void topP(
      X x, int from, int to, double temperature, float p, boolean summed, Survivors survivors) {
    serving(Kernel.TOP_P, to - from).topP(row(x, to), from, to, temperature, p, summed, survivors);
  }

  @Override
  public void minP(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.MIN_P, to - from).minP(row(x, to), from, to, threshold, survivors);
  }

  @Override
  public void sums(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.SUMS, to - from).sums(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public void entropy(X x, int from, int to, double temperature, Survivors survivors) {
    serving(Kernel.ENTROPY, to - from).entropy(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public double divergence(
      X x, int from, int to, float[] other, int otherFrom, float[] otherTops, Survivors survivors) {
    return serving(Kernel.DIVERGENCE, to - from)
        .divergence(row(x, to), from, to, other, otherFrom, otherTops, survivors);
  }

  @Override
  public void moments(X x, int from, int to, Survivors survivors) {
    serving(Kernel.MOMENTS, to - from).moments(row(x, to), from, to, survivors);
  }

  @Override
  public void collect(X x, int from, int to, float threshold, Survivors survivors) {
    serving(Kernel.COLLECT, to - from).collect(row(x, to), from, to, threshold, survivors);
  }

  @Override
  public void softCap(X x, int from, int to, float cap, float[] y, int yFrom) {
    serving(Kernel.SOFT_CAP, to - from).softCap(row(x, to), from, to, cap, y, yFrom);
  }
}
