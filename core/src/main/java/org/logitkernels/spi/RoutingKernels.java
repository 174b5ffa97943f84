package org.logitkernels.spi;

/**
 * Kernels over the logits of a mixture's experts: rows of an array, of which the first begins at
 * {@code from} and each next one {@code stride} later.
 */
public interface RoutingKernels {
  /**
   * Looks for what cannot be routed: NaN and +Infinity (an {@link IllegalArgumentException}), and
   * rows that leave fewer than k experts to choose from (an {@link IllegalStateException}).
   *
   * @param first what the first row is called
   */
  void checkRoutes(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      int first,
      RoutingScratch scratch);

  /**
   * Chooses k experts for each row, best first, and weighs them, densely into {@code experts} and
   * {@code weights}. The rows have been checked.
   */
  void route(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom);
}
