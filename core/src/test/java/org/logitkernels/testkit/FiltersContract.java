package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * The filters beyond top-k, top-p and min-p, and dynamic temperature, each against its definition
 * in exact weights, on whole rows and on what a top-k or a temperature has left.
 */
public interface FiltersContract extends KernelsUnderTest {
  /** Relative error of probabilities and entropies that may decide which token is the last. */
  double NEAR = 2e-5;

  /** Rows. */
  @Provide
  default Arbitrary<TestRow> filterRows() {
    return TestRows.upTo(3000);
  }

  /** What comes before the filter: nothing, a temperature, or less than the row. */
  @Provide
  default Arbitrary<List<Step>> filterBefore() {
    return Arbitraries.of(
        List.of(),
        List.of(Step.temperature(0.7f)),
        List.of(Step.topK(50)),
        List.of(Step.topK(500), Step.topP(0.99f), Step.topK(7)), // leaves weights behind its last
        List.of(Step.temperature(1.5f), Step.topK(500)));
  }

  /** A parameter between 0 and 1. */
  @Provide
  default Arbitrary<Float> filterShares() {
    return Arbitraries.of(0f, 0.001f, 0.02f, 0.1f, 0.3f, 0.5f, 0.9f, 0.95f, 0.99f);
  }

  /** The tokens before a filter, best first, with exact probabilities. */
  record Before(float[] x, int[] tokens, double[] p) {
    static Before of(FiltersContract contract, TestRow row, List<Step> before) {
      float[] x = row.logits();
      double t = 1;
      for (Step step : before) {
        t = NaiveChain.temperature(step, t);
      }
      int[] tokens = contract.left(row, before);
      double[] weights =
          DoubleStream.of(NaiveChain.weights(x, tokens, t))
              .map(w -> w < 0x1p-126 ? 0 : w) // as defined
              .toArray();
      double total = DoubleStream.of(weights).sum();
      return new Before(x, tokens, DoubleStream.of(weights).map(w -> w / total).toArray());
    }

    double entropy() {
      return DoubleStream.of(p).filter(q -> q > 0).map(q -> -q * StrictMath.log(q)).sum();
    }

    /** How many have at least a probability, and the ties at the maximum in any case. */
    int atLeast(double cut) {
      float max = x[tokens[0]];
      return (int)
          IntStream.range(0, p.length).filter(i -> p[i] >= cut || x[tokens[i]] == max).count();
    }

    double deviation() {
      double mean = IntStream.of(tokens).mapToDouble(id -> x[id]).average().orElse(0);
      return Math.sqrt(
          IntStream.of(tokens)
              .mapToDouble(id -> (x[id] - mean) * (x[id] - mean))
              .average()
              .orElse(0));
    }
  }

  /** Epsilon cutoff. */
  @Property
  default void epsilonCutoffKeepsProbabilitiesFromEpsilon(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float epsilon) {
    Before b = Before.of(this, row, before);
    assertPrefix(
        b,
        left(row, with(before, Step.epsilonCutoff(epsilon))),
        epsilon == 0 ? b.tokens.length : b.atLeast(epsilon * (1 + NEAR)),
        epsilon == 0 ? b.tokens.length : b.atLeast(epsilon * (1 - NEAR)));
  }

  /** Eta cutoff. */
  @Property
  default void etaCutoffGivesWayToEntropy(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float epsilon) {
    Before b = Before.of(this, row, before);
    double eta = Math.min(epsilon, Math.sqrt(epsilon) * StrictMath.exp(-b.entropy()));
    assertPrefix(
        b,
        left(row, with(before, Step.etaCutoff(epsilon))),
        epsilon == 0 ? b.tokens.length : b.atLeast(eta * (1 + 10 * NEAR)),
        epsilon == 0 ? b.tokens.length : b.atLeast(eta * (1 - 10 * NEAR)));
  }

