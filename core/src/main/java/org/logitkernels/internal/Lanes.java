package org.logitkernels.internal;

/**
 * The order in which weights are added: fixed virtual lanes inside fixed blocks, whatever the
 * machine's vectors.
 *
 * <p>A row is cut into blocks of 1,024 logits, counted from its first. In a block, lane l of 32
 * adds the weights at l, l + 32, l + 64, ... in that order, in float; then lanes are combined by
 * halving: l with l + 16, then with l + 8, 4, 2, 1. Missing weights at the end of the row count as
 * 0. Block sums are added in order in double. So no weight passes through more than 36 roundings in
 * float: the total's relative error from adding is at most 36 * 2^-24 = 2.2e-6.
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

  /** The sum of the weights {@code w[at, end)}, one block at most. */
  public static float sum(float[] w, int at, int end) {
    return sum(w, at, end, 1, 0);
  }

  /** Lanes congruent to {@code lane} modulo {@code stride}, combined. */
  private static float sum(float[] w, int at, int end, int stride, int lane) {
    if (stride < COUNT) {
      return sum(w, at, end, 2 * stride, lane) + sum(w, at, end, 2 * stride, lane + stride);
    }
    float sum = 0;
    for (int i = at + lane; i < end; i += COUNT) {
      sum += w[i];
    }
    return sum;
  }
}
