package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;
import static jdk.incubator.vector.VectorOperators.UMAX;
import static jdk.incubator.vector.VectorOperators.UMIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Halves;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.NativeFloats;
import org.logitkernels.internal.Survivors;

/** Halves widened to floats, in one read, with the strips' maxima as {@link Strips} has them. */
final class Widening {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));
  private static final int SIGN = 0x80000000;

  // A binary16's exponent and fraction, moved to where a float has its own, are 2^-112 times it.
  private static final int MAGNITUDE = 0x7fff;
  private static final int TO_FLOAT = 13;
  private static final float SCALE = 0x1p112f;
  private static final int INFINITE = 0x7c00 << TO_FLOAT;
  private static final int INFINITY = 0x7f800000;

  private Widening() {}

  static void widen(
      NativeFloats halves, boolean brain, int length, float[] y, Survivors survivors) {
    if (length < Lanes.COUNT) {
      Halves.widen(halves, brain, 0, length, y);
      return;
    }
    int strips = Strips.count(length, LaneSum.ROUNDS);
    int rest = strips * LaneSum.ROUNDS;
    int mostUnsigned =
        brain
            ? brains(halves, rest, y, survivors.maxima)
            : binaries(halves, rest, y, survivors.maxima);
    Halves.widen(halves, brain, rest, length, y);
    survivors.extremes = Maxima.scan(y, Math.min(rest, length - F.length()), length);
    if (strips > 0) {
      long ofStrips = Maxima.scan(survivors.maxima, 0, strips);
      survivors.extremes = Maxima.merge(survivors.extremes, ofStrips, mostUnsigned);
    }
    survivors.widened = true;
  }

  /** Whole runs of bfloat16; returns the unsigned maximum of all bits. */
  private static int brains(NativeFloats halves, int to, float[] y, float[] maxima) {
    assert to >= 0 && to <= y.length && to <= 2 * halves.length() : to + " halves";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " halves, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    IntVector unsignedMax = IntVector.zero(I);
    for (int at = 0, strip = 0; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, SIGN);
      IntVector unsignedMin = IntVector.broadcast(I, -1);
      for (int i = at; i < at + run; i += F.length()) {
        IntVector bits =
            ((IntVector)
                    ShortVector.fromMemorySegment(
                            S, halves.segment, halves.base + 2L * i, Species.ORDER)
                        .convertShape(S2I, I, 0))
                .lanewise(LSHL, Short.SIZE);
        bits.reinterpretAsFloats().intoArray(y, i);
        signedMax = signedMax.max(bits);
        unsignedMin = unsignedMin.lanewise(UMIN, bits);
        unsignedMax = unsignedMax.lanewise(UMAX, bits);
      }
      signedMax
          .blend(unsignedMin, signedMax.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return unsignedMax.lanewise(XOR, SIGN).reduceLanes(MAX) ^ SIGN;
  }

  /** Whole runs of binary16; returns the unsigned maximum of all bits. */
  private static int binaries(NativeFloats halves, int to, float[] y, float[] maxima) {
    assert to >= 0 && to <= y.length && to <= 2 * halves.length() : to + " halves";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " halves, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    IntVector unsignedMax = IntVector.zero(I);
    for (int at = 0, strip = 0; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, SIGN);
      IntVector unsignedMin = IntVector.broadcast(I, -1);
      for (int i = at; i < at + run; i += F.length()) {
        IntVector half =
            (IntVector)
                ShortVector.fromMemorySegment(
                        S, halves.segment, halves.base + 2L * i, Species.ORDER)
                    .convertShape(S2I, I, 0);
        IntVector magnitude = half.lanewise(AND, MAGNITUDE).lanewise(LSHL, TO_FLOAT);
        IntVector finite = magnitude.reinterpretAsFloats().mul(SCALE).reinterpretAsInts();
        IntVector other = magnitude.lanewise(OR, INFINITY);
        IntVector bits =
            finite
                .blend(other, magnitude.compare(GE, INFINITE))
                .lanewise(OR, half.lanewise(AND, SIGN));
        bits.reinterpretAsFloats().intoArray(y, i);
        signedMax = signedMax.max(bits);
        unsignedMin = unsignedMin.lanewise(UMIN, bits);
        unsignedMax = unsignedMax.lanewise(UMAX, bits);
      }
      signedMax
          .blend(unsignedMin, signedMax.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return unsignedMax.lanewise(XOR, SIGN).reduceLanes(MAX) ^ SIGN;
  }
}
