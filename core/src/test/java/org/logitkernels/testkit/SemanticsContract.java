package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
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
import org.logitkernels.Workspace;

/**
 * The meaning of every step, kernel and error, case by case; the first word of a test is the case.
 */
public interface SemanticsContract extends KernelsUnderTest {
  /** Rows short enough to be looked at token by token. */
  @Provide
  default Arbitrary<TestRow> semanticsRows() {
    return TestRows.upTo(5000);
  }

  /** Numbers for the draw. */
  @Provide
  default Arbitrary<Double> semanticsDraws() {
    return Chains.draws();
  }

  /** Values that no row may hold, NaN of either sign and with any payload among them. */
  @Provide
  default Arbitrary<Float> invalidLogits() {
    return Arbitraries.of(
            0x7fc00000, 0xffc00000, 0x7f800001, 0xff800001, 0x7fffffff, 0xffffffff, 0x7f800000)
        .map(Float::intBitsToFloat);
  }

  // temperature

  /** 0 leaves the arg-max alone, whatever the draw, and -0 is 0. */
  @Property
  default void temperatureZeroIsGreedyAndMinusZeroIsZero(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    int best = kernels().argMax(row.array(), row.from(), row.to());
    for (float zero : new float[] {0f, -0f}) {
      Sampler sampler = sampler(row.length(), Step.temperature(zero));
      assertEquals(best, sampler.sample(row.array(), row.from(), row.to(), u));
      assertArrayEquals(new int[] {best}, Chains.ids(sampler.candidates()));
      assertEquals(1f, sampler.probability());
      assertTrue(sampler.logProbability() == 0);
    }
  }

  /** A step takes any finite temperature from 0 up, a kernel any above 0. */
  @Example
  default void temperatureNegativeNanOrInfiniteIsAnError() {
    float[] bad = {
      -1f, -Float.MIN_VALUE, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY
    };
    for (float t : bad) {
      Failures.illegalArgument(
          "temperature must be finite and >= 0, but was " + t, () -> Step.temperature(t));
      assertKernelsReject(t);
    }
    assertKernelsReject(0f);
    assertKernelsReject(-0f);
  }

  private void assertKernelsReject(float t) {
    String message = "temperature must be finite and > 0, but was " + t;
    float[] x = {Float.NaN, 1, 2}; // a bad parameter is told before a bad row
    Workspace workspace = Workspace.of(3);
    Failures.illegalArgument(message, () -> kernels().logSumExp(x, 0, 3, t));
    Failures.illegalArgument(message, () -> kernels().softmax(x, 0, 3, t, new float[3], 0));
    Failures.illegalArgument(message, () -> kernels().logSoftmax(x, 0, 3, t, new float[3], 0));
    Failures.illegalArgument(
        message, () -> kernels().topP(x, 0, 3, t, 0.5f, workspace, new int[3], new float[3]));
    Failures.illegalArgument(message, () -> kernels().sample(x, 0, 3, t, 0.5, workspace));
  }

  /** 1e-30 * 1e-30 is 0 in float; in double four of them come back to 1. */
  @Property
  default void temperatureProductsAreMadeInDouble(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    Sampler plain = sampler(row.length());
    Sampler product =
        sampler(
            row.length(),
            Step.temperature(1e-30f),
            Step.temperature(1e-30f),
            Step.temperature(1e30f),
            Step.temperature(1e30f));
    plain.sample(row.array(), row.from(), row.to(), u);
    product.sample(row.array(), row.from(), row.to(), u);
    int[] ids = Chains.ids(plain.candidates());
    assertArrayEquals(ids, Chains.ids(product.candidates()));
    for (int i = 0; i < Math.min(5, ids.length); i++) {
      assertEquals(plain.candidates().probability(i), product.candidates().probability(i), 1e-5f);
    }
  }

  /** The candidates and their order are those of the logits at every temperature. */
  @Property
  default void temperatureNeverMasksTiesOrReorders(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    int[] order = NaiveChain.order(row.logits());
    for (float t : new float[] {Float.MIN_VALUE, 1e-3f, 1, 1e3f, Float.MAX_VALUE}) {
      Sampler sampler = sampler(row.length(), Step.temperature(t));
      sampler.sample(row.array(), row.from(), row.to(), u);
      assertArrayEquals(order, Chains.ids(sampler.candidates()));
      int k = (order.length + 1) / 2;
      Sampler cut = sampler(row.length(), Step.temperature(t), Step.topK(k));
      cut.sample(row.array(), row.from(), row.to(), u);
      assertArrayEquals(
          Arrays.copyOf(order, cut.candidates().size()), Chains.ids(cut.candidates()));
    }
  }

  /** At the least temperature the ties at the maximum share everything, at the largest all do. */
  @Example
  default void temperatureMinValueAndMaxValueWork() {
    for (int length : new int[] {4, 40, 3000}) {
      float[] x = new float[length];
      for (int i = 0; i < length; i++) {
        x[i] = -1 - i % 3;
      }
      x[1] = 5;
      x[3] = 5;
      float[] probabilities = new float[length];
      kernels().softmax(x, 0, length, Float.MIN_VALUE, probabilities, 0);
      float[] coldest = new float[length];
      coldest[1] = 0.5f;
      coldest[3] = 0.5f;
      assertArrayEquals(coldest, probabilities);
      double exact = 5 / (double) Float.MIN_VALUE + StrictMath.log(2);
      assertEquals(exact, kernels().logSumExp(x, 0, length, Float.MIN_VALUE), Math.ulp(exact));
      kernels().softmax(x, 0, length, Float.MAX_VALUE, probabilities, 0);
      float[] hottest = new float[length];
      Arrays.fill(hottest, 1f / length);
      assertArrayEquals(hottest, probabilities, 3e-7f / length);
      assertEquals(
          StrictMath.log(length), kernels().logSumExp(x, 0, length, Float.MAX_VALUE), 1e-6);
    }
    // A difference that overflows, at a temperature that brings it back.
    float[] probabilities = new float[2];
    kernels().softmax(new float[] {3e38f, -3e38f}, 0, 2, Float.MAX_VALUE, probabilities, 0);
    double odds = StrictMath.exp(-2.0 * 3e38f / Float.MAX_VALUE);
    assertArrayEquals(
        new float[] {(float) (1 / (1 + odds)), (float) (odds / (1 + odds))}, probabilities, 1e-6f);
  }

