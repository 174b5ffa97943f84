package org.logitkernels.internal;

/**
 * The weight of a logit, {@code 2^(d * s)} with {@code d = x - max <= 0} and {@code s = log2(e) /
 * T}: one fixed sequence of IEEE operations, the same in scalars and in vectors.
 *
 * <p>{@code n = round(d * s)} comes from adding a constant that leaves no fraction bits, {@code r =
 * d * s - n} from one fused multiply-add, {@code 2^r} on [-1/2, 1/2] from a polynomial of degree 6,
 * and {@code 2^n} from the low bits, moved to the exponent field. The maximum has weight exactly 1;
 * a weight below 2^-126 is exactly 0.
 *
 * <p><b>Accuracy:</b> the relative error against exact arithmetic on the floats is at most {@code
 * (2 + 2 |d| / T) * 2^-24}: the two terms in d are the roundings of the subtraction and of s,
 * everything else together stays below 1.5 * 2^-24, at most 1.299 * 2^-24 over every float and the
 * temperatures of docs/accuracy.md. Enforced by {@code SoftmaxContract} and {@code
 * AccuracyContract}.
 */
public final class Exponential {
  /**
   * Added to a float below 2^22 in magnitude, it rounds to an integer and leaves that, plus the
   * bias of a float's exponent, in the low bits.
   */
  public static final float ROUND = 0x1.8p23f + 127;

  // 2^r = 1 + C1 r + ... + C6 r^6 on [-1/2, 1/2]: minimax among float coefficients, relative error
  // below 0.062 * 2^-24.
  /** Coefficient of r. */
  public static final float C1 = 0x1.62e43p-1f;

  /** Coefficient of r^2. */
  public static final float C2 = 0x1.ebfbd8p-3f;

  /** Coefficient of r^3. */
  public static final float C3 = 0x1.c6af76p-5f;

  /** Coefficient of r^4. */
  public static final float C4 = 0x1.3b30ap-7f;

  /** Coefficient of r^5. */
  public static final float C5 = 0x1.5f0b82p-10f;

  /** Coefficient of r^6. */
  public static final float C6 = 0x1.3fa208p-13f;

  private static final double LOG2_E = 0x1.71547652b82fep0;
  private static final double SMALLEST_PLAIN = 0x1p-120;
  private static final double LARGEST_PLAIN = 0x1p120;

  private Exponential() {}

  /**
   * The power of two by which differences of logits are multiplied before all else: 1 for every
   * temperature in [2^-120, 2^120], so that neither {@code s} nor {@code d * s} leaves the range of
   * normal floats; beyond, it brings the temperature into [1/2, 1), so that a stretched difference
   * overflows only where the logarithm does.
   */
  public static double stretch(double temperature) {
    return temperature >= SMALLEST_PLAIN && temperature <= LARGEST_PLAIN
        ? 1
        : Math.scalb(1.0, -Math.getExponent(temperature) - 1);
  }

  /**
   * {@code log2(e) / T} of the stretched temperature: the factor from a difference of logits to a
   * power of two.
   */
  public static float scale(double temperature) {
    return (float) (LOG2_E / (temperature * stretch(temperature)));
  }

  /** {@code 1 / T} of the stretched temperature: the factor from a difference of logits to nats. */
  public static float inverse(double temperature) {
    return (float) (1 / (temperature * stretch(temperature)));
  }

  /**
   * By how much logits are multiplied before their difference is taken for a logarithm: 1/2 from a
   * temperature of 1 on, where the difference may overflow although the logarithm does not; below,
   * 1, where that cannot be and a half might lose a subnormal's last bit.
   */
  public static float shrink(double temperature) {
    return temperature >= 1 ? 0.5f : 1;
  }

  /**
   * The lowest difference with a weight: {@code d * scale >= -126} exactly, so that {@code 2^(d *
   * scale)} is normal.
   */
  public static float cutoff(float scale) {
    float d = (float) (-126.0 / scale);
    return (double) d * scale < -126
        ? Math.nextUp(d)
        : d; // the product of two floats is exact in double
  }

  /** {@code x - max}, stretched: rounded once. */
  public static float difference(float x, float max, double stretch) {
    return stretch == 1 ? x - max : (float) (((double) x - max) * stretch);
  }

  /** {@code 2^(d * scale)}, or 0 where d lies below the cutoff. */
  public static float weight(float d, float scale, float cutoff) {
    if (d < cutoff) {
      return 0;
    }
    float shifted = Math.fma(d, scale, ROUND);
    float minusN = ROUND - shifted;
    float r = Math.fma(d, scale, minusN);
    float p = Math.fma(C6, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    p = Math.fma(p, r, 1);
    return p * Float.intBitsToFloat(Float.floatToRawIntBits(shifted) << 23);
  }

  /**
   * By how much sums of weights shrink when the maximum they are relative to grows: {@code
   * exp((before - after) / T)}, in double.
   */
  public static double decay(float before, float after, double temperature) {
    return StrictMath.exp(((double) before - after) / temperature);
  }

  /**
   * {@code base^exponent} for a base of at least 0, in double: fdlibm's pow would make arrays.
   *
   * <p>Relative error: about {@code |exponent ln(base)| * 2^-53}.
   */
  static double power(double base, double exponent) {
    return exponent == 0 ? 1 : StrictMath.exp(exponent * StrictMath.log(base));
  }
}
