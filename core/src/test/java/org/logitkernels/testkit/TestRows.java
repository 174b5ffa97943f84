package org.logitkernels.testkit;

import java.util.Arrays;
import java.util.Set;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/**
 * Rows of every length, offset and distribution that has ever made a kernel go wrong.
 *
 * <p>A row is computed from a seed, a distribution, a length and an offset, so that a failure
 * shrinks and prints in one line. Around the row stands what must not be read: NaN, or a value
 * above all others.
 */
public final class TestRows {
  /** The longest row. */
  public static final int LONGEST = 300_000;

  private TestRows() {}

  /** How the logits of a row are distributed. At least one of them is unmasked. */
  public enum Distribution {
    /** N(0, 2.5): a wide nucleus. */
    NORMAL,
    /** As a language model's: a Zipf tail with noise and a boosted head. */
    PEAKED,
    /** One value. */
    FLAT,
    /** Sorted upwards. */
    ASCENDING,
    /** Sorted downwards. */
    DESCENDING,
    /** A handful of values. */
    TIES,
    /** Two values that a maximum of strips cannot tell apart, the higher one rare. */
    SPARSE_TIES,
    /** Floats next to each other, rising slowly: the best come last. */
    NEIGHBOURS,
    /** Magnitudes below the least normal float. */
    SUBNORMAL,
    /** Spread over thousands: most weights are 0. */
    HUGE_SPREAD,
    /** Spread over 1e-3: all weights are near 1. */
    TINY_SPREAD,
    /** -0 and +0. */
    ZEROS,
    /** -3e38 and 3e38, whose difference overflows. */
    EXTREMES,
    /** Far below 0. */
    NEGATIVE,
    /** Far above 0. */
    POSITIVE,
    /** Some tokens masked. */
    MASKED_SOME,
    /** Nearly all tokens masked. */
    MASKED_MOST,
    /** All tokens but one masked. */
    MASKED_BUT_ONE,
    /** A peak at the head of its lane, and what rounds it up at each of six additions. */
    ROUNDING_UP,
    /** Multiples of 1/2, as of numbers of few bits. */
    HALF_STEPS,
    /** Far above 0 or below, so that differences are what is computed with. */
    FAR,
    /** Blocks far from 0 and near it, which matter beside each other. */
    FAR_AND_NEAR,
    /** Masked by a number that is still a logit: -1e9, or nearly the lowest of all. */
    SOFT_MASKS,
    /** Blocks of which nothing is unmasked, and others of which little is. */
    MASKED_BLOCKS;

    private static final Set<Integer> ROUNDS_UP = Set.of(0, 32, 64, 96, 128, 256, 512);

    private float logit(SplittableRandom random, int i, int length) {
      return (float)
          switch (this) {
            case NORMAL, ASCENDING, DESCENDING -> 2.5 * random.nextGaussian();
            case PEAKED ->
                10
                    + random.nextGaussian()
                    - 1.7 * Math.log(1 + random.nextInt(length))
                    + (random.nextInt(1 + length / 4) == 0 ? 8 : 0);
            case FLAT -> 1.25;
            case TIES -> random.nextInt(7) - 3;
            case SPARSE_TIES -> random.nextInt(50) == 0 ? 1.5 : 1.25;
            case NEIGHBOURS -> Float.intBitsToFloat(0x3fa00000 + i / 64 + random.nextInt(3));
            case SUBNORMAL -> Float.MIN_VALUE * (double) random.nextInt(-5000, 5000);
            case HUGE_SPREAD -> 3000 * random.nextGaussian();
            case TINY_SPREAD -> 5 + 1e-3 * random.nextGaussian();
            case ZEROS -> random.nextBoolean() ? 0.0 : -0.0;
            case EXTREMES -> random.nextBoolean() ? 3e38 : -3e38;
            case NEGATIVE -> -1000 + 3 * random.nextGaussian();
            case POSITIVE -> 1000 + 3 * random.nextGaussian();
            case MASKED_SOME -> masked(random, 0.5);
            case MASKED_MOST -> masked(random, 0.99);
            case MASKED_BUT_ONE -> Double.NEGATIVE_INFINITY;
            case ROUNDING_UP -> ROUNDS_UP.contains(i) ? i == 0 ? 0 : -16.6355 : -1000;
            case HALF_STEPS -> 0.5 * random.nextInt(-600, 600);
            case FAR -> (length % 2 == 0 ? 1 : -1) * 3e5 + 20 * random.nextGaussian();
            case FAR_AND_NEAR ->
                (length % 2 == 0 ? 1 : -1) * 45426.1
                    + 0.7 * (i / 1024 * 37 % 9 - 4) * (length % 23)
                    + 3 * random.nextGaussian();
            case SOFT_MASKS ->
                random.nextInt(3) == 0
                    ? 3 * random.nextGaussian()
                    : random.nextBoolean() ? -1e9 : -3.4e38;
            case MASKED_BLOCKS -> masked(random, i / 1024 % 3 == 1 ? 1 : i / 1024 % 3 * 0.49);
          };
    }