  // order

  /** The whole order, by top-k with room for all and by a chain's candidates. */
  @Property
  default void orderIsByLogitDescendingThenByAscendingId(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    float[] x = row.logits();
    int[] order = NaiveChain.order(x);
    int[] ids = new int[row.length()];
    float[] values = new float[row.length()];
    int size = topK(row, row.length(), ids, values);
    assertArrayEquals(order, Arrays.copyOf(ids, size));
    for (int i = 0; i < size; i++) {
      assertEquals(Float.floatToRawIntBits(x[ids[i]] + 0f), Float.floatToRawIntBits(values[i]));
    }
    Sampler sampler = sampler(row.length());
    sampler.sample(row.array(), row.from(), row.to(), u);
    assertArrayEquals(order, Chains.ids(sampler.candidates()));
    assertEquals(order[0], kernels().argMax(row.array(), row.from(), row.to()));
  }

  /** Zeros of both signs tie, so ids decide; as values they are written as +0. */
  @Example
  default void orderTakesMinusZeroForZero() {
    for (int length : new int[] {2, 50, 2000}) {
      float[] x = new float[length];
      for (int i = 0; i < length; i += 2) {
        x[i] = -0f;
      }
      int[] ids = new int[length];
      float[] values = new float[length];
      TestRow row = new TestRow("zeros", x, 0, length);
      assertEquals(length, topK(row, length, ids, values));
      assertArrayEquals(IntStream.range(0, length).toArray(), ids);
      assertArrayEquals(new int[length], EntryPoint.bits(values));
      assertEquals(0, kernels().argMax(x, 0, length));
    }
  }

  /** Two logits a bit apart have one weight, yet the higher one is the better. */
  @Example
  default void orderIsNeverByScaledScoreOrProbability() {
    for (int length : new int[] {5, 90, 3000}) {
      float[] x = new float[length];
      Arrays.fill(x, 1);
      int best = length - 2;
      x[best] = Math.nextUp(1f);
      float t = Float.MAX_VALUE;
      int[] ids = new int[length];
      float[] probabilities = new float[length];
      assertEquals(1, kernels().topP(x, 0, length, t, 0, Workspace.of(length), ids, probabilities));
      assertEquals(best, ids[0]);
      for (Step step : new Step[] {Step.topK(1), Step.topP(0), Step.minP(1), Step.temperature(0)}) {
        Sampler sampler = sampler(length, Step.temperature(t), step);
        assertEquals(best, sampler.sample(x, 0, length, 0.0), step.toString());
        assertEquals(1, sampler.candidates().size(), step.toString());
      }
    }
  }

  // top-k

  /** k below 1. */
  @Example
  default void topKBelow1IsAnError() {
    for (int k : new int[] {0, -1, Integer.MIN_VALUE}) {
      String message = "k must be >= 1, but was " + k;
      Failures.illegalArgument(message, () -> Step.topK(k));
      float[] x = {Float.NaN};
      Failures.illegalArgument(
          message, () -> kernels().topK(x, 0, 1, k, Workspace.of(1), new int[1], new float[1]));
    }
  }

  /** k above the row's length. */
  @Property
  default void topKAboveTheRowKeepsAll(@ForAll("semanticsRows") TestRow row) {
    int[] order = NaiveChain.order(row.logits());
    for (int k : new int[] {row.length(), row.length() + 1, Integer.MAX_VALUE}) {
      int[] ids = new int[row.length()];
      assertEquals(order.length, topK(row, k, ids, new float[row.length()]));
      assertArrayEquals(order, Arrays.copyOf(ids, order.length));
    }
  }

  /** min(k, unmasked), ties or not. */
  @Property
  default void topKKeepsExactlyMinOfKAndUnmasked(@ForAll("semanticsRows") TestRow row) {
    int[] order = NaiveChain.order(row.logits());
    for (int k : new int[] {1, 2, 40, order.length, order.length + 1}) {
      int expected = Math.min(k, order.length);
      int[] ids = new int[Math.min(k, row.length())];
      assertEquals(expected, topK(row, k, ids, new float[ids.length]));
      Sampler sampler = sampler(row.length(), Step.topK(k));
      sampler.sample(row.array(), row.from(), row.to(), 0.5);
      assertEquals(expected, sampler.candidates().size());
    }
  }

  // top-p

  /** p outside [0, 1]. */
  @Example
  default void topPOutside0To1IsAnError() {
    for (float p : outsideOfUnit()) {
      String message = "p must be in [0, 1], but was " + p;
      Failures.illegalArgument(message, () -> Step.topP(p));
      float[] x = {Float.NaN};
      Failures.illegalArgument(
          message, () -> kernels().topP(x, 0, 1, 1, p, Workspace.of(1), new int[1], new float[1]));
    }
  }

  private static float[] outsideOfUnit() {
    return new float[] {
      -1,
      -Float.MIN_VALUE,
      Math.nextUp(1f),
      2,
      Float.NaN,
      Float.POSITIVE_INFINITY,
      Float.NEGATIVE_INFINITY
    };
  }

  /** 1 keeps every token, weights of 0 included, and draws as if it were not there. */
  @Property
  default void topPOf1IsTheIdentity(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    Sampler with = sampler(row.length(), Step.topP(1));
    Sampler without = sampler(row.length());
    assertEquals(
        without.sample(row.array(), row.from(), row.to(), u),
        with.sample(row.array(), row.from(), row.to(), u));
    assertEquals(bits(without.probability()), bits(with.probability()));
    int[] order = NaiveChain.order(row.logits());
    assertArrayEquals(order, Chains.ids(with.candidates()));
    assertArrayEquals(order, nucleus(row, 1, 1));
  }

