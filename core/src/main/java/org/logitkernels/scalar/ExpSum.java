package org.logitkernels.scalar;

import org.jspecify.annotations.Nullable;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Survivors;

/** Sums of weights, block by block, without storing the weights. */
final class ExpSum {
  private ExpSum() {}

  /** The row's total weight. */
  static double total(float[] x, int from, int to, double temperature) {
    return total(x, from, to, temperature, null);
  }

  /** Leaves the row's maximum and total weight, and what its blocks sum to. */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    survivors.total = total(x, from, to, temperature, survivors);
    survivors.stripsOfBlocks = false;
  }

  private static double total(
      float[] x, int from, int to, double temperature, @Nullable Survivors survivors) {
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
      float sum = 0;
      if (max > Float.NEGATIVE_INFINITY) {
        sum = lanes(x, at, end, max, stretch, scale, cutoff, 1, 0);
        total = total * decay + sum;
      }
      if (survivors != null) {
        survivors.sums[b] = sum;
        survivors.decays[b] = decay;
        survivors.tops[b] = max;
      }
    }
    return total;
  }

  /** {@link Lanes#sum} of the weights of {@code x[at, end)}. */
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
