package org.logitkernels.scalar;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.LogProbability;

/** Log-sum-exp, a log-probability, softmax and log-softmax. */
final class Softmax {
  private Softmax() {}

  /** {@code max / T + ln(total / w(max))}. */
  static double logSumExp(float[] x, int from, int to, double temperature) {
    float max = Maxima.max(x, from, to);
    return max / temperature + logPartition(x, from, to, temperature, max);
  }

  /** The logarithm of the total, in weights of the maximum. */
  private static double logPartition(float[] x, int from, int to, double temperature, float max) {
    double total = ExpSum.total(x, from, to, temperature, max);
    return LogProbability.ofPartition(total, max, temperature);
  }

  /** The logarithm of a token's probability. */
  static double logProbability(float[] x, int from, int to, double temperature, int token) {
    float max = Maxima.max(x, from, to);
    double logPartition = logPartition(x, from, to, temperature, max);
    return LogProbability.of(x[from + token], max, temperature, logPartition);
  }

  /** The total, and then the weights, each divided by it. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    double total = ExpSum.total(x, from, to, temperature, max);
    float first = Exponential.first(total);
    float second = Exponential.second(total);
    ExpSum.weights(x, from, to, max, temperature, first, second, y, yFrom);
  }

  /**
   * {@code fma(d * h, 1 / (T h), -ln(total / w(max)))}, where h keeps a difference from
   * overflowing.
   */
  static void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    float max = Maxima.max(x, from, to);
    float logPartition = (float) logPartition(x, from, to, temperature, max);
    float stretch = Exponential.stretch(temperature);
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    int shift = yFrom - from;
    for (int i = from; i < to; i++) {
      float d = (x[i] * shrink - shrunkMax) * stretch;
      y[i + shift] = Math.fma(d, factor, -logPartition);
    }
  }
}