  /** 0 keeps the best alone. */
  @Property
  default void topPOf0KeepsTheSingleBest(@ForAll("semanticsRows") TestRow row) {
    int[] best = {kernels().argMax(row.array(), row.from(), row.to())};
    assertArrayEquals(best, nucleus(row, 1, 0));
    assertArrayEquals(best, nucleus(row, 1, -0f));
    Sampler sampler = sampler(row.length(), Step.topP(0));
    sampler.sample(row.array(), row.from(), row.to(), 0.9);
    assertArrayEquals(best, Chains.ids(sampler.candidates()));
  }

  /** Without the token that crosses, the mass falls short. */
  @Example
  default void topPIncludesTheCrossingToken() {
    TestRow row = ofProbabilities(0.5, 0.3, 0.15, 0.05);
    assertArrayEquals(new int[] {0}, nucleus(row, 1, 0.4f));
    assertArrayEquals(new int[] {0, 1}, nucleus(row, 1, 0.51f));
    assertArrayEquals(new int[] {0, 1, 2}, nucleus(row, 1, 0.81f));
    assertArrayEquals(new int[] {0, 1, 2, 3}, nucleus(row, 1, 0.951f));
  }

  /**
   * A prefix whose decimal sum is p is enough, in every order of ids and repeated in a long row.
   */
  @Example
  default void topPDecimalCasesLandWhereAPersonExpects() {
    double[][] cases = {
      {0.5, 0.3, 0.1, 0.1},
      {0.4, 0.3, 0.2, 0.1},
      {0.67, 0.24, 0.09},
      {0.3, 0.3, 0.25, 0.15},
      {0.6, 0.1, 0.1, 0.1, 0.1},
      {0.35, 0.25, 0.2, 0.15, 0.05},
      {0.7, 0.2, 0.05, 0.03, 0.02}
    };
    SplittableRandom random = new SplittableRandom(1);
    for (double[] decimals : cases) {
      for (int prefix = 1; prefix < decimals.length; prefix++) {
        double sum = Arrays.stream(decimals, 0, prefix).sum();
        float p = Math.round(sum * 100) / 100f;
        for (int round = 0; round < 10; round++) {
          double[] shuffled = decimals.clone();
          for (int i = shuffled.length - 1; i > 0; i--) {
            int j = random.nextInt(i + 1);
            double swap = shuffled[i];
            shuffled[i] = shuffled[j];
            shuffled[j] = swap;
          }
          TestRow row = ofProbabilities(shuffled);
          assertEquals(prefix, nucleus(row, 1, p).length, Arrays.toString(shuffled) + " at " + p);
          Sampler sampler = sampler(row.length(), Step.topK(decimals.length), Step.topP(p));
          sampler.sample(row.array(), row.from(), row.to(), 0.5);
          assertEquals(prefix, sampler.candidates().size());
        }
      }
    }
  }

  /** The allowance is 2^-21 of the total, met with equality. */
  @Example
  default void topPReachesPTimesTotalLessTotalTimes2ToTheMinus21() {
    for (int times : new int[] {1, 16, 512}) { // weights 1, 1, each so many times
      float[] x = new float[2 * times];
      TestRow row = new TestRow("flat", x, 0, x.length);
      assertEquals(times, nucleus(row, 1, 0.5f).length);
      assertEquals(times, nucleus(row, 1, 0.5f + 0x1p-22f).length);
      assertEquals(times, nucleus(row, 1, 0.5f + 0x1p-21f).length);
      assertEquals(times + 1, nucleus(row, 1, 0.5f + 0x1p-21f + 0x1p-24f).length);
    }
  }

  // base of top-p

  /** After a top-k the base is the mass of those k. */
  @Example
  default void baseOfTopPIsTheCurrentCandidatesRenormalised() {
    TestRow row = ofProbabilities(0.4, 0.3, 0.2, 0.1);
    assertArrayEquals(new int[] {0, 1}, survivors(row, Step.topP(0.55f)));
    assertArrayEquals(new int[] {0}, survivors(row, Step.topK(2), Step.topP(0.55f)));
    assertArrayEquals(new int[] {0, 1}, survivors(row, Step.topP(0.55f), Step.topK(2)));
    assertArrayEquals(new int[] {0}, survivors(row, Step.minP(0.7f), Step.topP(0.55f)));
    assertArrayEquals(new int[] {0}, survivors(row, Step.topP(0.7f), Step.topP(0.55f)));
  }

  /**
   * As a kernel and as a step: one set, best first; probabilities of the kernel sum to its mass.
   */
  @Property
  default void baseOfTopPIsTheSameInAKernelAndInAChain(@ForAll("semanticsRows") TestRow row) {
    for (float p : new float[] {0.1f, 0.5f, 0.9f, 0.99f}) {
      for (float t : new float[] {0.5f, 1, 2}) {
        int[] ids = new int[row.length()];
        float[] full = new float[row.length()];
        int size = topP(row, t, p, ids, full);
        Sampler sampler = sampler(row.length(), Step.temperature(t), Step.topP(p));
        sampler.sample(row.array(), row.from(), row.to(), 0.5);
        assertArrayEquals(Arrays.copyOf(ids, size), Chains.ids(sampler.candidates()));
        float[] softmax = new float[row.length()];
        kernels().softmax(row.array(), row.from(), row.to(), t, softmax, 0);
        double mass = 0;
        for (int i = 0; i < size; i++) {
          assertEquals(bits(softmax[ids[i]]), bits(full[i]));
          mass += full[i];
        }
        assertTrue(mass >= p - 4e-6, "mass " + mass);
      }
    }
  }

  // min-p

  /** p outside [0, 1]. */
  @Example
  default void minPOutside0To1IsAnError() {
    for (float p : outsideOfUnit()) {
      Failures.illegalArgument("p must be in [0, 1], but was " + p, () -> Step.minP(p));
    }
  }

