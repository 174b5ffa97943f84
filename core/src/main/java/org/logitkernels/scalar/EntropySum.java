package org.logitkernels.scalar;

import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Surprisal;
import org.logitkernels.internal.Survivors;

/**
 * The entropy of the whole row: beside the weights, as {@link ExpSum} adds them, their products
 * with the differences from the maximum, over the same lanes.
 */
final class EntropySum {
  private EntropySum() {}

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  static void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    double stretch = Exponential.stretch(temperature);
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float max = Float.NEGATIVE_INFINITY;
    double total = 0;
    double products = 0;
    int unmasked = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      int best = Maxima.best(x, at, end);
      if (best >= 0 && x[best] > max) {
        float blockMax = x[best] + 0f;
        double decay = Exponential.decay(max, blockMax, temperature);
        products = Surprisal.decay(products, total, max, blockMax, stretch, decay);
        total *= decay;
        max = blockMax;
      }
      if (max > Float.NEGATIVE_INFINITY) {
        total += lanes(x, at, end, max, stretch, scale, cutoff, false, 1, 0);
        products += lanes(x, at, end, max, stretch, scale, cutoff, true, 1, 0);
      }
      for (int i = at; i < end; i++) {
        unmasked += x[i] > Float.NEGATIVE_INFINITY ? 1 : 0;
      }
    }
    survivors.total = total;
    survivors.entropy = Surprisal.entropy(products, total, temperature * stretch);
    survivors.unmasked = unmasked;
    survivors.stripsOfBlocks = false;
  }

  /** The sum over lanes of the weights of {@code x[at, end)}, or of their products. */
  private static float lanes(
      float[] x,
      int at,
      int end,
      float max,
      double stretch,
      float scale,
      float cutoff,
      boolean byDifference,
      int stride,
      int lane) {
    if (stride < Lanes.COUNT) {
      return lanes(x, at, end, max, stretch, scale, cutoff, byDifference, 2 * stride, lane)
          + lanes(x, at, end, max, stretch, scale, cutoff, byDifference, 2 * stride, lane + stride);
    }
    float sum = 0;
    for (int i = at + lane; i < end; i += Lanes.COUNT) {
      float d = Exponential.difference(x[i], max, stretch);
      float weight = Exponential.weight(d, scale, cutoff);
      if (weight > 0) {
        sum = byDifference ? Math.fma(weight, d, sum) : sum + weight;
      }
    }
    return sum;
  }
}
