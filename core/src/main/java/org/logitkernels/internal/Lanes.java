package org.logitkernels.internal;

/**
 * The order in which weights are added: fixed virtual lanes inside fixed blocks, whatever the
 * machine's vectors.
 *
 * <p>A row is cut into blocks of 1,024 logits, counted from its first. In a block, lane l of 32
 * adds the weights at l, l + 32, l + 64, ... in that order, in float; then lanes are combined by
 * halving: l with l + 16, then with l + 8, 4, 2, 1. Missing weights at the end of the row count as
 * 0. So no weight passes through more than 36 roundings in float: the total's relative error from
 * adding is at most 36 * 2^-24 = 2.2e-6.
 *
 * <p>A block's weights are relative to the row's maximum so far, that block included, so one read
 * of the row does; where a block raises the maximum, what was summed before is multiplied, in
 * double, by {@link Exponential#decay}. Block sums are added in order, in double.
 *
 * <p>Source: Milakov and Gimelshein, Online normalizer calculation for softmax, arXiv:1805.02867.
 */
public final class Lanes {
  /** Virtual lanes. */
  public static final int COUNT = 32;

  /** Weights in a block. */
  public static final int BLOCK = 1024;

  private Lanes() {}

  /** Blocks in a row, the last one perhaps in part. */
  public static int blocks(int length) {
    return (length + BLOCK - 1) / BLOCK;
  }

  /** The sum of {@code weights[0, size)}, a block or a part of one, over the lanes. */
  static float sum(float[] weights, int size) {
    return sum(weights, size, 1, 0);
  }

  private static float sum(float[] weights, int size, int stride, int lane) {
    if (stride < COUNT) {
      return sum(weights, size, 2 * stride, lane) + sum(weights, size, 2 * stride, lane + stride);
    }
    float sum = 0;
    for (int i = lane; i < size; i += COUNT) {
      sum += weights[i];
    }
    return sum;
  }

  /** The total of a row's blocks, relative to the row's maximum. */
  public static double total(double[] sums, double[] decays, int blocks) {
    double total = 0;
    for (int b = 0; b < blocks; b++) {
      total = total * decays[b] + sums[b];
    }
    return total;
  }

  /**
   * The running totals of a row's blocks, all relative to the row's maximum; returns the last.
   *
   * @param sums of each block its sum, relative to the maximum so far
   * @param decays of each block the decay of what was summed before it
   */
  static double prefixes(double[] sums, double[] decays, int blocks, double[] prefixes) {
    double total = 0;
    for (int b = 0; b < blocks; b++) {
      total = total * decays[b] + sums[b];
      prefixes[b] = total;
    }
    double decay = 1;
    for (int b = blocks - 1; b >= 0; b--) {
      prefixes[b] *= decay;
      decay *= decays[b];
    }
    return total;
  }
}
