package org.logitkernels.adaptive;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.HotSpot;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.Survivors;

/** The adaptive backend: see {@link AdaptiveKernels}. */
public final class AdaptiveBackend extends AdaptiveKernels<float[], Backend> implements Backend {
  /** Makes the kernels for native memory, which most programs never ask for. */
  public interface NativesMaker {
    /** Makes them. */
    NativeKernels make(AdaptiveBackend backend);
  }

  /** A check counts as nothing: the call that it belongs to counts for both. */
  private static final long CHECK = 0;

  private final NativesMaker maker;
  private volatile @Nullable NativeKernels natives;

  /** The width of the vectors in bits; below 0 while it is not known. */
  private volatile int vectorBits = -1;

  /** Begins with the scalar kernels for everything. */
  public AdaptiveBackend(Backend scalar, NativesMaker maker) {
    super(scalar);
    this.maker = maker;
  }

  @Override
  int count() {
    return Kernel.ALL.length;
  }

  @Override
  String nameOf(Kernel kernel) {
    return kernel.label;
  }

  @Override
  float[] place(float[] row) {
    return row;
  }

  @Override
  void found(@Nullable Backend better) {
    vectorBits = better == null ? 0 : better.vectorBits();
  }

  @Override
  void prepare(Kernel kernel, Backend kernels, Trial<float[]> trial) {
    switch (kernel) {
      case WEIGHTS, DRAW -> {
        trial.allSurvive();
        slow().weights(trial.survivors(), trial.temperature());
      }
      case WIDEN -> trial.narrow();
      default -> super.prepare(kernel, kernels, trial);
    }
  }

  @Override
  void call(Kernel kernel, Backend kernels, Trial<float[]> trial) {
    switch (kernel) {
      case WEIGHTS -> kernels.weights(trial.survivors(), trial.temperature());
      case DRAW -> trial.use(kernels.draw(trial.survivors(), trial.u()));
      case WIDEN -> {
        trial.use(kernels.argMaxOfNarrow(trial.narrow(), trial.to()));
        kernels.widen(trial.narrow(), trial.to(), trial.out(), trial.survivors());
      }
      case MASK -> {
        int to = trial.to();
        kernels.maskedTops(trial.x(), 0, to, trial.mask(), 0, trial.survivors());
        kernels.maskedSums(
            trial.x(), 0, to, trial.mask(), 0, trial.temperature(), trial.survivors());
        kernels.writeMasked(trial.x(), 0, to, trial.mask(), 0, trial.out(), 0);
      }
      case PENALISE ->
          kernels.penalise(
              trial.array(),
              0,
              trial.to(),
              trial.occurred(),
              trial.counts(),
              trial.penalty(),
              trial.temperature(),
              trial.out(),
              trial.survivors());
      case ATTENTION -> kernels.attention(trial.rowsOfAttention());
      case ROUTE ->
          trial.use(
              trial
                  .routing()
                  .call(kernels, trial.array(), trial.unmasked(), trial.to(), trial.turn()));
      default -> super.call(kernel, kernels, trial);
    }
  }

  @Override
  public String name() {
    return "adaptive";
  }

  /** The width of the vector kernels, even before they answer. */
  @Override
  public int vectorBits() {
    int known = vectorBits;
    return known < 0 ? HotSpot.vectorBits() : known;
  }

  @Override
  public @Nullable Parts parts() {
    return serving(Kernel.PARTS).parts();
  }

  /** Exchanged with log-sum-exp: the same pass over the row. */
  @Override
  public double logProbability(float[] x, int from, int to, double temperature, int token) {
    return serving(Kernel.LOG_SUM_EXP, to - from).logProbability(x, from, to, temperature, token);
  }

  @Override
  public int draw(Survivors survivors, double u) {
    return serving(Kernel.DRAW, survivors.size).draw(survivors, u);
  }

  @Override
  public void weights(Survivors survivors, double temperature) {
    serving(Kernel.WEIGHTS, survivors.size).weights(survivors, temperature);
  }

  /** Exchanged with the sums of a row: the same loops. */
  @Override
  public void sumBlock(Survivors survivors, double temperature, int block) {
    serving(Kernel.SUMS, Lanes.BLOCK).sumBlock(survivors, temperature, block);
  }

  @Override
  public void writeMasked(
      float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom) {
    serving(Kernel.MASK, to - from).writeMasked(x, from, to, mask, block, y, yFrom);
  }

  @Override
  public void maskedTops(float[] x, int from, int to, long[] mask, int block, Survivors survivors) {
    serving(Kernel.MASK, to - from).maskedTops(x, from, to, mask, block, survivors);
  }

  @Override
  public void maskedSums(
      float[] x,
      int from,
      int to,
      long[] mask,
      int block,
      double temperature,
      Survivors survivors) {
    serving(Kernel.MASK, to - from).maskedSums(x, from, to, mask, block, temperature, survivors);
  }

  @Override
  public void checkRoutes(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      int first,
      RoutingScratch scratch) {
    serving(Kernel.ROUTE, CHECK).checkRoutes(rule, x, from, stride, rows, first, scratch);
  }

  @Override
  public void route(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    serving(Kernel.ROUTE, (long) rows * rule.experts())
        .route(rule, x, from, stride, rows, scratch, experts, expertsFrom, weights, weightsFrom);
  }

  @Override
  public void penalise(
      float[] x,
      int from,
      int length,
      long[] occurred,
      int[] counts,
      Penalty penalty,
      double temperature,
      float[] y,
      Survivors survivors) {
    serving(Kernel.PENALISE, length)
        .penalise(x, from, length, occurred, counts, penalty, temperature, y, survivors);
  }

  @Override
  public void widen(NarrowFloats x, int length, float[] y, Survivors survivors) {
    serving(Kernel.WIDEN, length).widen(x, length, y, survivors);
  }

  @Override
  public int argMaxOfNarrow(NarrowFloats x, int length) {
    return serving(Kernel.WIDEN, length).argMaxOfNarrow(x, length);
  }

  @Override
  public void checkAttention(AttentionRows rows) {
    serving(Kernel.ATTENTION, CHECK).checkAttention(rows);
  }

  @Override
  public void attention(AttentionRows rows) {
    serving(Kernel.ATTENTION, rows.logits()).attention(rows);
  }

  @Override
  public NativeKernels natives() {
    NativeKernels made = natives;
    if (made == null) {
      synchronized (maker) {
        made = natives;
        if (made == null) {
          made = maker.make(this);
          natives = made;
        }
      }
    }
    return made;
  }
}
