package org.logitkernels.testkit;

/**
 * The bounds that the kernels promise, in one place: their Javadoc and docs/numerics.md state them,
 * the contracts enforce them.
 */
public final class Accuracy {
  /** Half an ULP of a float, relative: the error of one rounding. */
  public static final double UNIT = 0x1p-24;

  /** A weight, relative, whatever its distance from the maximum. */
  public static final double WEIGHT = 2 * UNIT;

  /**
   * The total of a row, relative to the exact sum of its weights as computed: 3 additions in a
   * group and 3 of groups. What is added in double comes to nothing beside them.
   */
  public static final double TOTAL = 6 * UNIT;

  /**
   * The same on rows as they come: normal, or as a language model's. Not a bound, but more than any
   * of the 50,000 that docs/accuracy.md tells of.
   */
  public static final double USUAL_TOTAL = 2e-7;

  /**
   * A probability, relative to the quotient of weight and total: the one rounding of {@code
   * fma(weight, f1, weight * f2)}, and what the factors are off, less than 2^-46.
   */
  public static final double NORMALISATION = UNIT * (1 + 0x1p-20);

  /** Relative to 2^N, a weight below this is 0. */
  public static final double LEAST_WEIGHT = 0x1p-126;

  /** Half the least float: the error of rounding to a subnormal. */
  public static final double SUBNORMAL = 0x1p-150;

  private Accuracy() {}
}
