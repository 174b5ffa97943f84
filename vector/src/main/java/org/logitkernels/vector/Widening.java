package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;
import static jdk.incubator.vector.VectorOperators.UMAX;
import static jdk.incubator.vector.VectorOperators.UMIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Backend;
import org.logitkernels.internal.Halves;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.NativeFloats;
import org.logitkernels.internal.Rows;
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

  /** {@link Parts}, and the widening of a part. */
  static final class InParts extends Parts implements Backend.Parts {
    @Override
    public void widen(
        NativeFloats halves,
        boolean brain,
        int length,
        float[] y,
        int block,
        int end,
        int part,
        Survivors survivors) {
      int at = block * Lanes.BLOCK;
      int stop = Math.min(length, end * Lanes.BLOCK);
      int strips = Strips.count(stop - at, LaneSum.ROUNDS);
      int rest = at + strips * LaneSum.ROUNDS;
      long extremes = Maxima.NONE;
      if (strips > 0) {
        int strip = block * Lanes.COUNT;
        int most = read(halves, brain, at, rest, y, true, survivors.maxima);
        extremes =
            Maxima.merge(extremes, Maxima.scan(survivors.maxima, strip, strip + strips), most);
      }
      if (rest < stop) { // short of a vector, logits before are widened for a second time
        int last = Math.min(rest, stop - F.length());
        Halves.widen(halves, brain, last, stop, y, last);
        extremes = Maxima.join(extremes, Maxima.scan(y, last, stop));
      }
      survivors.partExtremes[part] = extremes;
    }
  }

  static void widen(
      NativeFloats halves, boolean brain, int length, float[] y, Survivors survivors) {
    if (length < Lanes.COUNT) {
      Halves.widen(halves, brain, 0, length, y, 0);
      return;
    }
    int strips = Strips.count(length, LaneSum.ROUNDS);
    int rest = strips * LaneSum.ROUNDS;
    int most = read(halves, brain, 0, rest, y, true, survivors.maxima);
    Halves.widen(halves, brain, rest, length, y, rest);
    int last = Math.min(rest, length - F.length());
    survivors.extremes = extremes(y, last, length, survivors, strips, most);
    survivors.looked = true;
  }

  /** Arg-max without keeping the floats: the first run that attains the maximum, then the first. */
  static int argMax(NativeFloats halves, boolean brain, int length, Survivors survivors) {
    int strips = Strips.count(length, LaneSum.ROUNDS);
    int rest = strips * LaneSum.ROUNDS;
    int most = read(halves, brain, 0, rest, survivors.values, false, survivors.maxima);
    int last = Math.min(rest, length - F.length());
    Halves.widen(halves, brain, last, length, survivors.values, 0);
    long extremes = extremes(survivors.values, 0, length - last, survivors, strips, most);
    float max = Maxima.max(extremes);
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw Halves.invalid(halves, brain, length);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    int at = 0;
    int strip = 0;
    while (at < rest
        && !FloatVector.fromArray(F, survivors.maxima, strip).compare(EQ, max).anyTrue()) {
      at += LaneSum.ROUNDS * F.length();
      strip += F.length();
    }
    return Halves.first(halves, brain, at, length, max);
  }

  /** Goes through whole runs, and keeps their floats or not; the unsigned maximum of all bits. */
  private static int read(
      NativeFloats halves,
      boolean brain,
      int from,
      int to,
      float[] y,
      boolean keep,
      float[] maxima) {
    return brain
        ? brains(halves, from, to, y, keep, maxima)
        : binaries(halves, from, to, y, keep, maxima);
  }

  /** The row's extremes, from its strips' maxima and from its end, {@code y[from, to)}. */
  private static long extremes(
      float[] y, int from, int to, Survivors survivors, int strips, int mostUnsigned) {
    long extremes = Maxima.scan(y, from, to);
    return strips == 0
        ? extremes
        : Maxima.merge(extremes, Maxima.scan(survivors.maxima, 0, strips), mostUnsigned);
  }

  /** Whole runs of bfloat16; returns the unsigned maximum of all bits. */
  private static int brains(
      NativeFloats halves, int from, int to, float[] y, boolean keep, float[] maxima) {
    assert from >= 0 && from <= to && (to <= y.length || !keep) && to <= 2 * halves.length()
        : to + " halves";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " halves, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    IntVector unsignedMax = IntVector.zero(I);
    for (int at = from, strip = from / LaneSum.ROUNDS; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, SIGN);
      IntVector unsignedMin = IntVector.broadcast(I, -1);
      int place = keep ? at : 0;
      for (int i = 0; i < run; i += F.length()) {
        IntVector bits =
            ((IntVector)
                    ShortVector.fromMemorySegment(
                            S, halves.segment, halves.base + 2L * at + 2L * i, Species.ORDER)
                        .convertShape(S2I, I, 0))
                .lanewise(LSHL, Short.SIZE);
        bits.reinterpretAsFloats().intoArray(y, place + i);
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
  private static int binaries(
      NativeFloats halves, int from, int to, float[] y, boolean keep, float[] maxima) {
    assert from >= 0 && from <= to && (to <= y.length || !keep) && to <= 2 * halves.length()
        : to + " halves";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " halves, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    IntVector unsignedMax = IntVector.zero(I);
    for (int at = from, strip = from / LaneSum.ROUNDS; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, SIGN);
      IntVector unsignedMin = IntVector.broadcast(I, -1);
      int place = keep ? at : 0;
      for (int i = 0; i < run; i += F.length()) {
        IntVector half =
            (IntVector)
                ShortVector.fromMemorySegment(
                        S, halves.segment, halves.base + 2L * at + 2L * i, Species.ORDER)
                    .convertShape(S2I, I, 0);
        IntVector magnitude = half.lanewise(AND, MAGNITUDE).lanewise(LSHL, TO_FLOAT);
        IntVector finite = magnitude.reinterpretAsFloats().mul(SCALE).reinterpretAsInts();
        IntVector other = magnitude.lanewise(OR, INFINITY);
        IntVector bits =
            finite
                .blend(other, magnitude.compare(GE, INFINITE))
                .lanewise(OR, half.lanewise(AND, SIGN));
        bits.reinterpretAsFloats().intoArray(y, place + i);
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
