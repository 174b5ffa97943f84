package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.logitkernels.chain.RandomStreamBytes.Order;
import org.logitkernels.testkit.ChiSquare;

/**
 * The draws as random numbers: along a sequence, across the seeds of a batch, across seeds of one
 * bit, and among a draw's further numbers. {@link RandomStreamBytes} gives the same orders to
 * dieharder.
 *
 * <p>One check in {@code 1 / ChiSquare.ALARM} fails for seeds chosen afresh; there are about 7,600.
 */
class RandomStreamTest {
  private static final int DRAWS = 1 << 20;

  @Test
  void isSplittableRandom() {
    for (long seed : new long[] {0, 1, -1, Long.MIN_VALUE, 0x9e3779b97f4a7c15L, 123456789}) {
      SplittableRandom random = new SplittableRandom(seed);
      for (int n = 0; n < 1000; n++) {
        assertEquals((random.nextLong() >>> 11) * 0x1p-53, RandomStream.draw(seed, n));
      }
    }
  }

  /** Every tail of a known form: one degree of freedom in tables, even ones in closed form. */
  @Test
  void chiSquareTailsAreRight() {
    assertEquals(0.05, ChiSquare.tail(3.841458820694124, 1), 1e-13);
    assertEquals(1e-7, ChiSquare.tail(28.373987362798125, 1), 1e-15);
    for (int half : new int[] {1, 2, 5, 50, 1000, 50_000}) {
      for (double ratio : new double[] {0.5, 0.97, 1, 1.03, 2}) {
        double x = half * ratio; // the tail is that a Poisson number of mean x is below half
        double logTerm = -x;
        double sum = 0;
        for (int i = 1; i <= half; i++) {
          sum += Math.exp(logTerm);
          logTerm += Math.log(x / i);
        }
        assertEquals(sum, ChiSquare.tail(2 * x, 2 * half), 1e-10 + 1e-7 * sum);
      }
    }
  }

  /** Each of the 53 bits is set as often as not, alone and together with the same bit before. */
  @ParameterizedTest
  @EnumSource
  void bitsAreBalanced(Order order) {
    int[][] pairs = new int[53][4];
    long before = bits(order, 0);
    for (int n = 1; n <= DRAWS; n++) {
      long now = bits(order, n);
      for (int bit = 0; bit < 53; bit++) {
        pairs[bit][(int) (2 * (before >>> bit & 1) + (now >>> bit & 1))]++;
      }
      before = now;
    }
    for (int bit = 0; bit < 53; bit++) {
      int[] p = pairs[bit];
      ChiSquare.assertNormal(order + " bit " + bit, z(p[1] + p[3]));
      ChiSquare.assertNormal(order + " bit " + bit + " again", z(p[0] + p[3]));
    }
  }

  /** The deviations of a count of {@link #DRAWS} even chances. */
  private static double z(int count) {
    return (2.0 * count - DRAWS) / Math.sqrt(DRAWS);
  }

  /** No correlation at any lag that a batch, a family of further numbers or a word has. */
  @ParameterizedTest
  @EnumSource
  void drawsAreNotCorrelated(Order order) {
    double[] u = draws(order, DRAWS + 4096);
    for (int lag : new int[] {1, 2, 3, 4, 5, 7, 8, 63, 64, 65, 256, 1023, 1024, 1025, 2048, 4096}) {
      double sum = 0;
      for (int n = 0; n < DRAWS; n++) {
        sum += (u[n] - 0.5) * (u[n + lag] - 0.5);
      }
      ChiSquare.assertNormal(order + " lag " + lag, 12 * sum / Math.sqrt(DRAWS));
    }
  }

  /** Equidistribution in 1, 2 and 3 dimensions: upper bits, and what the upper 20 bits leave. */
  @ParameterizedTest
  @EnumSource
  void drawsFillTheirCells(Order order) {
    double[] u = draws(order, 3 * DRAWS);
    for (double magnified : new double[] {1, 0x1p20}) {
      int[] lines = new int[1 << 16];
      int[] squares = new int[1 << 16];
      int[] cubes = new int[1 << 15];
      for (int n = 0; n < 3 * DRAWS; n++) {
        double v = u[n] * magnified;
        u[n] = v - Math.floor(v);
        lines[(int) (u[n] * 65536)]++;
      }
      for (int n = 0; n < 3 * DRAWS; n += 2) {
        squares[(int) (u[n] * 256) << 8 | (int) (u[n + 1] * 256)]++;
      }
      for (int n = 0; n < 3 * DRAWS; n += 3) {
        int x = (int) (u[n] * 32);
        cubes[x << 10 | (int) (u[n + 1] * 32) << 5 | (int) (u[n + 2] * 32)]++;
      }
      ChiSquare.assertUniform(order + " lines, times " + magnified, lines);
      ChiSquare.assertUniform(order + " squares, times " + magnified, squares);
      ChiSquare.assertUniform(order + " cubes, times " + magnified, cubes);
    }
  }

