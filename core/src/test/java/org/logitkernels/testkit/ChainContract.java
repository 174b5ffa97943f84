package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.statistics.Statistics;
import net.jqwik.api.statistics.StatisticsReport;
import net.jqwik.api.statistics.StatisticsReport.StatisticsReportMode;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** Chains against a naive reference, and the identities that hold between them. */
public interface ChainContract extends KernelsUnderTest {
  /**
   * A top-p may end where the exact mass lies so near to the one it must reach, as a share of the
   * total: the errors of weights and of a whole row's total.
   */
  double TOLERANCE = 4e-6;

  /** Rows of any length. */
  @Provide
  default Arbitrary<TestRow> chainRows() {
    return TestRows.any();
  }

  /** Shorter rows, for identities. */
  @Provide
  default Arbitrary<TestRow> shortChainRows() {
    return TestRows.upTo(6000);
  }

  /** Chains of any steps. */
  @Provide
  default Arbitrary<List<Step>> chainSteps() {
    return Chains.steps();
  }

  /** Numbers for the draw. */
  @Provide
  default Arbitrary<Double> chainDraws() {
    return Chains.draws();
  }

  // against the reference

  /**
   * Step by step: what the chain's first n steps leave, given what its first n - 1 left.
   *
   * <p>The tolerance was needed by 2 of 955 top-p; more than 15 in 100 would be an error of its
   * own.
   */
  @Property
  @StatisticsReport(StatisticsReportMode.OFF)
  default void everyStepLeavesWhatTheReferenceLeaves(
      @ForAll("chainRows") TestRow row, @ForAll("chainSteps") List<Step> steps) {
    float[] x = row.logits();
    int[] tokens = NaiveChain.order(x);
    double temperature = 1;
    for (int n = 0; n < steps.size(); n++) {
      Step step = steps.get(n);
      int[] left = survivors(row, steps.subList(0, n + 1));
      int exact = NaiveChain.kept(step, x, tokens, temperature, 0);
      int least = NaiveChain.kept(step, x, tokens, temperature, -TOLERANCE);
      int most = NaiveChain.kept(step, x, tokens, temperature, TOLERANCE);
      assertTrue(
          least <= left.length && left.length <= most,
          () ->
              "%s of %d tokens: %d are left, but %d expected"
                  .formatted(step, x.length, left.length, exact));
      assertArrayEquals(Arrays.copyOf(tokens, left.length), left);
      if (step instanceof Step.TopP) {
        Statistics.label("top-p").collect(left.length == exact ? "exact" : "tolerated");
      }
      temperature = NaiveChain.temperature(step, temperature);
      tokens = left;
    }
    Statistics.label("top-p")
        .coverage(top -> top.check("tolerated").percentage(share -> share <= 15));
  }

  /** The draw: the first survivor by ascending id whose exact running share exceeds u. */
  @Property
  default void drawIsWhereTheReferencesRunningShareExceedsU(
      @ForAll("shortChainRows") TestRow row,
      @ForAll("chainSteps") List<Step> steps,
      @ForAll("chainDraws") double u) {
    float[] x = row.logits();
    Sampler sampler = sampler(row, steps);
    int token = sampler.sample(row.array(), row.from(), row.to(), u);
    int[] best = Chains.ids(sampler.candidates());
    double temperature = 1;
    for (Step step : steps) {
      temperature = NaiveChain.temperature(step, temperature);
    }
    double[] weights = NaiveChain.weights(x, best, temperature);
    double total = DoubleStream.of(weights).sum();
    double below = 0;
    double own = 0;
    for (int i = 0; i < best.length; i++) {
      if (best[i] < token) {
        below += weights[i];
      } else if (best[i] == token) {
        own = weights[i];
      }
    }
    assertTrue(below <= (u + TOLERANCE) * total, "the token comes too late");
    assertTrue(below + own >= (u - TOLERANCE) * total, "the token comes too early");
    assertEquals(own / total, sampler.probability(), 1.5e-5 * own / total + 0x1p-126);
  }

  // identities

  /** Without a step, or with temperatures alone, the draw is the kernel's. */
  @Property
  default void chainOfNothingOrTemperaturesIsTheWholeRowDraw(
      @ForAll("chainRows") TestRow row, @ForAll("chainDraws") double u) {
    Workspace workspace = Workspace.of(row.length());
    for (float t : new float[] {Float.MIN_VALUE, 0.7f, 1, 1.9f, Float.MAX_VALUE}) {
      int token = kernels().sample(row.array(), row.from(), row.to(), t, u, workspace);
      assertEquals(token, sample(row, List.of(Step.temperature(t)), u));
      if (t == 1) {
        assertEquals(token, sample(row, List.of(), u));
      }
      float[] probabilities = new float[row.length()];
      kernels().softmax(row.array(), row.from(), row.to(), t, probabilities, 0);
      Sampler sampler = sampler(row, List.of(Step.temperature(t)));
      sampler.sample(row.array(), row.from(), row.to(), u);
      assertEquals(bits(probabilities[token]), bits(sampler.probability()));
    }
  }