  /** Top-n-sigma, whatever the temperature. */
  @Property
  default void topNSigmaKeepsLogitsNearTheMaximum(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float share) {
    float n = 3 * share;
    Before b = Before.of(this, row, before);
    float max = b.x[b.tokens[0]];
    double sigma = b.deviation();
    int least = 0;
    int most = 0;
    for (int id : b.tokens) {
      float d = b.x[id] - max; // in float as defined: extremes are infinitely far apart
      least += d >= (float) (-n * sigma * (1 - 1e-6)) ? 1 : 0;
      most += d >= (float) (-n * sigma * (1 + 1e-6) - 1e-30) ? 1 : 0;
    }
    assertPrefix(b, left(row, with(before, Step.topNSigma(n))), least, most);
  }

  /** Top-h. */
  @Property
  default void topHKeepsAShareOfTheEntropy(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float h) {
    List<Step> narrow = with(before, Step.topK(100));
    Before b = Before.of(this, row, narrow);
    int[] left = left(row, with(before, Step.topH(h)));
    assertPrefix(b, left, topH(b, h - NEAR), topH(b, h + NEAR));
  }

  private static int topH(Before b, double h) {
    double sum = 0;
    int kept = 0;
    while (kept < b.p.length && b.p[kept] > 0) {
      sum -= b.p[kept] * StrictMath.log(b.p[kept]);
      if (sum > h * b.entropy() + 1e-300) {
        break;
      }
      kept++;
    }
    return Math.max(1, kept);
  }

  /** Temperatures from the least to the greatest, and where stretching begins. */
  @Provide
  default Arbitrary<Step> filterTemperatures() {
    return Arbitraries.oneOf(
        Chains.temperature(),
        Arbitraries.of(0.03f, 0x1p-99f, 0x1p-100f, 0x1p-101f, 0x1p100f, 0x1p101f, 0x1p102f)
            .map(Step::temperature));
  }

  /** P-less, against sums of squares in double-double, at any temperature. */
  @Property
  default void pLessKeepsWhatIsAsProbableAsACollision(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterTemperatures") Step temperature) {
    List<Step> steps = with(before, temperature);
    double t = 1;
    for (Step step : steps) {
      t = NaiveChain.temperature(step, t);
    }
    int[] tokens = left(row, steps);
    Oracle.Sizes sizes = new Oracle(only(row.logits(), tokens), t).pLess();
    assertTrue(sizes.least() >= 1);
    int[] left = left(row, with(steps, Step.pLess()));
    assertTrue(sizes.contains(left.length), () -> left.length + " is not in " + sizes);
    assertArrayEquals(Arrays.copyOf(tokens, left.length), left);
  }

  private static float[] only(float[] x, int[] tokens) {
    float[] left = new float[x.length];
    Arrays.fill(left, Float.NEGATIVE_INFINITY);
    for (int id : tokens) {
      left[id] = x[id];
    }
    return left;
  }

  /** P-less by hand: probabilities, how many are left, on the whole row and behind a filter. */
  @Example
  default void pLessByHand() {
    assertPLess(1, 0.5, 0.3, 0.2); // from 0.38 on
    assertPLess(2, 0.4, 0.35, 0.25); // 0.345
    assertPLess(3, 0.3, 0.3, 0.3, 0.1); // 0.28: ties at the maximum
    assertPLess(2, 1, 0.625, 0.25, 0.25, 0.25, 0.25); // the second is a collision's, exactly
    assertPLess(1, 1, 0.624, 0.25, 0.25, 0.25, 0.25);
    assertPLess(1, 0.9, 0.1);
    assertPLess(1, 1);
    for (int n : new int[] {2, 3, 7, 65, 100, 1000, 5003}) {
      assertPLess(n, DoubleStream.generate(() -> 1.0 / n).limit(n).toArray());
    }
  }

