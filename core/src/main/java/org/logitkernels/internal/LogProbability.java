package org.logitkernels.internal;

/**
 * The logarithm of a token's probability: the one formula for it, of every read-out in double.
 *
 * <p>The difference of the logits comes first and is exact, or nearly so, in double. The
 * log-sum-exp must not be formed on the way: where {@code |max| / T} nears 2^53 it has no bit left
 * for {@code ln(total)}.
 */
public final class LogProbability {
  private LogProbability() {}

  /**
   * {@code (x - max) / T - ln(total)} in nats, at most 0, and never -0.
   *
   * <p>It can exceed 0 by roundings alone, and only where the total lacks the maximum's own weight.
   *
   * @param logTotal the logarithm of the total weight, relative to this maximum
   */
  public static double of(float logit, float max, double temperature, double logTotal) {
    double difference = (double) logit - max;
    return Math.min(0, difference / temperature - logTotal) + 0.0;
  }
}
