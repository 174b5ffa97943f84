package org.logitkernels.numerics;

/**
 * The logistic function, {@code 1 / (1 + exp(-x))}, of a float: one fixed sequence of IEEE
 * operations in double, rounded to float once at its end.
 *
 * <p>{@code exp(-x) = 2^(n + r)} with {@code n = round(-x * log2(e))}; {@code 2^r} is a polynomial
 * of degree 9 on [-1/2, 1/2]. Beyond {@link #LEAST} and {@link #MOST} the result is 0 or 1.
 *
 * <p><b>Accuracy:</b> the error is at most 0.501 ULP, and the function is monotone: a larger float
 * never has a smaller result. Both over every float, by {@code SigmoidTest}.
 */
public final class Sigmoid {
  /** Here and below the result is 0: it would be below half of the least float. */
  public static final float LEAST = -104;

  /** Here and above it is 1. */
  public static final float MOST = 20;

  /** From a logit to minus its power of two. */
  public static final double SCALE = -0x1.71547652b82fep0;

  /** Added to a double below 2^51 in magnitude, it rounds to an integer. */
  public static final double ROUND = 0x1.8p52;

  // 2^r = 1 + C1 r + ... + C9 r^9: the Taylor series, whose error on [-1/2, 1/2] is below 2^-37.
  /** Coefficient of r. */
  public static final double C1 = 0x1.62e42fefa39efp-1;

  /** Coefficient of r^2. */
  public static final double C2 = 0x1.ebfbdff82c58fp-3;

  /** Coefficient of r^3. */
  public static final double C3 = 0x1.c6b08d704a0cp-5;

  /** Coefficient of r^4. */
  public static final double C4 = 0x1.3b2ab6fba4e77p-7;

  /** Coefficient of r^5. */
  public static final double C5 = 0x1.5d87fe78a6731p-10;

  /** Coefficient of r^6. */
  public static final double C6 = 0x1.430912f86c787p-13;

  /** Coefficient of r^7. */
  public static final double C7 = 0x1.ffcbfc588b0c7p-17;

  /** Coefficient of r^8. */
  public static final double C8 = 0x1.62c0223a5c824p-20;

  /** Coefficient of r^9. */
  public static final double C9 = 0x1.b5253d395e7c4p-24;

  private Sigmoid() {}

  /** The function of any float but NaN. */
  public static float of(float x) {
    double v = x < LEAST ? LEAST : x > MOST ? MOST : x;
    double t = Math.fma(v, SCALE, ROUND);
    double r = Math.fma(v, SCALE, ROUND - t);
    double p = Math.fma(C9, r, C8);
    p = Math.fma(p, r, C7);
    p = Math.fma(p, r, C6);
    p = Math.fma(p, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    p = Math.fma(p, r, 1); // 2^r
    double e = // times 2^n
        Double.longBitsToDouble(
            Double.doubleToRawLongBits(p) + (Double.doubleToRawLongBits(t) << 52));
    return (float) (1 / (1 + e));
  }
}
