package org.logitkernels.numerics;

/**
 * The entropy of a whole row, in nats, from sums over its blocks: {@code -sum(p_i ln p_i) =
 * ln(total / w(max)) + sum(w_i (max - x_i)) / (total T)}.
 */
public final class Entropy {
  private Entropy() {}

  /**
   * The entropy, never below 0, of a row with a total weight and the logarithm of its partition
   * function.
   *
   * @param products the sum of the weights' products with {@code max - x}, stretched
   */
  public static double of(double products, double total, double logPartition, double temperature) {
    double stretched = temperature * Exponential.stretch(temperature);
    return Math.max(0, logPartition + products / (total * stretched));
  }

  /**
   * The products of a block with distances from the maximum of the row, from the products with
   * distances from the maximum of the block.
   */
  public static double products(
      double products, double sum, float blockMax, float max, float stretch) {
    return products + ((double) max - blockMax) * stretch * sum;
  }
}
