package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.logitkernels.Beams;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * A log-probability is one number, wherever it is read: of a token, of the best tokens, of beams,
 * of a sampler and of its candidates to the bit, and of log-softmax in float; at every temperature.
 */
public interface LogProbabilityContract extends KernelsUnderTest {
  /** Tokens of a row that are compared, about. */
  int COMPARED = 12;

  /** Rows, half of them with the best logits far from 0. */
  @Provide
  default Arbitrary<TestRow> logProbabilityRows() {
    return Arbitraries.frequencyOf(
        Tuple.of(1, TestRows.upTo(3000)),
        Tuple.of(1, TestRows.upTo(200).map(LogProbabilityContract::far)));
  }

  /** The row with its logits moved away from 0, so far that some of them fall together. */
  private static TestRow far(TestRow row) {
    float[] array = row.array().clone();
    int id = row.from() + row.length() / 2;
    float move = (row.length() % 2 == 0 ? 1 : -1) * (row.length() % 3 == 0 ? 3e38f : 3e7f);
    for (int i = row.from(); i < row.to(); i++) {
      array[i] = Math.clamp(array[i] + move, Float.NEGATIVE_INFINITY, Float.MAX_VALUE);
    }
    array[id] = Math.max(array[id], -Float.MAX_VALUE);
    return new TestRow(row + " moved by " + move, array, row.from(), row.to());
  }

  /** From 1e-15 to 1e15 and at the ends of float: |x| / T is around 2^53 for many. */
  @Provide
  default Arbitrary<Float> extremeTemperatures() {
    Arbitrary<Float> any =
        Arbitraries.integers()
            .between(-1500, 1500)
            .withDistribution(RandomDistribution.uniform())
            .map(e -> (float) StrictMath.pow(10, e / 100.0));
    return Arbitraries.frequencyOf(
            Tuple.of(6, any), Tuple.of(1, Arbitraries.of(Float.MIN_VALUE, Float.MAX_VALUE)))
        .withoutEdgeCases();
  }

  /** All read-outs against the oracle, and against one another. */
  @Property
  default void everyReadOutIsTheLogProbability(
      @ForAll("logProbabilityRows") TestRow row, @ForAll("extremeTemperatures") float temperature) {
    float[] x = row.array();
    int from = row.from();
    int length = row.length();
    Oracle oracle = new Oracle(row.logits(), temperature);
    int[] order = oracle.order();
    int n = Math.min(COMPARED, order.length);
    int[] ids = new int[Math.min(COMPARED, length)];
    double[] logs = new double[ids.length];
    Workspace workspace = Workspace.of(length);
    assertEquals(
        n, kernels().topLogProbabilities(x, from, row.to(), temperature, n, workspace, ids, logs));
    for (int i = 0; i < n; i++) {
      assertEquals(order[i], ids[i]);
      assertOracle("topLogProbabilities", oracle, ids[i], logs[i]);
      assertSame("logProbability", logs[i], logProbability(row, temperature, ids[i]));
    }
    float[] floats = new float[length];
    kernels().logSoftmax(x, from, row.to(), temperature, floats, 0);
    for (int id = 0; id < length; id += 1 + length / COMPARED) {
      assertOracle("logProbability", oracle, id, logProbability(row, temperature, id));
      assertLogSoftmax(oracle, id, floats[id]);
    }
    assertSampler(row, temperature, order, logs, n);
    assertBeams(row, temperature, ids, logs, n);
  }

  private double logProbability(TestRow row, float temperature, int id) {
    return kernels().logProbability(row.array(), row.from(), row.to(), temperature, id);
  }

  /** A sampler's, and its candidates'. */
  private void assertSampler(TestRow row, float temperature, int[] order, double[] logs, int n) {
    Sampler sampler =
        SamplerChain.of(Step.temperature(temperature)).newSampler(row.length(), 3, kernels());
    int token = sampler.sample(row.array(), row.from(), row.to());
    assertSame("Sampler", logProbability(row, temperature, token), sampler.logProbability());
    for (int i = 0; i < n; i++) {
      assertEquals(order[i], sampler.candidates().id(i));
      assertSame("Candidates", logs[i], sampler.candidates().logProbability(i));
    }
    // What a filter leaves is a row of its own.
    float[] x = row.logits();
    int[] left = Arrays.copyOf(order, n);
    float[] masked = new float[x.length];
    Arrays.fill(masked, Float.NEGATIVE_INFINITY);
    IntStream.of(left).forEach(id -> masked[id] = x[id]);
    Oracle ofLeft = new Oracle(masked, temperature);
    sampler =
        SamplerChain.of(Step.temperature(temperature), Step.topK(n))
            .newSampler(row.length(), 3, kernels());
    sampler.sample(row.array(), row.from(), row.to());
    for (int i = 0; i < n; i++) {
      assertOracle("of top-k", ofLeft, left[i], sampler.candidates().logProbability(i));
    }
  }

  /** A beam's with the score 0, beside a dead one. */
  private void assertBeams(TestRow row, float temperature, int[] ids, double[] logs, int n) {
    Beams beams = Beams.of(2, row.length(), n, kernels());
    int[] parents = new int[n];
    int[] tokens = new int[n];
    double[] scores = new double[n];
    double[] before = {Double.NEGATIVE_INFINITY, 0};
    int at = row.from();
    float[] rows = Arrays.copyOf(row.array(), row.to() + row.length());
    System.arraycopy(row.array(), at, rows, at + row.length(), row.length());
    assertEquals(
        n, beams.step(rows, at, row.length(), before, temperature, parents, tokens, scores));
    for (int i = 0; i < n; i++) {
      assertEquals(1, parents[i]);
      assertEquals(ids[i], tokens[i]);
      assertSame("Beams", logs[i], scores[i]);
    }
  }

