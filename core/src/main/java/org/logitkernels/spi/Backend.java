package org.logitkernels.spi;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.Penalty;

/** What a backend implements: kernels over arrays, over survivors, and over other kinds of rows. */
public interface Backend
    extends RowKernels<float[]>, MaskedKernels, AttentionKernels, RoutingKernels {
  /** Name of the backend, as in {@code Kernels.named}. */
  String name();

  /** Width of its vectors in bits; 0 for scalar. */
  int vectorBits();

  /** The {@link LogProbability} of a token of the row. */
  double logProbability(float[] x, int from, int to, double temperature, int token);

  /** Draws from the survivors, whose weights are there; leaves their total. -1 if none has any. */
  int draw(Survivors survivors, double u);

  /** Computes the survivors' weights at a temperature from their logits and the row's maximum. */
  void weights(Survivors survivors, double temperature);

  /**
   * Sums a block of a row again, whose logits are in the place of the survivors': leaves its sum
   * and its maximum.
   */
  void sumBlock(Survivors survivors, double temperature, int block);

  /**
   * Changes the logits of tokens that occurred: of {@code x[from, from + length)}, into {@code y[0,
   * length)}, which may be the row itself. May leave the maxima of its strips, for the kernel that
   * reads {@code y} next.
   *
   * @param occurred a bit for each token
   * @param counts how often each occurred
   */
  void penalise(
      float[] x,
      int from,
      int length,
      long[] occurred,
      int[] counts,
      Penalty penalty,
      double temperature,
      float[] y,
      Survivors survivors);

  /**
   * Widens a row of a narrow format to floats, exactly, into {@code y}. May leave the maxima of its
   * strips, for the kernel that reads {@code y} next.
   */
  void widen(NarrowFloats x, int length, float[] y, Survivors survivors);

  /** The id of the best token of a row of a narrow format. */
  int argMaxOfNarrow(NarrowFloats x, int length);

  /** Kernels over parts of an array, and over parts of a row of a narrow format. */
  interface Parts extends SharedRowKernels<float[]> {
    /** Widens a part as {@link Backend#widen} does a row, and looks at it. */
    void widen(
        NarrowFloats x, int length, float[] y, int block, int end, int part, Survivors survivors);
  }

  @Override
  default @Nullable Parts parts() {
    return null;
  }

  /** The kernels that read floats in native memory. */
  NativeKernels natives();
}
