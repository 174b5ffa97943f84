package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.jspecify.annotations.Nullable;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Rows;
import org.logitkernels.internal.Survivors;

/**
 * Sums of weights, block by block, without storing the weights, in one read of the row.
 *
 * <p>The loop that sums a block looks at the next one too, for its extremes: so the next block's
 * maximum is known before its weights are, the row streams in while the processor computes, and
 * nothing is computed twice, whatever the row.
 *
 * <p>Loops hold one exponential each and one accumulator, and keep their vectors in registers; more
 * copies of it in one method would not be inlined any more. So the virtual lanes are gone through a
 * vector's worth at a time, in the order in which halving combines them.
 *
 * <p>The methods that hold these loops are longer than 325 bytes of bytecode, their assertions
 * included, and have to be: HotSpot then compiles each on its own. Inlined into a kernel that
 * inlines much else, one could meet the compiler's limits halfway, and every vector in it would be
 * allocated.
 */
final class ExpSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final IntVector LANES = IntVector.zero(I).addIndex(1);

  // What is known of the next block.

  /** No weight lies below the cutoff, none above 1. */
  private static final int PLAIN = 0;

  /** None lies above 1. */
  private static final int CUT = 1;

  /** It raises the maximum, or holds NaN or +Infinity. */
  private static final int RAISED = 2;

  /** Nothing: its strips were not looked at either. */
  private static final int UNSEEN = 3;

  /**
   * Where the maxima of strips go that nobody asked for: written by every thread, read by none.
   *
   * <p>Every block stores them, because a store that only some kernels reached would, once compiled
   * while they were rare, stay a call out of line, and every vector before it an object. Threads
   * are spread over it, as two that write to the same line wait for each other.
   */
  private static final float[] UNREAD = new float[64 * Lanes.COUNT];

  private static final Use NO_USE = (x, from, to, temperature, max, total, y, yFrom) -> total;

  private ExpSum() {}

  /** What becomes of a row's maximum and total weight: passed on, as nothing may be allocated. */
  interface Use {
    double of(
        float[] x,
        int from,
        int to,
        double temperature,
        float max,
        double total,
        float[] y,
        int yFrom);
  }

  /** Sums the row, for a use with an output. */
  static double sum(
      float[] x, int from, int to, double temperature, Use use, float[] y, int yFrom) {
    return pass(x, from, to, temperature, 0, Float.NEGATIVE_INFINITY, null, use, y, yFrom);
  }

  /**
   * Leaves the row's maximum and total weight, what its blocks sum to, and the maxima of its
   * strips.
   */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    if (survivors.summed) {
      return;
    }
    if (survivors.looked) {
      long extremes = Maxima.check(x, from, to, survivors.extremes);
      int blocks = Lanes.blocks(to - from);
      float masked = Float.NEGATIVE_INFINITY;
      Parts.sums(x, from, to, temperature, 0, blocks, masked, Maxima.min(extremes), survivors);
      survivors.max = Maxima.max(extremes);
      survivors.total = Lanes.total(survivors.sums, survivors.decays, blocks);
      survivors.stripsOfBlocks = true;
    } else {
      sumsOfRest(x, from, to, temperature, 0, Float.NEGATIVE_INFINITY, survivors);
    }
  }

  /** The same of blocks from one on, behind others with this maximum; the total is theirs. */
  static void sumsOfRest(
      float[] x,
      int from,
      int to,
      double temperature,
      int block,
      float before,
      Survivors survivors) {
    pass(x, from, to, temperature, block, before, survivors, NO_USE, UNREAD, 0);
  }

  private static double pass(
      float[] x,
      int from,
      int to,
      double temperature,
      int block,
      float before,
      @Nullable Survivors survivors,
      Use use,
      float[] y,
      int yFrom) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float max = before;
    double total = 0;
    int next = UNSEEN;
    float[] maxima = survivors == null ? UNREAD : survivors.maxima;
    int unread = (int) (Thread.currentThread().threadId() * Lanes.COUNT & UNREAD.length - 1);
    for (int at = from + block * Lanes.BLOCK, b = block; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      double decay = 1;
      if (next >= RAISED || !whole) {
        // Short of a vector, logits before the block are looked at for a second time.
        long extremes =
            next == UNSEEN && whole && survivors != null
                ? Strips.block(x, at, maxima, b * Lanes.COUNT)
                : Maxima.scan(x, Math.min(at, end - F.length()), end);
        float blockMax = Maxima.max(extremes);
        if (!(blockMax < Float.POSITIVE_INFINITY)) {
          throw Rows.invalid(x, from, to);
        }
        if (blockMax > max) {
          decay = Exponential.decay(max, blockMax, temperature);
          max = blockMax;
        }
        next = Maxima.min(extremes) - max >= cutoff ? PLAIN : CUT;
      }
      float sum = 0;
      if (max == Float.NEGATIVE_INFINITY) {
        next = UNSEEN; // nothing to sum yet
      } else if (whole) {
        int ahead = to - end >= Lanes.BLOCK ? Lanes.BLOCK : 0;
        int strip = survivors == null ? unread : (at - from + ahead) / Lanes.BLOCK * Lanes.COUNT;
        long packed =
            next == PLAIN
                ? plainBlock(x, at, ahead, max, scale, cutoff, maxima, strip)
                : cutBlock(x, at, ahead, max, scale, cutoff, maxima, strip);
        sum = Float.intBitsToFloat((int) (packed >> 32));
        next = (int) packed;
      } else {
        sum = lastBlock(x, at, end, max, scale, cutoff);
      }
      total = total * decay + sum;
      if (survivors != null) {
        survivors.sums[b] = sum;
        survivors.decays[b] = decay;
        survivors.tops[b] = max;
      }
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    if (survivors != null) {
      survivors.max = max;
      survivors.total = total;
      survivors.stripsOfBlocks = true;
    }
    return use.of(x, from, to, temperature, max, total, y, yFrom);
  }

  /** A whole block of which every weight counts. */
  private static long plainBlock(
      float[] x,
      int at,
      int ahead,
      float max,
      float scale,
      float cutoff,
      float[] maxima,
      int strip) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector sum = FloatVector.zero(F);
    // Of the next block: strips that neither raise the maximum nor hold NaN, and strips of which
    // every weight counts.
    int valid = 0;
    int counting = 0;
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
          IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
          IntVector unsignedMax = IntVector.broadcast(I, Unsigned.LEAST);
          int start = at + LaneSum.offset(a, b, c);
          int part = LaneSum.met(a, b, c) * F.length();
          int look = at + ahead + part * LaneSum.ROUNDS;
          for (int i = 0; i < LaneSum.ROUNDS * F.length(); i += F.length()) {
            FloatVector d = FloatVector.fromArray(F, x, start + i * LaneSum.VECTORS).sub(maxes);
            lanes = Weight.addTo(lanes, d, scales);
            IntVector bits = FloatVector.fromArray(F, x, look + i).reinterpretAsInts();
            signedMax = signedMax.max(bits);
            signedMin = signedMin.min(bits);
            unsignedMax = Unsigned.max(unsignedMax, bits);
          }
          quarter = quarter.add(lanes);
          FloatVector most =
              signedMax.blend(signedMin, signedMax.compare(LT, 0)).reinterpretAsFloats();
          IntVector negative = Unsigned.bits(unsignedMax);
          FloatVector least =
              signedMin.blend(negative, negative.compare(LT, 0)).reinterpretAsFloats();
          most.intoArray(maxima, strip + part);
          valid +=
              most.compare(LE, max).and(least.compare(GE, Float.NEGATIVE_INFINITY)).trueCount();
          counting += least.sub(maxes).compare(GE, cutoff).trueCount();
        }
        half = half.add(quarter);
      }
      sum = sum.add(half);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    float blockSum = sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
    int next = valid < Lanes.COUNT ? RAISED : counting < Lanes.COUNT ? CUT : PLAIN;
    return (long) Float.floatToRawIntBits(blockSum) << 32 | next;
  }

  /** A whole block in which weights may lie below the cutoff. */
  private static long cutBlock(
      float[] x,
      int at,
      int ahead,
      float max,
      float scale,
      float cutoff,
      float[] maxima,
      int strip) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    // Of the next block: strips that neither raise the maximum nor hold NaN, and strips of which
    // every weight counts.
    int valid = 0;
    int counting = 0;
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
          IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
          IntVector unsignedMax = IntVector.broadcast(I, Unsigned.LEAST);
          int start = at + LaneSum.offset(a, b, c);
          int part = LaneSum.met(a, b, c) * F.length();
          int look = at + ahead + part * LaneSum.ROUNDS;
          for (int i = 0; i < LaneSum.ROUNDS * F.length(); i += F.length()) {
            FloatVector d = FloatVector.fromArray(F, x, start + i * LaneSum.VECTORS).sub(maxes);
            lanes = lanes.add(zero.blend(Weight.addTo(zero, d, scales), d.compare(GE, cutoff)));
            IntVector bits = FloatVector.fromArray(F, x, look + i).reinterpretAsInts();
            signedMax = signedMax.max(bits);
            signedMin = signedMin.min(bits);
            unsignedMax = Unsigned.max(unsignedMax, bits);
          }
          quarter = quarter.add(lanes);
          FloatVector most =
              signedMax.blend(signedMin, signedMax.compare(LT, 0)).reinterpretAsFloats();
          IntVector negative = Unsigned.bits(unsignedMax);
          FloatVector least =
              signedMin.blend(negative, negative.compare(LT, 0)).reinterpretAsFloats();
          most.intoArray(maxima, strip + part);
          valid +=
              most.compare(LE, max).and(least.compare(GE, Float.NEGATIVE_INFINITY)).trueCount();
          counting += least.sub(maxes).compare(GE, cutoff).trueCount();
        }
        half = half.add(quarter);
      }
      sum = sum.add(half);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    float blockSum = sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
    int next = valid < Lanes.COUNT ? RAISED : counting < Lanes.COUNT ? CUT : PLAIN;
    return (long) Float.floatToRawIntBits(blockSum) << 32 | next;
  }

  /** {@link #plainBlock}, where the next block was looked at before. */
  static float plainSeen(float[] x, int at, float max, float scale) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector sum = FloatVector.zero(F);
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          int start = at + LaneSum.offset(a, b, c);
          for (int i = 0; i < Lanes.BLOCK; i += Lanes.COUNT) {
            FloatVector d = FloatVector.fromArray(F, x, start + i).sub(maxes);
            lanes = Weight.addTo(lanes, d, scales);
          }
          quarter = quarter.add(lanes);
        }
        half = half.add(quarter);
      }
      sum = sum.add(half);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    return sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
  }

  /** {@link #cutBlock}, where the next block was looked at before. */
  static float cutSeen(float[] x, int at, float max, float scale, float cutoff) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    assert cutoff < 0 && cutoff > Float.NEGATIVE_INFINITY : "cutoff " + cutoff;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          int start = at + LaneSum.offset(a, b, c);
          for (int i = 0; i < Lanes.BLOCK; i += Lanes.COUNT) {
            FloatVector d = FloatVector.fromArray(F, x, start + i).sub(maxes);
            lanes = lanes.add(zero.blend(Weight.addTo(zero, d, scales), d.compare(GE, cutoff)));
          }
          quarter = quarter.add(lanes);
        }
        half = half.add(quarter);
      }
      sum = sum.add(half);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    return sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
  }

  /**
   * The block that the row's end cuts short, of a row at least a vector long. The last vector is
   * read from where it fits and moved into place: a masked load at the end of an array would
   * allocate its mask.
   */
  static float lastBlock(float[] x, int at, int end, float max, float scale, float cutoff) {
    assert at >= 0 && at < end && end <= x.length : "block " + at + " to " + end;
    assert max < Float.POSITIVE_INFINITY : "maximum " + max;
    assert scale > 0 && cutoff < 0 : "scale " + scale + ", cutoff " + cutoff;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          for (int i = at + LaneSum.offset(a, b, c); i < end; i += Lanes.COUNT) {
            int from = Math.min(i, end - F.length());
            VectorShuffle<Float> forth =
                LANES.add(i - from).lanewise(AND, F.length() - 1).toShuffle().cast(F);
            VectorMask<Float> inside = LANES.compare(LT, end - i).cast(F);
            FloatVector d = FloatVector.fromArray(F, x, from).rearrange(forth).sub(maxes);
            VectorMask<Float> counts = d.compare(GE, cutoff).and(inside);
            lanes = lanes.add(zero.blend(Weight.addTo(zero, d, scales), counts));
          }
          quarter = quarter.add(lanes);
        }
        half = half.add(quarter);
      }
      sum = sum.add(half);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    return sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
  }

  /** Weights of {@code x[at, end)}, each times a factor, into {@code w}, from {@code wFrom}. */
  static void weights(
      float[] x,
      int at,
      int end,
      float max,
      float scale,
      float cutoff,
      float factor,
      float[] w,
      int wFrom) {
    assert at >= 0 && at <= end && end <= x.length : "weights of " + at + " to " + end;
    assert wFrom >= 0 && wFrom <= w.length - (end - at) : "weights from " + wFrom;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && cutoff < 0 : "scale " + scale + ", cutoff " + cutoff;
    assert w.length >= end - at : (end - at) + " weights in " + w.length;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector zero = FloatVector.zero(F);
    int shift = wFrom - at;
    int i = at;
    for (; i <= end - F.length(); i += F.length()) {
      FloatVector d = FloatVector.fromArray(F, x, i).sub(maxes);
      zero.blend(Weight.addTo(zero, d, scales).mul(factors), d.compare(GE, cutoff))
          .intoArray(w, i + shift);
    }
    for (; i < end; i++) {
      w[i + shift] = Exponential.weight(x[i] - max, scale, cutoff) * factor;
    }
  }
}
