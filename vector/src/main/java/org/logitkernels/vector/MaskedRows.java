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
      boolean plain =
          !Exponential.isFar(top, scale) && Maxima.min(extremes) * scale >= exponent + ExpSum.PLAIN;
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
    IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int look = part * LaneSum.ROUNDS + 4 * group * F.length();
        long then = mask[nextWord + (look >> 6)] >>> look;
        long low = mask[word + 2 * group] >>> part;
        long high = mask[word + 2 * group + 1] >>> part;
        FloatVector sum = FloatVector.zero(F);
        for (int a = 0; a < 2; a++) {
          for (int b = 0; b < 2; b++) {
            int j = 2 * a + b;
            int i = group * Lanes.GROUP + j * Lanes.COUNT + part;
            long now = (a == 0 ? low : high) >>> b * Lanes.COUNT;
            VectorMask<Float> forbidden =
                LONGS
                    ? VectorMask.fromLong(F, ~now)
                    : BITS.lanewise(AND, (int) now).compare(EQ, 0).cast(F);
            FloatVector v = FloatVector.fromArray(F, x, at + i).blend(floors, forbidden);
            FloatVector t = v.fma(heads, shifts);
            FloatVector r = v.fma(heads, shifts.sub(t));
            r = v.fma(tails, r);
            FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
            p = p.fma(r, FloatVector.broadcast(F, C4));
            p = p.fma(r, FloatVector.broadcast(F, C3));
            p = p.fma(r, FloatVector.broadcast(F, C2));
            p = p.fma(r, FloatVector.broadcast(F, C1));
            p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
            IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
            sum = p.fma(power.reinterpretAsFloats(), sum);
            int watch = look + j * F.length();
            int far = j * F.length() & -Integer.SIZE; // beyond the first half of the word
            VectorMask<Float> unwatched =
                LONGS
                    ? VectorMask.fromLong(F, ~then >>> j * F.length())
                    : BITS.lanewise(LSHL, j * F.length() - far)
                        .lanewise(AND, (int) (then >>> far))
                        .compare(EQ, 0)
                        .cast(F);
            IntVector bits =
                FloatVector.fromArray(F, x, at + ahead + watch)
                    .blend(ones, unwatched)
                    .reinterpretAsInts();
            signedMax = bits.max(signedMax);
            signedMin = bits.min(signedMin);
            flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
          }
        }
        FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
      }
    }
    return Maxima.extremes(
        Species.LOWEST.max(signedMax).reduceLanes(MAX),
        Species.HIGHEST.min(signedMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }
}
