package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/**
 * The kernels of rows in native memory: those of {@link NativeArrayKernels}, which is the twin of
 * {@link ArrayKernels}, and two that write to native memory.
 */
final class SegmentKernels extends NativeArrayKernels implements NativeKernels {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private final NativeKernels scalar;

  SegmentKernels(NativeKernels scalar) {
    super(scalar);
    this.scalar = scalar;
  }

  @Override
  public void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    if (ArrayKernels.isStretched(temperature)) {
      scalar.softmax(x, from, to, temperature, y, survivors);
      return;
    }
    survivors.reserve(to - from);
    float[] probabilities = survivors.weights;
    NativeSoftmax.softmax(x, from, to, temperature, probabilities, 0);
    y.put(probabilities, 0, from, to - from);
  }

  /** Writes what {@link Softmax#logSoftmax} computes to native memory. */
  @Override
  public void logSoftmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors) {
    if (ArrayKernels.isScalar(from, to, temperature)) {
      scalar.logSoftmax(x, from, to, temperature, y, survivors);
      return;
    }
    NativeExpSum.sums(x, from, to, temperature, survivors);
    float logPartition = (float) survivors.logPartition(temperature);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = survivors.max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogPartition = FloatVector.broadcast(F, -logPartition);
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector v = FloatVector.fromMemorySegment(F, x.segment, x.base + 4L * i, Species.ORDER);
      v.mul(shrink)
          .sub(shrunkMax)
          .fma(factors, minusLogPartition)
          .intoMemorySegment(y.segment, y.base + 4L * i, Species.ORDER);
    }
    for (; i < to; i++) {
      y.set(i, Math.fma(x.get(i) * shrink - shrunkMax, factor, -logPartition));
    }
  }
}
