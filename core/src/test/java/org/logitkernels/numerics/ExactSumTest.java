package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.math.BigDecimal;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Sums against BigDecimal, at any magnitude. */
class ExactSumTest {
  private static final double[] EDGES = {
    0,
    -0.0,
    1,
    Double.MIN_VALUE,
    -Double.MIN_VALUE,
    Double.MIN_NORMAL,
    Math.nextDown(Double.MIN_NORMAL),
    1e-170,
    -3e-163,
    0x1.fffffffffffffp-538,
    0x1.fffffffffffffp511,
    1e154,
    Double.MAX_VALUE,
    -Double.MAX_VALUE
  };

  private static double any(SplittableRandom random) {
    if (random.nextInt(4) == 0) {
      return EDGES[random.nextInt(EDGES.length)];
    }
    double value = Double.longBitsToDouble(random.nextLong());
    return Double.isFinite(value) ? value : random.nextGaussian();
  }

  @Test
  void sumsAndProductsAreExact() {
    SplittableRandom random = new SplittableRandom(7);
    for (int i = 0; i < 300; i++) {
      ExactSum sum = new ExactSum();
      ExactSum other = new ExactSum();
      BigDecimal expected = BigDecimal.ZERO;
      for (int n = random.nextInt(30); n > 0; n--) {
        double one = any(random);
        double factor = any(random);
        ExactSum to = random.nextBoolean() ? sum : other;
        if (random.nextBoolean()) {
          to.add(one);
          expected = expected.add(new BigDecimal(one));
        } else if (Double.isFinite(one * factor)) {
          to.addProduct(one, factor);
          expected = expected.add(new BigDecimal(one).multiply(new BigDecimal(factor)));
        }
      }
      sum.add(other);
      assertEquals(0, expected.compareTo(sum.value()), "number " + i);
      ExactSum parsed = ExactSum.parse(sum.toString());
      assertEquals(sum, parsed);
      assertEquals(sum.hashCode(), parsed.hashCode());
      sum.subtract(parsed);
      assertEquals("0", sum.toString());
    }
  }

  @Test
  void squaresBelowTheLeastDoubleCountInFull() {
    ExactSum sum = new ExactSum();
    sum.addProduct(Double.MIN_VALUE, Double.MIN_VALUE);
    assertEquals("0x1p-2148", sum.toString());
    sum.addProduct(-Double.MIN_VALUE, 3 * Double.MIN_VALUE);
    assertEquals("-0x1p-2147", sum.toString());
  }

  @Test
  void manySumsOfTheLargest() {
    ExactSum sum = new ExactSum();
    sum.add(Double.MAX_VALUE);
    for (int i = 0; i < 62; i++) {
      sum.add(sum);
    }
    BigDecimal times = BigDecimal.valueOf(1L << 62);
    assertEquals(0, new BigDecimal(Double.MAX_VALUE).multiply(times).compareTo(sum.value()));
    assertEquals(sum, ExactSum.parse(sum.toString()));
  }

  @Test
  void whatIsNotFiniteIsRefused() {
    ExactSum sum = new ExactSum();
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> sum.add(bad));
      assertThrows(IllegalArgumentException.class, () -> sum.addProduct(bad, 0));
    }
    assertThrows(IllegalArgumentException.class, () -> sum.addProduct(1e200, -1e200));
    assertEquals("0", sum.toString());
  }
}
