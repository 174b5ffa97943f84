package org.logitkernels.spi;

/** Kernels over many rows of an array at a time, for attention. */
public interface AttentionKernels {
  /** Throws for NaN and +Infinity in any of the rows, and says in which row. */
  void checkAttention(AttentionRows rows);

  /**
   * Softmax of each row: checks all rows, then writes the probabilities, and leaves what {@link
   * AttentionRows#total} does. A row that is masked or empty gets zeros.
   */
  void attention(AttentionRows rows);
}
