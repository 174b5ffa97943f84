package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;
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
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * Passes over rows of which a mask allows some tokens: a bit each, tested in the vector that the
 * logits are loaded to. What the mask forbids is loaded and never looked at.
 *
 * <p>Each method holds one loop, and is compiled on its own: see {@link ExpSum}.
 */
final class MaskedRows {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private static final int NONE = -1;

  private static final boolean LONGS = Species.MASKS_OF_LONGS;
  private static final IntVector BITS = Species.BITS;

  private MaskedRows() {}

  /** The place of the first token of a block that the mask allows; -1 if there is none. */
  private static int first(long[] mask, int block) {
    int from = block * Lanes.WORDS;
    for (int i = from; i < from + Lanes.WORDS; i++) {
      if (mask[i] != 0) {
        return (i - from) * Long.SIZE + Long.numberOfTrailingZeros(mask[i]);
      }
    }
    return NONE;
  }

  /** Writes tokens that are allowed, and -Infinity for all others. In place if that is the row. */
  static void write(float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom) {
    FloatVector masked = FloatVector.broadcast(F, Float.NEGATIVE_INFINITY);
    int word = block * Lanes.WORDS;
    int shift = yFrom - from;
    int at = from;
    for (; at <= to - Long.SIZE; at += Long.SIZE, word++) {
      long bits = mask[word];
      for (int half = 0; half < Long.SIZE; half += Integer.SIZE) {
        int tested = (int) (bits >>> half);
        for (int i = 0; i < Integer.SIZE; i += F.length()) {
          VectorMask<Float> forbidden =
              LONGS
                  ? VectorMask.fromLong(F, ~bits >>> half + i)
                  : BITS.lanewise(LSHL, i).lanewise(AND, tested).compare(EQ, 0).cast(F);
          FloatVector.fromArray(F, x, at + half + i)
              .blend(masked, forbidden)
              .intoArray(y, at + half + i + shift);
        }
      }
    }
    for (int i = at; i < to; i++) {
      boolean allowed = (mask[word] >>> i - at & 1) != 0;
      y[i + shift] = allowed ? x[i] : Float.NEGATIVE_INFINITY;
    }
  }

  /** Leaves the maxima of whole blocks. */
  static void tops(float[] x, int from, int to, long[] mask, int block, float[] tops) {
    for (int at = from, b = block; at < to; at += Lanes.BLOCK, b++) {
      int first = first(mask, b);
      tops[b] =
          first < 0 ? Float.NEGATIVE_INFINITY : Maxima.max(extremes(x, at, mask, b, x[at + first]));
    }
  }

