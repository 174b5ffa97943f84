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
 * Widens rows of a narrow format to floats, in one read that leaves the maxima of the strips as
 * {@link Strips} does. Finds the arg-max of such rows without widening them.
 *
 * <p>The format is looked at once in each call, and never inside a loop. A loop is for one format,
 * or for all formats whose numbers have one size.
 *
 * <p>The bits of narrow numbers order as those of floats do. So the extremes are found in the bits
 * as in {@link Maxima}, in fewer vectors.
 */
final class Widening {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /**
   * Vectors of as many 16-bit numbers as a vector has floats. There is this one shape alone, as two
   * shapes would meet in the same code of the JVM.
   */
  private static final VectorSpecies<Short> S =
      VectorSpecies.of(short.class, VectorShape.forBitSize(F.vectorBitSize() / 2));

  /** A maximum with it changes nothing: see {@link Species#LOWEST}. */
  private static final ShortVector LOWEST = ShortVector.broadcast(S, Short.MIN_VALUE);

  // The exponent and the fraction of a binary16, moved to where a float has its own, make a float
  // that is 2^-112 times the number. An infinity becomes 2^16, and a NaN becomes more: the
  // exponents of these have to be filled.
  private static final int TO_FLOAT = 13;
  private static final int SIGN_AND_MAGNITUDE = 0x8fffe000;
  private static final float SCALE = 0x1p112f;
  private static final float INFINITE = 0x1p16f;
  private static final short BINARY_INFINITY = 0x7c00;
  private static final short BINARY_MINUS_INFINITY = (short) 0xfc00;

  /**
   * How many 16-bit numbers a vector of ints holds, two to an int. The lower one changes nothing in
   * the order of the upper ones.
   */
  private static final int PAIRS = 2 * I.length();

  /** A block of the arg-max: twice as many numbers as in {@link Maxima#argMax}. */
  private static final int ARG_MAX_BLOCK = 16_384;

  private Widening() {}

  /** The passes over parts of {@link SharedPasses}, and the widening of a part. */
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

