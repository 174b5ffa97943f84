package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Accuracy;
import org.logitkernels.testkit.DoubleDouble;
import org.logitkernels.testkit.Oracle;

/** The oracle against BigDecimal, so that the contracts may trust it. */
class OracleTest {
  private static final MathContext DIGITS = new MathContext(60);
  private static final double TOLERANCE = 0x1p-90;

  @Test
  void expIsAccurate() {
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < 400; i++) {
      DoubleDouble x =
          DoubleDouble.sum(-100 * Math.pow(random.nextDouble(), 4), random.nextDouble() * 1e-18);
      assertClose(exp(x.exact()), x.exp());
    }
    assertEquals(1, DoubleDouble.ZERO.exp().hi());
    assertEquals(0, new DoubleDouble(-1e300, 0).exp().hi());
  }

  @Test
  void logIsAccurate() {
    SplittableRandom random = new SplittableRandom(2);
    for (int i = 0; i < 200; i++) {
      DoubleDouble x = DoubleDouble.sum(1 + 3e5 * Math.pow(random.nextDouble(), 9), 1e-18);
      assertClose(x.exact(), new DoubleDouble(0, 0).plus(x.log()).exp());
    }
  }

  @Test
  void arithmeticIsAccurate() {
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < 1000; i++) {
      DoubleDouble a = DoubleDouble.sum(random.nextDouble(1, 2), random.nextDouble(1e-17));
      DoubleDouble b = DoubleDouble.sum(random.nextDouble(1, 2), random.nextDouble(1e-17));
      assertClose(a.exact().add(b.exact()), a.plus(b));
      assertClose(a.exact().subtract(b.exact()), a.minus(b));
      assertClose(a.exact().multiply(b.exact()), a.times(b));
      BigDecimal divisor = new BigDecimal(b.hi());
      assertClose(a.exact().divide(divisor, DIGITS), a.dividedBy(b.hi()));
      assertClose(a.exact().multiply(divisor), a.times(b.hi()));
    }
  }

  @Test
  void orderIsByLogitThenById() {
    float[] row = {-0f, 1, 0, Float.NEGATIVE_INFINITY, 1, -3, Float.MIN_VALUE};
    assertEquals("[1, 4, 6, 0, 2, 5]", Arrays.toString(Oracle.order(row)));
  }

  /** Weights 1, 1/2, 1/4, 1/4: sizes by hand, and an interval where the errors leave two open. */
  @Test
  void nucleusSizesAreThoseByHand() {
    double ln2 = Math.log(2);
    float[] row = {0, (float) -ln2, (float) (-2 * ln2), (float) (-2 * ln2)};
    Oracle oracle = new Oracle(row, 1);
    assertEquals(2, oracle.total(), 1e-7);
    assertEquals(new Oracle.Sizes(1, 1), oracle.nucleus(0, Accuracy.TOTAL));
    assertEquals(new Oracle.Sizes(1, 1), oracle.nucleus(0.49f, Accuracy.TOTAL));
    assertEquals(new Oracle.Sizes(2, 2), oracle.nucleus(0.51f, Accuracy.TOTAL));
    assertEquals(new Oracle.Sizes(3, 3), oracle.nucleus(0.8f, Accuracy.TOTAL));
    assertEquals(new Oracle.Sizes(4, 4), oracle.nucleus(0.99f, Accuracy.TOTAL));
    float edge = 0.75f + 0x1p-21f;
    assertEquals(new Oracle.Sizes(2, 3), oracle.nucleus(edge, Accuracy.TOTAL));
  }

  /** Relative to 2^N: of 0 and of far maxima 1, of others what is left of the power. */
  @Test
  void weightsOfMaximaAreThoseByHand() {
    assertEquals(1, weightOfMax(0, 1));
    assertEquals(Math.pow(2, 1 / Math.log(2) - 2), weightOfMax(1, 1), 1e-15);
    assertEquals(Math.pow(2, -1 / Math.log(2) + 1), weightOfMax(-1, 1), 1e-15);
    assertEquals(Math.pow(2, 2 / Math.log(2) - 3), weightOfMax(1, 0.5), 1e-15);
    assertEquals(1, weightOfMax(50_000, 1));
    assertEquals(1, weightOfMax(-50_000, 1));
    assertEquals(0.5, weightOfMax(Float.MIN_VALUE, 1), 1e-15);
    assertEquals(1, weightOfMax(-Float.MIN_VALUE, 1), 1e-15);
    assertEquals(0.5, weightOfMax(Float.MIN_VALUE, Float.MAX_VALUE), "it may round to 0, or not");
    // -87 is 125.52 binades below 0, and 126.08 below N where the maximum lies 0.57 below it.
    float[] row = {0, -87, -87.5f, Float.NEGATIVE_INFINITY};
    Oracle oracle = new Oracle(row, 1);
    assertTrue(oracle.isSurelyAboveZero(1) && !oracle.isSurelyZero(1));
    assertTrue(oracle.isSurelyZero(2) && !oracle.isSurelyAboveZero(2));
    assertTrue(oracle.isSurelyZero(3));
    row = new float[] {0.3f, -87 + 0.3f};
    assertTrue(new Oracle(row, 1).isSurelyZero(1));
  }

  private static double weightOfMax(float max, double temperature) {
    return new Oracle(new float[] {max, Float.NEGATIVE_INFINITY}, temperature).leastWeightOfMax();
  }

  /** A sure token's logarithm is as exact as its tail, another's as its total. */
  @Test
  void errorsOfLogarithmsShrinkWithTheTail() {
    assertEquals(0, new Oracle(new float[] {5}, 1).logTotalError(Accuracy.TOTAL), 1e-14);
    double tail = new Oracle(new float[] {0, -20}, 1).logTotalError(Accuracy.TOTAL);
    assertEquals(Math.exp(-20), tail, 1e-14);
    double equal = new Oracle(new float[] {0, 0}, 1).logTotalError(Accuracy.TOTAL);
    assertEquals(8 * Accuracy.UNIT, equal, 1e-11);
  }

  private static void assertClose(BigDecimal exact, DoubleDouble actual) {
    BigDecimal error = actual.exact().subtract(exact).abs();
    assertTrue(
        error.compareTo(
                exact.abs().max(new BigDecimal(0x1p-60)).multiply(new BigDecimal(TOLERANCE)))
            <= 0,
        () -> "exact " + exact + ", error " + error);
  }

  /** The exponential series, after 20 halvings of its argument. */
  private static BigDecimal exp(BigDecimal x) {
    BigDecimal r = x.divide(BigDecimal.valueOf(1 << 20), DIGITS);
    BigDecimal term = BigDecimal.ONE;
    BigDecimal sum = BigDecimal.ONE;
    for (int i = 1; i < 20; i++) {
      term = term.multiply(r, DIGITS).divide(BigDecimal.valueOf(i), DIGITS);
      sum = sum.add(term);
    }
    for (int i = 0; i < 20; i++) {
      sum = sum.multiply(sum, DIGITS);
    }
    return sum;
  }
}
