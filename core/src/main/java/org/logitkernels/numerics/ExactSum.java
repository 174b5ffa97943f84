package org.logitkernels.numerics;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A sum of doubles, and of products of two, without any rounding: the same in whatever order they
 * are added, and in whatever parts.
 *
 * <p>The sum is an integer, in units of the least double's square, 2^-2148. It is kept in digits of
 * 32 bits, each in a long of its own. So digits may be added 2^29 times before a carry is due.
 * Infinities and NaN are none of its business: who adds numbers counts those.
 *
 * <p>Source: Kulisch, Very fast and exact accumulation of products, Computing 91 (2011),
 * doi:10.1007/s00607-010-0127-7.
 */
public final class ExactSum {
  private static final int DIGIT = 32;
  private static final long LOW = (1L << DIGIT) - 1;

  /** The exponent of the least double. */
  private static final int LEAST = -1074;

  /** The exponent of a unit. */
  private static final int UNIT = 2 * LEAST;

  /** Bits of the largest double in units, and of 2^63 of them. */
  private static final int DIGITS = (1024 - UNIT + 63) / DIGIT + 2;

  private static final int MOST_ADDITIONS = 1 << 29;

  private final long[] digits = new long[DIGITS];
  private int additions;

  /** 0. */
  public ExactSum() {}

  /** Adds a finite number. */
  public void add(double value) {
    checkFinite(value);
    add(0, significand(value), power(value) + LEAST - UNIT, value < 0);
  }

  /** Adds the exact product of two numbers, which rounds to a finite one. */
  public void addProduct(double one, double other) {
    checkFinite(one * other);
    long a = significand(one);
    long b = significand(other);
    boolean isNegative = one < 0 != other < 0;
    add(Math.multiplyHigh(a, b), a * b, power(one) + power(other), isNegative);
  }

  private static void checkFinite(double value) {
    if (!(Math.abs(value) <= Double.MAX_VALUE)) {
      throw new IllegalArgumentException("must be finite, but was " + value);
    }
  }

  /** A number is its significand times the least double times 2 to its power. */
  private static long significand(double value) {
    long bits = Double.doubleToRawLongBits(value);
    long fraction = bits & (1L << 52) - 1;
    return Math.abs(value) < Double.MIN_NORMAL ? fraction : fraction | 1L << 52;
  }

  private static int power(double value) {
    return Math.max(Math.getExponent(value), Double.MIN_EXPONENT) - Double.MIN_EXPONENT;
  }

  /** Adds an integer of 128 bits, of which 106 are used, shifted to the left. */
  private void add(long high, long low, int shift, boolean isNegative) {
    int at = shift / DIGIT;
    int within = shift % DIGIT;
    long a = (low & LOW) << within;
    long b = (low >>> DIGIT) << within;
    long c = (high & LOW) << within;
    long d = (high >>> DIGIT) << within;
    int sign = isNegative ? -1 : 1;
    digits[at] += sign * (a & LOW);
    digits[at + 1] += sign * ((a >>> DIGIT) + (b & LOW));
    digits[at + 2] += sign * ((b >>> DIGIT) + (c & LOW));
    digits[at + 3] += sign * ((c >>> DIGIT) + (d & LOW));
    digits[at + 4] += sign * (d >>> DIGIT);
    if (++additions >= MOST_ADDITIONS) {
      carry();
    }
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

  /** Brings each digit below the last into [0, 2^32): then equal sums have equal digits. */
  private void carry() {
    for (int i = 0; i < DIGITS - 1; i++) {
      digits[i + 1] += digits[i] >> DIGIT;
      digits[i] &= LOW;
    }
    additions = 0;
  }

  /** In units. */
  private BigInteger units() {
    carry(); // leaves the digits of a two's complement
    byte[] bytes = new byte[Integer.BYTES * (DIGITS - 1) + Long.BYTES]; // the last is the lowest
    for (int i = 0; i < bytes.length; i++) {
      int digit = Math.min(i / Integer.BYTES, DIGITS - 1);
      int within = i - digit * Integer.BYTES;
      bytes[bytes.length - 1 - i] = (byte) (digits[digit] >> within * Byte.SIZE);
    }
    return new BigInteger(bytes);
  }

  /** The sum, exactly. */
  public BigDecimal value() {
    BigInteger units = units();
    if (units.signum() == 0) {
      return BigDecimal.ZERO;
    }
    int zeros = units.getLowestSetBit();
    int power = zeros + UNIT;
    BigInteger odd = units.shiftRight(zeros);
    return power >= 0
        ? new BigDecimal(odd.shiftLeft(power))
        : new BigDecimal(odd.multiply(BigInteger.valueOf(5).pow(-power)), -power); // 5^n / 10^n
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
    if (!text.matches("-?0x[0-9a-f]{1,900}p-?[0-9]{1,4}")) {
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
    if (!(other instanceof ExactSum sum)) {
      return false;
    }
    carry();
    sum.carry();
    return Arrays.equals(digits, sum.digits);
  }

  @Override
  public int hashCode() {
    carry();
    return Arrays.hashCode(digits);
  }
}
