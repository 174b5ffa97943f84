package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/** Softmax and log-softmax. */
final class Softmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private Softmax() {}

  /**
   * The maximum; the weights, stored, and their total, block by block; the scaling to a sum of 1.
   */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.extremes(x, from, to);
    float max = Maxima.max(extremes);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    boolean plain = Maxima.min(extremes) - max >= cutoff;
    int shift = yFrom - from;
    double total = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      if (plain) {
        ExpSum.plainWeights(x, at, end, max, scale, cutoff, y, at + shift);
      } else {
        ExpSum.weights(x, at, end, max, scale, cutoff, y, at + shift);
      }
      total += LaneSum.sum(y, at + shift, end + shift);
    }
    multiply(y, yFrom, to + shift, (float) (1 / total));
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

  /** {@code fma(d, 1/T, -ln(total))}. */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.extremes(x, from, to);
    float max = Maxima.max(extremes);
    double total = ExpSum.total(x, from, to, max, Maxima.min(extremes), temperature);
    float logTotal = (float) StrictMath.log(total);
    float inverse = Exponential.inverse(temperature);
    FloatVector inverses = FloatVector.broadcast(F, inverse);
    FloatVector minusLogTotal = FloatVector.broadcast(F, -logTotal);
    int shift = yFrom - from;
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector.fromArray(F, x, i).sub(max).fma(inverses, minusLogTotal).intoArray(y, i + shift);
    }
    for (; i < to; i++) {
      y[i + shift] = Math.fma(x[i] - max, inverse, -logTotal);
    }
  }
}
