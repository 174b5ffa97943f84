package org.logitkernels.numerics;

/**
 * The weight of a logit, {@code 2^(x * s - N)} with {@code s = log2(e) / T} and an integer N: one
 * fixed sequence of IEEE operations, the same in scalars and in vectors.
 *
 * <p>N is that of a set of logits, by the largest of them: {@code ceil(max * s)}, so that the
 * maximum's weight lies in [1/2, 1]. As N is an integer, another N is another exponent and no other
 * bit: what a block's weights sum to depends on nothing but the block.
 *
 * <p>{@code s} is a double, in two floats: its head, whose last bit is 1, and its tail. {@code n =
 * round(x * head)} comes from adding a constant that leaves no fraction bits, {@code r = x * s - n}
 * from two fused multiply-adds, the first of which is exact but for its rounding near 0, {@code
 * 2^r} from a polynomial of degree 6, and {@code 2^(n - N)} from the low bits, moved to the
 * exponent field. The head is odd so that {@code x * head} is never half-way between two integers:
 * rounding to even would otherwise depend on N.
 *
 * <p>Where the maximum's power is 2^16 or more, on either side of 0, the set is <em>far</em>: its
 * logits are taken relative to the maximum, which is exact for all that have a weight, and N is 0.
 *
 * <p><b>Accuracy:</b> the relative error of a weight against exact arithmetic on the floats is at
 * most {@code 2 * 2^-24}, however far the logit lies below the maximum: over every float, at 20
 * temperatures, at most 1.6113 * 2^-24 or 1.1358 ULP. A weight below 2^-126 is exactly 0. Enforced
 * by {@code SoftmaxContract} and {@code AccuracyContract}.
 */
public final class Exponential {
  /** Added to a float below 2^22 in magnitude, it rounds to an integer. */
  public static final float ROUND = 0x1.8p23f;

  /** The same, and what is in the low bits has the bias of a float's exponent. */
  public static final float BIASED = ROUND + 127;

  /** The exponent of the least weight. */
  public static final int LEAST = -126;

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

  /** The logarithm of e to base 2. */
  static final double LOG2_E = 0x1.71547652b82fep0;

  /** The natural logarithm of 2. */
  static final double LN_2 = 0x1.62e42fefa39efp-1;

  // Temperatures at which no product leaves the range of normal floats, and those beyond which
  // nothing changes any more: below, no logit but the best has a weight; above, all weights are
  // equal within 2^-35.
  private static final double SMALLEST_PLAIN = 0x1p-100;
  private static final double LARGEST_PLAIN = 0x1p100;
  private static final double COLDEST = 0x1p-164;
  private static final double HOTTEST = 0x1p164;

  /** From this power on a maximum is far: below, {@code x * tail} stays as small as 2^-7. */
  private static final double FAR = 0x1p16;

  /** Blocks whose weights lie so far below the row's maximum add nothing. */
  private static final double LEAST_FACTOR = -125;

  private Exponential() {}

  /** The power of two by which logits are multiplied before all else: 1 but at extremes. */
  public static float stretch(double temperature) {
    return temperature < SMALLEST_PLAIN ? 0x1p64f : temperature > LARGEST_PLAIN ? 0x1p-64f : 1;
  }

  /** {@code log2(e) / T} of the stretched temperature: from a logit to a power of two. */
  public static double scale(double temperature) {
    return LOG2_E / (Math.clamp(temperature, COLDEST, HOTTEST) * stretch(temperature));
  }

  /** The nearest float whose last bit is 1. */
  public static float head(double scale) {
    float head = (float) scale;
    if ((Float.floatToRawIntBits(head) & 1) == 0) {
      head = scale >= head ? Math.nextUp(head) : Math.nextDown(head);
    }
    return head;
  }

  /** What the head leaves. */
  public static float tail(double scale) {
    return (float) (scale - head(scale));
  }

  /** Whether a maximum is far. Its stretched value is asked for; a masked one is far. */
  public static boolean isFar(float max, double scale) {
    return !(Math.abs(max * scale) < FAR);
  }

  /** What logits are relative to: a far maximum, or 0. */
  public static float origin(float max, double scale, float stretch) {
    return isFar(max * stretch, scale) ? max : 0;
  }

  /** N, of a stretched maximum: 0 if it is far. */
  public static int exponent(float max, double scale) {
    return isFar(max, scale) ? 0 : (int) Math.ceil(max * scale);
  }

  /**
   * A logit whose power is about N - 127, where it counts for 0 like all below.
   *
   * @param inverse of the scale
   */
  public static float floor(int exponent, double inverse) {
    return (float) ((exponent - 127) * inverse);
  }

