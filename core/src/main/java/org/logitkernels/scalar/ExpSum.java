package org.logitkernels.scalar;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;

/** Sums of weights, block by block, without storing the weights. */
final class ExpSum {
  private static final double[] NONE = {};

  private ExpSum() {}

  /** The row's total weight. */
  static double total(float[] x, int from, int to, double temperature) {
    return prefixes(x, from, to, temperature, NONE, NONE);
  }

  /** The row's total weight, and the running total after each block. */
  static double prefixes(
      float[] x, int from, int to, double temperature, double[] prefixes, double[] decays) {
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float max = Float.NEGATIVE_INFINITY;
    double total = 0;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      int best = Maxima.best(x, at, end);
      double decay = 1;
      if (best >= 0 && x[best] > max) {
        float blockMax = x[best] + 0f;
        decay = Exponential.decay(max, blockMax, temperature);
        max = blockMax;
      }
      if (max > Float.NEGATIVE_INFINITY) {
        total = total * decay + block(x, at, end, max, stretch, scale, cutoff);
      }
      if (prefixes.length > 0) {
        prefixes[b] = total;
        decays[b] = decay;
      }
    }
    if (prefixes.length > 0) {
      Lanes.settle(prefixes, decays, Lanes.blocks(to - from));
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

  /** Weights of {@code x[at, end)}, each times a factor, into {@code w}, from {@code wFrom}. */
  static void weights(
      float[] x,
      int at,
      int end,
      float max,
      double temperature,
      float factor,
      float[] w,
      int wFrom) {
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    int shift = wFrom - at;
    for (int i = at; i < end; i++) {
      float d = Exponential.difference(x[i], max, stretch);
      w[i + shift] = Exponential.weight(d, scale, cutoff) * factor;
    }
  }
}
