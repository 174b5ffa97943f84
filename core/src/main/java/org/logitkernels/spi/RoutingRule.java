package org.logitkernels.spi;

import org.jspecify.annotations.Nullable;

/**
 * How experts are chosen and weighed, as kernels see it. Whoever makes one has checked the numbers.
 *
 * @param experts how many logits a row has
 * @param k how many experts a row gets
 * @param choice what is compared
 * @param weighing what a weight is
 * @param bias what is added to the score that is compared, of each expert; null for nothing
 * @param groups how many groups of neighbours the experts are in
 * @param keptGroups how many of these a row may choose from
 * @param bestTwo whether a group's score is the sum of its best two scores, and not its best one
 * @param renormalised whether sigmoids are divided by their sum
 * @param scale what weights are multiplied by last
 */
public record RoutingRule(
    int experts,
    int k,
    Choice choice,
    Weighing weighing,
    float @Nullable [] bias,
    int groups,
    int keptGroups,
    boolean bestTwo,
    boolean renormalised,
    float scale) {

  /** Added to the sum that sigmoids are divided by, so that it is never 0. */
  public static final double EPSILON = 1e-20;

  /** What is compared, a bias aside. */
  public enum Choice {
    /** The logit. */
    LOGIT,
    /** The sigmoid of the logit. */
    SIGMOID,
    /** The probability among all experts. */
    PROBABILITY
  }

  /** What a weight is, a scale aside. */
  public enum Weighing {
    /** The sigmoid of the logit. */
    SIGMOID,
    /** The probability among all experts. */
    PROBABILITY,
    /** The probability among the chosen. */
    CHOSEN
  }

  /** Whether logits are compared as they are. */
  public boolean comparesLogits() {
    return choice == Choice.LOGIT && bias == null && keptGroups == groups;
  }

  /**
   * A group's score by the best two of its scores, of which those of masked experts are -Infinity.
   * A second one that is masked counts as 0. So the result is -Infinity for a group that is masked
   * as a whole, and for no other.
   */
  public static float groupScore(float best, float second) {
    return second == Float.NEGATIVE_INFINITY ? best : Math.max(best + second, -Float.MAX_VALUE);
  }

  /** Whether the probabilities among all experts are needed. */
  public boolean needsProbabilities() {
    return choice == Choice.PROBABILITY || weighing == Weighing.PROBABILITY;
  }
}
