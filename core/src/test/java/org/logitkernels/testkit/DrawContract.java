package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** Draws have the frequencies of softmax, and nothing of weight 0 is ever drawn. */
public interface DrawContract extends Inputs {
  /** The token is the one at which the exact running mass crosses u, up to the stated errors. */
  @Property
  default void theDrawInvertsTheRunningMass(
      @ForAll("rowsAtTemperatures") RowAt rowAt, @ForAll("draws") double u) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Oracle oracle = new Oracle(row.logits(), temperature);
    int token = sample(row, temperature, u);
    double before = 0;
    for (int id = 0; id < token; id++) {
      before += oracle.weight(id);
    }
    double after = before + oracle.weight(token);
    double slack = 2 * oracle.totalError(Accuracy.TOTAL) * oracle.total();
    double target = u * oracle.total();
    double from = before;
    assertTrue(
        from - slack <= target && target <= after + slack,
        () -> target + " is not in [" + from + ", " + after + "]");
  }

  /**
   * Where u is 0 or as near to 1 as it gets, the first and the last token with a weight, but for
   * blocks without a token of more than 2^-125.
   */
  @Property
  default void theDrawReachesFromTheFirstToTheLastToken(@ForAll("rowsAtTemperatures") RowAt rowAt) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    float[] probabilities = new float[row.length()];
    kernels().softmax(row.array(), row.from(), row.to(), temperature, probabilities, 0);
    int first = sample(row, temperature, 0);
    int last = sample(row, temperature, 1 - 0x1p-53);
    // A weight of 2^-125 is this of a total of 1/2.
    for (int id = 0; id < first; id++) {
      assertTrue(probabilities[id] <= 0x1p-124f, "passed over " + id);
      assertTrue(probabilities[id] == 0 || id / 1024 < first / 1024, "passed over " + id);
    }
    assertTrue(probabilities[first] > 0 && probabilities[last] > 0);
  }

  /**
   * At u = 0 the first block is drawn from that is not too far below the row's maximum: the N of
   * both differ by at most 125. It has a token with a weight, be that the least there is.
   */
  @Example
  default void theLeastWeightsAreDrawn() {
    float below = Powers.logit(-126); // whose N is -126
    float least = Math.nextUp(below); // whose N is -125
    float[] logits = new float[2500];
    TestRow row = new TestRow("least weights", logits, 0, logits.length);
    Arrays.fill(logits, least);
    logits[2000] = 0;
    assertEquals(0, sample(row, Powers.TEMPERATURE, 0));
    Arrays.fill(logits, 0, 1024, below);
    assertEquals(1024, sample(row, Powers.TEMPERATURE, 0));
    logits[500] = least; // in its block the others have the least weight, too
    assertEquals(0, sample(row, Powers.TEMPERATURE, 0));
    Arrays.fill(logits, 0, 500, Math.nextDown(below));
    assertEquals(500, sample(row, Powers.TEMPERATURE, 0));
    Arrays.fill(logits, 0, 1024, below);
    Arrays.fill(logits, 1024, 2000, Math.nextDown(below));
    assertEquals(2000, sample(row, Powers.TEMPERATURE, 0));
  }

  /** One of few unmasked tokens, and none whose weight has gone to 0, for any u. */
  @Property
  default void nothingOfWeightZeroIsDrawn(
      @ForAll("rowsAtTemperatures") RowAt rowAt, @ForAll("draws") double u) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Oracle oracle = new Oracle(row.logits(), temperature);
    int token = sample(row, temperature, u);
    assertFalse(oracle.isSurelyZero(token), () -> "weight " + oracle.weight(token));
  }

  /**
   * Frequencies of 20,000 draws of a stream over 20 tokens against softmax: chi-square with 19
   * degrees of freedom, bound at its 1 - 1e-6 quantile. The seed is fixed: it passes always or
   * never.
   */
  @Example
  default void frequenciesAreThoseOfSoftmax() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 20, 3, 12);
    int[] counts = new int[20];
    SplittableRandom random = new SplittableRandom(99);
    Workspace workspace = Workspace.of(20);
    for (int i = 0; i < 20_000; i++) {
      double u = (random.nextLong() >>> 11) * 0x1p-53;
      counts[kernels().sample(row.array(), row.from(), row.to(), 1.7f, u, workspace)]++;
    }
    assertFrequencies(new Oracle(row.logits(), 1.7f), counts, 20_000);
  }

  /** The same of a sampler's stream. */
  @Example
  default void frequenciesOfAStreamAreThoseOfSoftmax() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 20, 3, 13);
    int[] counts = new int[20];
    Sampler sampler =
        SamplerChain.of(Step.temperature(1.7f), Step.topK(20), Step.minP(1e-6f))
            .newSampler(20, 5, kernels());
    for (int i = 0; i < 20_000; i++) {
      counts[sampler.sample(row.array(), row.from(), row.to())]++;
    }
    assertFrequencies(new Oracle(row.logits(), 1.7f), counts, 20_000);
  }

  /**
   * u at the middle of each of n equal parts of [0, 1): every token's count is within 1 of n times
   * its probability, over blocks and their boundaries.
   */
  @Example
  default void equallySpacedDrawsCountProbabilities() {
    TestRow row = TestRows.of(TestRows.Distribution.NORMAL, 2100, 3, 14);
    Oracle oracle = new Oracle(row.logits(), 2);
    int draws = 50_000;
    int[] counts = new int[row.length()];
    Workspace workspace = Workspace.of(row.length());
    for (int i = 0; i < draws; i++) {
      double u = (i + 0.5) / draws;
      counts[kernels().sample(row.array(), row.from(), row.to(), 2, u, workspace)]++;
    }
    for (int id = 0; id < row.length(); id++) {
      assertEquals(draws * oracle.weight(id) / oracle.total(), counts[id], 1.2, "id " + id);
    }
  }

  /** Early blocks that a later maximum leaves without a weight are passed over, at u = 0 too. */
  @Example
  default void blocksFarBelowALaterMaximumAreNotDrawnFrom() {
    for (float low : new float[] {-88, -100, -1e6f, -1e30f, Float.NEGATIVE_INFINITY}) {
      float[] logits = new float[3 * 1024 + 100];
      Arrays.fill(logits, low);
      logits[2500] = 0;
      TestRow row = new TestRow("a late maximum", logits, 0, logits.length);
      for (double u : new double[] {0, Double.MIN_VALUE, 0x1p-53, 0.5, 1 - 0x1p-53}) {
        assertEquals(2500, sample(row, 1, u), "low " + low + ", u " + u);
      }
    }
  }

  private static void assertFrequencies(Oracle oracle, int[] counts, int draws) {
    double chiSquare = 0;
    for (int id = 0; id < counts.length; id++) {
      double expected = draws * oracle.weight(id) / oracle.total();
      chiSquare += (counts[id] - expected) * (counts[id] - expected) / expected;
    }
    assertTrue(chiSquare < 63.7, "chi-square " + chiSquare);
  }

  private int sample(TestRow row, float temperature, double u) {
    return kernels()
        .sample(row.array(), row.from(), row.to(), temperature, u, Workspace.of(row.length()));
  }
}
