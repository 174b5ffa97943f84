package org.logitkernels.scalar;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/** Softmax and log-softmax. */
final class Softmax {
  private Softmax() {}

  /** The maximum; the weights, stored, and their total; the scaling to a sum of 1. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    ExpSum.weights(x, from, to, max, temperature, y, yFrom);
    int yTo = yFrom + (to - from);
    double total = 0;
    for (int at = yFrom; at < yTo; at += Lanes.BLOCK) {
      total += Lanes.sum(y, at, Math.min(yTo, at + Lanes.BLOCK));
    }
    float factor = (float) (1 / total);
    for (int i = yFrom; i < yTo; i++) {
      y[i] *= factor;
    }
  }

  /** {@code fma(d, 1/T, -ln(total))}. */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    float logTotal = (float) StrictMath.log(ExpSum.total(x, from, to, max, temperature));
    double stretch = Exponential.stretch(temperature);
    float inverse = Exponential.inverse(temperature);
    int shift = yFrom - from;
    for (int i = from; i < to; i++) {
      y[i + shift] = Math.fma(Exponential.difference(x[i], max, stretch), inverse, -logTotal);
    }
  }
}
