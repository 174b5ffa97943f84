package org.logitkernels.scalar;

import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.Survivors;

/**
 * The scalar kernels of whole rows: an index of them.
 *
 * @param <X> what holds a row
 */
abstract class ScalarRows<X> implements RowKernels<X> {
  /** The row in an array, up to where it ends. */
  abstract float[] row(X x, int to);

  @Override
  public int argMax(X x, int from, int to) {
    return Maxima.argMax(row(x, to), from, to);
  }

  @Override
  public double logSumExp(X x, int from, int to, double temperature) {
    return Softmax.logSumExp(row(x, to), from, to, temperature);
  }

  @Override
  public void softmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    Softmax.softmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void logSoftmax(X x, int from, int to, double temperature, float[] y, int yFrom) {
    Softmax.logSoftmax(row(x, to), from, to, temperature, y, yFrom);
  }

  @Override
  public void topK(X x, int from, int to, int k, Survivors survivors) {
    TopK.topK(row(x, to), from, to, k, survivors);
  }

  @Override
  public void topP(
      X x, int from, int to, double temperature, float p, boolean summed, Survivors survivors) {
    TopP.topP(row(x, to), from, to, temperature, p, survivors);
  }

  @Override
  public void minP(X x, int from, int to, float threshold, Survivors survivors) {
    MinP.minP(row(x, to), from, to, threshold, survivors);
  }

  @Override
  public void sums(X x, int from, int to, double temperature, Survivors survivors) {
    ExpSum.sums(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public void entropy(X x, int from, int to, double temperature, Survivors survivors) {
    EntropySum.entropy(row(x, to), from, to, temperature, survivors);
  }

  @Override
  public double divergence(
      X x, int from, int to, float[] other, int otherFrom, float[] otherTops, Survivors survivors) {
    return DivergenceSum.divergence(row(x, to), from, to, other, otherFrom, otherTops, survivors);
  }

  @Override
  public void moments(X x, int from, int to, Survivors survivors) {
    MomentSum.moments(row(x, to), from, to, survivors);
  }

  @Override
  public void collect(X x, int from, int to, float threshold, Survivors survivors) {
    MinP.collect(row(x, to), from, to, threshold, survivors);
  }

  @Override
  public void softCap(X x, int from, int to, float cap, float[] y, int yFrom) {
    SoftCaps.write(row(x, to), from, to, cap, y, yFrom);
  }
}