  /** The token at the threshold stays, the next one below it goes. */
  @Example
  default void minPKeepsEquality() {
    for (float t : new float[] {1e-3f, 0.5f, 1, 2, 1e4f}) {
      for (float p : new float[] {1e-6f, 0.05f, 0.5f, 0.9f, Math.nextDown(1f)}) {
        float threshold = (float) (t * (StrictMath.log(p) - 0x1p-21));
        for (int length : new int[] {3, 80, 2000}) {
          float[] x = new float[length];
          Arrays.fill(x, Math.nextDown(threshold));
          x[length - 1] = 0; // the maximum, so that differences are exact
          x[length - 2] = threshold;
          assertArrayEquals(
              new int[] {length - 1, length - 2},
              survivors(new TestRow("threshold", x, 0, length), Step.temperature(t), Step.minP(p)),
              "T " + t + " p " + p);
        }
      }
    }
  }

  /** 0 keeps all unmasked tokens, 1 the ties at the maximum and no float below. */
  @Property
  default void minPOf0KeepsAllAndOf1TheTiesAtTheMaximum(@ForAll("semanticsRows") TestRow row) {
    float[] x = row.logits();
    int[] order = NaiveChain.order(x);
    int ties = 0;
    while (ties < order.length && x[order[ties]] == x[order[0]]) {
      ties++;
    }
    for (float t : new float[] {Float.MIN_VALUE, 1, Float.MAX_VALUE}) {
      assertArrayEquals(order, survivors(row, Step.temperature(t), Step.minP(0)));
      assertArrayEquals(order, survivors(row, Step.temperature(t), Step.minP(-0f)));
      assertArrayEquals(
          Arrays.copyOf(order, ties), survivors(row, Step.temperature(t), Step.minP(1)));
    }
  }

  /** A threshold that overflows to -Infinity keeps every unmasked token and no masked one. */
  @Property
  default void minPKeepsUnmaskedTokensOnly(@ForAll("semanticsRows") TestRow row) {
    Step hot = Step.temperature(Float.MAX_VALUE);
    assertArrayEquals(
        NaiveChain.order(row.logits()), survivors(row, hot, hot, Step.minP(Float.MIN_VALUE)));
  }

  // ties

  /** Arg-max, top-k at the k-th value, the nucleus at its boundary: lower ids first. */
  @Example
  default void tiesGoToTheLowerIdEverywhere() {
    for (int length : new int[] {6, 100, 1024, 5000}) {
      float[] x = new float[length];
      Arrays.fill(x, -3);
      for (int i = 1; i < length; i += 2) {
        x[i] = 2; // odd ids tie at the top
      }
      TestRow row = new TestRow("ties", x, 0, length);
      assertEquals(1, kernels().argMax(x, 0, length));
      int k = length / 4 + 1;
      int[] lowest = IntStream.range(0, k).map(i -> 2 * i + 1).toArray();
      int[] ids = new int[k];
      assertEquals(k, topK(row, k, ids, new float[k]));
      assertArrayEquals(lowest, ids);
      assertArrayEquals(lowest, survivors(row, Step.topK(k)));
      assertArrayEquals(lowest, survivors(row, Step.minP(0.5f), Step.topK(k)));
      int[] nucleus = nucleus(row, 1, 0.4f);
      assertTrue(nucleus.length < length / 2);
      assertArrayEquals(IntStream.range(0, nucleus.length).map(i -> 2 * i + 1).toArray(), nucleus);
      assertArrayEquals(nucleus, survivors(row, Step.topP(0.4f)));
      assertArrayEquals(new int[] {1}, survivors(row, Step.temperature(0)));
    }
  }

  // -Infinity

  /** Probability exactly 0, in no list, never drawn. */
  @Property
  default void minusInfinityIsAMaskedToken(
      @ForAll("semanticsRows") TestRow row, @ForAll("semanticsDraws") double u) {
    float[] array = row.array().clone();
    SplittableRandom random = new SplittableRandom(row.length());
    for (int i = row.from(); i < row.to(); i++) {
      if (i != row.from() + row.length() / 2 && random.nextBoolean()) {
        array[i] = Float.NEGATIVE_INFINITY;
      }
    }
    int keep = row.from() + row.length() / 2;
    array[keep] = Math.max(array[keep], -1); // one is left
    TestRow masked = new TestRow(row + ", half of it masked", array, row.from(), row.to());
    float[] x = masked.logits();
    float[] probabilities = new float[x.length];
    float[] logProbabilities = new float[x.length];
    kernels().softmax(array, masked.from(), masked.to(), 1, probabilities, 0);
    kernels().logSoftmax(array, masked.from(), masked.to(), 1, logProbabilities, 0);
    for (int i = 0; i < x.length; i++) {
      if (x[i] == Float.NEGATIVE_INFINITY) {
        assertEquals(0, bits(probabilities[i]));
        assertEquals(Float.NEGATIVE_INFINITY, logProbabilities[i]);
      }
    }
    int[] ids = new int[x.length];
    int size = topK(masked, x.length, ids, new float[x.length]);
    assertNoneMasked(x, Arrays.copyOf(ids, size));
    assertNoneMasked(x, nucleus(masked, 1, 1));
    for (float t : new float[] {Float.MIN_VALUE, 1, Float.MAX_VALUE}) {
      Workspace workspace = Workspace.of(x.length);
      for (double draw : new double[] {0, u, Math.nextDown(1.0)}) {
        assertNoneMasked(
            x, kernels().sample(array, masked.from(), masked.to(), t, draw, workspace));
      }
      assertNoneMasked(x, survivors(masked, Step.temperature(t)));
      assertNoneMasked(x, survivors(masked, Step.temperature(t), Step.topP(0.999f)));
      assertNoneMasked(x, survivors(masked, Step.temperature(t), Step.minP(Float.MIN_VALUE)));
      assertNoneMasked(x, survivors(masked, Step.temperature(t), Step.topK(x.length)));
    }
  }

  private static void assertNoneMasked(float[] x, int... ids) {
    for (int id : ids) {
      assertTrue(x[id] > Float.NEGATIVE_INFINITY, "token " + id + " is masked");
    }
  }

  // empty range; all masked