  private void assertPLess(int kept, double... weights) {
    for (float shift : weights[0] == 1 ? new float[1] : new float[] {0, 1, -40, 88.7f}) {
      float[] x = new float[weights.length + 1];
      for (int i = 0; i < weights.length; i++) {
        x[i] = (float) StrictMath.log(weights[i]) + shift;
      }
      x[weights.length] = Float.NEGATIVE_INFINITY;
      TestRow row = new TestRow(Arrays.toString(x), x, 0, x.length);
      int[] expected = IntStream.range(0, kept).toArray();
      assertArrayEquals(expected, left(row, List.of(Step.pLess())));
      Step all = Step.topNSigma(Float.MAX_VALUE); // keeps all, but as survivors
      assertArrayEquals(expected, left(row, List.of(all, Step.pLess())));
      float[] stretched = x.clone();
      for (int i = 0; i < x.length; i++) {
        stretched[i] *= 4;
      }
      TestRow hot = new TestRow("4 times " + row, stretched, 0, x.length);
      assertArrayEquals(expected, left(hot, List.of(Step.temperature(4), Step.pLess())));
    }
  }

  /** P-less at temperatures beyond floats, with zeros of both signs and masked tokens. */
  @Example
  default void pLessAtTheEndsOfTemperature() {
    float masked = Float.NEGATIVE_INFINITY;
    float least = Float.MIN_VALUE;
    float[][] rows = {
      {-0f, masked, 0, -least, -0f, -3, masked, -3e38f},
      {-least, -0f, -0f, masked, 0, -2 * least},
      {-3e38f, -3e38f, masked, -3.1e38f, -3e38f, -3.2e38f},
      {masked, 7, masked}
    };
    int[][] ties = {{0, 2, 4}, {1, 2, 4}, {0, 1, 4}, {1}};
    Step all = Step.topNSigma(Float.MAX_VALUE);
    for (int i = 0; i < rows.length; i++) {
      TestRow row = new TestRow(Arrays.toString(rows[i]), rows[i], 0, rows[i].length);
      int[] unmasked = NaiveChain.order(rows[i]);
      for (int times = 2; times < 12; times++) {
        for (float factor : new float[] {least, 0x1p-82f, 1e-30f, 0x1p82f, 0x1p100f, 1e38f}) {
          List<Step> steps = new ArrayList<>();
          for (int n = 0; n < times; n++) {
            steps.add(Step.temperature(factor));
          }
          int[] expected = factor < 1 ? ties[i] : unmasked;
          assertArrayEquals(expected, left(row, with(steps, Step.pLess())), row + " " + steps);
          steps.addFirst(all);
          assertArrayEquals(expected, left(row, with(steps, Step.pLess())), row + " " + steps);
        }
      }
    }
  }

