package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.S2I;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.Survivors;

/**
 * Rows of a narrow format widened to floats, in one read, with the strips' maxima as {@link Strips}
 * has them; and their arg-max, without widening.
 *
 * <p>The format is looked at here, once for each call, and never inside a loop: a loop is of one
 * format, or of all whose numbers have the same size. The bits of narrow numbers order as those of
 * floats do, so extremes are taken of them as {@link Maxima} takes those of floats, in fewer
 * vectors.
 */
final class Widening {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /** As many halves as a vector has floats: one shape only, as two would meet in the same code. */
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

  // A binary16's exponent and fraction, moved to where a float has its own, are 2^-112 times it.
  // An infinity becomes 2^16 by that, and a NaN more: their exponent has to be filled.
  private static final int TO_FLOAT = 13;
  private static final int SIGN_AND_MAGNITUDE = 0x8fffe000;
  private static final float SCALE = 0x1p112f;
  private static final float INFINITE = 0x1p16f;
  private static final int INFINITY = 0x7f800000;
  private static final short BINARY_INFINITY = 0x7c00;
  private static final short BINARY_MINUS_INFINITY = (short) 0xfc00;

  /** Halves in a vector of ints, two to an int: what it holds below the upper changes no order. */
  private static final int PAIRS = 2 * I.length();

  /** {@link Maxima#argMax}'s blocks, of twice as many as there. */
  private static final int ARG_MAX_BLOCK = 16_384;

  private Widening() {}

  /** {@link SharedPasses}, and the widening of a part. */
  static final class InParts extends SharedPasses implements Backend.Parts {
    @Override
    public void widen(
        NarrowFloats x, int length, float[] y, int block, int end, int part, Survivors survivors) {
      int at = block * Lanes.BLOCK;
      int stop = Math.min(length, end * Lanes.BLOCK);
      survivors.row.partExtremes[part] = part(x, at, stop, y, survivors);
    }
  }

  static void widen(NarrowFloats x, int length, float[] y, Survivors survivors) {
    if (length < Lanes.COUNT) {
      x.widen(0, length, y, 0);
      return;
    }
    survivors.row.looked(part(x, 0, length, y, survivors));
  }

  /** Widens a part that begins with a block; leaves its strips' maxima, returns its extremes. */
  private static long part(NarrowFloats x, int at, int stop, float[] y, Survivors survivors) {
    int strips = Strips.count(stop - at, LaneSum.ROUNDS);
    int rest = at + strips * LaneSum.ROUNDS;
    long extremes = Maxima.NONE;
    if (strips > 0) {
      int strip = at / LaneSum.ROUNDS;
      int most = read(x, at, rest, y, survivors.row.maxima);
      extremes =
          Maxima.merge(extremes, Maxima.scan(survivors.row.maxima, strip, strip + strips), most);
    }
    if (rest < stop) { // short of a vector, logits before are widened for a second time
      int last = Math.min(rest, stop - F.length());
      x.widen(last, stop, y, last);
      extremes = Maxima.join(extremes, Maxima.scan(y, last, stop));
    }
    return extremes;
  }

  /** Widens whole runs; returns the unsigned maximum of all floats' bits. */
  private static int read(NarrowFloats x, int from, int to, float[] y, float[] maxima) {
    int most =
        switch (x.format) {
          case BINARY16 -> binary16(x, from, to, y, maxima);
          case BFLOAT16 -> bfloat16(x, from, to, y, maxima);
        };
    return Float.floatToRawIntBits(x.format.widen(most));
  }

