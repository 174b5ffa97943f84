package org.logitkernels.numerics;

/**
 * What the softmax of attention has beside that of tokens: a scale in place of a temperature, a
 * sink, and the merge of two parts.
 *
 * <p>A scale c is the temperature {@code 1 / c}, rounded to a double. So a scale of 1 is the
 * temperature 1, and a power of two is exactly its inverse.
 */
public final class Attention {
  /** Beside a larger total, no row counts for anything; divided by a weight, it might overflow. */
  private static final double HIGHEST_TOTAL = 0x1p1000;

  private Attention() {}

  /** The temperature of a scale, which is finite and above 0. */
  public static double temperature(float scale) {
    return 1.0 / scale;
  }

  /**
   * The weight of a sink, relative to the reference of its row, in double. It may be Infinity: then
   * no logit of the row has a probability above 0.
   *
   * @param sink in nats, not scaled; -Infinity for none
   * @param max the row's largest logit, which is not masked
   * @param scale by which logits are multiplied
   */
  public static double sinkWeight(float sink, float max, float scale) {
    if (sink == Float.NEGATIVE_INFINITY) {
      return 0;
    }
    double temperature = temperature(scale);
    float stretched = max * Exponential.stretch(temperature);
    double power = Exponential.scale(temperature);
    return Exponential.isFar(stretched, power)
        ? StrictMath.exp(sink - (double) max * scale)
        : StrictMath.exp(sink - Exponential.exponent(stretched, power) * Exponential.LN_2);
  }

  /**
   * Log-sum-exp of a row, {@code max * c + ln(total / w(max))}, in double and then rounded.
   *
   * @param total with the sink's weight
   */
  public static float logSumExp(double total, float sink, float max, float scale) {
    if (total > HIGHEST_TOTAL) {
      return sink;
    }
    double logPartition = LogProbability.ofPartition(total, max, temperature(scale));
    return (float) ((double) max * scale + logPartition);
  }

  /**
   * By what the first of two partial outputs is multiplied when they are merged. Both factors are 0
   * if both parts are empty.
   */
  public static float share(float logSumExp, float other) {
    if (logSumExp == Float.NEGATIVE_INFINITY) {
      return 0;
    }
    double max = Math.max(logSumExp, other);
    double weight = StrictMath.exp(logSumExp - max);
    return (float) (weight / (weight + StrictMath.exp(other - max)));
  }

  /** The log-sum-exp of two parts together; not changed by an empty part. */
  public static float merged(float logSumExp, float other) {
    double max = Math.max(logSumExp, other);
    double min = Math.min(logSumExp, other);
    return min == Double.NEGATIVE_INFINITY
        ? (float) max
        : (float) (max + StrictMath.log(1 + StrictMath.exp(min - max)));
  }
}
