package org.logitkernels.numerics;

/**
 * The standard deviation of logits, masked ones not counted: a population's.
 *
 * <p>Over a whole row it comes from sums of {@code x - c} and of its square, where c is the row's
 * first unmasked logit: {@code sqrt((squares - sum * sum / n) / n)}. The sums are in double over 16
 * lanes: lane l adds what stands at l, l + 16, l + 32, ... of the row, in that order; then lanes
 * are combined by halving, l with l + 8, then 4, 2, 1. As c is one of the logits, {@code (mean -
 * c)^2 <= n * variance}, so the subtraction costs at most a factor of n in relative error, which is
 * 2^-53 times a lane's additions to begin with: the deviation is right to 2^-19 at worst, and to
 * 2^-40 on rows as they come.
 */
public final class Deviation {
  /** Lanes of a row. */
  public static final int LANES = 16;

  private Deviation() {}

  /** Where a lane's sum stands: even lanes, then odd ones, which vectors of doubles hold apart. */
  public static int place(int lane) {
    return (lane & 1) * LANES / 2 + lane / 2;
  }

  /**
   * Adds a logit to its lane: the row's logit number {@code id}. Returns how many are masked, 1 or
   * 0.
   */
  public static int add(float logit, int id, float origin, double[] lanes) {
    if (logit == Float.NEGATIVE_INFINITY) {
      return 1;
    }
    int place = place(id % LANES);
    double d = (double) logit - origin;
    lanes[place] += d;
    lanes[LANES + place] = Math.fma(d, d, lanes[LANES + place]);
    return 0;
  }

  /** The deviation of n logits from their lanes' sums and, behind those, sums of squares. */
  public static double deviation(double[] lanes, int n) {
    double sum = combine(lanes, 0);
    double squares = combine(lanes, LANES);
    return Math.sqrt(Math.max(0, (squares - sum * sum / n) / n));
  }

  private static double combine(double[] lanes, int at) {
    int odd = at + LANES / 2;
    for (int stride = LANES / 4; stride > 0; stride /= 2) {
      for (int i = 0; i < stride; i++) {
        lanes[at + i] += lanes[at + i + stride];
        lanes[odd + i] += lanes[odd + i + stride];
      }
    }
    return lanes[at] + lanes[odd];
  }
}
