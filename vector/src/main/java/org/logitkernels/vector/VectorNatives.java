package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.NativeFloats;
import org.logitkernels.internal.NativeKernels;
import org.logitkernels.internal.Survivors;

/**
 * The kernels of rows in native memory: {@code NativeVectorRows}, which the build makes from {@link
 * VectorRows}, and what writes to native memory.
 */
final class VectorNatives extends NativeVectorRows implements NativeKernels {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private final NativeKernels scalar;

  VectorNatives(NativeKernels scalar) {
    super(scalar);
    this.scalar = scalar;
  }

  @Override
  public void softmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors) {
    if (isScalar(from, to, temperature)) {
      scalar.softmax(x, from, to, temperature, y, survivors);
      return;
    }
    NativeExpSum.sums(x, from, to, temperature, survivors);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    weights(x, from, to, survivors.max, scale, cutoff, (float) (1 / survivors.total), y);
  }

  /** {@link ExpSum#weights}, into native memory. */
  private static void weights(
      NativeFloats x,
      int from,
      int to,
      float max,
      float scale,
      float cutoff,
      float factor,
      NativeFloats y) {
    assert from >= 0 && from <= to && to <= x.length() : "weights of " + from + " to " + to;
    assert to <= y.length() : "weights to " + to + " of " + y.length();
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && cutoff < 0 : "scale " + scale + ", cutoff " + cutoff;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector zero = FloatVector.zero(F);
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector d =
          FloatVector.fromMemorySegment(F, x.segment, x.base + 4L * i, Species.ORDER).sub(maxes);
      zero.blend(Weight.addTo(zero, d, scales).mul(factors), d.compare(GE, cutoff))
          .intoMemorySegment(y.segment, y.base + 4L * i, Species.ORDER);
    }
    for (; i < to; i++) {
      y.set(i, Exponential.weight(x.get(i) - max, scale, cutoff) * factor);
    }
  }

  /** {@link Softmax#logSoftmax}, into native memory. */
  @Override
  public void logSoftmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors) {
    if (isScalar(from, to, temperature)) {
      scalar.logSoftmax(x, from, to, temperature, y, survivors);
      return;
    }
    NativeExpSum.sums(x, from, to, temperature, survivors);
    float logTotal = (float) StrictMath.log(survivors.total);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = survivors.max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogTotal = FloatVector.broadcast(F, -logTotal);
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector v = FloatVector.fromMemorySegment(F, x.segment, x.base + 4L * i, Species.ORDER);
      v.mul(shrink)
          .sub(shrunkMax)
          .fma(factors, minusLogTotal)
          .intoMemorySegment(y.segment, y.base + 4L * i, Species.ORDER);
    }
    for (; i < to; i++) {
      y.set(i, Math.fma(x.get(i) * shrink - shrunkMax, factor, -logTotal));
    }
  }
}
