package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/** Softmax and log-softmax. */
final class Softmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private Softmax() {}

  /** The maximum; the weights, stored, and their total; the scaling to a sum of 1. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.extremes(x, from, to);
    float max = Maxima.max(extremes);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    boolean plain = Maxima.min(extremes) - max >= cutoff;
    int shift = yFrom - from;
    double total = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      total +=
          plain && at <= to - Lanes.BLOCK
              ? plainBlock(x, at, max, scale, y, shift)
              : maskedBlock(x, at, Math.min(to, at + Lanes.BLOCK), max, scale, cutoff, y, shift);
    }
    multiply(y, yFrom, to + shift, (float) (1 / total));
  }

  /** Stores the weights of a whole block of which every weight counts; returns their sum. */
  private static float plainBlock(float[] x, int at, float max, float scale, float[] y, int shift) {
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
            FloatVector w = Weight.of(FloatVector.fromArray(F, x, i).sub(maxes), scales);
            w.intoArray(y, i + shift);
            lanes = lanes.add(w);
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

  /** The same for a block that the row's end cuts short, or with weights below the cutoff. */
  private static float maskedBlock(
      float[] x, int at, int end, float max, float scale, float cutoff, float[] y, int shift) {
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
            FloatVector w = zero.blend(Weight.of(d, scales), counts);
            if (i <= end - F.length()) {
              w.intoArray(y, i + shift);
            } else {
              w.intoArray(y, i + shift, inside);
            }
            lanes = lanes.add(w);
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

  private static void multiply(float[] y, int from, int to, float factor) {
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector.fromArray(F, y, i).mul(factor).intoArray(y, i);
    }
    for (; i < to; i++) {
      y[i] *= factor;
    }
  }

  /** {@code fma(d * h, 1 / (T h), -ln(total))}, where h keeps a difference from overflowing. */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.extremes(x, from, to);
    float max = Maxima.max(extremes);
    double total = ExpSum.total(x, from, to, max, Maxima.min(extremes), temperature);
    float logTotal = (float) StrictMath.log(total);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogTotal = FloatVector.broadcast(F, -logTotal);
    int shift = yFrom - from;
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector d = FloatVector.fromArray(F, x, i).mul(shrink).sub(shrunkMax);
      d.fma(factors, minusLogTotal).intoArray(y, i + shift);
    }
    for (; i < to; i++) {
      y[i + shift] = Math.fma(x[i] * shrink - shrunkMax, factor, -logTotal);
    }
  }
}
