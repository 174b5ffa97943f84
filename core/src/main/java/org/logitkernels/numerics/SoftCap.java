package org.logitkernels.numerics;

/**
 * The soft cap of a logit, {@code cap * tanh(x / cap)}: one fixed sequence of IEEE operations, the
 * same in scalars and in vectors.
 *
 * <p>Below {@link #NEAR} of the cap, {@code x + x * s * q(s)} with {@code s = (x / cap)^2} and a
 * polynomial q of degree 4: what is added is small, so the last rounding is nearly the only one.
 * From there on, {@code cap - cap * 2 / (1 + e)} with {@code e = exp(2 |x| / cap)}, which is the
 * power of two of {@link Exponential}. No result of the second kind is below the last of the first.
 *
 * <p><b>Order:</b> a larger logit never has a smaller result, whatever the cap; two logits may have
 * the same. Near, the term that is added changes from float to float by less than the logit does.
 * Far, every operation keeps the order of what it is given: the power of two does for numbers that
 * are 2^-24 apart, and nearer ones do not occur. {@code SoftCapTest} has both for every float.
 *
 * <p><b>Special values:</b> odd, and -0 stays -0. What is masked, and what is no logit, stays what
 * it is.
 *
 * <p><b>Accuracy:</b> the relative error against exact arithmetic on the floats is at most {@code 4
 * * 2^-24}, also for small logits, where the result is no subnormal float. Enforced by {@code
 * SoftCapContract}.
 */
public final class SoftCap {
  /** A logit is near below this share of the cap. */
  public static final float NEAR = 0.625f;

  // tanh(z) / z = 1 + s q(s) for s = z^2, z up to 0.625: minimax, relative error below 0.08 *
  // 2^-24.
  /** Constant of q. */
  public static final float Q0 = -0x1.555532p-2f;

  /** Coefficient of s. */
  public static final float Q1 = 0x1.110726p-3f;

  /** Coefficient of s^2. */
  public static final float Q2 = -0x1.b83c5ap-5f;

  /** Coefficient of s^3. */
  public static final float Q3 = 0x1.52269cp-6f;

  /** Coefficient of s^4. */
  public static final float Q4 = -0x1.75e1ccp-8f;

  /** From so many caps on the result is the cap, long since. */
  private static final double END = 16;

  private static final float SMALLEST_PLAIN = 0x1p-100f;
  private static final float LARGEST_PLAIN = 0x1p100f;

  private SoftCap() {}

  /** The power of two by which logits are multiplied before all else: 1 but at extremes. */
  public static float stretch(float cap) {
    return cap < SMALLEST_PLAIN ? 0x1p64f : cap > LARGEST_PLAIN ? 0x1p-64f : 1;
  }

  /** {@code 1 / cap} of the stretched cap. */
  public static float inverse(float cap) {
    return (float) (1 / ((double) cap * stretch(cap)));
  }

  /** From a stretched logit to twice its share of the cap, as a power of two. */
  public static float rate(float cap) {
    return (float) (2 * Exponential.LOG2_E / ((double) cap * stretch(cap)));
  }

  /** The first magnitude that is not near. */
  public static float bound(float cap) {
    return NEAR * cap;
  }

  /** Larger magnitudes have the result of this one. */
  public static float end(float cap) {
    return (float) Math.min(END * cap, Float.MAX_VALUE);
  }

  /** The result of the last logit that is near: none of a far one is below. */
  public static float floor(float cap) {
    return near(Math.nextDown(bound(cap)), inverse(cap), stretch(cap));
  }

  /** The soft cap of a logit. The cap is finite and above 0. */
  public static float of(float x, float cap) {
    float inverse = inverse(cap);
    float stretch = stretch(cap);
    return of(x, cap, stretch, inverse, rate(cap), bound(cap), end(cap), floor(cap));
  }

  /** The same, where what depends on the cap alone is known. */
  public static float of(
      float x,
      float cap,
      float stretch,
      float inverse,
      float rate,
      float bound,
      float end,
      float floor) {
    float magnitude = Math.abs(x);
    if (magnitude < bound) {
      return near(x, inverse, stretch);
    }
    if (!(magnitude < Float.POSITIVE_INFINITY)) {
      return x;
    }
    float far = far(Math.min(magnitude, end) * stretch, cap, rate);
    return Math.copySign(Math.max(far, floor), x);
  }

  private static float near(float x, float inverse, float stretch) {
    float v = x * stretch * inverse;
    float s = v * v;
    float q = Math.fma(Q4, s, Q3);
    q = Math.fma(q, s, Q2);
    q = Math.fma(q, s, Q1);
    q = Math.fma(q, s, Q0);
    // Not a product: that of a square of 0 would be -0, and -0 would become +0.
    return Math.fma(Math.fma(s, q, 0), x, x);
  }

  private static float far(float v, float cap, float rate) {
    float t = Math.fma(v, rate, Exponential.BIASED);
    float r = Math.fma(v, rate, Exponential.BIASED - t);
    float p = Math.fma(Exponential.C6, r, Exponential.C5);
    p = Math.fma(p, r, Exponential.C4);
    p = Math.fma(p, r, Exponential.C3);
    p = Math.fma(p, r, Exponential.C2);
    p = Math.fma(p, r, Exponential.C1);
    p = Math.fma(p, r, 1); // 2^r
    float power = Float.intBitsToFloat(Float.floatToRawIntBits(t) << 23);
    return Math.fma(2 / Math.fma(p, power, 1), -cap, cap);
  }
}
