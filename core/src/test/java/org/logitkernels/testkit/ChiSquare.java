package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;

/**
 * Counts against expectations: Pearson's statistic, its exact tail, and the one bound that all
 * statistical tests here share.
 *
 * <p>All seeds are fixed, so that a test passes always or never. For seeds chosen afresh, a right
 * program fails a check with probability {@link #ALARM}, half of it for a fit that is too good.
 */
public final class ChiSquare {
  /** The false-alarm rate of one check. */
  public static final double ALARM = 1e-7;

  /** The least expectation of a bin: neighbours are pooled until they come to it. */
  private static final double LEAST = 10;

  private ChiSquare() {}

  /** Counts of bins with these probabilities (times any constant). */
  public static void assertFits(String what, double[] probabilities, int[] counts) {
    double scale = 0;
    long draws = 0;
    for (int i = 0; i < counts.length; i++) {
      scale += probabilities[i];
      draws += counts[i];
    }
    scale = draws / scale;
    double statistic = 0;
    int bins = 0;
    double expected = 0;
    double seen = 0;
    double left = draws;
    for (int i = 0; i < counts.length; i++) {
      assertTrue(probabilities[i] > 0 || counts[i] == 0, () -> what + ": the impossible was drawn");
      expected += scale * probabilities[i];
      seen += counts[i];
      if (expected >= LEAST && left - expected >= LEAST || i == counts.length - 1) {
        statistic += expected == 0 ? 0 : (seen - expected) * (seen - expected) / expected;
        bins++;
        left -= expected;
        expected = 0;
        seen = 0;
      }
    }
    if (bins > 1) {
      assertTail(what, statistic, bins - 1);
    }
  }

  /** Counts of bins that are equally likely. */
  public static void assertUniform(String what, int[] counts) {
    double[] equal = new double[counts.length];
    Arrays.fill(equal, 1);
    assertFits(what, equal, counts);
  }

  /** A number that is standard normal, or near enough: its square has one degree of freedom. */
  public static void assertNormal(String what, double z) {
    double tail = tail(z * z, 1);
    assertTrue(tail > ALARM, () -> what + ": " + z + " deviations, p = " + tail);
  }

  /** A statistic of so many degrees of freedom. */
  public static void assertTail(String what, double statistic, int freedom) {
    double tail = tail(statistic, freedom);
    assertTrue(
        tail > ALARM / 2 && tail < 1 - ALARM / 2,
        () -> what + ": chi-square " + statistic + " of " + freedom + " degrees, p = " + tail);
  }

  /** The probability of a greater statistic: the upper regularised incomplete gamma function. */
  public static double tail(double statistic, int freedom) {
    double a = freedom / 2.0;
    double x = statistic / 2;
    if (x <= 0) {
      return 1;
    }
    double scale = Math.exp(a * Math.log(x) - x - logGamma(a));
    if (x < a + 1) { // the series of the lower one
      double term = 1 / a;
      double sum = term;
      for (double n = a + 1; term > 0x1p-53 * sum; n++) {
        term *= x / n;
        sum += term;
      }
      return 1 - scale * sum;
    }
    // The continued fraction of the upper one, from the front: Lentz's method.
    double b = x + 1 - a;
    double c = 0x1p1000;
    double d = 1 / b;
    double fraction = d;
    double step = 0;
    for (int n = 1; Math.abs(step - 1) > 0x1p-50; n++) {
      double numerator = n * (a - n);
      b += 2;
      d = 1 / (numerator * d + b);
      c = b + numerator / c;
      step = c * d;
      fraction *= step;
    }
    return scale * fraction;
  }

  /** Stirling's series, above 10, where it is good to 1e-13. */
  private static double logGamma(double a) {
    double below = 0;
    for (; a < 10; a++) {
      below += Math.log(a);
    }
    double r = 1 / (a * a);
    double series = (1 - r * (1 / 30.0 - r * (1 / 105.0 - r * (1 / 140.0 - r / 99)))) / (12 * a);
    return (a - 0.5) * Math.log(a) - a + 0.5 * Math.log(2 * Math.PI) + series - below;
  }
}
