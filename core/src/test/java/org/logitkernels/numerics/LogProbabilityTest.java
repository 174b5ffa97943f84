package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The ends of a log-probability's range; {@code LogProbabilityContract} has the rest. */
class LogProbabilityTest {
  @Test
  void itIsNeverAbove0() {
    // The maximum is excluded, and the weight of the one token left is a rounding too low.
    assertEquals(0.0, LogProbability.of(1, 3, 1, -2 - 1e-7));
    assertEquals(0.0, LogProbability.of(3, 3, 1, 0));
    assertEquals(-1e-7, LogProbability.of(1, 3, 1, -2 + 1e-7), 1e-15);
  }

  @Test
  void differencesDoNotOverflow() {
    assertEquals(-2.0, LogProbability.of(-Float.MAX_VALUE, Float.MAX_VALUE, Float.MAX_VALUE, 0));
    double coldest = -2.0 * Float.MAX_VALUE / Float.MIN_VALUE;
    assertEquals(coldest, LogProbability.of(-Float.MAX_VALUE, Float.MAX_VALUE, Float.MIN_VALUE, 0));
    assertEquals(
        Double.NEGATIVE_INFINITY, LogProbability.of(Float.NEGATIVE_INFINITY, 3, 1, 0), "masked");
  }
}
