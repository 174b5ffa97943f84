package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
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
    int blocks = Lanes.blocks(to - from);
    survivors.reserve(to - from);
    float[] weights = survivors.weights;
    Scratch scratch = Scratch.take(blocks);
    try {
      float max = NativeExpSum.stored(x, from, to, temperature, scratch, weights, 0);
      double total = Softmax.total(scratch, to - from, max, temperature);
      double scale = Exponential.scale(temperature);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
        float least = scratch.leasts[b];
        if (least == least) {
          float top = scratch.tops[b];
          Softmax.scaleBlock(weights, at - from, top, least, max, scale, first, second);
          y.put(weights, at - from, at, Lanes.BLOCK);
        } else {
          int end = Math.min(to, at + Lanes.BLOCK);
          weights(x, at, end, max, scale, first, second, y);
        }
      }
    } finally {
      scratch.give();
    }
  }

  /** {@link ExpSum#weights}, into native memory. */
  private static void weights(
      NativeFloats x,
      int from,
      int to,
      float max,
      double scale,
      float first,
      float second,
      NativeFloats y) {
    assert from >= 0 && from <= to && to <= x.length() : "weights of " + from + " to " + to;
    assert to <= y.length() : "weights to " + to + " of " + y.length();
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < 0x1p128 : "scale " + scale;
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float origin = Exponential.origin(max, scale, 1);
    int exponent = Exponential.exponent(max, scale);
    float shift = Exponential.ROUND - exponent;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector firsts = FloatVector.broadcast(F, first);
    FloatVector seconds = FloatVector.broadcast(F, second);
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector v =
          FloatVector.fromMemorySegment(F, x.segment, x.base + 4L * i, Species.ORDER).sub(origins);
      FloatVector weight = Weight.cut(v, heads, tails, shifts);
      weight
          .fma(firsts, weight.mul(seconds))
          .intoMemorySegment(y.segment, y.base + 4L * i, Species.ORDER);
    }
    for (; i < to; i++) {
      float weight = Exponential.weight(x.get(i) - origin, head, tail, exponent);
      y.set(i, Exponential.probability(weight, first, second));
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
