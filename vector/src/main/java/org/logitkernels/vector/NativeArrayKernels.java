// Generated from ArrayKernels.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import org.logitkernels.numerics.SoftCap;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/** {@link ArrayKernels}, for rows in native memory. */
class NativeArrayKernels implements RowKernels<SegmentAddress> {
  private static final NativeSharedPasses PARTS = new NativeSharedPasses();
  private final RowKernels<SegmentAddress> scalar;

  NativeArrayKernels(RowKernels<SegmentAddress> scalar) {
    this.scalar = scalar;
  }

  @Override
  public int argMax(SegmentAddress x, int from, int to) {
    if (ShortRows.isForArgMax(from, to)) {
      return NativeShortRows.argMax(x, from, to);
    }
    return ArrayKernels.isShort(from, to)
        ? scalar.argMax(x, from, to)
        : NativeMaxima.argMax(x, from, to);
  }

  @Override
  public double logSumExp(SegmentAddress x, int from, int to, double temperature) {
    if (ArrayKernels.isStretched(temperature)) {
      return scalar.logSumExp(x, from, to, temperature);
    }
    return NativeSoftmax.logSumExp(x, from, to, temperature);
  }

  @Override
  public void softmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    if (ArrayKernels.isStretched(temperature)) {
      scalar.softmax(x, from, to, temperature, y, yFrom);
    } else {
      NativeSoftmax.softmax(x, from, to, temperature, y, yFrom);
    }
  }

  @Override
  public void logSoftmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    if (ArrayKernels.isScalar(from, to, temperature)) {
      scalar.logSoftmax(x, from, to, temperature, y, yFrom);
    } else {
      NativeSoftmax.logSoftmax(x, from, to, temperature, y, yFrom);
    }
  }

  @Override
  public void topK(SegmentAddress x, int from, int to, int k, Survivors survivors) {
    if (ShortRows.isForTopK(from, to)) {
      NativeShortRows.topK(x, from, to, k, survivors);
    } else if (ArrayKernels.isShort(from, to)) {
      scalar.topK(x, from, to, k, survivors);
    } else if (TopK.keepsMuch(from, to, k)) {
      NativeTopK.ofMuchKept(x, from, to, k, survivors);
    } else {
      NativeTopK.topK(x, from, to, k, survivors);
    }
  }

  @Override
  public void topP(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      float p,
      boolean summed,
      Survivors survivors) {
    if (ArrayKernels.isScalar(from, to, temperature)) {
      scalar.topP(x, from, to, temperature, p, summed, survivors);
    } else {
      NativeTopP.topP(x, from, to, temperature, p, summed, survivors);
    }
  }

  @Override
  public void minP(SegmentAddress x, int from, int to, float threshold, Survivors survivors) {
    if (ArrayKernels.isShort(from, to)) {
      scalar.minP(x, from, to, threshold, survivors);
    } else {
      NativeMinP.minP(x, from, to, threshold, survivors);
    }
  }

  @Override
  public void sums(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    if (ArrayKernels.isStretched(temperature)) {
      scalar.sums(x, from, to, temperature, survivors);
    } else if (ArrayKernels.isShort(from, to)) {
      NativeBlockSoftmax.sums(x, from, to, temperature, survivors);
    } else {
      NativeExpSum.sums(x, from, to, temperature, survivors);
    }
  }

  @Override
  public void entropy(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    if (ArrayKernels.isScalar(from, to, temperature)) {
      scalar.entropy(x, from, to, temperature, survivors);
    } else {
      NativeEntropySum.entropy(x, from, to, temperature, survivors);
    }
  }

  @Override
  public double divergence(
      SegmentAddress x,
      int from,
      int to,
      float[] other,
      int otherFrom,
      float[] otherTops,
      Survivors survivors) {
    if (ArrayKernels.isShort(from, to)) {
      return scalar.divergence(x, from, to, other, otherFrom, otherTops, survivors);
    }
    return NativeDivergenceSum.divergence(x, from, to, other, otherFrom, otherTops, survivors);
  }

  @Override
  public void moments(SegmentAddress x, int from, int to, Survivors survivors) {
    if (ArrayKernels.isShort(from, to)) {
      scalar.moments(x, from, to, survivors);
    } else {
      NativeMomentSum.moments(x, from, to, survivors);
    }
  }

  @Override
  public void collect(SegmentAddress x, int from, int to, float threshold, Survivors survivors) {
    if (ArrayKernels.isShort(from, to)) {
      scalar.collect(x, from, to, threshold, survivors);
    } else {
      NativeStrips.collectBlocks(x, from, to, survivors.max, threshold, survivors);
    }
  }

  @Override
  public void softCap(SegmentAddress x, int from, int to, float cap, float[] y, int yFrom) {
    if (ArrayKernels.isShort(from, to) || SoftCap.stretch(cap) != 1) {
      scalar.softCap(x, from, to, cap, y, yFrom);
    } else {
      NativeSoftCaps.write(x, from, to, cap, y, yFrom);
    }
  }

  @Override
  public SharedRowKernels<SegmentAddress> parts() {
    return PARTS;
  }
}
