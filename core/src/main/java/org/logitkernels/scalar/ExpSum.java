package org.logitkernels.scalar;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/** Sums of weights, block by block, without storing the weights. */
final class ExpSum {
  private ExpSum() {}

  /** The row's total weight. */
  static double total(float[] x, int from, int to, float max, double temperature) {
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    double total = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      total += block(x, at, Math.min(to, at + Lanes.BLOCK), max, stretch, scale, cutoff);
    }
    return total;
  }

  /** The row's total weight, and the running total after each block. */
  static double prefixes(
      float[] x, int from, int to, float max, double temperature, double[] prefixes) {
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    double total = 0;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      total += block(x, at, Math.min(to, at + Lanes.BLOCK), max, stretch, scale, cutoff);
      prefixes[b] = total;
    }
    return total;
  }

  /** {@link Lanes#sum(float[], int, int)} of the weights of {@code x[at, end)}. */
  private static float block(
      float[] x, int at, int end, float max, double stretch, float scale, float cutoff) {
    return lanes(x, at, end, max, stretch, scale, cutoff, 1, 0);
  }

  private static float lanes(
      float[] x,
      int at,
      int end,
      float max,
      double stretch,
      float scale,
      float cutoff,
      int stride,
      int lane) {
    if (stride < Lanes.COUNT) {
      return lanes(x, at, end, max, stretch, scale, cutoff, 2 * stride, lane)
          + lanes(x, at, end, max, stretch, scale, cutoff, 2 * stride, lane + stride);
    }
    float sum = 0;
    for (int i = at + lane; i < end; i += Lanes.COUNT) {
      sum += Exponential.weight(Exponential.difference(x[i], max, stretch), scale, cutoff);
    }
    return sum;
  }

  /** Weights of {@code x[at, end)} into {@code w}, from {@code wFrom}. */
  static void weights(
      float[] x, int at, int end, float max, double temperature, float[] w, int wFrom) {
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    int shift = wFrom - at;
    for (int i = at; i < end; i++) {
      w[i + shift] = Exponential.weight(Exponential.difference(x[i], max, stretch), scale, cutoff);
    }
  }
}
