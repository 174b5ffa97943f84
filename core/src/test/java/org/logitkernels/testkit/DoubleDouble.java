package org.logitkernels.testkit;

import java.math.BigDecimal;

/**
 * An unevaluated sum of two doubles, about 106 bits: arithmetic for the oracle, accurate to a
 * relative 2^-90 and better. {@code OracleTest} holds it against {@link BigDecimal}.
 *
 * <p>Source: Dekker, A floating-point technique for extending the available precision,
 * doi:10.1007/BF01397083.
 *
 * @param hi the sum, rounded
 * @param lo what rounding left
 */
public record DoubleDouble(double hi, double lo) {
  /** 0. */
  public static final DoubleDouble ZERO = new DoubleDouble(0, 0);

  private static final DoubleDouble ONE = new DoubleDouble(1, 0);

  /** ln(2). */
  static final DoubleDouble LN_2 = new DoubleDouble(0x1.62e42fefa39efp-1, 0x1.abc9e3b39803fp-56);

  /** Below this exp is taken to be 0. */
  private static final double UNDERFLOW = -700;

  private static final int TERMS = 18;
  private static final int HALVINGS = 3;

  /** The exact sum of two doubles. */
  public static DoubleDouble sum(double a, double b) {
    double s = a + b;
    double t = s - a;
    return new DoubleDouble(s, (a - (s - t)) + (b - t));
  }

  /** The sum. */
  public DoubleDouble plus(DoubleDouble that) {
    DoubleDouble s = sum(hi, that.hi);
    DoubleDouble t = sum(lo, that.lo);
    DoubleDouble u = quickSum(s.hi, s.lo + t.hi);
    return quickSum(u.hi, u.lo + t.lo);
  }

  /** The difference. */
  public DoubleDouble minus(DoubleDouble that) {
    return plus(new DoubleDouble(-that.hi, -that.lo));
  }

  /** The product. */
  public DoubleDouble times(DoubleDouble that) {
    double p = hi * that.hi;
    double e = Math.fma(hi, that.hi, -p);
    return quickSum(p, e + (hi * that.lo + lo * that.hi));
  }

  /** The product with a double. */
  public DoubleDouble times(double that) {
    double p = hi * that;
    double e = Math.fma(hi, that, -p);
    return quickSum(p, Math.fma(lo, that, e));
  }

  /** The quotient by a double. */
  public DoubleDouble dividedBy(double that) {
    double q = hi / that;
    DoubleDouble rest = minus(new DoubleDouble(that, 0).times(q));
    return quickSum(q, rest.hi / that);
  }

  /** e to this power, for powers up to 700; 0 below -700. */
  public DoubleDouble exp() {
    if (!(hi > UNDERFLOW)) {
      return ZERO;
    }
    double n = Math.rint(hi / LN_2.hi);
    DoubleDouble r = minus(LN_2.times(n)).times(1.0 / (1 << HALVINGS));
    DoubleDouble series = ONE;
    for (int i = TERMS; i >= 1; i--) {
      series = series.times(r).dividedBy(i).plus(ONE);
    }
    for (int i = 0; i < HALVINGS; i++) {
      series = series.times(series);
    }
    return new DoubleDouble(Math.scalb(series.hi, (int) n), Math.scalb(series.lo, (int) n));
  }

  /** The natural logarithm of a number above 0, by one step of Newton's method. */
  public DoubleDouble log() {
    double guess = StrictMath.log(hi);
    DoubleDouble correction = times(new DoubleDouble(-guess, 0).exp()).minus(ONE);
    double half = correction.hi * correction.hi / 2;
    return sum(guess, 0).plus(correction).minus(new DoubleDouble(half, 0));
  }

  /** Its exact value. */
  public BigDecimal exact() {
    return new BigDecimal(hi).add(new BigDecimal(lo));
  }

  private static DoubleDouble quickSum(double a, double b) {
    double s = a + b;
    return new DoubleDouble(s, b - (s - a));
  }
}
