package org.logitkernels.scalar;

import org.logitkernels.numerics.Entropy;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * The entropy of the whole row: beside the weights, as {@link ExpSum} adds them, their products
 * with the distances from the block's maximum, over the same lanes.
 */
final class EntropySum {
  private EntropySum() {}

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  static void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    double total = 0;
    double products = 0;
    int unmasked = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      float top = Maxima.top(x, at, end);
      double factor = Exponential.factor(top, max, scale, stretch);
      if (factor > 0) {
        double sum = ExpSum.block(x, at, end, temperature, top, false);
        double product = ExpSum.block(x, at, end, temperature, top, true);
        total += sum * factor;
        products += Entropy.products(product, sum, top, max, stretch) * factor;
      }
      for (int i = at; i < end; i++) {
        unmasked += x[i] > Float.NEGATIVE_INFINITY ? 1 : 0;
      }
    }
    survivors.max = max;
    survivors.total = total;
    survivors.entropy =
        Entropy.of(products, survivors.total, survivors.logPartition(temperature), temperature);
    survivors.unmasked = unmasked;
    survivors.row.forget();
  }
}