  private static void assertSame(String what, double expected, double actual) {
    assertEquals(Double.doubleToRawLongBits(expected), Double.doubleToRawLongBits(actual), what);
  }

  /** Within the error of ln(total) and three roundings; never above 0, and never -0. */
  private static void assertOracle(String what, Oracle oracle, int id, double actual) {
    double distance = oracle.distance(id);
    double exact = -distance - oracle.logTotal();
    if (distance == Double.POSITIVE_INFINITY) {
      assertEquals(exact, actual, what);
      return;
    }
    double bound =
        oracle.logTotalError(Accuracy.TOTAL) + (distance + oracle.logTotal() - exact) * 0x1p-52;
    assertTrue(
        Math.abs(actual - exact) <= bound,
        () -> what + " of " + id + ": " + actual + " for " + exact + ", bound " + bound);
    assertTrue(actual <= 0 && 1 / actual != Double.NEGATIVE_INFINITY, () -> what + ": " + actual);
  }

  private static void assertLogSoftmax(Oracle oracle, int id, float actual) {
    double exact = -oracle.distance(id) - oracle.logTotal();
    double bound = oracle.logProbabilityError(id);
    if (exact - bound > -Float.MAX_VALUE) {
      assertEquals(exact, actual, bound, () -> "logSoftmax of " + id);
    }
  }

  /** Two equal best logits, and 64: each has a half, or a 64th, however cold it is. */
  @Example
  default void equalLogitsShareTheProbability() {
    for (float temperature : new float[] {1e-6f, 1e-10f, 1e-12f, 1e-14f, 1e-15f, 1e-45f}) {
      for (int equal : new int[] {2, 64, 5000}) {
        float[] x = new float[equal + 1];
        Arrays.fill(x, 20);
        x[equal] = 3;
        double expected = -StrictMath.log(equal);
        double[] logs = new double[equal];
        Workspace workspace = Workspace.of(equal + 1);
        kernels()
            .topLogProbabilities(
                x, 0, equal + 1, temperature, equal, workspace, new int[equal], logs);
        double sum = 0;
        for (double log : logs) {
          assertEquals(expected, log, 1e-12);
          sum += StrictMath.exp(log);
        }
        assertEquals(1, sum, 1e-9);
        assertEquals(expected, kernels().logProbability(x, 0, equal + 1, temperature, 0), 1e-12);
        double[] scores = {0, 0, 0};
        Beams.of(1, equal + 1, 3, kernels())
            .step(x, 0, equal + 1, scores, temperature, new int[3], new int[3], scores);
        assertEquals(expected, scores[1], 1e-12);
      }
    }
  }

  /**
   * Of a token with a tail of 1e-12 beside it it is right to a thousandth: the weight of the
   * maximum, whose error is much more than that, is no part of it. What a float cannot hold beside
   * that weight is not in the rows: the other tokens of its lane.
   */
  @Example
  default void aNearlySureTokenHasTheLogProbabilityOfItsTail() {
    for (int length : new int[] {2, 40, 3000, 9000}) {
      for (float temperature : new float[] {0.3f, 0.8f, 1, 1.7f}) {
        for (float best : new float[] {0, 12.3f, -45.7f, 900, 30_000, -250_000}) {
          int id = length - 1; // last, so that the others are added up before
          float[] x = new float[length];
          for (double tail : new double[] {1e-6, 1e-9, 1e-12}) {
            double step = -StrictMath.log(tail / (length - 1)) * temperature;
            Arrays.fill(x, (float) (best - step));
            for (int other = id % 1024 % 32; other <= id % 1024; other += 32) {
              x[id / 1024 * 1024 + other] = Float.NEGATIVE_INFINITY;
            }
            x[id] = best;
            double actual = kernels().logProbability(x, 0, length, temperature, id);
            double exact = -new Oracle(x, temperature).logTotal();
            assertEquals(exact, actual, -exact * (1e-6 + 1e-15 / tail), () -> length + " " + best);
            assertTrue(actual < 0);
          }
        }
      }
    }
  }

  /** Nor does a lane with the maximum matter in a row as long as a vocabulary. */
  @Example
  default void aSureTokenOfAVocabularyHasTheLogProbabilityOfItsTail() {
    for (int id : new int[] {0, 5000, 65_535}) {
      float[] x = new float[65_536];
      Arrays.fill(x, 12.3f - 34.5f); // each 1e-15
      x[id] = 12.3f;
      double exact = -new Oracle(x, 1).logTotal();
      assertEquals(exact, kernels().logProbability(x, 0, x.length, 1, id), -exact * 1e-3);
    }
  }

  /** A token that is sure has the log-probability 0, and not -0. */
  @Example
  default void aSureTokenHasLogProbability0() {
    float masked = Float.NEGATIVE_INFINITY;
    float[] alone = new float[100];
    Arrays.fill(alone, masked);
    alone[70] = -1e30f;
    float[] far = new float[3000];
    far[1025] = 5000;
    for (float[] x : new float[][] {{5}, {-0f}, {masked, -3e38f}, alone, far}) {
      int best = kernels().argMax(x, 0, x.length);
      for (float temperature : new float[] {Float.MIN_VALUE, 1e-30f, 1e-6f, 0.3f, 1}) {
        double[] log = new double[1];
        kernels()
            .topLogProbabilities(
                x, 0, x.length, temperature, 1, Workspace.of(x.length), new int[1], log);
        assertSame("topLogProbabilities", 0, log[0]);
        double own = kernels().logProbability(x, 0, x.length, temperature, best);
        assertSame("logProbability", 0, own);
      }
    }
  }
}