  /** At the start, in the middle and at the end of an array. */
  @Example
  default void emptyRangeIsAnError() {
    float[] x = {Float.NaN, 2, 3};
    for (EntryPoint entryPoint : EntryPoint.ALL) {
      for (int at = 0; at <= 3; at++) {
        entryPoint.assertFails(
            kernels(),
            x,
            at,
            at,
            IllegalArgumentException.class,
            "the range is empty: from = to = " + at);
      }
    }
    Failures.illegalArgument(
        "the range is empty: from = to = 0", () -> sampler(3).sample(new float[0]));
  }

  /** By every kernel and chain, and nothing is written. */
  @Example
  default void allMaskedIsAnErrorFromEveryKernelAndChain() {
    for (int length : new int[] {1, 2, 31, 32, 33, 1023, 1024, 1025, 5000}) {
      float[] x = new float[length + 7];
      Arrays.fill(x, 3, 3 + length, Float.NEGATIVE_INFINITY);
      for (EntryPoint entryPoint : EntryPoint.ALL) {
        entryPoint.assertFails(
            kernels(), x, 3, 3 + length, IllegalStateException.class, Failures.ALL_MASKED);
      }
    }
  }

  // NaN or +Infinity

  /** The lowest index counts from the range's start; a later one, of another kind, is not named. */
  @Property
  default void nanOrPlusInfinityIsAnErrorThatNamesTheLowestIndex(
      @ForAll("semanticsRows") TestRow row,
      @ForAll("invalidLogits") float invalid,
      @ForAll("invalidLogits") float later,
      @ForAll long place) {
    float[] array = row.array().clone();
    int index = (int) Long.remainderUnsigned(place, row.length());
    int behind = (int) Long.remainderUnsigned(place >>> 17, row.length());
    array[row.from() + Math.max(index, behind)] = later;
    array[row.from() + index] = invalid;
    for (EntryPoint entryPoint : EntryPoint.ALL) {
      entryPoint.assertFails(
          kernels(),
          array,
          row.from(),
          row.to(),
          IllegalArgumentException.class,
          "logit " + index + " is " + invalid);
    }
  }

  /** Every place in a row of a few vectors, alone among ordinary, huge and masked logits. */
  @Example
  default void nanOrPlusInfinityIsFoundAtEveryPlace() {
    for (float ordinary : new float[] {0, -0f, Float.MAX_VALUE, Float.NEGATIVE_INFINITY}) {
      for (int bits : new int[] {0x7fc00000, 0xffc00000, 0xff800001, 0x7f800001, 0x7f800000}) {
        float invalid = Float.intBitsToFloat(bits);
        for (int length : new int[] {1, 33, 70, 1100}) {
          float[] x = new float[length + 2];
          Arrays.fill(x, ordinary);
          for (int i = 0; i < length; i++) {
            x[1 + i] = invalid;
            String message = "logit " + i + " is " + invalid;
            Failures.illegalArgument(message, () -> kernels().argMax(x, 1, length + 1));
            x[1 + i] = ordinary;
          }
        }
      }
    }
  }

  /** In a row with nothing else but masked tokens it is the error that is told. */
  @Example
  default void nanOrPlusInfinityTakesPrecedenceOverAllMasked() {
    for (int length : new int[] {1, 40, 1024, 4000}) {
      for (float invalid :
          new float[] {Float.NaN, Float.intBitsToFloat(0xffc12345), Float.POSITIVE_INFINITY}) {
        float[] x = new float[length];
        Arrays.fill(x, Float.NEGATIVE_INFINITY);
        x[length - 1] = invalid;
        for (EntryPoint entryPoint : EntryPoint.ALL) {
          entryPoint.assertFails(
              kernels(),
              x,
              0,
              length,
              IllegalArgumentException.class,
              "logit " + (length - 1) + " is " + invalid);
        }
      }
    }
  }

  /** What lies outside of the range is never looked at. */
  @Property
  default void nanOutsideOfTheRangeIsNotLookedAt(@ForAll("semanticsRows") TestRow row) {
    float[] array = new float[row.length() + 64];
    Arrays.fill(array, Float.NaN);
    System.arraycopy(row.array(), row.from(), array, 32, row.length());
    for (EntryPoint entryPoint : EntryPoint.ALL) {
      assertDoesNotThrow(
          () -> entryPoint.call(kernels(), array, 32, 32 + row.length()), entryPoint.name());
    }
  }

  // the draw, whole row

