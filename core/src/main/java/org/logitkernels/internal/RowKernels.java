package org.logitkernels.internal;

/**
 * What a backend implements: kernels over the logits {@code x[from, to)} of one row, at least one
 * long.
 *
 * <p>Arguments were checked by the caller. Each kernel looks for NaN and +Infinity (an {@link
 * IllegalArgumentException}) and for a row with every token masked (an {@link
 * IllegalStateException}) before it writes anything, allocates nothing in steady state, and returns
 * the bits of the scalar reference. Temperatures are doubles above 0, products of a chain's steps.
 */
public interface RowKernels {
  /** Name of the backend, as in {@code Kernels.named}. */
  String name();

  /** Width of its vectors in bits; 0 for scalar. */
  int vectorBits();

  /** The id of the best token. */
  int argMax(float[] x, int from, int to);

  /** {@code ln(sum(exp(x / T)))} in nats. */
  double logSumExp(float[] x, int from, int to, double temperature);

  /** Probabilities into {@code y}, from {@code yFrom}; in place if that is the row itself. */
  void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom);

  /**
   * Logarithms of the probabilities into {@code y}, from {@code yFrom}; in place if that is the row
   * itself.
   */
  void logSoftmax(float[] x, int from, int to, double temperature, float[] y, int yFrom);

  /** Leaves the best k unmasked tokens as survivors. */
  void topK(float[] x, int from, int to, int k, Survivors survivors);

  /**
   * Leaves the nucleus of mass p as survivors, with their weights unless p is 1, and the row's
   * total weight at this temperature.
   */
  void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors);

  /** Leaves the unmasked tokens with {@code x - max >= threshold} as survivors. */
  void minP(float[] x, int from, int to, float threshold, Survivors survivors);

  /**
   * Sums the row's weights: leaves its maximum and total, and of each block the sum, the decay of
   * what was before and the maximum so far.
   */
  void sums(float[] x, int from, int to, double temperature, Survivors survivors);

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  void entropy(float[] x, int from, int to, double temperature, Survivors survivors);

  /** Leaves the row's maximum and the standard deviation of its unmasked logits. */
  void moments(float[] x, int from, int to, Survivors survivors);

  /**
   * Leaves the unmasked tokens with {@code x - max >= threshold} as survivors, of a row that one of
   * the three above has just been through.
   */
  void collect(float[] x, int from, int to, float threshold, Survivors survivors);

  /** Draws from the survivors, whose weights are there; leaves their total. -1 if none has any. */
  int draw(Survivors survivors, double u);

  /** Computes the survivors' weights at a temperature from their logits and the row's maximum. */
  void weights(Survivors survivors, double temperature);
}
