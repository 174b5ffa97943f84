package org.logitkernels.chain;

import org.logitkernels.spi.Survivors;

/**
 * Surprisal, {@code -ln p_i = ln(total / w(max)) - (x_i - max) / T}, and its mean, the entropy.
 *
 * <p>Both are computed in double and in the order of ids. Every backend runs this code, so the bits
 * agree.
 */
final class Surprisal {
  private Surprisal() {}

  /**
   * The entropy of the survivors: {@code -sum(p_i ln p_i)}, in nats; 0 for a single one. The total
   * and the weights are known. Tokens of no weight have no part in it.
   */
  static double entropy(Survivors survivors, double temperature) {
    double logPartition = survivors.logPartition(temperature);
    double sum = 0;
    for (int i = 0; i < survivors.size; i++) {
      float weight = survivors.weights[i];
      if (weight > 0) {
        sum += weight * of(survivors.values[i], survivors.max, temperature, logPartition);
      }
    }
    return Math.max(0, sum / survivors.total);
  }

  /** The surprisal of a logit. */
  static double of(float value, float max, double temperature, double logPartition) {
    return logPartition - ((double) value - max) / temperature;
  }
}