  /** Whole runs of bfloat16; returns the unsigned maximum of all bits. */
  private static short bfloat16(NarrowFloats x, int from, int to, float[] y, float[] maxima) {
    assert from >= 0 && from <= to && to <= y.length && to <= x.length() : to + " numbers";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " numbers, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    ShortVector flippedMax = ShortVector.broadcast(S, Short.MIN_VALUE);
    for (int at = from, strip = from / LaneSum.ROUNDS; at < to; at += run, strip += F.length()) {
      ShortVector signedMax = ShortVector.broadcast(S, Short.MIN_VALUE);
      ShortVector signedMin = ShortVector.broadcast(S, Short.MAX_VALUE);
      for (int i = at; i < at + run; i += F.length()) {
        ShortVector bits =
            ShortVector.fromMemorySegment(S, x.segment, x.base + 2L * i, Species.ORDER);
        signedMax = signedMax.max(bits);
        signedMin = signedMin.min(bits);
        flippedMax = flippedMax.max(bits.lanewise(XOR, Short.MIN_VALUE));
        ((IntVector) bits.convertShape(S2I, I, 0))
            .lanewise(LSHL, Short.SIZE)
            .reinterpretAsFloats()
            .intoArray(y, i);
      }
      ((IntVector)
              signedMax.blend(signedMin, signedMax.compare(LT, (short) 0)).convertShape(S2I, I, 0))
          .lanewise(LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return (short) (flippedMax.reduceLanes(MAX) ^ Short.MIN_VALUE);
  }

  /** Whole runs of binary16; returns the unsigned maximum of all bits. */
  private static short binary16(NarrowFloats x, int from, int to, float[] y, float[] maxima) {
    assert from >= 0 && from <= to && to <= y.length && to <= x.length() : to + " numbers";
    assert maxima.length >= to / LaneSum.ROUNDS : to + " numbers, " + maxima.length + " strips";
    int run = LaneSum.ROUNDS * F.length();
    ShortVector mostOfAll = ShortVector.broadcast(S, Short.MIN_VALUE);
    for (int at = from, strip = from / LaneSum.ROUNDS; at < to; at += run, strip += F.length()) {
      ShortVector signedMax = ShortVector.broadcast(S, Short.MIN_VALUE);
      ShortVector signedMin = ShortVector.broadcast(S, Short.MAX_VALUE);
      ShortVector flippedMax = ShortVector.broadcast(S, Short.MIN_VALUE);
      for (int i = at; i < at + run; i += F.length()) {
        ShortVector bits =
            ShortVector.fromMemorySegment(S, x.segment, x.base + 2L * i, Species.ORDER);
        signedMax = signedMax.max(bits);
        signedMin = signedMin.min(bits);
        flippedMax = flippedMax.max(bits.lanewise(XOR, Short.MIN_VALUE));
        ((IntVector) bits.convertShape(S2I, I, 0))
            .lanewise(LSHL, TO_FLOAT)
            .lanewise(AND, SIGN_AND_MAGNITUDE)
            .reinterpretAsFloats()
            .mul(SCALE)
            .intoArray(y, i);
      }
      mostOfAll = mostOfAll.max(flippedMax);
      ShortVector max = signedMax.blend(signedMin, signedMax.compare(LT, (short) 0));
      ((IntVector) max.convertShape(S2I, I, 0))
          .lanewise(LSHL, TO_FLOAT)
          .lanewise(AND, SIGN_AND_MAGNITUDE)
          .reinterpretAsFloats()
          .mul(SCALE)
          .intoArray(maxima, strip);
      if (flippedMax.compare(GE, (short) (BINARY_MINUS_INFINITY ^ Short.MIN_VALUE)).anyTrue()
          || signedMax.compare(GE, BINARY_INFINITY).anyTrue()) {
        fillExponents(y, at, at + run);
        fillExponents(maxima, strip, strip + F.length());
      }
    }
    return (short) (mostOfAll.reduceLanes(MAX) ^ Short.MIN_VALUE);
  }

  /** Makes infinities and NaN of what binary16 had as such. */
  private static void fillExponents(float[] y, int from, int to) {
    for (int i = from; i < to; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, y, i);
      FloatVector filled = v.reinterpretAsInts().lanewise(OR, INFINITY).reinterpretAsFloats();
      v.blend(filled, v.abs().compare(GE, INFINITE)).intoArray(y, i);
    }
  }

  /** The id of the best token of a row. */
  static int argMax(NarrowFloats x, int length) {
    return switch (x.format) {
      case BINARY16, BFLOAT16 -> argMaxOfHalves(x, length);
    };
  }

  /** Arg-max of 16-bit numbers: the first block that attains the maximum, then the first in it. */
  private static int argMaxOfHalves(NarrowFloats x, int length) {
    if (length < PAIRS) {
      return x.argMax(length);
    }
    float best = Float.NEGATIVE_INFINITY;
    int start = 0;
    int at = 0;
    while (at < length) {
      int end = length - at < 2 * ARG_MAX_BLOCK ? length : at + ARG_MAX_BLOCK;
      float max = max(x, at, end);
      if (!(max < Float.POSITIVE_INFINITY)) {
        throw x.invalid(length);
      }
      if (max > best) {
        best = max;
        start = at;
      }
      at = end;
    }
    if (best == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return first(x, start, length, best);
  }

  /**
   * The maximum of a part at least a vector long; NaN for NaN and +Infinity.
   *
   * <p>Two vectors a round make it longer than HotSpot would inline: see {@link ExpSum}.
   */
  private static float max(NarrowFloats x, int from, int to) {
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    int last = to - PAIRS;
    int i = from;
    for (; i < last - PAIRS; i += 2 * PAIRS) {
      IntVector a = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * i, Species.ORDER);
      IntVector b =
          IntVector.fromMemorySegment(I, x.segment, x.base + 2L * i + 2L * PAIRS, Species.ORDER);
      IntVector lowerOfA = a.lanewise(LSHL, Short.SIZE);
      IntVector lowerOfB = b.lanewise(LSHL, Short.SIZE);
      signedMax = signedMax.max(a.max(lowerOfA).max(b.max(lowerOfB)));
      signedMin = signedMin.min(a.min(lowerOfA).min(b.min(lowerOfB)));
      flippedMax =
          flippedMax
              .max(a.lanewise(XOR, Integer.MIN_VALUE))
              .max(lowerOfA.lanewise(XOR, Integer.MIN_VALUE));
      flippedMax =
          flippedMax
              .max(b.lanewise(XOR, Integer.MIN_VALUE))
              .max(lowerOfB.lanewise(XOR, Integer.MIN_VALUE));
    }
    for (; i < last; i += PAIRS) {
      IntVector pairs = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * i, Species.ORDER);
      IntVector lower = pairs.lanewise(LSHL, Short.SIZE);
      signedMax = signedMax.max(pairs).max(lower);
      signedMin = signedMin.min(pairs).min(lower);
      flippedMax =
          flippedMax
              .max(pairs.lanewise(XOR, Integer.MIN_VALUE))
              .max(lower.lanewise(XOR, Integer.MIN_VALUE));
    }
    // The last vector may take in halves for a second time, which changes no extreme.
    IntVector pairs = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * last, Species.ORDER);
    IntVector lower = pairs.lanewise(LSHL, Short.SIZE);
    short most = upper(signedMax.max(pairs).max(lower).reduceLanes(MAX));
    short least = upper(signedMin.min(pairs).min(lower).reduceLanes(MIN));
    flippedMax =
        flippedMax
            .max(pairs.lanewise(XOR, Integer.MIN_VALUE))
            .max(lower.lanewise(XOR, Integer.MIN_VALUE));
    float max = x.format.widen(most >= 0 ? most : least);
    boolean negativeNan =
        Float.isNaN(x.format.widen(upper(flippedMax.reduceLanes(MAX) ^ Integer.MIN_VALUE)));
    return negativeNan || max == Float.POSITIVE_INFINITY ? Float.NaN : max;
  }

  private static short upper(int pair) {
    return (short) (pair >> Short.SIZE);
  }

  /** Where in a part a value comes first. */
  private static int first(NarrowFloats x, int from, int to, float value) {
    // Both zeros are the same value, and differ in nothing but the sign.
    int compared = value == 0 ? 0x7fff0000 : 0xffff0000;
    int upper = value == 0 ? 0 : x.format.narrow(value) << Short.SIZE;
    int i = from;
    for (; i <= to - PAIRS; i += PAIRS) {
      IntVector pairs = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * i, Species.ORDER);
      IntVector lower = pairs.lanewise(LSHL, Short.SIZE);
      VectorMask<Integer> hits =
          pairs
              .lanewise(AND, compared)
              .compare(EQ, upper)
              .or(lower.lanewise(AND, compared).compare(EQ, upper));
      if (hits.anyTrue()) {
        return x.first(i, i + PAIRS, value);
      }
    }
    return x.first(i, to, value);
  }
}
