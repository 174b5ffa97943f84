package org.logitkernels.numerics;

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

  /**
   * The cut of p-less: that of the probability {@code sum(p^2)}, which is {@code squares /
   * partition^2}. Never above 0.
   *
   * @param squares the partition function at half the temperature, whose weights are the squares
   * @param partition that at the temperature, no less but for roundings
   */
  public static float collision(double squares, double partition, double temperature) {
    double logarithm = Math.min(0, StrictMath.log(squares / partition));
    return (float) (temperature * (logarithm - 0x1p-21));
  }

  /** The cut of top-n-sigma: n standard deviations of the logits below the maximum. */
  public static float sigma(double deviation, float n) {
    return (float) -(n * deviation);
  }
}
