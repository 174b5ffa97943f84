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

  /**
   * A sum and the weight {@code 2^(d * scale)}, for differences at or above the cutoff; any bits at
   * all below it. One rounding, as the weight itself is exact in the product: with a sum of 0 it is
   * the weight.
   *
   * <p>One method without another inside: the compiler's counts of calls within a short method are
   * at times far too low, and a call that it then leaves out of line makes objects of its vectors.
   */
  static FloatVector addTo(FloatVector sum, FloatVector d, FloatVector scale) {
    FloatVector shifted = d.fma(scale, FloatVector.broadcast(F, ROUND));
    FloatVector minusN = FloatVector.broadcast(F, ROUND).sub(shifted);
    FloatVector r = d.fma(scale, minusN);
    FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
    p = p.fma(r, FloatVector.broadcast(F, C4));
    p = p.fma(r, FloatVector.broadcast(F, C3));
    p = p.fma(r, FloatVector.broadcast(F, C2));
    p = p.fma(r, FloatVector.broadcast(F, C1));
    p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
    FloatVector power =
        shifted.reinterpretAsInts().lanewise(VectorOperators.LSHL, 23).reinterpretAsFloats(); // 2^n
    return p.fma(power, sum);
  }
}
