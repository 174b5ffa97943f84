package org.logitkernels.numerics;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.jspecify.annotations.Nullable;

/**
 * A sum of doubles without any rounding: the same in whatever order they are added, and in whatever
 * parts.
 *
 * <p>The sum is an integer, in units of the least double, 2^-1074. It is kept in digits of 32 bits,
 * each in a long of its own. So digits may be added 2^29 times before a carry is due. Infinities
 * and NaN are none of its business: who adds numbers counts those.
 *
 * <p>Source: Kulisch, Very fast and exact accumulation of products, Computing 91 (2011),
 * doi:10.1007/s00607-010-0127-7.
 */
public final class ExactSum {
  private static final int DIGIT = 32;
  private static final long LOW = (1L << DIGIT) - 1;

  /** The exponent of a unit. */
  private static final int UNIT = -1074;

  /** Bits of the largest double in units, and of 2^63 of them. */
  private static final int DIGITS = (2098 + 63) / DIGIT + 2;

  private static final int MOST_ADDITIONS = 1 << 29;

  private final long[] digits = new long[DIGITS];
  private int additions;

  /** 0. */
  public ExactSum() {}

  /** Adds a finite number. */
  public void add(double value) {
    long bits = Double.doubleToRawLongBits(value);
    int exponent = (int) (bits >>> 52) & 0x7ff;
    if (exponent == 0x7ff) {
      throw new IllegalArgumentException("must be finite, but was " + value);
    }
    long fraction = bits & (1L << 52) - 1;
    long significand = exponent == 0 ? fraction : fraction | 1L << 52;
    int shift = Math.max(exponent, 1) - 1;
    int at = shift / DIGIT;
    int within = shift % DIGIT;
    long low = (significand & LOW) << within;
    long high = (significand >>> DIGIT) << within;
    long first = low & LOW;
    long second = (low >>> DIGIT) + (high & LOW);
    long third = high >>> DIGIT;
    if (bits < 0) {
      digits[at] -= first;
      digits[at + 1] -= second;
      digits[at + 2] -= third;
    } else {
      digits[at] += first;
      digits[at + 1] += second;
      digits[at + 2] += third;
    }
    if (++additions >= MOST_ADDITIONS) {
      carry();
    }
  }

  /** Adds the product of two finite numbers: exactly, unless it underflows. */
  public void addProduct(double one, double other) {
    double product = one * other;
    add(product);
    add(Math.fma(one, other, -product));
  }

  /** Adds another sum, which may be this one. */
  public void add(ExactSum other) {
    carry();
    other.carry();
    for (int i = 0; i < DIGITS; i++) {
      digits[i] += other.digits[i];
    }
    carry();
  }

  /** Subtracts another sum. */
  public void subtract(ExactSum other) {
    carry();
    other.carry();
    for (int i = 0; i < DIGITS; i++) {
      digits[i] -= other.digits[i];
    }
    carry();
  }

  /** Brings each digit below the last into [0, 2^32). */
  private void carry() {
    for (int i = 0; i < DIGITS - 1; i++) {
      digits[i + 1] += digits[i] >> DIGIT;
      digits[i] &= LOW;
    }
    additions = 0;
  }

  /** In units. */
  private BigInteger units() {
    carry();
    BigInteger units = BigInteger.valueOf(digits[DIGITS - 1]);
    for (int i = DIGITS - 2; i >= 0; i--) {
      units = units.shiftLeft(DIGIT).add(BigInteger.valueOf(digits[i]));
    }
    return units;
  }

  /** The sum, exactly. */
  public BigDecimal value() {
    return new BigDecimal(units()).multiply(new BigDecimal(Double.MIN_VALUE));
  }

  /** As {@code -0x1f8p-3}: an odd integer and a power of two, or {@code 0}. One text a sum. */
  @Override
  public String toString() {
    BigInteger units = units();
    if (units.signum() == 0) {
      return "0";
    }
    int zeros = units.getLowestSetBit();
    String digits = units.abs().shiftRight(zeros).toString(16);
    return (units.signum() < 0 ? "-0x" : "0x") + digits + "p" + (zeros + UNIT);
  }

  /** The sum that a text stands for. */
  public static ExactSum parse(String text) {
    ExactSum sum = new ExactSum();
    if (text.equals("0")) {
      return sum;
    }
    if (!text.matches("-?0x[0-9a-f]{1,600}p-?[0-9]{1,4}")) {
      throw new IllegalArgumentException("not an exact sum: '" + text + "'");
    }
    boolean isNegative = text.startsWith("-");
    int power = text.indexOf('p');
    BigInteger units = new BigInteger(text.substring(isNegative ? 3 : 2, power), 16);
    int shift = Integer.parseInt(text.substring(power + 1)) - UNIT;
    if (shift < 0 || units.bitLength() + shift > (DIGITS - 1) * DIGIT) {
      throw new IllegalArgumentException("not an exact sum: '" + text + "'");
    }
    units = units.shiftLeft(shift);
    for (int i = 0; i < DIGITS - 1; i++) {
      long digit = units.shiftRight(i * DIGIT).longValue() & LOW;
      sum.digits[i] = isNegative ? -digit : digit;
    }
    sum.carry();
    if (!sum.toString().equals(text)) {
      throw new IllegalArgumentException("not an exact sum in its one form: '" + text + "'");
    }
    return sum;
  }

  /** By the sum. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ExactSum sum && units().equals(sum.units());
  }

  @Override
  public int hashCode() {
    return units().hashCode();
  }
}
