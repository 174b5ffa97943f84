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

  /** {@code fma(d * h, 1 / (T h), -ln(total))}, where h keeps a difference from overflowing. */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    float logTotal = (float) StrictMath.log(ExpSum.total(x, from, to, max, temperature));
    double stretch = Exponential.stretch(temperature);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    int shift = yFrom - from;
    for (int i = from; i < to; i++) {
      float d = Exponential.difference(x[i] * shrink, shrunkMax, stretch);
      y[i + shift] = Math.fma(d, factor, -logTotal);
    }
  }
}