  /** Typical: nothing that is left is less typical than what is dropped, and the mass is right. */
  @Property
  default void typicalKeepsTheMassNearestToTheEntropy(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float p) {
    Before b = Before.of(this, row, before);
    Set<Integer> left = new HashSet<>();
    for (int id : left(row, with(before, Step.typical(p)))) {
      left.add(id);
    }
    double entropy = b.entropy();
    double mass = 0;
    double furthest = 0;
    double its = 0;
    double nearest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < b.tokens.length; i++) {
      double shift = Math.abs(-StrictMath.log(b.p[i]) - entropy);
      if (left.contains(b.tokens[i])) {
        mass += b.p[i];
        if (shift >= furthest) {
          furthest = shift;
          its = b.p[i];
        }
      } else {
        nearest = Math.min(nearest, shift);
      }
    }
    assertFalse(left.isEmpty());
    assertTrue(furthest <= nearest + NEAR * (1 + nearest), "a less typical token is left");
    assertTrue(mass >= p - NEAR, "too little mass is left");
    assertTrue(
        left.size() == 1 || mass - its <= p + NEAR || nearest - furthest < NEAR,
        "too much mass is left");
  }

  /** XTC: of the tokens from the threshold on the last is left, of the others all. */
  @Property
  default void xtcDropsTopChoicesButTheLast(
      @ForAll("filterRows") TestRow row,
      @ForAll("filterBefore") List<Step> before,
      @ForAll("filterShares") float threshold) {
    Before b = Before.of(this, row, before);
    int[] left = left(row, with(before, Step.xtc(1, threshold)));
    int least = (int) DoubleStream.of(b.p).filter(q -> q >= threshold * (1 + NEAR)).count();
    int most = (int) DoubleStream.of(b.p).filter(q -> q >= threshold * (1 - NEAR)).count();
    int dropped = b.tokens.length - left.length;
    assertTrue(Math.max(0, least - 1) <= dropped && dropped <= Math.max(0, most - 1));
    assertArrayEquals(Arrays.copyOfRange(b.tokens, dropped, b.tokens.length), left);
    assertArrayEquals(b.tokens, left(row, with(before, Step.xtc(0, threshold))));
  }

  /** A parameter that keeps everything leaves a whole row, with its draw and its bits. */
  @Property
  default void whatKeepsEverythingIsTheIdentity(
      @ForAll("filterRows") TestRow row, @ForAll("filterBefore") List<Step> before) {
    Sampler plain = sampler(row, before);
    for (Step step :
        List.of(
            Step.topK(row.length()),
            Step.topP(1),
            Step.minP(0),
            Step.typical(1),
            Step.epsilonCutoff(0),
            Step.etaCutoff(0),
            Step.xtc(0, 0),
            Step.temperature(1))) {
      Sampler with = sampler(row, with(before, step));
      for (double u : new double[] {0, 0.3, 0.9, Math.nextDown(1.0)}) {
        assertEquals(
            plain.sample(row.array(), row.from(), row.to(), u),
            with.sample(row.array(), row.from(), row.to(), u),
            step.toString());
        assertEquals(plain.probability(), with.probability(), step.toString());
        assertEquals(plain.logProbability(), with.logProbability(), step.toString());
      }
    }
  }

  /**
   * Up to 64 choices XTC leaves the row whole, whatever its threshold: the bits are those of blocks
   * of a row in which it has masked what it drops. Of more choices they are those of survivors.
   */
  @Example
  default void xtcLeavesTheRowWholeUpTo64Choices() {
    for (float threshold : new float[] {1e-4f, 0x1p-20f, 0x1p-22f}) {
      for (int choices : new int[] {2, 3, 64, 65}) {
        float[] x = TestRows.of(TestRows.Distribution.NORMAL, 3000, 0, 11).logits();
        for (int i = 0; i < x.length; i++) {
          x[i] = i < choices ? 3 : -15 + 0.1f * x[i];
        }
        float[] left = x.clone();
        Arrays.fill(left, 0, choices - 1, Float.NEGATIVE_INFINITY);
        TestRow row = new TestRow(choices + " top choices", x, 0, x.length);
        TestRow masked = new TestRow("without them", left, 0, x.length);
        Sampler with = sampler(row, List.of(Step.xtc(1, threshold)));
        Sampler whole = sampler(masked, List.of());
        Sampler narrowed = sampler(masked, List.of(Step.topK(x.length - 1)));
        with.sample(x, 0, x.length, 0);
        whole.sample(left, 0, x.length, 0);
        narrowed.sample(left, 0, x.length, 0);
        assertNotEquals(whole.logProbability(), narrowed.logProbability());
        assertEquals(narrowed.logProbability(), whole.logProbability(), 1e-6);
        Sampler expected = choices <= 64 ? whole : narrowed;
        assertEquals(expected.logProbability(), with.logProbability(), row + " " + threshold);
        assertArrayEquals(Chains.ids(expected.candidates()), Chains.ids(with.candidates()));
        assertArrayEquals(
            Chains.probabilities(expected.candidates()), Chains.probabilities(with.candidates()));
      }
    }
  }

  /**
   * What XTC leaves is drawn from at any temperature, far below what it has dropped as it may be.
   */
  @Example
  default void xtcLeavesTokensForLowTemperatures() {
    for (int length : new int[] {4, 100, 5000}) {
      float[] x = new float[length];
      Arrays.fill(x, -30);
      x[0] = -5.5f;
      x[1] = 0;
      x[2] = -6;
      x[length - 1] = -5;
      TestRow row = new TestRow("four of " + length, x, 0, length);
      for (float t : new float[] {1, 0.2f, 0.16f, 0.15f, 0.1f, 0.05f, 1e-3f, 1e-20f, 1e-45f}) {
        // 0 and -5 are dropped; of those above the threshold -5.5 is the last.
        List<Step> steps = List.of(Step.xtc(1, 0.003f), Step.temperature(t));
        Sampler sampler = sampler(row, steps);
        assertEquals(0, sampler.sample(x, 0, length, 0), steps.toString());
        double others = Math.exp(-0.5 / t) + (length - 4) * Math.exp(-24.5 / t);
        assertEquals(-Math.log1p(others), sampler.logProbability(), 1e-6, steps.toString());
        int[] tokens = new int[2];
        double[] perturbed = new double[2];
        int drawn = sampler.sampleWithoutReplacement(x, 0, length, 0, 2, tokens, perturbed);
        assertEquals(0, tokens[0], steps.toString());
        assertEquals(t < 0.005 ? 1 : 2, drawn, steps.toString());
        assertTrue(drawn == 1 || tokens[1] == 2 || t > 0.5, steps.toString());
      }
    }
  }

  /** Each XTC has a draw of its own: number i of the stream whose seed is u's bits. */
  @Example
  default void xtcDrawsAreNumbered() {
    float[] x = {3, 2, 1, 0};
    TestRow row = new TestRow("by hand", x, 0, x.length);
    List<Step> steps = List.of(Step.xtc(0.5f, 0.2f), Step.xtc(0.5f, 0.05f), Step.xtc(0.25f, 0));
    Sampler sampler = sampler(row, steps);
    for (int n = 0; n < 100; n++) {
      double u = n / 100.0;
      sampler.sample(x, 0, x.length, u);
      SplittableRandom random = new SplittableRandom(Double.doubleToRawLongBits(u));
      boolean[] drops = new boolean[3];
      for (int i = 0; i < 3; i++) {
        drops[i] = (random.nextLong() >>> 11) * 0x1p-53 < (i < 2 ? 0.5 : 0.25);
      }
      // 0.64, 0.24, 0.09, 0.03 to begin with; of 0.67, 0.24, 0.09 all are above 0.05 again.
      int dropped = drops[2] || drops[0] && drops[1] ? 3 : drops[1] ? 2 : drops[0] ? 1 : 0;
      assertEquals(x.length - dropped, sampler.candidates().size(), "u " + u);
    }
  }

  /** XTC's own draw: as often as it is asked for, and independent of the token's. */
  @Example
  default void xtcDropsAsOftenAsAsked() {
    float[] x = {2, 1.9f, 1, 0.5f, 0};
    Sampler sampler = SamplerChain.of(Step.xtc(0.3f, 0.2f)).newSampler(x.length, 11, kernels());
    int calls = 20_000;
    int dropped = 0;
    double[] sums = new double[2];
    for (int i = 0; i < calls; i++) {
      int token = sampler.sample(x);
      boolean drops = sampler.candidates().size() < x.length;
      dropped += drops ? 1 : 0;
      sums[drops ? 1 : 0] += token == 1 ? 1 : 0;
    }
    // 5 standard deviations: one false alarm in 1.7 million.
    assertEquals(0.3, (double) dropped / calls, 5 * Math.sqrt(0.3 * 0.7 / calls));
    double p = 0.3439; // of token 1 among all, and among all but the best
    assertEquals(p, sums[0] / (calls - dropped), 5 * Math.sqrt(p * (1 - p) / (0.7 * calls)));
    double q = 0.5547;
    assertEquals(q, sums[1] / dropped, 5 * Math.sqrt(q * (1 - q) / (0.3 * calls)));
  }

  /** Dynamic temperature: the probabilities are those of the temperature that it comes to. */
  @Property
  default void dynamicTemperatureIsATemperature(
      @ForAll("filterRows") TestRow row, @ForAll("filterBefore") List<Step> before) {
    Before b = Before.of(this, row, before);
    List<Step> steps = with(before, Step.dynamicTemperature(0.5f, 1.5f, 2));
    Sampler sampler = sampler(row, steps);
    sampler.sample(row.array(), row.from(), row.to(), 0.5);
    assertArrayEquals(b.tokens, Chains.ids(sampler.candidates()));
    double t = 1;
    for (Step step : before) {
      t = NaiveChain.temperature(step, t);
    }
    int n = b.tokens.length;
    double share = n == 1 ? 0 : b.entropy() / StrictMath.log(n);
    t *= n == 1 ? 1 : 0.5 + share * share;
    double[] weights = NaiveChain.weights(b.x, b.tokens, t);
    double total = DoubleStream.of(weights).sum();
    for (int i = 0; i < Math.min(n, 20); i++) {
      double expected = weights[i] / total;
      double d = ((double) b.x[b.tokens[0]] - b.x[b.tokens[i]]) / t;
      assertEquals(
          expected, sampler.candidates().probability(i), 2e-5 * (1 + d) * expected + 1e-37);
    }
  }

  /** A minimum to keep. */
  @Property
  default void minKeepKeepsAtLeastSoMany(@ForAll("filterRows") TestRow row) {
    int n = NaiveChain.order(row.logits()).length;
    Step all = Step.topNSigma(Float.MAX_VALUE); // keeps all, but as survivors
    for (int k : new int[] {1, 2, 7, 100_000}) {
      int least = Math.min(k, n);
      int[] best = left(row, List.of(Step.topK(least)));
      for (Step step :
          List.of(
              Step.topK(1),
              Step.topP(0),
              Step.minP(1),
              Step.topNSigma(0),
              Step.epsilonCutoff(1),
              Step.etaCutoff(1),
              Step.pLess())) {
        for (List<Step> before : List.of(List.<Step>of(), List.of(all))) {
          int plain = left(row, with(before, step)).length;
          int[] left = left(row, with(before, step.minKeep(k)));
          assertEquals(Math.max(plain, least), left.length, step.toString());
          assertArrayEquals(
              Arrays.copyOf(best, Math.min(least, left.length)), Arrays.copyOf(left, least));
        }
      }
      assertTrue(left(row, List.of(Step.typical(0).minKeep(k))).length >= least);
      assertTrue(left(row, List.of(Step.xtc(1, 0).minKeep(k))).length >= least);
    }
  }

  /** Order matters where it should: a temperature before a filter by probability, not after. */
  @Example
  default void orderMattersWhereItShould() {
    float[] x = {3, 2, 1, 0, -1};
    Step hot = Step.temperature(4);
    for (Step step :
        List.of(
            Step.epsilonCutoff(0.1f),
            Step.etaCutoff(0.2f),
            Step.topH(0.5f),
            Step.pLess(),
            Step.topP(0.8f))) {
      assertTrue(count(x, hot, step) > count(x, step, hot), step.toString());
    }
    Step sigma = Step.topNSigma(1);
    assertEquals(count(x, hot, sigma), count(x, sigma, hot));
    assertEquals(count(x, hot, Step.topK(2)), count(x, Step.topK(2), hot));
  }

  private int count(float[] x, Step... steps) {
    return left(new TestRow("by hand", x, 0, x.length), List.of(steps)).length;
  }

  private static void assertPrefix(Before b, int[] left, int least, int most) {
    assertTrue(
        least <= left.length && left.length <= most,
        () -> left.length + " are left of " + b.tokens.length + ", not " + least + " to " + most);
    assertArrayEquals(Arrays.copyOf(b.tokens, left.length), left);
  }

  private static List<Step> with(List<Step> before, Step step) {
    List<Step> steps = new ArrayList<>(before);
    steps.add(step);
    return steps;
  }

  private Sampler sampler(TestRow row, List<Step> steps) {
    return SamplerChain.of(steps.toArray(Step[]::new)).newSampler(row.length(), 1, kernels());
  }

  /** What a chain leaves, best first. */
  default int[] left(TestRow row, List<Step> steps) {
    Sampler sampler = sampler(row, steps);
    sampler.sample(row.array(), row.from(), row.to(), 0.5);
    return Chains.ids(sampler.candidates());
  }
}
