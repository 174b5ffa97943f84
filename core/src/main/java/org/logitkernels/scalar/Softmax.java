package org.logitkernels.scalar;

import org.logitkernels.internal.Exponential;

/** Softmax and log-softmax. */
final class Softmax {
  private Softmax() {}

  /** The total, and then the weights, each multiplied by its inverse. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    float factor = (float) (1 / ExpSum.total(x, from, to, temperature));
    ExpSum.weights(x, from, to, max, temperature, factor, y, yFrom);
  }

  /** {@code fma(d * h, 1 / (T h), -ln(total))}, where h keeps a difference from overflowing. */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    float logTotal = (float) StrictMath.log(ExpSum.total(x, from, to, temperature));
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