  /**
   * Widens a part that begins with a block. Leaves the maxima of its strips, and returns its
   * extremes.
   */
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
    if (rest < stop) { // a rest shorter than a vector takes some logits before it
      int last = Math.min(rest, stop - F.length());
      x.widen(last, stop, y, last);
      extremes = Maxima.join(extremes, Maxima.scan(y, last, stop));
    }
    return extremes;
  }

  /** Widens whole runs. Returns the unsigned maximum of the bits of all floats. */
  private static int read(NarrowFloats x, int from, int to, float[] y, float[] maxima) {
    int most =
        switch (x.format) {
          case BINARY16 -> binary16(x, from, to, y, maxima);
          case BFLOAT16 -> bfloat16(x, from, to, y, maxima);
        };
    return Float.floatToRawIntBits(x.format.widen(most));
  }

  /** Widens whole runs of bfloat16. Returns the unsigned maximum of all bits. */
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
        signedMax = bits.max(signedMax);
        signedMin = bits.min(signedMin);
        flippedMax = bits.lanewise(XOR, Short.MIN_VALUE).max(flippedMax);
        ((IntVector) bits.convertShape(S2I, I, 0))
            .lanewise(LSHL, Short.SIZE)
            .reinterpretAsFloats()
            .intoArray(y, i);
      }
      ShortVector most = LOWEST.max(signedMax);
      ((IntVector) most.blend(signedMin, most.compare(LT, (short) 0)).convertShape(S2I, I, 0))
          .lanewise(LSHL, Short.SIZE)
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return (short) (LOWEST.max(flippedMax).reduceLanes(MAX) ^ Short.MIN_VALUE);
  }

  /** Widens whole runs of binary16. Returns the unsigned maximum of all bits. */
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
        signedMax = bits.max(signedMax);
        signedMin = bits.min(signedMin);
        flippedMax = bits.lanewise(XOR, Short.MIN_VALUE).max(flippedMax);
        ((IntVector) bits.convertShape(S2I, I, 0))
            .lanewise(LSHL, TO_FLOAT)
            .lanewise(AND, SIGN_AND_MAGNITUDE)
            .reinterpretAsFloats()
            .mul(SCALE)
            .intoArray(y, i);
      }
      ShortVector most = LOWEST.max(signedMax);
      ShortVector flipped = LOWEST.max(flippedMax);
      mostOfAll = flipped.max(mostOfAll);
      ShortVector max = most.blend(signedMin, most.compare(LT, (short) 0));
      ((IntVector) max.convertShape(S2I, I, 0))
          .lanewise(LSHL, TO_FLOAT)
          .lanewise(AND, SIGN_AND_MAGNITUDE)
          .reinterpretAsFloats()
          .mul(SCALE)
          .intoArray(maxima, strip);
      if (flipped.compare(GE, (short) (BINARY_MINUS_INFINITY ^ Short.MIN_VALUE)).anyTrue()
          || most.compare(GE, BINARY_INFINITY).anyTrue()) {
        fillExponents(y, at, at + run);
        fillExponents(maxima, strip, strip + F.length());
      }
    }
    return (short) (LOWEST.max(mostOfAll).reduceLanes(MAX) ^ Short.MIN_VALUE);
  }

  /** Fills the exponents of floats that were infinities and NaN in binary16. */
  private static void fillExponents(float[] y, int from, int to) {
    for (int i = from; i < to; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, y, i);
      FloatVector filled =
          v.reinterpretAsInts().lanewise(OR, Maxima.INFINITY).reinterpretAsFloats();
      v.blend(filled, v.abs().compare(GE, INFINITE)).intoArray(y, i);
    }
  }

  /** The id of the best token of a row. */
  static int argMax(NarrowFloats x, int length) {
    return switch (x.format) {
      case BINARY16, BFLOAT16 -> argMaxOfHalves(x, length);
    };
  }

  /**
   * The arg-max of 16-bit numbers: the first block that has the maximum, then the first number in
   * that block.
   */
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
   * The maximum of a part that is at least a vector long. It is NaN if the part holds NaN or
   * +Infinity.
   *
   * <p>Two vectors a round make the method longer than HotSpot would inline: see {@link ExpSum}.
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
      signedMax = a.max(lowerOfA).max(b.max(lowerOfB)).max(signedMax);
      signedMin = a.min(lowerOfA).min(b.min(lowerOfB)).min(signedMin);
      flippedMax =
          a.lanewise(XOR, Integer.MIN_VALUE)
              .max(lowerOfA.lanewise(XOR, Integer.MIN_VALUE))
              .max(flippedMax);
      flippedMax =
          b.lanewise(XOR, Integer.MIN_VALUE)
              .max(lowerOfB.lanewise(XOR, Integer.MIN_VALUE))
              .max(flippedMax);
    }
    for (; i < last; i += PAIRS) {
      IntVector pairs = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * i, Species.ORDER);
      IntVector lower = pairs.lanewise(LSHL, Short.SIZE);
      signedMax = pairs.max(lower).max(signedMax);
      signedMin = pairs.min(lower).min(signedMin);
      flippedMax =
          pairs
              .lanewise(XOR, Integer.MIN_VALUE)
              .max(lower.lanewise(XOR, Integer.MIN_VALUE))
              .max(flippedMax);
    }
    // The last vector may read some numbers a second time. That changes no extreme.
    IntVector pairs = IntVector.fromMemorySegment(I, x.segment, x.base + 2L * last, Species.ORDER);
    IntVector lower = pairs.lanewise(LSHL, Short.SIZE);
    short most = upper(pairs.max(lower).max(signedMax).reduceLanes(MAX));
    short least = upper(pairs.min(lower).min(signedMin).reduceLanes(MIN));
    flippedMax =
        pairs
            .lanewise(XOR, Integer.MIN_VALUE)
            .max(lower.lanewise(XOR, Integer.MIN_VALUE))
            .max(flippedMax);
    float max = x.format.widen(most >= 0 ? most : least);
    boolean negativeNan =
        Float.isNaN(x.format.widen(upper(flippedMax.reduceLanes(MAX) ^ Integer.MIN_VALUE)));
    return negativeNan || max == Float.POSITIVE_INFINITY ? Float.NaN : max;
  }

  private static short upper(int pair) {
    return (short) (pair >> Short.SIZE);
  }

  /** Where a value comes first in a part. */
  private static int first(NarrowFloats x, int from, int to, float value) {
    // Both zeros are one value. They differ in the sign alone.
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
