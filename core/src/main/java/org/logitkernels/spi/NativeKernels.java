package org.logitkernels.spi;

/** Kernels over floats in native memory. */
public interface NativeKernels extends RowKernels<SegmentAddress> {
  /**
   * Probabilities into native memory; in place if that is the row itself. The survivors are
   * scratch.
   */
  void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors);

  /** Logarithms of the probabilities, likewise. */
  void logSoftmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      SegmentAddress y,
      Survivors survivors);
}
