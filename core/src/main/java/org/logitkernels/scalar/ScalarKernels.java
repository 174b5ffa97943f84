package org.logitkernels.scalar;

import org.logitkernels.spi.Backend;
import org.logitkernels.spi.CopyingKernels;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.Survivors;

/** The scalar backend: an index of its kernels. */
public final class ScalarKernels implements Backend {
  private final NativeKernels natives = new CopyingKernels(this);

  /** Stateless. */
  public ScalarKernels() {}

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int vectorBits() {
    return 0;
  }

  @Override
  public int argMax(float[] x, int from, int to) {
    return Maxima.argMax(x, from, to);
  }

  @Override
  public double logSumExp(float[] x, int from, int to, double temperature) {
    return Softmax.logSumExp(x, from, to, temperature);
  }

  @Override
  public double logProbability(float[] x, int from, int to, double temperature, int token) {
    return Softmax.logProbability(x, from, to, temperature, token);
  }

  @Override
  public void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    Softmax.softmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    Softmax.logSoftmax(x, from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(float[] x, int from, int to, int k, Survivors survivors) {
    TopK.topK(x, from, to, k, survivors);
  }

  @Override
  public void topP(
      float[] x,
      int from,
      int to,
      double temperature,
      float p,
      boolean summed,
      Survivors survivors) {
    TopP.topP(x, from, to, temperature, p, survivors);
  }

  @Override
  public void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    MinP.minP(x, from, to, threshold, survivors);
  }

  @Override
  public void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    ExpSum.sums(x, from, to, temperature, survivors);
  }

  @Override
  public void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    EntropySum.entropy(x, from, to, temperature, survivors);
  }

  @Override
  public void moments(float[] x, int from, int to, Survivors survivors) {
    MomentSum.moments(x, from, to, survivors);
  }

  @Override
  public void collect(float[] x, int from, int to, float threshold, Survivors survivors) {
    survivors.all(x, from, to);
    survivors.minP(threshold, 1);
  }

  @Override
  public int draw(Survivors survivors, double u) {
    return survivors.draw(u);
  }

  @Override
  public void weights(Survivors survivors, double temperature) {
    ExpSum.weights(
        survivors.values,
        0,
        survivors.size,
        survivors.max,
        temperature,
        1,
        0,
        survivors.weights,
        0);
  }

  @Override
  public void sumBlock(Survivors survivors, double temperature, int block) {
    float top = Maxima.top(survivors.values, 0, survivors.size);
    survivors.row.tops[block] = top;
    survivors.row.sums[block] = ExpSum.block(survivors.values, 0, survivors.size, temperature, top);
  }

  @Override
  public void widen(NarrowFloats x, int length, float[] y, Survivors survivors) {
    x.widen(0, length, y, 0);
  }

  @Override
  public int argMaxOfNarrow(NarrowFloats x, int length) {
    return x.argMax(length);
  }

  @Override
  public NativeKernels natives() {
    return natives;
  }
}
