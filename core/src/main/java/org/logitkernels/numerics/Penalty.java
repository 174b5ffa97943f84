package org.logitkernels.numerics;

/**
 * What a token's logit becomes once the token has occurred: a function of the logit and of how
 * often.
 *
 * <p>A logit above 0 is divided by a factor, and any other is multiplied. From that, in double,
 * {@code (count * each + once) * temperature} is subtracted. Results beyond the range of float are
 * clamped to it. What is masked stays masked, and what is no logit stays what it is.
 */
public final class Penalty {
  /** 1 where nothing is divided or multiplied. */
  public final float factor;

  /** What is subtracted for each time the token occurred. */
  public final double each;

  /** What is subtracted once. */
  public final double once;

  private Penalty(float factor, double each, double once) {
    this.factor = factor;
    this.each = each;
    this.once = once;
  }

  /** Divides and multiplies. */
  public static Penalty factor(float factor) {
    return new Penalty(factor, 0, 0);
  }

  /** Subtracts. */
  public static Penalty subtrahend(double each, double once) {
    return new Penalty(1, each, once);
  }

  /** Whether the count does not matter. */
  public boolean isFactor() {
    return each == 0 && once == 0;
  }

  /** Whether it does nothing. */
  public boolean isNothing() {
    return factor == 1 && isFactor();
  }

  /** Whether no count is so large that what is subtracted overflows in double. */
  public boolean isFinite(double temperature) {
    return (Math.abs(each) * Integer.MAX_VALUE + Math.abs(once)) * temperature
        < Double.POSITIVE_INFINITY;
  }

  /** The logit of a token that occurred so often. */
  public float of(float x, int count, double temperature) {
    if (!(Math.abs(x) < Float.POSITIVE_INFINITY)) {
      return x;
    }
    if (isFactor()) {
      return clamp(x > 0 ? x / factor : x * factor);
    }
    double subtrahend = count * each + once;
    return clamp((float) (x - subtrahend * temperature));
  }

  private static float clamp(float x) {
    return Math.clamp(x, -Float.MAX_VALUE, Float.MAX_VALUE);
  }
}