  /** Runs up that end at each length; the draw behind a run is left out, which makes them free. */
  @ParameterizedTest
  @EnumSource
  void runsHaveTheirLengths(Order order) {
    double[] probabilities = new double[9];
    double factorial = 1;
    for (int length = 1; length < 9; length++) { // P(length or more) = 1 / length!
      factorial *= length;
      probabilities[length - 1] = 1 / factorial - 1 / (factorial * (length + 1));
    }
    probabilities[8] = 1 / (factorial * 9);
    int[] counts = new int[9];
    long n = 0;
    while (n < DRAWS) {
      int length = 1;
      while (order.draw(n + length) > order.draw(n + length - 1)) {
        length++;
      }
      counts[Math.min(length, 9) - 1]++;
      n += length + 1;
    }
    ChiSquare.assertFits(order + " runs", probabilities, counts);
  }

  /**
   * Birthday spacings, Marsaglia's m = 4096 days drawn from 2^32: how many spacings are repeated is
   * Poisson with mean m^3 / (4 * 2^32) = 4.
   */
  @ParameterizedTest
  @EnumSource
  void birthdaysHaveTheirSpacings(Order order) {
    double[] probabilities = new double[13];
    double left = 1;
    double term = Math.exp(-4);
    for (int i = 0; i < 12; i++) {
      probabilities[i] = term;
      left -= term;
      term *= 4.0 / (i + 1);
    }
    probabilities[12] = left;
    for (int shift : new int[] {21, 0}) {
      int[] counts = new int[13];
      long[] days = new long[4096];
      for (int year = 0; year < 500; year++) {
        for (int i = 0; i < days.length; i++) {
          days[i] = bits(order, (long) year * days.length + i) >>> shift & 0xffff_ffffL;
        }
        Arrays.sort(days);
        for (int i = days.length - 1; i > 0; i--) {
          days[i] -= days[i - 1];
        }
        Arrays.sort(days);
        int repeated = 0;
        for (int i = 1; i < days.length; i++) {
          repeated += days[i] == days[i - 1] ? 1 : 0;
        }
        counts[Math.min(repeated, 12)]++;
      }
      ChiSquare.assertFits(order + " birthdays, shift " + shift, probabilities, counts);
    }
  }

  /** A bit of the seed, or of the position, turns every bit of the draw half of the time. */
  @Test
  void everyBitTurnsHalfOfTheBits() {
    int trials = 1 << 12;
    for (boolean ofSeed : new boolean[] {true, false}) {
      for (int in = 0; in < (ofSeed ? 64 : 63); in++) {
        int[] turned = new int[53];
        int[] together = new int[54];
        for (int trial = 0; trial < trials; trial++) {
          long seed = trial % 64; // what users take
          long n = trial / 64;
          long other =
              ofSeed
                  ? bits(RandomStream.draw(seed ^ 1L << in, n))
                  : bits(RandomStream.draw(seed, n ^ 1L << in));
          long turn = bits(RandomStream.draw(seed, n)) ^ other;
          together[Long.bitCount(turn)]++;
          for (int out = 0; out < 53; out++) {
            turned[out] += (int) (turn >>> out & 1);
          }
        }
        String what = (ofSeed ? "seed bit " : "position bit ") + in;
        for (int out = 0; out < 53; out++) {
          double z = (2.0 * turned[out] - trials) / Math.sqrt(trials);
          // A pair of draws counts twice where the bit lies in the range of trials.
          ChiSquare.assertNormal(what + " to " + out, in < 6 ? z / Math.sqrt(2) : z);
        }
        if (in >= 6) {
          double[] binomial = new double[54];
          binomial[0] = 1;
          for (int i = 1; i < 54; i++) {
            binomial[i] = binomial[i - 1] * (54 - i) / i;
          }
          ChiSquare.assertFits(what, binomial, together);
        }
      }
    }
  }

  /** A draw and its further numbers, those of a race too, are pairwise independent. */
  @Test
  void furtherNumbersAreIndependentOfTheDraw() {
    for (long n : new long[] {0, 1, (1L << 32) + 1, (1L << 32) + 2, 1L << 33, (1L << 33) + 1}) {
      int[] cells = new int[1 << 12];
      int[] next = new int[1 << 12];
      for (int i = 0; i < DRAWS; i++) {
        double u = RandomStream.draw(3, i);
        double further = RandomStream.hashed(u, n);
        cells[(int) (u * 64) << 6 | (int) (further * 64)]++;
        next[(int) (RandomStream.draw(3, i + 1) * 64) << 6 | (int) (further * 64)]++;
      }
      ChiSquare.assertUniform("number " + n + " against the draw", cells);
      ChiSquare.assertUniform("number " + n + " against the next draw", next);
    }
  }

  private static double[] draws(Order order, int size) {
    double[] draws = new double[size];
    Arrays.setAll(draws, order::draw);
    return draws;
  }

  private static long bits(Order order, long n) {
    return bits(order.draw(n));
  }

  private static long bits(double u) {
    return (long) (u * 0x1p53);
  }
}
