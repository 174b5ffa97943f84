package org.logitkernels.numerics;

/**
 * The Kullback-Leibler divergence of two rows at temperature 1, in nats, from sums over their
 * blocks: {@code sum(p_i ln(p_i / q_i)) = sum(p_i ((x_i - y_i) - (m - n))) + ln Z(y) - ln Z(x)},
 * where m and n are the maxima of the rows x and y, and Z their totals in weights of the maximum.
 *
 * <p>A block sums the products of the weights of x with {@code (x - y) - c}: c is the difference of
 * the two rows' maxima in this block. So a constant between the rows takes no digits away, and of
 * equal rows every product is 0.
 */
public final class Divergence {
  /** The temperature of both rows. */
  public static final double TEMPERATURE = 1;

  /** From this magnitude on a difference of logits might overflow. */
  private static final float HUGE = 0x1p100f;

  private static final float SHRUNK = 0x1p-12f;

  private Divergence() {}

  /**
   * By how much logits of a block are multiplied before their difference is taken: 1, or a power of
   * two where a maximum is huge.
   *
   * @param top the maximum of a block of x
   * @param other that of the block of y
   */
  public static float shrink(float top, float other) {
    return Math.abs(top) < HUGE && Math.abs(unmasked(other)) < HUGE ? 1 : SHRUNK;
  }

  /** What is subtracted from a difference of shrunk logits: the difference of the maxima. */
  public static float centre(float top, float other, float shrink) {
    return top * shrink - unmasked(other) * shrink;
  }

  /**
   * The products of a block by the difference of the rows' maxima, from those by the difference of
   * its own.
   *
   * @param sum the sum of its weights
   * @param ofRows the difference of the rows' maxima
   */
  public static double products(
      double products, double sum, float centre, float shrink, double ofRows) {
    return products / shrink + ((double) centre / shrink - ofRows) * sum;
  }

  /** The difference of two maxima. */
  public static double ofMaxima(float max, float other) {
    return (double) max - unmasked(other);
  }

  /** A maximum that stands for a masked block as well. */
  private static float unmasked(float max) {
    return max == Float.NEGATIVE_INFINITY ? 0 : max;
  }

  /**
   * The divergence, never below 0 and never -0.
   *
   * @param mean the mean, by the weights of x, of the differences less that of the maxima
   * @param logPartition see {@link LogProbability#ofPartition}, of x
   * @param other that of y
   */
  public static double of(double mean, double logPartition, double other) {
    return Math.max(0, mean + (other - logPartition));
  }
}
