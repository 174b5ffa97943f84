package org.logitkernels.internal;

/**
 * Kernels over a part of a row: whole blocks of it, and at its end what is left of one. Parts may
 * be gone through in any order, and at the same time; each writes places of its own among the
 * survivors' scratch.
 *
 * <p>First parts are looked at, from the first on. Then the maximum of these is known, so they can
 * be summed, and what follows them; and if they are the whole row, kernels that narrow it look only
 * where the strips' maxima tell them to.
 *
 * @param <X> what holds the row
 */
public interface PartKernels<X> {
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

  /** Whether parts can be summed at a temperature: not at the most extreme ones. */
  boolean sums(double temperature);

  /**
   * Sums the weights of blocks {@code [block, end)}, a part that was looked at, behind others with
   * this maximum: leaves of each block the sum, the decay of what was before and the maximum so
   * far.
   */
  void sums(
      X x,
      int from,
      int to,
      double temperature,
      int block,
      int end,
      int part,
      float before,
      Survivors survivors);

  /**
   * The same for all blocks from this one on, which were not looked at; leaves the maxima of their
   * strips, too. Throws for NaN and +Infinity in them, and where all is masked.
   */
  void sumsOfRest(
      X x, int from, int to, double temperature, int block, float before, Survivors survivors);
}
