package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Why no cap turns the order of two logits. What is shown here of every share of a cap, and of
 * every fraction of a power, holds for every cap; {@code SoftCapErrors} tries a dozen.
 */
class SoftCapTest {
  private static final float UNIT = 0x1p-24f;

  /** The least distance of two fractions of powers, as logits that are far are. */
  private static final double APART = 0x1p-24;

  /** Below this the term that is added to a logit is less than half of what floats are apart. */
  private static final float FLAT = 0x1p-13f;

  @Test
  void nearLogitsKeepTheirOrderSampled() {
    near(1009);
  }

  @Test
  @Tag("exhaustive")
  void nearLogitsKeepTheirOrder() {
    near(1);
  }

  /**
   * From a logit to the next, its share of the cap moves by one float, or by two where floats are
   * farther apart at the logit than at the share. The term that is added, relative to the logit,
   * then moves by less than the logit itself.
   */
  private static void near(int step) {
    int end = Float.floatToRawIntBits(SoftCap.NEAR) + 2;
    for (int bits = Float.floatToRawIntBits(FLAT); bits < end; bits += step) {
      float v = Float.intBitsToFloat(bits);
      double here = term(v);
      double next = term(Float.intBitsToFloat(bits + 1));
      double second = term(Float.intBitsToFloat(bits + 2));
      double apart = Math.ulp(v) / v;
      if (!(here - next < (1 + next) * UNIT && here - second < (1 + second) * apart)) {
        assertTrue(false, "at " + v);
      }
    }
  }

  /** What is added to a logit of this share, relative to the logit. */
  private static double term(float v) {
    float s = v * v;
    float q = Math.fma(SoftCap.Q4, s, SoftCap.Q3);
    q = Math.fma(q, s, SoftCap.Q2);
    q = Math.fma(q, s, SoftCap.Q1);
    q = Math.fma(q, s, SoftCap.Q0);
    return Math.fma(s, q, 0);
  }

  @Test
  @Tag("exhaustive")
  void powersKeepTheirOrder() {
    int half = Float.floatToRawIntBits(0.5f);
    int flat = Float.floatToRawIntBits(0x1p-27f);
    double best = 0;
    int behind = -half;
    for (int at = -half; at <= half; at++) {
      if (at > -flat && at < flat) {
        at = flat; // all of these are 1, or next to it
      }
      float r = fraction(at);
      while (fraction(behind) <= r - APART) {
        best = Math.max(best, power(fraction(behind++)));
      }
      if (power(r) < best) {
        assertEquals(best, power(r), "at " + r);
      }
    }
    // Over the seam, where r goes from 1/2 to -1/2 and the power doubles.
    best = 0;
    int last = Float.floatToRawIntBits(0.4f);
    for (int at = half; at >= last; at--) {
      float r = Float.intBitsToFloat(at | Integer.MIN_VALUE);
      for (; last <= half && Float.intBitsToFloat(last) <= r + 1 - APART; last++) {
        best = Math.max(best, power(Float.intBitsToFloat(last)));
      }
      if (2 * power(r) < best) {
        assertEquals(best, 2 * power(r), "at " + r);
      }
      if (last > half) {
        break;
      }
    }
    assertTrue(2 * power(-0.5f) >= power(0.5f));
  }

  /** A float by its number: below 0 those of numbers below 0. */
  private static float fraction(int number) {
    return number < 0 ? -Float.intBitsToFloat(-number) : Float.intBitsToFloat(number);
  }

  private static float power(float r) {
    float p = Math.fma(Exponential.C6, r, Exponential.C5);
    p = Math.fma(p, r, Exponential.C4);
    p = Math.fma(p, r, Exponential.C3);
    p = Math.fma(p, r, Exponential.C2);
    p = Math.fma(p, r, Exponential.C1);
    return Math.fma(p, r, 1);
  }

  /** Around the seam of any cap, and far from it. */
  @Test
  void noCapTurnsTheOrder() {
    for (int number = 0; number < 20_000; number++) {
      float cap = Float.intBitsToFloat(1 + (int) (number * 107_374L % 0x7f7fffff));
      float x = SoftCap.bound(cap);
      for (int i = 0; i < 20; i++) {
        x = Math.nextDown(x);
      }
      x = Math.max(x, 0);
      float last = 0;
      for (int i = 0; i < 60 && x < Float.POSITIVE_INFINITY; i++, x = Math.nextUp(x)) {
        float y = SoftCap.of(x, cap);
        assertTrue(y >= last && y <= cap, cap + " at " + x);
        last = y;
      }
      if (cap < 1e37) {
        assertEquals(cap, SoftCap.of(Float.MAX_VALUE, cap));
      }
    }
  }
}
