package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/**
 * Sums of weights, block by block, without storing the weights.
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

  private ExpSum() {}

  /** The row's total weight. */
  static double total(float[] x, int from, int to, float max, float min, double temperature) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    boolean plain = min - max >= cutoff;
    double total = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      total += block(x, at, to, max, scale, cutoff, plain);
    }
    return total;
  }

  /** The row's total weight, and the running total after each block. */
  static double prefixes(
      float[] x, int from, int to, float max, float min, double temperature, double[] prefixes) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    boolean plain = min - max >= cutoff;
    double total = 0;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      total += block(x, at, to, max, scale, cutoff, plain);
      prefixes[b] = total;
    }
    return total;
  }

  /**
   * The sum of one block's weights; {@code plain} if no weight of the row lies below the cutoff.
   */
  private static float block(
      float[] x, int at, int to, float max, float scale, float cutoff, boolean plain) {
    return plain && at <= to - Lanes.BLOCK
        ? plainBlock(x, at, max, scale)
        : maskedBlock(x, at, Math.min(to, at + Lanes.BLOCK), max, scale, cutoff);
  }

  /** A whole block of which every weight counts. */
  private static float plainBlock(float[] x, int at, float max, float scale) {
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
          for (int i = start; i < start + Lanes.BLOCK; i += Lanes.COUNT) {
            lanes = lanes.add(Weight.of(FloatVector.fromArray(F, x, i).sub(maxes), scales));
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

  /** A block that the row's end cuts short, or in which weights may lie below the cutoff. */
  private static float maskedBlock(
      float[] x, int at, int end, float max, float scale, float cutoff) {
    assert at >= 0 && at < end && end <= x.length : "block " + at + " to " + end;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
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
            VectorMask<Float> inside = F.indexInRange(i, end);
            FloatVector d = FloatVector.fromArray(F, x, i, inside).sub(maxes);
            VectorMask<Float> counts = d.compare(VectorOperators.GE, cutoff, inside);
            lanes = lanes.add(zero.blend(Weight.of(d, scales), counts));
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

  /** Weights of {@code x[at, end)} into {@code w}, from {@code wFrom}. */
  static void weights(
      float[] x, int at, int end, float max, float scale, float cutoff, float[] w, int wFrom) {
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    int shift = wFrom - at;
    int i = at;
    for (; i <= end - F.length(); i += F.length()) {
      FloatVector d = FloatVector.fromArray(F, x, i).sub(maxes);
      zero.blend(Weight.of(d, scales), d.compare(VectorOperators.GE, cutoff))
          .intoArray(w, i + shift);
    }
    for (; i < end; i++) {
      w[i + shift] = Exponential.weight(x[i] - max, scale, cutoff);
    }
  }
}