  /** A top-k as long as the row, a top-p of 1, a min-p of 0, a temperature of 1: anywhere. */
  @Property
  default void chainIsTheSameWithoutStepsThatNarrowNothing(
      @ForAll("shortChainRows") TestRow row,
      @ForAll("chainSteps") List<Step> steps,
      @ForAll("chainDraws") double u,
      @ForAll int place) {
    int at = Math.floorMod(place, steps.size() + 1);
    List<Step> identities =
        List.of(
            Step.topK(row.length()),
            Step.topK(Integer.MAX_VALUE),
            Step.topP(1),
            Step.minP(0),
            Step.temperature(1));
    for (Step identity : identities) {
      List<Step> more = new ArrayList<>(steps);
      more.add(at, identity);
      assertSame(row, steps, more, u);
    }
  }

  /** A temperature of 0 takes the arg-max, and after other steps their best, which is the same. */
  @Property
  default void temperatureZeroAnywhereIsArgMax(
      @ForAll("shortChainRows") TestRow row,
      @ForAll("chainSteps") List<Step> steps,
      @ForAll("chainDraws") double u,
      @ForAll int place) {
    List<Step> more = new ArrayList<>(steps);
    more.add(Math.floorMod(place, steps.size() + 1), Step.temperature(0));
    Sampler sampler = sampler(row, more);
    int best = kernels().argMax(row.array(), row.from(), row.to());
    assertEquals(best, sampler.sample(row.array(), row.from(), row.to(), u));
    assertArrayEquals(new int[] {best}, Chains.ids(sampler.candidates()));
    assertEquals(1f, sampler.probability());
    assertTrue(sampler.logProbability() == 0);
  }

  /** Two temperatures are their product, where that is exact: also with a top-k between them. */
  @Property
  default void temperaturesMultiply(
      @ForAll("shortChainRows") TestRow row, @ForAll("chainDraws") double u) {
    float[][] pairs = {{0.5f, 4}, {2, 0.5f}, {0.75f, 2}, {1.5f, 1.25f}, {0x1p-100f, 0x1p101f}};
    for (float[] pair : pairs) {
      Step a = Step.temperature(pair[0]);
      Step b = Step.temperature(pair[1]);
      Step product = Step.temperature(pair[0] * pair[1]);
      assertSame(row, List.of(product), List.of(a, b), u);
      assertSame(row, List.of(product, Step.topP(0.9f)), List.of(a, b, Step.topP(0.9f)), u);
      assertSame(row, List.of(Step.topK(7), product), List.of(a, Step.topK(7), b), u);
    }
  }

  /** With exact sums: a top-p after a top-k is the top-p of the row that holds those k alone. */
  @Property
  default void topPAfterTopKIsTopPOfTheRenormalisedRow(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[2 + random.nextInt(3000)];
    for (int i = 0; i < x.length; i++) {
      x[i] = Powers.logit(-random.nextInt(10));
    }
    int k = 1 + random.nextInt(x.length - 1);
    TestRow row = new TestRow("powers", x, 0, x.length);
    Step temperature = Step.temperature(Powers.TEMPERATURE);
    int[] best = survivors(row, List.of(temperature, Step.topK(k)));
    float[] alone = new float[x.length];
    Arrays.fill(alone, Float.NEGATIVE_INFINITY);
    for (int id : best) {
      alone[id] = x[id];
    }
    for (int n = 0; n < 10; n++) {
      float p = random.nextInt(1 << 24) * 0x1p-24f;
      int[] ids = new int[x.length];
      int size =
          topP(
              new TestRow("the best alone", alone, 0, x.length),
              Powers.TEMPERATURE,
              p,
              ids,
              new float[x.length]);
      assertArrayEquals(
          Arrays.copyOf(ids, size),
          survivors(row, List.of(temperature, Step.topK(k), Step.topP(p))));
    }
  }

  /** Before a top-k or behind it: the same tokens with the same bits. */
  @Property
  default void temperatureCommutesWithTopK(
      @ForAll("shortChainRows") TestRow row, @ForAll("chainDraws") double u) {
    for (float t : new float[] {Float.MIN_VALUE, 0.5f, 1.7f, Float.MAX_VALUE}) {
      for (int k : new int[] {1, 5, 100}) {
        Step temperature = Step.temperature(t);
        assertSame(row, List.of(temperature, Step.topK(k)), List.of(Step.topK(k), temperature), u);
      }
    }
  }

  /** Heat before a top-p widens the nucleus, and cold narrows it; behind it the set stays. */
  @Example
  default void temperatureDoesNotCommuteWithTopP() {
    for (int length : new int[] {20, 60, 2000}) {
      float[] x = new float[length];
      for (int i = 0; i < length; i++) {
        x[i] = -0.5f * i;
      }
      TestRow row = new TestRow("ramp", x, 0, length);
      Step topP = Step.topP(0.9f);
      int plain = survivors(row, List.of(topP)).length;
      for (float t : new float[] {0.5f, 2}) {
        Step temperature = Step.temperature(t);
        int behind = survivors(row, List.of(topP, temperature)).length;
        int before = survivors(row, List.of(temperature, topP)).length;
        assertEquals(plain, behind);
        assertNotEquals(plain, before);
        assertEquals(t > 1, before > plain);
      }
    }
  }

