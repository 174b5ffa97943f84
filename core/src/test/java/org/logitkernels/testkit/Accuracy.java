package org.logitkernels.testkit;

/**
 * The bounds that the kernels promise, in one place: their Javadoc and docs/numerics.md state them,
 * the contracts enforce them.
 */
public final class Accuracy {
  /** Half an ULP of a float, relative: the error of one rounding. */
  public static final double UNIT = 0x1p-24;

  /**
   * The total of a row, relative to the exact sum of its weights as computed: 31 additions in a
   * lane and 5 in the tree.
   */
  public static final double TOTAL = 36 * UNIT;

  /**
   * The same on rows as they come: normal, or as a language model's. Not a bound, but more than any
   * of the 50,000 that docs/accuracy.md tells of.
   */
  public static final double USUAL_TOTAL = 6e-7;

  /** The roundings of {@code weight * (float) (1 / total)}. */
  public static final double NORMALISATION = 2 * UNIT;

  /** Below this weight a token's probability is 0. */
  public static final double LEAST_WEIGHT = 0x1p-126;

  /** Half the least float: the error of rounding to a subnormal. */
  public static final double SUBNORMAL = 0x1p-150;

  private Accuracy() {}

  /**
   * A weight, relative, at a distance from the maximum.
   *
   * @param distance {@code (max - x) / T}
   */
  public static double weight(double distance) {
    return (2 + 2 * distance) * UNIT;
  }
}
