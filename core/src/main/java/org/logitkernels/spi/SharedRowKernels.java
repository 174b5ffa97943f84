package org.logitkernels.spi;

import org.logitkernels.numerics.Exponential;

/**
 * Kernels over a part of a row: whole blocks of it, and at its end what is left of one. Parts may
 * be gone through in any order, and at the same time; each writes places of its own among the
 * survivors' scratch.
 *
 * @param <X> what holds the row
 */
public interface SharedRowKernels<X> {
  /** Leaves the maxima of the strips of blocks {@code [block, end)}, and the part's extremes. */
  void look(X x, int from, int to, int block, int end, int part, Survivors survivors);

  /** Leaves the extremes of a row that was looked at in so many parts. */
  void looked(int parts, Survivors survivors);

  /**
   * The maximum, never -0, of the first parts; -Infinity if all they hold is masked. Throws for NaN
   * and +Infinity in them.
   */
  float max(X x, int from, int to, int parts, Survivors survivors);

  /** The id of the best token, with this logit, of a row that was looked at; from a block on. */
  int argMax(X x, int from, int to, int block, float max, Survivors survivors);

  /**
   * Sums the weights of blocks {@code [block, end)}: leaves of each the sum and the maximum, and
   * the maxima of its strips. Not at temperatures at which logits are {@link Exponential#stretch
   * stretched}.
   */
  void sums(X x, int from, int to, double temperature, int block, int end, Survivors survivors);

  /** Leaves the maximum and the total of a row whose blocks were all summed. Throws as for it. */
  void total(X x, int from, int to, double temperature, Survivors survivors);
}
