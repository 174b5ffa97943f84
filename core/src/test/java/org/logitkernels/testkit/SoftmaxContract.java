package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.function.UnaryOperator;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.Workspace;

/** Softmax and log-softmax against the oracle, and the identities that hold to the last bit. */
public interface SoftmaxContract extends Inputs {
  /** The bound on every probability; a weight below the least is exactly 0, one above is not. */
  @Property
  default void softmaxIsAccurate(@ForAll("rowsAtTemperatures") RowAt rowAt) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Oracle oracle = new Oracle(row.logits(), temperature);
    float[] actual = softmax(row, temperature);
    for (int id = 0; id < row.length(); id++) {
      if (oracle.isSurelyZero(id)) {
        assertEquals(0, Float.floatToRawIntBits(actual[id]));
      } else if (oracle.isSurelyAboveZero(id)) {
        double exact = oracle.weight(id) / oracle.total();
        double bound = oracle.probabilityError(id);
        double off = Math.abs(actual[id] - exact);
        int at = id;
        assertTrue(
            off <= bound,
            () -> "id " + at + ": " + actual[at] + ", exact " + exact + ", off by " + off / bound);
        assertTrue(exact < 0x1p-149 || actual[id] > 0);
      }
      assertTrue(actual[id] <= 1, "above 1");
    }
  }

  /**
   * A term of a sum may be too small for a weight, below 2^-126, and still count: lane 0 has it,
   * and lanes 16, 8 and 4 have 2^-106, 2^-53 and 1, so that it breaks two ties when lanes are
   * halved. The total is 1 + 2^-52; it would be 1.
   */
  @Example
  default void termsBelowTheLeastWeightCount() {
    float temperature = 1.0000001f;
    Workspace workspace = Workspace.of(3000);
    for (int length : new int[] {17, 31, 32, 33, 127, 128, 129, 1000, 1024, 1025, 3000}) {
      float[] x = new float[length];
      Arrays.fill(x, Float.NEGATIVE_INFINITY);
      x[0] = -87.47518f;
      x[4] = 0;
      x[8] = -36.736805f;
      x[16] = -73.47361f;
      double sum = kernels().logSumExp(x, 0, length, temperature);
      assertEquals(0x1p-52 - 0x1p-105, sum, 0, length + " logits"); // ln(1 + 2^-52)
      int last = kernels().sample(x, 0, length, temperature, Math.nextDown(1.0), workspace);
      assertEquals(16, last, length + " logits");
      float[] logSumExps = new float[1];
      float[] row = x.clone();
      AttentionSoftmax attention = AttentionSoftmax.of(kernels(), 1 / temperature).lengths(length);
      attention.logSumExps(logSumExps, 0).softmax(row, 0, 1, length);
      assertEquals(0x1p-52f, logSumExps[0], length + " scores");
      assertBits(softmax(new TestRow("terms", x, 0, length), temperature), row);
    }
  }

  /** A token that is alone has probability 1, whatever its logit, its place and the temperature. */
  @Property
  default void aSoleTokenHasProbability1(
      @ForAll("temperatures") float temperature, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int length : new int[] {1, 5, 40, 1024, 2100}) {
      float[] x = new float[length];
      float[] expected = new float[length];
      for (int n = 0; n < 20; n++) {
        Arrays.fill(x, Float.NEGATIVE_INFINITY);
        Arrays.fill(expected, 0);
        int id = random.nextInt(length);
        float any = Float.intBitsToFloat(random.nextInt());
        x[id] = n % 2 == 0 && Math.abs(any) <= Float.MAX_VALUE ? any : 100 * random.nextFloat();
        expected[id] = 1;
        float[] actual = softmax(new TestRow("a sole token", x, 0, length), temperature);
        assertBits(expected, actual);
        float[] probabilities = new float[length];
        topP(
            new TestRow("a sole token", x, 0, length),
            temperature,
            0.5f,
            new int[length],
            probabilities);
        assertEquals(1, probabilities[0]);
      }
    }
  }

  /** 2 to 10 equal tokens have 1 / n, correctly rounded, however many lie lower out of reach. */
  @Property
  default void equalTokensShareExactly(
      @ForAll("temperatures") float temperature, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int n = 2; n <= 10; n++) {
      float[] x = new float[random.nextInt(32, 3000)];
      boolean masked = temperature > 1e30f || random.nextBoolean();
      Arrays.fill(x, masked ? Float.NEGATIVE_INFINITY : -3.4e38f);
      float logit = (float) Math.clamp(random.nextDouble(-300, 300) * temperature, -1e38, 1e38);
      int first = random.nextInt(x.length - n + 1);
      Arrays.fill(x, first, first + n, logit); // side by side, so in lanes of their own
      float[] expected = new float[x.length];
      Arrays.fill(expected, first, first + n, 1f / n);
      assertBits(expected, softmax(new TestRow(n + " equal tokens", x, 0, x.length), temperature));
    }
  }

  /** The bound on every logarithm. */
  @Property
  default void logSoftmaxIsAccurate(@ForAll("rowsAtTemperatures") RowAt rowAt) {
    TestRow row = rowAt.row();
    float temperature = rowAt.temperature();
    Oracle oracle = new Oracle(row.logits(), temperature);
    float[] actual = logSoftmax(row, temperature);
    double logTotal = oracle.logTotal();
    for (int id = 0; id < row.length(); id++) {
      double distance = oracle.distance(id);
      double exact = -distance - logTotal;
      double bound = oracle.logProbabilityError(id);
      if (distance == Double.POSITIVE_INFINITY || exact + bound < -Float.MAX_VALUE) {
        assertEquals(Float.NEGATIVE_INFINITY, actual[id]);
      } else if (exact - bound > -Float.MAX_VALUE) {
        double off = Math.abs(actual[id] - exact);
        int at = id;
        assertTrue(
            off <= bound,
            () -> "id " + at + ": " + actual[at] + ", exact " + exact + ", off by " + off / bound);
      }
    }
  }

  /** Probabilities add up to 1. */
  @Property
  default void softmaxSumsTo1(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float temperature) {
    double sum = 0;
    for (float probability : softmax(row, temperature)) {
      sum += probability;
    }
    assertEquals(1, sum, Accuracy.TOTAL + Accuracy.NORMALISATION + 0x1p-40);
  }

  /**
   * Adding a constant that leaves all differences exact changes nothing that is exact: the best
   * token stays, and everything is within the bounds of the row that was not shifted.
   */
  @Property
  default void shiftsChangeNothingBeyondTheBounds(
      @ForAll("shorterRows") TestRow row, @ForAll("temperatures") float temperature) {
    TestRow coarse = map(row, x -> Math.round(Math.clamp(x, -64, 64) * 1024) / 1024f);
    Oracle oracle = new Oracle(coarse.logits(), temperature);
    for (float shift : new float[] {-1000, -0.5f, 3, 900}) {
      TestRow shifted = map(coarse, x -> x + shift);
      float[] probabilities = softmax(shifted, temperature);
      float[] logarithms = logSoftmax(shifted, temperature);
      for (int id = 0; id < row.length(); id++) {
        double distance = oracle.distance(id);
        // The least weight is relative to 2^N: up to twice as much of the maximum's.
        double least = 2 * Accuracy.LEAST_WEIGHT * (1 + Accuracy.WEIGHT);
        double bound = oracle.weight(id) > least ? oracle.probabilityError(id) : least;
        assertEquals(oracle.weight(id) / oracle.total(), probabilities[id], bound);
        if (distance < Float.MAX_VALUE / 2) {
          double exact = -distance - oracle.logTotal();
          assertEquals(exact, logarithms[id], oracle.logProbabilityError(id));
        }
      }
      assertEquals(
          kernels().argMax(coarse.array(), coarse.from(), coarse.to()),
          kernels().argMax(shifted.array(), shifted.from(), shifted.to()));
    }
  }

  /** A change of the unmasked logits; what is around the row stays. */
  private static TestRow map(TestRow row, UnaryOperator<Float> change) {
    float[] array = row.array().clone();
    for (int i = row.from(); i < row.to(); i++) {
      if (array[i] > Float.NEGATIVE_INFINITY) {
        array[i] = change.apply(array[i]);
      }
    }
    return new TestRow(row.recipe() + ", changed", array, row.from(), row.to());
  }

  /**
   * In place and out of place, at any offset, the bits are the same and nothing else is written.
   */
  @Property
  default void softmaxWritesTheRowAlone(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float temperature) {
    float[] expected = softmax(row, temperature);
    float[] inPlace = row.array().clone();
    kernels().softmax(inPlace, row.from(), row.to(), temperature, inPlace, row.from());
    assertBits(replaced(row.array(), row.from(), expected), inPlace);
    float[] elsewhere = new float[row.length() + 40];
    Arrays.fill(elsewhere, 7);
    float[] before = elsewhere.clone();
    kernels().softmax(row.array(), row.from(), row.to(), temperature, elsewhere, 17);
    assertBits(replaced(before, 17, expected), elsewhere);
  }

  /** The same of log-softmax. */
  @Property
  default void logSoftmaxWritesTheRowAlone(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float temperature) {
    float[] expected = logSoftmax(row, temperature);
    float[] inPlace = row.array().clone();
    kernels().logSoftmax(inPlace, row.from(), row.to(), temperature, inPlace, row.from());
    assertBits(replaced(row.array(), row.from(), expected), inPlace);
    float[] elsewhere = new float[row.length() + 40];
    Arrays.fill(elsewhere, 7);
    float[] before = elsewhere.clone();
    kernels().logSoftmax(row.array(), row.from(), row.to(), temperature, elsewhere, 17);
    assertBits(replaced(before, 17, expected), elsewhere);
  }

  private static float[] replaced(float[] array, int at, float[] part) {
    float[] result = array.clone();
    System.arraycopy(part, 0, result, at, part.length);
    return result;
  }

  /** Other parts of the row's own array may take the output. */
  @Example
  default void softmaxMayWriteBesideTheRow() {
    float[] array = {5, 1, 2, 3, 0, 0, 0, 5};
    float[] expected = new float[3];
    kernels().softmax(array, 1, 4, 1, expected, 0);
    kernels().softmax(array, 1, 4, 1, array, 4);
    assertBits(new float[] {5, 1, 2, 3, expected[0], expected[1], expected[2], 5}, array);
    kernels().softmax(array, 4, 7, 1, array, 1);
    assertEquals(5, array[0]);
    assertEquals(expected[0], array[4]);
  }

  /**
   * The weight is 0 exactly from where {@code x log2(e) / T} lies more than 126 below N, which is
   * the maximum's, rounded up.
   */
  @Example
  default void softmaxUnderflowsAt126Binades() {
    for (int max : new int[] {0, 3, 64}) {
      // The maximum's power is max, and a little more unless it is 0: then N is the next integer.
      int n = max == 0 ? 0 : max + 1;
      float lowest = Powers.logit(n - 126);
      float share = (float) StrictMath.pow(2, max - n);
      float[] least = {lowest, Math.nextDown(lowest), Powers.logit(-128), Float.NEGATIVE_INFINITY};
      float[] weights = {0x1p-126f / share, 0, 0, 0};
      for (int length : new int[] {5, 40, 1100, 3000}) {
        float[] row = new float[length];
        float[] expected = new float[length];
        for (int id = 1; id < length; id++) {
          row[id] = least[id % 4];
          expected[id] = weights[id % 4];
        }
        row[0] = Powers.logit(max);
        expected[0] = 1;
        float[] actual = new float[length];
        kernels().softmax(row, 0, length, Powers.TEMPERATURE, actual, 0);
        assertBits(expected, actual);
      }
    }
  }

  /** A difference that overflows a float does not make a masked token. */
  @Example
  default void logSoftmaxOfDifferencesThatOverflow() {
    TestRow row =
        new TestRow("extremes", new float[] {3e38f, -3e38f, Float.NEGATIVE_INFINITY, 0}, 0, 4);
    for (float temperature : new float[] {2, 1e3f, 1e15f, 1e30f}) {
      float[] logarithms = logSoftmax(row, temperature);
      double exact = -2.0 * 3e38f / temperature;
      assertEquals(exact, logarithms[1], -exact * 4 * Accuracy.UNIT, "T = " + temperature);
      assertEquals(exact / 2, logarithms[3], -exact * 4 * Accuracy.UNIT, "T = " + temperature);
      assertEquals(Float.NEGATIVE_INFINITY, logarithms[2]);
    }
    assertEquals(Float.NEGATIVE_INFINITY, logSoftmax(row, 1)[1]);
    float temperature = Math.nextDown(Float.MIN_NORMAL);
    TestRow near = new TestRow("near", new float[] {0, -2.5f}, 0, 2);
    double exact = -2.5 / temperature;
    assertEquals(exact, logSoftmax(near, temperature)[1], -exact * 4 * Accuracy.UNIT);
  }

  /** Differences of the least floats count at the least temperature. */
  @Example
  default void logSoftmaxOfTheLeastDifferences() {
    float least = Float.MIN_VALUE;
    TestRow row = new TestRow("least floats", new float[] {3 * least, 2 * least, least, -0f}, 0, 4);
    float[] logarithms = logSoftmax(row, least);
    double logTotal = new Oracle(row.logits(), least).logTotal();
    for (int id = 0; id < 4; id++) {
      assertEquals(-id - logTotal, logarithms[id], 1e-6, "id " + id);
    }
  }

  private float[] softmax(TestRow row, float temperature) {
    float[] probabilities = new float[row.length()];
    kernels().softmax(row.array(), row.from(), row.to(), temperature, probabilities, 0);
    return probabilities;
  }

  private float[] logSoftmax(TestRow row, float temperature) {
    float[] logarithms = new float[row.length()];
    kernels().logSoftmax(row.array(), row.from(), row.to(), temperature, logarithms, 0);
    return logarithms;
  }

  private static void assertBits(float[] expected, float[] actual) {
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
  }
}
