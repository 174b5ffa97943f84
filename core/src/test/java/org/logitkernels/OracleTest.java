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
