package org.logitkernels.numerics;

import org.logitkernels.spi.Survivors;

/**
 * Where filters cut: the lowest difference from the maximum, {@code x - max}, that they keep.
 *
 * <p>In double, from partition functions (totals in weights of the maximum), entropies and
 * deviations that have the same bits on every backend.
 */
public final class Cutoffs {
  private Cutoffs() {}

  /**
   * The cut of min-p: {@code (float) (T (ln p - 2^-21))}, and 0 for p = 1, which keeps the ties at
   * the maximum alone.
   */
  public static float minP(double temperature, float p) {
    return p == 1 ? 0 : (float) (temperature * (StrictMath.log(p) - 0x1p-21));
  }

  /** The cut of epsilon: that of its probability, and the ties at the maximum in any case. */
  public static float epsilon(double partition, double temperature, double epsilon) {
    return Math.min(0, probability(partition, temperature, epsilon));
  }

  /** The cut of a probability; above 0 if none reaches it. */
  public static float probability(double partition, double temperature, double p) {
    return (float) (temperature * (StrictMath.log(p * partition) - 0x1p-21));
  }

  /** The cut of eta: that of epsilon for {@code min(epsilon, sqrt(epsilon) exp(-H))}. */
  public static float eta(double partition, double entropy, double temperature, float epsilon) {
    double eta = Math.min(epsilon, Math.sqrt(epsilon) * StrictMath.exp(-entropy));
    return epsilon(partition, temperature, eta);
  }

  /** The cut of top-n-sigma: n standard deviations of the logits below the maximum. */
  public static float sigma(double deviation, float n) {
    return (float) -(n * deviation);
  }

  /**
   * Drops the survivors at or above a cut but for the last of them in order, if there are two or
   * more and {@code minKeep} are left; returns whether it did.
   */
  public static boolean dropTop(Survivors survivors, float cut, int minKeep) {
    long last = Long.MIN_VALUE;
    int count = 0;
    for (int i = 0; i < survivors.size; i++) {
      if (survivors.values[i] - survivors.max >= cut) {
        last = Math.max(last, TokenOrder.key(survivors.values[i], survivors.ids[i]));
        count++;
      }
    }
    if (count < 2 || survivors.size - (count - 1) < minKeep) {
      return false;
    }
    int kept = 0;
    for (int i = 0; i < survivors.size; i++) {
      if (TokenOrder.key(survivors.values[i], survivors.ids[i]) >= last) {
        survivors.move(i, kept++);
      }
    }
    survivors.size = kept;
    survivors.renewMax();
    return true;
  }
}
