package org.logitkernels.internal;

/**
 * Where filters cut: the lowest difference from the maximum, {@code x - max}, that they keep.
 *
 * <p>In double and in the order of ids, one code for every backend: so the bits agree.
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
  public static float epsilon(Survivors survivors, double temperature, double epsilon) {
    return Math.min(0, probability(survivors.sum(), temperature, epsilon));
  }

  /** The cut of XTC: that of its threshold, which no token need reach. */
  public static float xtc(Survivors survivors, double temperature, float threshold) {
    return probability(survivors.sum(), temperature, threshold);
  }

  /** The cut of a probability among weights with this sum; above 0 if none reaches it. */
  private static float probability(double total, double temperature, double p) {
    return (float) (temperature * (StrictMath.log(p * total) - 0x1p-21));
  }

  /** The cut of eta: that of epsilon for {@code min(epsilon, sqrt(epsilon) exp(-H))}. */
  public static float eta(Survivors survivors, double temperature, float epsilon) {
    double total = survivors.sum();
    double entropy = Surprisal.entropy(survivors, temperature, total);
    double eta = Math.min(epsilon, Math.sqrt(epsilon) * StrictMath.exp(-entropy));
    return Math.min(0, probability(total, temperature, eta));
  }

  /** The cut of top-n-sigma: n population standard deviations of the logits below the maximum. */
  public static float sigma(Survivors survivors, float n) {
    double sum = 0;
    for (int i = 0; i < survivors.size; i++) {
      sum += survivors.values[i];
    }
    double mean = sum / survivors.size;
    double squares = 0;
    for (int i = 0; i < survivors.size; i++) {
      double deviation = survivors.values[i] - mean;
      squares += deviation * deviation;
    }
    return (float) -(n * Math.sqrt(squares / survivors.size));
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
        last = Math.max(last, Order.key(survivors.values[i], survivors.ids[i]));
        count++;
      }
    }
    if (count < 2 || survivors.size - (count - 1) < minKeep) {
      return false;
    }
    int kept = 0;
    for (int i = 0; i < survivors.size; i++) {
      if (Order.key(survivors.values[i], survivors.ids[i]) >= last) {
        survivors.ids[kept] = survivors.ids[i];
        survivors.values[kept] = survivors.values[i];
        kept++;
      }
    }
    survivors.size = kept;
    survivors.renewMax();
    return true;
  }
}
