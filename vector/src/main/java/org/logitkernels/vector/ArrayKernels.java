package org.logitkernels.vector;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.SoftCap;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * The index of the kernels of rows in arrays.
 *
 * <p>Rows at temperatures so extreme that logits must be stretched first go to the scalar kernels,
 * which give the same bits. So do rows shorter than the virtual lanes, but not from all kernels:
 * softmax, log-sum-exp and sums take such a row as a block that is cut short, and for arg-max and
 * top-k a row as long as a vector is long enough.
 */
class ArrayKernels implements RowKernels<float[]> {
  private static final SharedPasses PARTS = new SharedPasses();

  private final RowKernels<float[]> scalar;

  ArrayKernels(RowKernels<float[]> scalar) {
    this.scalar = scalar;
  }

  static boolean isShort(int from, int to) {
    return to - from < Lanes.COUNT;
  }

  static boolean isStretched(double temperature) {
    return Exponential.stretch(temperature) != 1;
  }

  static boolean isScalar(int from, int to, double temperature) {
    return isShort(from, to) || isStretched(temperature);
  }

  @Override
  public int argMax(float[] x, int from, int to) {
    if (ShortRows.isForArgMax(from, to)) {
      return ShortRows.argMax(x, from, to);
    }
    return isShort(from, to) ? scalar.argMax(x, from, to) : Maxima.argMax(x, from, to);
  }

  @Override
  public double logSumExp(float[] x, int from, int to, double temperature) {
    if (isStretched(temperature)) {
      return scalar.logSumExp(x, from, to, temperature);
    }
    return Softmax.logSumExp(x, from, to, temperature);
  }

  @Override
  public void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    if (isStretched(temperature)) {
      scalar.softmax(x, from, to, temperature, y, yFrom);
    } else {
      Softmax.softmax(x, from, to, temperature, y, yFrom);
    }
  }

  @Override
  public void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    if (isScalar(from, to, temperature)) {
      scalar.logSoftmax(x, from, to, temperature, y, yFrom);
    } else {
      Softmax.logSoftmax(x, from, to, temperature, y, yFrom);
    }
  }

  @Override
  public void topK(float[] x, int from, int to, int k, Survivors survivors) {
    if (ShortRows.isForTopK(from, to)) {
      ShortRows.topK(x, from, to, k, survivors);
    } else if (isShort(from, to)) {
      scalar.topK(x, from, to, k, survivors);
    } else if (TopK.keepsMuch(from, to, k)) {
      TopK.ofMuchKept(x, from, to, k, survivors);
    } else {
      TopK.topK(x, from, to, k, survivors);
    }
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
    if (isScalar(from, to, temperature)) {
      scalar.topP(x, from, to, temperature, p, summed, survivors);
    } else {
      TopP.topP(x, from, to, temperature, p, summed, survivors);
    }
  }

  @Override
  public void minP(float[] x, int from, int to, float threshold, Survivors survivors) {
    if (isShort(from, to)) {
      scalar.minP(x, from, to, threshold, survivors);
    } else {
      MinP.minP(x, from, to, threshold, survivors);
    }
  }

  @Override
  public void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    if (isStretched(temperature)) {
      scalar.sums(x, from, to, temperature, survivors);
    } else if (isShort(from, to)) {
      BlockSoftmax.sums(x, from, to, temperature, survivors);
    } else {
      ExpSum.sums(x, from, to, temperature, survivors);
    }
  }

  @Override
  public void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    if (isScalar(from, to, temperature)) {
      scalar.entropy(x, from, to, temperature, survivors);
    } else {
      EntropySum.entropy(x, from, to, temperature, survivors);
    }
  }

  @Override
  public double divergence(
      float[] x,
      int from,
      int to,
      float[] other,
      int otherFrom,
      float[] otherTops,
      Survivors survivors) {
    if (isShort(from, to)) {
      return scalar.divergence(x, from, to, other, otherFrom, otherTops, survivors);
    }
    return DivergenceSum.divergence(x, from, to, other, otherFrom, otherTops, survivors);
  }

  @Override
  public void moments(float[] x, int from, int to, Survivors survivors) {
    if (isShort(from, to)) {
      scalar.moments(x, from, to, survivors);
    } else {
      MomentSum.moments(x, from, to, survivors);
    }
  }

  @Override
  public void collect(float[] x, int from, int to, float threshold, Survivors survivors) {
    if (isShort(from, to)) {
      scalar.collect(x, from, to, threshold, survivors);
    } else {
      Strips.collectBlocks(x, from, to, survivors.max, threshold, survivors);
    }
  }

  @Override
  public void softCap(float[] x, int from, int to, float cap, float[] y, int yFrom) {
    if (isShort(from, to) || SoftCap.stretch(cap) != 1) {
      scalar.softCap(x, from, to, cap, y, yFrom);
    } else {
      SoftCaps.write(x, from, to, cap, y, yFrom);
    }
  }

  @Override
  public SharedRowKernels<float[]> parts() {
    return PARTS;
  }
}
