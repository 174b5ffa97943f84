package org.logitkernels.spi;

/**
 * Kernels over the logits {@code [from, to)} of an array, some of which a mask allows: a bit each,
 * from the lowest of a word on. What it forbids is not looked at, whatever it is, and counts as
 * masked.
 *
 * <p>The logits begin with a block of the row, and that block's bits with a word: the first of the
 * logits has bit 0 of word {@code 16 * block}. Bits behind the row's end are 0.
 */
public interface MaskedKernels {
  /** Writes the row as the mask leaves it into {@code y}, from {@code yFrom}; perhaps in place. */
  void writeMasked(float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom);

  /** Leaves of each block the maximum, NaN or +Infinity if it holds such. */
  void maskedTops(float[] x, int from, int to, long[] mask, int block, Survivors survivors);

  /** The same, and of each block the sum of its weights. */
  void maskedSums(
      float[] x, int from, int to, long[] mask, int block, double temperature, Survivors survivors);
}