  /**
   * The extremes of a block, of what is allowed in it.
   *
   * @param one an allowed logit, which stands for all that are not
   */
  private static long extremes(float[] x, int at, long[] mask, int block, float one) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert block >= 0 && (block + 1) * Lanes.WORDS <= mask.length : block + " of " + mask.length;
    FloatVector ones = FloatVector.broadcast(F, one);
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int word = 0; word < Lanes.WORDS; word++) {
      long tokens = mask[block * Lanes.WORDS + word];
      int start = at + word * Long.SIZE;
      for (int half = 0; half < Long.SIZE; half += Integer.SIZE) {
        int tested = (int) (tokens >>> half);
        for (int i = 0; i < Integer.SIZE; i += F.length()) {
          VectorMask<Float> forbidden =
              LONGS
                  ? VectorMask.fromLong(F, ~tokens >>> half + i)
                  : BITS.lanewise(LSHL, i).lanewise(AND, tested).compare(EQ, 0).cast(F);
          IntVector bits =
              FloatVector.fromArray(F, x, start + half + i)
                  .blend(ones, forbidden)
                  .reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
      }
    }
    return Maxima.extremes(
        Species.LOWEST.max(signedMax).reduceLanes(MAX),
        Species.HIGHEST.min(signedMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  /** Leaves the sums and the maxima of blocks, the last of which may be cut short. */
  static void sums(
      float[] x,
      int from,
      int to,
      long[] mask,
      int block,
      double temperature,
      Survivors survivors,
      Backend blocks) {
    int whole = (to - from) / Lanes.BLOCK;
    int rest = from + whole * Lanes.BLOCK;
    Scratch scratch = Scratch.take();
    try {
      sumWhole(x, from, rest, mask, block, temperature, survivors, scratch.groups);
    } finally {
      scratch.give();
    }
    if (rest < to) {
      int last = block + whole;
      blocks.maskedTops(x, rest, to, mask, last, survivors);
      survivors.row.sums[last] = 0;
      if (Math.abs(survivors.row.tops[last]) < Float.POSITIVE_INFINITY) {
        write(x, rest, to, mask, last, survivors.values, 0);
        survivors.size = to - rest;
        blocks.sumBlock(survivors, temperature, last);
      }
    }
  }

  /** Leaves the sums and the maxima of whole blocks. */
  private static void sumWhole(
      float[] x,
      int from,
      int to,
      long[] mask,
      int block,
      double temperature,
      Survivors survivors,
      float[] groups) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    float[] tops = survivors.row.tops;
    double[] sums = survivors.row.sums;
    boolean seen = false;
    long extremes = Maxima.NONE;
    int first = from < to ? first(mask, block) : NONE;
    int b = block;
    for (int at = from; at < to; at += Lanes.BLOCK, b++) {
      int next = at < to - Lanes.BLOCK ? first(mask, b + 1) : NONE;
      if (!seen) {
        extremes = first < 0 ? Maxima.NONE : extremes(x, at, mask, b, x[at + first]);
      }
      float top = Maxima.max(extremes);
      tops[b] = top;
      boolean masked = !(Math.abs(top) < Float.POSITIVE_INFINITY);
      int exponent = Exponential.exponent(top, scale);
      boolean plain = BlockSoftmax.isPlain(extremes, scale);
      seen = plain && next >= 0;
      if (masked) {
        sums[b] = 0;
      } else if (plain) {
        extremes =
            plainBlock(
                x,
                at,
                seen ? Lanes.BLOCK : 0,
                mask,
                b,
                seen ? x[at + Lanes.BLOCK + next] : top,
                Exponential.floor(exponent, inverse),
                head,
                tail,
                Exponential.BIASED - exponent,
                groups);
        sums[b] = LaneSum.sum(groups, 0, Lanes.GROUPS);
      } else {
        write(x, at, at + Lanes.BLOCK, mask, b, survivors.values, 0);
        survivors.size = Lanes.BLOCK;
        SurvivorDraw.sumBlock(survivors, temperature, b);
      }
      first = next;
    }
  }

  /**
   * Sums a block in which every weight that is allowed counts, as {@link ExpSum} does. Looks ahead
   * as it does, too: returns the extremes of the next block.
   *
   * @param ahead how far the next block is; 0 if there is none
   * @param one an allowed logit of the next block
   */
  private static long plainBlock(
      float[] x,
      int at,
      int ahead,
      long[] mask,
      int block,
      float one,
      float floor,
      float head,
      float tail,
      float shift,
      float[] groups) {
    int nextWord = (block + ahead / Lanes.BLOCK) * Lanes.WORDS;
    int word = block * Lanes.WORDS;
    assert at >= 0 && at + ahead <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert block >= 0 && nextWord + Lanes.WORDS <= mask.length : block + " of " + mask.length;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector floors = FloatVector.broadcast(F, floor);
    FloatVector ones = FloatVector.broadcast(F, one);
    FloatVector c0 = FloatVector.broadcast(F, 1);
    FloatVector c1 = FloatVector.broadcast(F, C1);
    FloatVector c2 = FloatVector.broadcast(F, C2);
    FloatVector c3 = FloatVector.broadcast(F, C3);
    FloatVector c4 = FloatVector.broadcast(F, C4);
    FloatVector c5 = FloatVector.broadcast(F, C5);
    FloatVector c6 = FloatVector.broadcast(F, C6);
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int look = part * LaneSum.ROUNDS + 4 * group * F.length();
        long then = mask[nextWord + (look >> 6)] >>> look;
        long low = mask[word + 2 * group] >>> part;
        long high = mask[word + 2 * group + 1] >>> part;
        for (int j = 0; j < 4; j++) {
          int far = j * F.length() & -Integer.SIZE; // beyond the first half of the word
          VectorMask<Float> unwatched =
              LONGS
                  ? VectorMask.fromLong(F, ~then >>> j * F.length())
                  : BITS.lanewise(LSHL, j * F.length() - far)
                      .lanewise(AND, (int) (then >>> far))
                      .compare(EQ, 0)
                      .cast(F);
          IntVector bits =
              FloatVector.fromArray(F, x, at + ahead + look + j * F.length())
                  .blend(ones, unwatched)
                  .reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
        int start = at + group * Lanes.GROUP + part;
        long second = low >>> Lanes.COUNT;
        long fourth = high >>> Lanes.COUNT;
        VectorMask<Float> forbidden0 =
            LONGS
                ? VectorMask.fromLong(F, ~low)
                : BITS.lanewise(AND, (int) low).compare(EQ, 0).cast(F);
        VectorMask<Float> forbidden1 =
            LONGS
                ? VectorMask.fromLong(F, ~second)
                : BITS.lanewise(AND, (int) second).compare(EQ, 0).cast(F);
        VectorMask<Float> forbidden2 =
            LONGS
                ? VectorMask.fromLong(F, ~high)
                : BITS.lanewise(AND, (int) high).compare(EQ, 0).cast(F);
        VectorMask<Float> forbidden3 =
            LONGS
                ? VectorMask.fromLong(F, ~fourth)
                : BITS.lanewise(AND, (int) fourth).compare(EQ, 0).cast(F);
        FloatVector v0 = FloatVector.fromArray(F, x, start).blend(floors, forbidden0);
        FloatVector v1 = FloatVector.fromArray(F, x, start + Lanes.COUNT).blend(floors, forbidden1);
        FloatVector v2 =
            FloatVector.fromArray(F, x, start + 2 * Lanes.COUNT).blend(floors, forbidden2);
        FloatVector v3 =
            FloatVector.fromArray(F, x, start + 3 * Lanes.COUNT).blend(floors, forbidden3);
        FloatVector t0 = v0.fma(heads, shifts);
        FloatVector r0 = v0.fma(heads, shifts.sub(t0));
        r0 = v0.fma(tails, r0);
        FloatVector p0 = c6.fma(r0, c5).fma(r0, c4).fma(r0, c3);
        p0 = p0.fma(r0, c2).fma(r0, c1).fma(r0, c0);
        FloatVector q0 = t0.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t1 = v1.fma(heads, shifts);
        FloatVector r1 = v1.fma(heads, shifts.sub(t1));
        r1 = v1.fma(tails, r1);
        FloatVector p1 = c6.fma(r1, c5).fma(r1, c4).fma(r1, c3);
        p1 = p1.fma(r1, c2).fma(r1, c1).fma(r1, c0);
        FloatVector q1 = t1.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t2 = v2.fma(heads, shifts);
        FloatVector r2 = v2.fma(heads, shifts.sub(t2));
        r2 = v2.fma(tails, r2);
        FloatVector p2 = c6.fma(r2, c5).fma(r2, c4).fma(r2, c3);
        p2 = p2.fma(r2, c2).fma(r2, c1).fma(r2, c0);
        FloatVector q2 = t2.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector t3 = v3.fma(heads, shifts);
        FloatVector r3 = v3.fma(heads, shifts.sub(t3));
        r3 = v3.fma(tails, r3);
        FloatVector p3 = c6.fma(r3, c5).fma(r3, c4).fma(r3, c3);
        p3 = p3.fma(r3, c2).fma(r3, c1).fma(r3, c0);
        FloatVector q3 = t3.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
        FloatVector sum = p3.fma(q3, p2.fma(q2, p1.fma(q1, p0.mul(q0))));
        sum.intoArray(groups, group * Lanes.COUNT + part);
      }
    }
    return Maxima.extremes(
        Species.LOWEST.max(signedMax).reduceLanes(MAX),
        Species.HIGHEST.min(signedMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }
}