    private static double masked(SplittableRandom random, double share) {
      return random.nextDouble() < share ? Double.NEGATIVE_INFINITY : 3 * random.nextGaussian();
    }
  }

  /** Rows up to the longest; a long one is rare. */
  public static Arbitrary<TestRow> any() {
    return upTo(LONGEST);
  }

  /** Rows up to a length. */
  public static Arbitrary<TestRow> upTo(int longest) {
    return Combinators.combine(
            Arbitraries.of(Distribution.class),
            lengths(longest),
            uniform(0, 40),
            Arbitraries.longs().withDistribution(RandomDistribution.uniform()))
        .as(TestRows::of)
        .withoutEdgeCases(); // they would be half of all tries, and short normal rows
  }

  /** Log-uniform lengths, and those around the boundaries of blocks, strips, lanes and vectors. */
  private static Arbitrary<Integer> lengths(int longest) {
    Arbitrary<Integer> logUniform =
        uniform(0, 1 << 20)
            .map(part -> part * 0x1p-20 * Math.log(longest))
            .map(exponent -> Math.clamp(Math.round(Math.exp(exponent)), 1, longest));
    int[] units =
        Arrays.stream(new int[] {4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 8192})
            .filter(unit -> unit <= longest)
            .toArray();
    Arbitrary<Integer> boundary =
        Combinators.combine(
                uniform(0, Math.max(0, units.length - 1)), uniform(1, 5), uniform(-1, 1))
            .as(
                (unit, times, beside) ->
                    units.length == 0
                        ? 1
                        : Math.clamp((long) units[unit] * times + beside, 1, longest));
    return Arbitraries.frequencyOf(Tuple.of(2, boundary), Tuple.of(1, logUniform));
  }

  private static Arbitrary<Integer> uniform(int least, int most) {
    return Arbitraries.integers()
        .between(least, most)
        .withDistribution(RandomDistribution.uniform());
  }

  /**
   * A row whose largest logit is brought to a power of two, about, and whose others keep their
   * distances from it in units of a temperature. Every second block may lie lower, by a part of
   * that.
   *
   * @param power what {@code max * log2(e) / temperature} becomes
   * @param step by how much it is less in every second block
   */
  static TestRow moved(TestRow row, float temperature, double power, double step) {
    double max = Double.NEGATIVE_INFINITY;
    for (int i = row.from(); i < row.to(); i++) {
      max = Math.max(max, row.array()[i]);
    }
    double unit = temperature * Math.log(2);
    float[] array = row.array().clone();
    for (int i = row.from(); i < row.to(); i++) {
      if (array[i] > Float.NEGATIVE_INFINITY) {
        double at = power - ((i - row.from()) / 1024 % 2 == 0 ? 0 : step);
        double moved = (array[i] - max) * temperature + at * unit;
        array[i] = (float) Math.clamp(moved, -Float.MAX_VALUE, Float.MAX_VALUE);
      }
    }
    return new TestRow(
        row + ", largest at 2^" + power + ", others from 2^" + (power - step),
        array,
        row.from(),
        row.to());
  }

  /** One row. */
  public static TestRow of(Distribution distribution, int length, int offset, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int to = offset + length;
    float[] array = new float[to + (int) (seed & 31)];
    Arrays.fill(array, (seed & 32) == 0 ? Float.NaN : Float.MAX_VALUE);
    for (int i = 0; i < length; i++) {
      array[offset + i] = distribution.logit(random, i, length);
    }
    switch (distribution) {
      case ASCENDING -> Arrays.sort(array, offset, to);
      case DESCENDING -> {
        Arrays.sort(array, offset, to);
        for (int i = offset, j = to - 1; i < j; i++, j--) {
          float swap = array[i];
          array[i] = array[j];
          array[j] = swap;
        }
      }
      case MASKED_SOME, MASKED_MOST, MASKED_BUT_ONE, MASKED_BLOCKS ->
          array[offset + random.nextInt(length)] = (float) random.nextGaussian();
      default -> {
        // complete as it is
      }
    }
    return new TestRow(
        distribution + " length " + length + " offset " + offset + " seed " + seed,
        array,
        offset,
        to);
  }
}
