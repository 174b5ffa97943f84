package org.logitkernels.numerics;

/**
 * The logarithm of a token's probability: the one formula for it, of every read-out in double.
 *
 * <p>The difference of the logits comes first and is exact, or nearly so, in double. The
 * log-sum-exp must not be formed on the way: where {@code |max| / T} nears 2^53 it has no bit left
 * for the total. And the total is divided by the maximum's weight before its logarithm is taken: so
 * the error of that weight, which both have, is no error of a sure token's probability.
 */
public final class LogProbability {
  private LogProbability() {}

  /**
   * {@code ln(total / w(max))}: the logarithm of {@code sum(exp((x - max) / T))}, the partition
   * function relative to the maximum. Never below 0, as the total holds the maximum's weight.
   */
  public static double ofPartition(double total, float max, double temperature) {
    return StrictMath.log(total / Exponential.weight(max, max, temperature));
  }

  /**
   * {@code (x - max) / T - ln(total / w(max))} in nats, at most 0, and never -0.
   *
   * <p>It can exceed 0 only where the total lacks the maximum's own weight.
   *
   * @param logPartition see {@link #ofPartition}
   */
  public static double of(float logit, float max, double temperature, double logPartition) {
    double difference = (double) logit - max;
    return Math.min(0, difference / temperature - logPartition) + 0.0;
  }
}
