package org.logitkernels.internal;

/** Kernels over floats in native memory. */
public interface NativeKernels extends RowKernels<NativeFloats> {
  /**
   * Probabilities into native memory; in place if that is the row itself. The survivors are
   * scratch.
   */
  void softmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors);

  /** Logarithms of the probabilities, likewise. */
  void logSoftmax(
      NativeFloats x, int from, int to, double temperature, NativeFloats y, Survivors survivors);
}