  /** With exact sums: the first id whose running sum exceeds u * total. */
  @Property
  default void drawFromTheWholeRowIsTheFirstIdWhosePrefixExceedsUTimesTotal(
      @ForAll("semanticsRows") TestRow shape, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] x = new float[shape.length()];
    long[] weights = new long[x.length]; // in units of 2^-8
    long total = 0;
    for (int i = 0; i < x.length; i++) {
      int n = random.nextInt(10);
      x[i] = n == 9 ? Float.NEGATIVE_INFINITY : Powers.logit(-n);
      weights[i] = n == 9 ? 0 : 256 >> n;
    }
    x[random.nextInt(x.length)] = 0;
    for (int i = 0; i < x.length; i++) {
      weights[i] = x[i] == 0 ? 256 : weights[i];
      total += weights[i];
    }
    for (int n = 0; n < 20; n++) {
      long numerator = n == 0 ? 0 : n == 1 ? (1 << 20) - 1 : random.nextInt(1 << 20);
      int expected = 0;
      long prefix = weights[0];
      while (prefix << 20 <= numerator * total) {
        expected++;
        prefix += weights[expected];
      }
      double u = numerator * 0x1p-20;
      Workspace workspace = Workspace.of(x.length);
      assertEquals(expected, kernels().sample(x, 0, x.length, Powers.TEMPERATURE, u, workspace));
      Sampler sampler = sampler(x.length, Step.temperature(Powers.TEMPERATURE));
      assertEquals(expected, sampler.sample(x, 0, x.length, u));
    }
  }

  /** A running sum that equals u * total is not enough: equal weights at their edges. */
  @Property
  default void drawTakesTheNextTokenWhereThePrefixEqualsUTimesTotal(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = 1 << random.nextInt(13); // a power of two, so that edges are exact
    int[] ids = random.ints(count, 1, 4).toArray();
    Arrays.parallelPrefix(ids, Integer::sum);
    float[] x = new float[ids[count - 1] + 3];
    Arrays.fill(x, Float.NEGATIVE_INFINITY);
    for (int id : ids) {
      x[id] = Powers.logit(3); // so that three in a lane add up exactly, too
    }
    float t = Powers.TEMPERATURE;
    Sampler narrowed = sampler(x.length, Step.temperature(t), Step.topK(x.length - 1));
    Workspace workspace = Workspace.of(x.length);
    for (int n = 0; n < 40; n++) {
      int i = n == 0 ? 0 : n == 1 ? count - 1 : random.nextInt(count);
      double[] edges = {(double) i / count, Math.nextDown((i + 1.0) / count)};
      for (double u : edges) {
        assertEquals(ids[i], kernels().sample(x, 0, x.length, t, u, workspace));
        assertEquals(ids[i], narrowed.sample(x, 0, x.length, u));
      }
    }
  }

  /** Where a block's float sum exceeds its in-order sum, the last token with a weight is drawn. */
  @Example
  default void drawFromTheWholeRowFallsBackToTheBlocksLastTokenOfNonZeroWeight() {
    for (int masked : new int[] {0, 1, 40, 500}) {
      for (int before : new int[] {0, 1024, 4096}) {
        float[] x = new float[before + 1024];
        Arrays.fill(x, -16.6355f);
        Arrays.fill(x, 0, before, -1000); // weight 0
        x[before] = 0;
        int last = x.length - 1 - masked;
        for (int i = last + 1; i < x.length; i++) {
          x[i] = i % 2 == 0 ? Float.NEGATIVE_INFINITY : -1000;
        }
        double exact = Arrays.stream(doubles(x)).map(StrictMath::exp).sum();
        double total = StrictMath.exp(kernels().logSumExp(x, 0, x.length, 1));
        assertTrue(total > exact * (1 + 1e-7), "the float sum is not above the exact one");
        int token = kernels().sample(x, 0, x.length, 1, Math.nextDown(1.0), Workspace.of(x.length));
        assertEquals(last, token);
      }
    }
  }

  private static double[] doubles(float[] x) {
    return IntStream.range(0, x.length).mapToDouble(i -> x[i]).toArray();
  }

  // the draw, narrowed

  /** With exact sums: the first survivor by ascending id, whatever the order of the candidates. */
  @Property
  default void drawFromANarrowedRowIsByAscendingId(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] halvings = random.ints(2 + random.nextInt(300), 0, 12).toArray();
    float[] x = new float[halvings.length];
    for (int i = 0; i < x.length; i++) {
      x[i] = Powers.logit(-halvings[i]);
    }
    int k = 1 + random.nextInt(x.length - 1);
    int[] survivors = Arrays.copyOf(NaiveChain.order(x), k);
    Arrays.sort(survivors);
    long[] weights = new long[k];
    for (int i = 0; i < k; i++) {
      weights[i] = 1L << (12 - halvings[survivors[i]]);
    }
    long total = Arrays.stream(weights).sum();
    Sampler sampler = sampler(x.length, Step.temperature(Powers.TEMPERATURE), Step.topK(k));
    for (int n = 0; n < 50; n++) {
      long numerator = n == 0 ? 0 : n == 1 ? (1 << 20) - 1 : random.nextInt(1 << 20);
      int i = 0;
      long prefix = weights[0];
      while (prefix << 20 <= numerator * total) {
        i++;
        prefix += weights[i];
      }
      assertEquals(survivors[i], sampler.sample(x, 0, x.length, numerator * 0x1p-20));
    }
  }

  /** Not at u = 0 either, where the first running sum is 0, nor just below 1. */
  @Example
  default void drawNeverTakesATokenOfZeroWeight() {
    for (int length : new int[] {4, 70, 3000}) {
      float[] x = new float[length];
      Arrays.fill(x, -1000);
      x[length / 2] = 0;
      Step[][] chains = {
        {}, {Step.topK(length - 1)}, {Step.minP(Float.MIN_VALUE)}, {Step.topP(Math.nextDown(1f))}
      };
      for (Step[] steps : chains) {
        for (double u : new double[] {0, Double.MIN_VALUE, 0.5, Math.nextDown(1.0)}) {
          assertEquals(length / 2, sampler(length, steps).sample(x, 0, length, u));
        }
      }
    }
  }

  // random stream

  /** Draw n is the n-th nextLong of a SplittableRandom, the upper 53 bits as a fraction. */
  @Property
  default void randomStreamIsThatOfSplittableRandom(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int n = 0; n < 20; n++) {
      Powers.Probe probe = Powers.probe((random.nextLong() >>> 11) * 0x1p-53);
      assertEquals(probe.marked(), probe.draw(kernels(), seed, n));
    }
  }

  // bad calls

  /** u outside [0, 1). */
  @Example
  default void badCallsUOutside0To1() {
    for (double u :
        new double[] {-Double.MIN_VALUE, -1, 1, 2, Double.NaN, Double.POSITIVE_INFINITY}) {
      String message = "u must be in [0, 1), but was " + u;
      float[] x = {Float.NaN, 1};
      Failures.illegalArgument(message, () -> kernels().sample(x, 0, 2, 1, u, Workspace.of(2)));
      Failures.illegalArgument(message, () -> sampler(2).sample(x, 0, 2, u));
      Failures.illegalArgument(message, () -> sampler(2, Step.topK(1)).sample(x, 0, 2, u));
    }
  }

  /** -0 is 0. */
  @Example
  default void badCallsDoNotIncludeUOfMinusZero() {
    assertEquals(0, sampler(2).sample(new float[] {1, 1}, 0, 2, -0.0));
  }

  /** A row longer than the vocabulary. */
  @Example
  default void badCallsRowLongerThanTheVocabulary() {
    float[] x = new float[10];
    Arrays.fill(x, Float.NaN);
    String message = "the row has 6 logits, but the vocabulary size is 5";
    Failures.illegalArgument(message, () -> sampler(5).sample(x, 2, 8));
    Failures.illegalArgument(message, () -> sampler(5, Step.topK(2)).sample(x, 2, 8, 0.5));
    Failures.illegalArgument(message, () -> sampler(5).sample(new float[6]));
  }

  /** A workspace smaller than the row. */
  @Example
  default void badCallsWorkspaceSmallerThanTheRow() {
    float[] x = new float[10];
    Arrays.fill(x, Float.NaN);
    Workspace small = Workspace.of(5);
    String message = "the row has 6 logits, but the workspace holds 5";
    int[] ids = new int[6];
    float[] values = new float[6];
    Failures.illegalArgument(message, () -> kernels().topK(x, 2, 8, 1, small, ids, values));
    Failures.illegalArgument(message, () -> kernels().topP(x, 2, 8, 1, 0.5f, small, ids, values));
    Failures.illegalArgument(message, () -> kernels().sample(x, 2, 8, 1, 0.5, small));
  }

  /** A negative position. */
  @Example
  default void badCallsNegativePosition() {
    Sampler sampler = sampler(5);
    sampler.position(7);
    for (long position : new long[] {-1, Long.MIN_VALUE}) {
      Failures.illegalArgument(
          "position must be >= 0, but was " + position, () -> sampler.position(position));
    }
    assertEquals(7, sampler.position());
  }

  // inputs

  /** The array keeps its bits, also around the row, unless the caller asks for it in place. */
  @Property
  default void inputsAreNeverModified(@ForAll("semanticsRows") TestRow row) {
    for (EntryPoint entryPoint : EntryPoint.ALL) {
      float[] after = entryPoint.call(kernels(), row.array(), row.from(), row.to());
      int[] expected = EntryPoint.bits(row.array());
      int[] actual = EntryPoint.bits(after);
      if (entryPoint.name().endsWith("in place")) {
        for (int i = row.from(); i < row.to(); i++) {
          actual[i] = expected[i];
        }
      }
      assertArrayEquals(expected, actual, entryPoint.name());
    }
  }

  /** In place gives the bits of out of place, and so does an output that touches the row. */
  @Property
  default void inputsMayBeOutputsInPlace(@ForAll("semanticsRows") TestRow row) {
    int n = row.length();
    float[] array = new float[3 * n];
    float[] probabilities = new float[n];
    float[] logProbabilities = new float[n];
    kernels().softmax(row.array(), row.from(), row.to(), 0.7f, probabilities, 0);
    kernels().logSoftmax(row.array(), row.from(), row.to(), 0.7f, logProbabilities, 0);
    for (int outputFrom : new int[] {0, n, 2 * n}) {
      System.arraycopy(row.array(), row.from(), array, n, n);
      kernels().softmax(array, n, 2 * n, 0.7f, array, outputFrom);
      assertArrayEquals(
          EntryPoint.bits(probabilities),
          EntryPoint.bits(Arrays.copyOfRange(array, outputFrom, outputFrom + n)));
      System.arraycopy(row.array(), row.from(), array, n, n);
      kernels().logSoftmax(array, n, 2 * n, 0.7f, array, outputFrom);
      assertArrayEquals(
          EntryPoint.bits(logProbabilities),
          EntryPoint.bits(Arrays.copyOfRange(array, outputFrom, outputFrom + n)));
    }
  }

  /** Any other overlap, told before the row is read and before anything is written. */
  @Example
  default void inputsOverlappingOutputsAreAnError() {
    float[] x = new float[300];
    Arrays.fill(x, Float.NaN);
    int[] bits = EntryPoint.bits(x);
    for (int outputFrom : new int[] {1, 50, 99, 101, 150, 199}) {
      Failures.illegalArgument(
          "probabilities overlap logits: in place means the same array at the same offset",
          () -> kernels().softmax(x, 100, 200, 1, x, outputFrom));
      Failures.illegalArgument(
          "logProbabilities overlap logits: in place means the same array at the same offset",
          () -> kernels().logSoftmax(x, 100, 200, 1, x, outputFrom));
    }
    assertArrayEquals(bits, EntryPoint.bits(x));
  }

  // ranges

  /** As Objects.checkFromToIndex has it, before anything else is looked at. */
  @Example
  default void rangesOutsideOfTheArrayAreAnError() {
    int[][] ranges = {{-1, 2}, {0, 4}, {2, 1}, {4, 4}, {Integer.MIN_VALUE, 3}, {3, 0}};
    for (EntryPoint entryPoint : EntryPoint.ALL) {
      for (int[] range : ranges) {
        float[] x = {Float.NaN, 1, 2};
        assertThrows(
            IndexOutOfBoundsException.class,
            () ->
                entryPoint
                    .reader()
                    .read(
                        kernels(),
                        x,
                        range[0],
                        range[1],
                        new EntryPoint.Outputs(new float[9], new int[9])),
            entryPoint.name() + Arrays.toString(range));
      }
    }
  }

  /** The output of softmax must hold the row from its offset on. */
  @Example
  default void rangesOfOutputsOutsideOfTheirArrayAreAnError() {
    float[] x = {Float.NaN, 1, 2};
    float[] output = {7, 7, 7, 7};
    for (int outputFrom : new int[] {-1, 2, 4, Integer.MAX_VALUE}) {
      assertThrows(
          IndexOutOfBoundsException.class, () -> kernels().softmax(x, 0, 3, 1, output, outputFrom));
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> kernels().logSoftmax(x, 0, 3, 1, output, outputFrom));
    }
    assertArrayEquals(new float[] {7, 7, 7, 7}, output);
  }

  /** Top-k needs min(k, to - from), masked tokens counted; nothing is written if it lacks. */
  @Example
  default void rangesOutputsOfTopKHoldMinOfKAndTheLength() {
    float[] x = {1, 2, Float.NEGATIVE_INFINITY, 4};
    Workspace workspace = Workspace.of(4);
    int[] two = {-5, -5};
    float[] twoFloats = {-5, -5};
    int[] three = {-5, -5, -5};
    float[] threeFloats = {-5, -5, -5};
    Failures.illegalArgument(
        "ids has length 2, but 3 are needed",
        () -> kernels().topK(x, 0, 4, 3, workspace, two, threeFloats));
    Failures.illegalArgument(
        "values has length 2, but 3 are needed",
        () -> kernels().topK(x, 0, 4, 3, workspace, three, twoFloats));
    Failures.illegalArgument(
        "ids has length 3, but 4 are needed",
        () -> kernels().topK(x, 0, 4, 9, workspace, three, threeFloats));
    assertArrayEquals(new int[] {-5, -5, -5}, three);
    assertArrayEquals(new float[] {-5, -5, -5}, threeFloats);
    assertArrayEquals(new int[] {-5, -5}, two);
    assertArrayEquals(new float[] {-5, -5}, twoFloats);
    assertEquals(3, kernels().topK(x, 0, 4, 3, workspace, three, threeFloats));
    assertArrayEquals(new int[] {3, 1, 0}, three);
    assertArrayEquals(new float[] {4, 2, 1}, threeFloats);
  }

  /** Top-p needs the size of the nucleus; nothing is written if it lacks. */
  @Example
  default void rangesOutputsOfTopPHoldTheNucleus() {
    TestRow row = ofProbabilities(0.2, 0.4, 0.3, 0.1);
    float[] x = row.array();
    int to = row.to();
    Workspace workspace = Workspace.of(row.length());
    int[] two = {-5, -5};
    float[] twoFloats = {-5, -5};
    int[] three = {-5, -5, -5};
    float[] threeFloats = {-5, -5, -5};
    Failures.illegalArgument(
        "ids has length 2, but 3 are needed",
        () -> kernels().topP(x, row.from(), to, 1, 0.85f, workspace, two, threeFloats));
    Failures.illegalArgument(
        "probabilities has length 2, but 3 are needed",
        () -> kernels().topP(x, row.from(), to, 1, 0.85f, workspace, three, twoFloats));
    assertArrayEquals(new int[] {-5, -5, -5}, three);
    assertArrayEquals(new float[] {-5, -5, -5}, threeFloats);
    assertArrayEquals(new int[] {-5, -5}, two);
    assertArrayEquals(new float[] {-5, -5}, twoFloats);
    assertEquals(3, kernels().topP(x, row.from(), to, 1, 0.85f, workspace, three, threeFloats));
    assertArrayEquals(new int[] {1, 2, 0}, three);
    assertArrayEquals(new float[] {0.4f, 0.3f, 0.2f}, threeFloats, 1e-6f);
  }

  // the worked numbers

  /** Cat, dog and fish at three temperatures. */
  @Example
  default void workedNumbersOfTemperature() {
    float[] catDogFish = {2, 1, 0.5f};
    double[][] expected = {
      {1, 0.6285, 0.2312, 0.1402}, {0.5, 0.8438, 0.1142, 0.0420}, {2, 0.4810, 0.2918, 0.2272}
    };
    for (double[] line : expected) {
      float[] probabilities = new float[3];
      kernels().softmax(catDogFish, 0, 3, (float) line[0], probabilities, 0);
      Sampler sampler = sampler(3, Step.temperature((float) line[0]));
      sampler.sample(catDogFish, 0, 3, 0.5);
      assertArrayEquals(new int[] {0, 1, 2}, Chains.ids(sampler.candidates()));
      for (int i = 0; i < 3; i++) {
        assertEquals(line[1 + i], probabilities[i], 0.00005);
        assertEquals(line[1 + i], sampler.candidates().probability(i), 0.00005);
      }
    }
  }

  /** Of 0.67, 0.24 and 0.09, top-k 2 keeps cat and dog, and so does top-p 0.9. */
  @Example
  default void workedNumbersOfTopKAndTopP() {
    float[] logs = {(float) Math.log(0.67), (float) Math.log(0.24), (float) Math.log(0.09)};
    TestRow row = new TestRow("cat, dog, fish", logs, 0, 3);
    assertArrayEquals(new int[] {0, 1}, survivors(row, Step.topK(2)));
    assertArrayEquals(new int[] {0, 1}, survivors(row, Step.topP(0.9f)));
    int[] ids = new int[2];
    float[] probabilities = new float[2];
    assertEquals(2, kernels().topP(logs, 0, 3, 1, 0.9f, Workspace.of(3), ids, probabilities));
    assertArrayEquals(new int[] {0, 1}, ids);
    assertArrayEquals(new float[] {0.67f, 0.24f}, probabilities, 1e-6f);
    assertEquals(2, kernels().topK(logs, 0, 3, 2, Workspace.of(3), ids, probabilities));
    assertArrayEquals(new int[] {0, 1}, ids);
  }

  // helpers

  private Sampler sampler(int length, Step... steps) {
    return SamplerChain.of(steps).newSampler(length, 1, kernels());
  }

  private int[] survivors(TestRow row, Step... steps) {
    Sampler sampler = sampler(row.length(), steps);
    sampler.sample(row.array(), row.from(), row.to(), 0.5);
    return Chains.ids(sampler.candidates());
  }

  private int topK(TestRow row, int k, int[] ids, float[] values) {
    Workspace workspace = Workspace.of(row.length());
    return kernels().topK(row.array(), row.from(), row.to(), k, workspace, ids, values);
  }

  private int[] nucleus(TestRow row, float temperature, float p) {
    int[] ids = new int[row.length()];
    int size = topP(row, temperature, p, ids, new float[row.length()]);
    return Arrays.copyOf(ids, size);
  }

  /** The logs of probabilities, with masked tokens behind them: enough for vectors. */
  private static TestRow ofProbabilities(double... probabilities) {
    float[] x = new float[3 + 60];
    Arrays.fill(x, Float.NEGATIVE_INFINITY);
    for (int i = 0; i < probabilities.length; i++) {
      x[3 + i] = (float) Math.log(probabilities[i]);
    }
    return new TestRow("probabilities " + Arrays.toString(probabilities), x, 3, x.length);
  }

  private static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }
}
