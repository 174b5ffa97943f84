package org.logitkernels.spi;

import org.jspecify.annotations.Nullable;

/**
 * Kernels over the logits {@code [from, to)} of one row, at least one long, of a kind: an array, or
 * native memory.
 *
 * <p>Arguments were checked by the caller. Each kernel looks for NaN and +Infinity (an {@link
 * IllegalArgumentException}) and for a row with every token masked (an {@link
 * IllegalStateException}) before it writes anything, allocates nothing in steady state, and returns
 * the bits of the scalar reference. Temperatures are doubles above 0, products of a chain's steps.
 *
 * @param <X> what holds a row: {@code float[]} or {@link SegmentAddress}
 */
public interface RowKernels<X> {
  /** The id of the best token. */
  int argMax(X x, int from, int to);

  /** {@code ln(sum(exp(x / T)))} in nats. */
  double logSumExp(X x, int from, int to, double temperature);

  /** Probabilities into {@code y}, from {@code yFrom}; in place if that is the row itself. */
  void softmax(X x, int from, int to, double temperature, float[] y, int yFrom);

  /**
   * Logarithms of the probabilities into {@code y}, from {@code yFrom}; in place if that is the row
   * itself.
   */
  void logSoftmax(X x, int from, int to, double temperature, float[] y, int yFrom);

  /** Leaves the best k unmasked tokens as survivors. */
  void topK(X x, int from, int to, int k, Survivors survivors);

  /**
   * Leaves the nucleus of mass p as survivors, with their weights unless p is 1, and the row's
   * total weight at this temperature.
   *
   * @param summed whether {@link #sums} has been through the row at this temperature
   */
  void topP(
      X x, int from, int to, double temperature, float p, boolean summed, Survivors survivors);

  /** Leaves the unmasked tokens with {@code x - max >= threshold} as survivors. */
  void minP(X x, int from, int to, float threshold, Survivors survivors);

  /** Sums the row's weights: leaves its maximum and total, and those of each block. */
  void sums(X x, int from, int to, double temperature, Survivors survivors);

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  void entropy(X x, int from, int to, double temperature, Survivors survivors);

  /**
   * Leaves the row's maximum and total weight at temperature 1, and those of each block. Returns
   * the mean, by the weights, of {@code (x - y) - (m - n)}, where y is another row, and m and n are
   * the maxima of both: Infinity if that masks a token that has a weight here.
   *
   * @param otherTops of each block of the other row, which was summed, its maximum
   */
  double divergence(
      X x, int from, int to, float[] other, int otherFrom, float[] otherTops, Survivors survivors);

  /** Leaves the row's maximum and the standard deviation of its unmasked logits. */
  void moments(X x, int from, int to, Survivors survivors);

  /**
   * Leaves the unmasked tokens with {@code x - max >= threshold} as survivors, of a row that {@link
   * #sums}, {@link #entropy}, {@link #divergence} or {@link #moments} has just been through.
   */
  void collect(X x, int from, int to, float threshold, Survivors survivors);

  /**
   * The soft cap of every logit into {@code y}, from {@code yFrom}; in place if that is the row
   * itself. Unlike the others it looks for nothing: what is masked, and what is no logit, stays
   * what it is.
   *
   * @param cap finite and above 0
   */
  void softCap(X x, int from, int to, float cap, float[] y, int yFrom);

  /** The kernels for parts of a row; null if there are none yet, or none at all. */
  default @Nullable SharedRowKernels<X> parts() {
    return null;
  }
}