  /**
   * The weight of a logit, relative to the origin and stretched, or 0 where that is below 2^-126.
   */
  public static float weight(float v, float head, float tail, int exponent) {
    float shift = ROUND - exponent;
    float t = Math.fma(v, head, shift);
    if (!(t >= ROUND + LEAST)) {
      return 0;
    }
    float p = power(v, head, tail, shift - t);
    // As bits: a product that is rounded to 2^-126 would count.
    int bits = Float.floatToRawIntBits(p) + (Float.floatToRawIntBits(t) << 23);
    return bits >= 0x00800000 ? Float.intBitsToFloat(bits) : 0;
  }

  /** 2^r, for minus n. */
  private static float power(float v, float head, float tail, float minusN) {
    float r = Math.fma(v, tail, Math.fma(v, head, minusN));
    float p = Math.fma(C6, r, C5);
    p = Math.fma(p, r, C4);
    p = Math.fma(p, r, C3);
    p = Math.fma(p, r, C2);
    p = Math.fma(p, r, C1);
    return Math.fma(p, r, 1);
  }

  /**
   * The weight of a logit under the maximum of its row, or of the survivors. At least 2^-126, or 0.
   */
  public static float weight(float x, float max, double temperature) {
    float stretch = stretch(temperature);
    double scale = scale(temperature);
    float v = (x - origin(max, scale, stretch)) * stretch;
    return weight(v, head(scale), tail(scale), exponent(max * stretch, scale));
  }

  /**
   * A sum, and the weight of a logit: all that is not below 2^-126.5. What is below 2^-126 is
   * hardly anything beside the sum of a block, which is 1/2 at least. But it may break a tie, so a
   * sum of weights that are 0 there is another.
   */
  public static float addTo(float sum, float v, float head, float tail, int exponent) {
    float shift = BIASED - exponent;
    float t = Math.fma(v, head, shift);
    return t >= BIASED + LEAST ? Math.fma(power(v, head, tail, shift - t), scaleOf(t), sum) : sum;
  }

  /**
   * A sum, and the product of a logit's weight with its distance from the maximum, stretched: 0 for
   * logits whose weight {@link #addTo} does not add.
   */
  public static float addProductTo(
      float sum, float v, float distance, float head, float tail, int exponent) {
    float shift = BIASED - exponent;
    float t = Math.fma(v, head, shift);
    return t >= BIASED + LEAST
        ? Math.fma(power(v, head, tail, shift - t) * scaleOf(t), distance, sum)
        : sum;
  }

  /** 2^(n - N) from the low bits of a biased sum. */
  private static float scaleOf(float t) {
    return Float.intBitsToFloat(Float.floatToRawIntBits(t) << 23);
  }

  /**
   * What a block's sum is multiplied by in the row's total: 2 to the difference of the Ns, exactly,
   * or for far maxima of the powers, in double; 0 where that is below 2^-125.
   *
   * @param blockMax the block's maximum
   * @param max the row's
   */
  public static double factor(float blockMax, float max, double scale, float stretch) {
    double block = blockMax * stretch * scale;
    double row = max * stretch * scale;
    if (Math.abs(block) < FAR && Math.abs(row) < FAR) {
      int e = (int) (Math.ceil(block) - Math.ceil(row));
      return e < LEAST_FACTOR ? 0 : Double.longBitsToDouble((1023L + e) << 52);
    }
    double e;
    if (Math.abs(row) < FAR) {
      e = block - Math.ceil(row);
    } else if (Math.abs(block) < FAR) {
      e = Math.ceil(block) - row;
    } else {
      e = ((double) blockMax - max) * stretch * scale;
    }
    return e >= LEAST_FACTOR ? StrictMath.exp(e * LN_2) : 0;
  }

  // Probabilities: 1 / total in two floats, so that a sole token's is exactly 1.

  /** The first factor from a weight to a probability. */
  public static float first(double total) {
    return (float) (1 / total);
  }

  /** The second: what the first leaves. */
  public static float second(double total) {
    double inverse = 1 / total;
    return (float) (inverse - (float) inverse);
  }

  /** The probability of a token with this weight. Never above 1. */
  public static float probability(float weight, float first, float second) {
    return Math.fma(weight, first, weight * second);
  }

  // Log-softmax.

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
   * {@code base^exponent} for a base of at least 0, in double: fdlibm's pow would make arrays.
   *
   * <p>Relative error: about {@code |exponent ln(base)| * 2^-53}.
   */
  public static double power(double base, double exponent) {
    return exponent == 0 ? 1 : StrictMath.exp(exponent * StrictMath.log(base));
  }
}
