package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class SigmoidTest {
  /** Of the result; double roundings and the error of the polynomial are in it. */
  private static final double ULP = 0.501;

  @Test
  void isExactWhereItSaturates() {
    assertEquals(0, Sigmoid.of(Float.NEGATIVE_INFINITY));
    assertEquals(0, Sigmoid.of(-104));
    assertEquals(Float.MIN_VALUE, Sigmoid.of(-103));
    assertEquals(0.5f, Sigmoid.of(0f));
    assertEquals(0.5f, Sigmoid.of(-0f));
    assertEquals(1, Sigmoid.of(17.5f));
    assertEquals(1, Sigmoid.of(Float.MAX_VALUE));
  }

  @Test
  void oneFloatIn50021() {
    sweep(50_021);
  }

  @Test
  @Tag("exhaustive")
  void everyFloat() {
    sweep(1);
  }

  /** From far below where the result is 0 to far above where it is 1, in their order. */
  private static void sweep(int step) {
    float last = 0;
    int least = Float.floatToRawIntBits(-1000f);
    for (int bits = least; bits < 0 && bits >= Integer.MIN_VALUE + step; bits -= step) {
      last = check(Float.intBitsToFloat(bits), last);
    }
    int most = Float.floatToRawIntBits(1000f);
    for (int bits = 0; bits <= most; bits += step) {
      last = check(Float.intBitsToFloat(bits), last);
    }
    assertEquals(1, last);
  }

  private static float check(float x, float last) {
    float actual = Sigmoid.of(x);
    if (!(actual >= last)) {
      throw new AssertionError("not monotone at " + x);
    }
    double exact = 1 / (1 + StrictMath.exp(-(double) x));
    double error = Math.abs(actual - exact) / Math.ulp((float) exact);
    if (!(error <= ULP)) {
      throw new AssertionError(error + " ULP at " + x);
    }
    return actual;
  }
}
