package org.logitkernels.vector;

import static org.logitkernels.internal.Exponential.C1;
import static org.logitkernels.internal.Exponential.C2;
import static org.logitkernels.internal.Exponential.C3;
import static org.logitkernels.internal.Exponential.C4;
import static org.logitkernels.internal.Exponential.C5;
import static org.logitkernels.internal.Exponential.C6;
import static org.logitkernels.internal.Exponential.ROUND;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/** {@link org.logitkernels.internal.Exponential#weight}, a vector at a time. */
final class Weight {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private Weight() {}

  /** {@code 2^(d * scale)} for differences at or above the cutoff; any bits at all below it. */
  static FloatVector of(FloatVector d, FloatVector scale) {
    FloatVector shifted = d.fma(scale, FloatVector.broadcast(F, ROUND));
    return fraction(d, scale, shifted).mul(power(shifted));
  }

  /** A sum and a weight: one rounding, as the weight itself is exact in the product. */
  static FloatVector addTo(FloatVector sum, FloatVector d, FloatVector scale) {
    FloatVector shifted = d.fma(scale, FloatVector.broadcast(F, ROUND));
    return fraction(d, scale, shifted).fma(power(shifted), sum);
  }

  /** {@code 2^r}. */
  private static FloatVector fraction(FloatVector d, FloatVector scale, FloatVector shifted) {
    FloatVector minusN = FloatVector.broadcast(F, ROUND).sub(shifted);
    FloatVector r = d.fma(scale, minusN);
    FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
    p = p.fma(r, FloatVector.broadcast(F, C4));
    p = p.fma(r, FloatVector.broadcast(F, C3));
    p = p.fma(r, FloatVector.broadcast(F, C2));
    p = p.fma(r, FloatVector.broadcast(F, C1));
    return p.fma(r, FloatVector.broadcast(F, 1));
  }

  /** {@code 2^n}. */
  private static FloatVector power(FloatVector shifted) {
    return shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats();
  }
}
