package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;

/**
 * The weights of {@link Exponential}, a vector at a time.
 *
 * <p>No method here calls another one of the library. In a short method that is inlined, HotSpot's
 * counts of calls can be far too low. It then leaves a call out of line, and allocates the vectors
 * that the call takes.
 */
final class VectorExponential {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** A rounded sum from here on stands for an exponent that counts. */
  static final float LEAST = Exponential.ROUND + Exponential.LEAST;

  /** The bits of the largest float that is not normal. */
  static final int SUBNORMAL = 0x007fffff;

  private VectorExponential() {}

  /**
   * Adds to a sum the weights of logits at or above the {@link Exponential#floor floor}. At the
   * floor 2^n is 0, and so is the weight. There is one rounding, because the weight itself is exact
   * in the product.
   *
   * @param shift {@link Exponential#BIASED} less N
   */
  static FloatVector addTo(
      FloatVector sum, FloatVector v, FloatVector head, FloatVector tail, FloatVector shift) {
    FloatVector t = v.fma(head, shift);
    FloatVector r = v.fma(head, shift.sub(t));
    r = v.fma(tail, r);
    FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
    p = p.fma(r, FloatVector.broadcast(F, C4));
    p = p.fma(r, FloatVector.broadcast(F, C3));
    p = p.fma(r, FloatVector.broadcast(F, C2));
    p = p.fma(r, FloatVector.broadcast(F, C1));
    p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
    return p.fma(t.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats(), sum);
  }

  /**
   * The weights of any logits. A weight below 2^-126 is 0.
   *
   * @param shift {@link Exponential#ROUND} less N
   */
  static FloatVector cut(FloatVector v, FloatVector head, FloatVector tail, FloatVector shift) {
    FloatVector t = v.fma(head, shift);
    FloatVector r = v.fma(head, shift.sub(t));
    r = v.fma(tail, r);
    FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
    p = p.fma(r, FloatVector.broadcast(F, C4));
    p = p.fma(r, FloatVector.broadcast(F, C3));
    p = p.fma(r, FloatVector.broadcast(F, C2));
    p = p.fma(r, FloatVector.broadcast(F, C1));
    p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
    IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
    VectorMask<Float> counts = t.compare(GE, LEAST).and(bits.compare(GT, SUBNORMAL).cast(F));
    return FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts);
  }
}