  /** Min-p measures at the temperature so far. */
  @Example
  default void temperatureDoesNotCommuteWithMinP() {
    float[] x = new float[60];
    for (int i = 0; i < 60; i++) {
      x[i] = -0.5f * i;
    }
    TestRow row = new TestRow("ramp", x, 0, 60);
    Step minP = Step.minP(0.1f); // ln 0.1 = -2.3
    assertEquals(5, survivors(row, List.of(minP)).length);
    assertEquals(5, survivors(row, List.of(minP, Step.temperature(2))).length);
    assertEquals(10, survivors(row, List.of(Step.temperature(2), minP)).length);
  }

  /** In probabilities: at least p times the best one's. */
  @Property
  default void minPKeepsWhatHasPTimesTheBestProbability(@ForAll("shortChainRows") TestRow row) {
    float[] x = row.logits();
    int[] order = NaiveChain.order(x);
    for (float t : new float[] {1e-3f, 0.7f, 1, 3}) {
      for (float p : new float[] {1e-4f, 0.05f, 0.5f}) {
        int kept = survivors(row, List.of(Step.temperature(t), Step.minP(p))).length;
        double[] weights = NaiveChain.weights(x, order, t);
        assertTrue(weights[kept - 1] >= p * (1 - 2e-6));
        assertTrue(kept == order.length || weights[kept] < p * (1 + 2e-6));
      }
    }
  }

  /** Filters that only narrow never bring a token back. */
  @Property
  default void chainsOnlyNarrow(
      @ForAll("shortChainRows") TestRow row, @ForAll("chainSteps") List<Step> steps) {
    int size = Integer.MAX_VALUE;
    for (int n = 0; n <= steps.size(); n++) {
      int left = survivors(row, steps.subList(0, n)).length;
      assertTrue(1 <= left && left <= size);
      size = left;
    }
  }

  // frequencies

  /**
   * A narrowed chain draws in proportion to exp(x / T): chi-square of 20,000 draws over 8
   * survivors.
   *
   * <p>False alarms: the threshold is exceeded with probability 1e-9 per try, 6e-8 per run of 60.
   */
  @Property
  default void frequenciesOfANarrowedChainAreItsProbabilities(@ForAll long seed) {
    double threshold = 55.9; // of 7 degrees of freedom
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[12];
    for (int i = 0; i < x.length; i++) {
      x[i] = (float) (1.5 * random.nextDouble());
    }
    int[] best = Arrays.copyOf(NaiveChain.order(x), 8);
    double[] weights = NaiveChain.weights(x, best, 0.7f);
    double total = DoubleStream.of(weights).sum();
    SamplerChain chain = SamplerChain.of(Step.topK(8), Step.temperature(0.7f));
    Sampler sampler = chain.newSampler(x.length, seed, kernels());
    int draws = 20_000;
    int[] counts = new int[x.length];
    for (int n = 0; n < draws; n++) {
      counts[sampler.sample(x)]++;
    }
    double chiSquare = 0;
    int drawn = 0;
    for (int i = 0; i < best.length; i++) {
      double expected = draws * weights[i] / total;
      double difference = counts[best[i]] - expected;
      chiSquare += difference * difference / expected;
      drawn += counts[best[i]];
    }
    assertEquals(draws, drawn, "a token was drawn that did not survive");
    assertTrue(chiSquare < threshold, "chi-square " + chiSquare);
  }

  // helpers

  private Sampler sampler(TestRow row, List<Step> steps) {
    return SamplerChain.of(steps.toArray(new Step[0])).newSampler(row.length(), 1, kernels());
  }

  private int sample(TestRow row, List<Step> steps, double u) {
    return sampler(row, steps).sample(row.array(), row.from(), row.to(), u);
  }

  private int[] survivors(TestRow row, List<Step> steps) {
    Sampler sampler = sampler(row, steps);
    sampler.sample(row.array(), row.from(), row.to(), 0.5);
    return Chains.ids(sampler.candidates());
  }

  /** Two chains give the same token, candidates and bits. */
  private void assertSame(TestRow row, List<Step> one, List<Step> other, double u) {
    Sampler a = sampler(row, one);
    Sampler b = sampler(row, other);
    assertEquals(
        a.sample(row.array(), row.from(), row.to(), u),
        b.sample(row.array(), row.from(), row.to(), u),
        () -> one + " against " + other);
    assertEquals(bits(a.probability()), bits(b.probability()));
    assertArrayEquals(Chains.ids(a.candidates()), Chains.ids(b.candidates()));
    assertArrayEquals(
        EntryPoint.bits(Chains.probabilities(a.candidates())),
        EntryPoint.bits(Chains.probabilities(b.candidates())));
  }

  private static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }
}
