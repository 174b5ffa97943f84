package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Survivors;

/** Sums of surprisals on numbers that can be told by heart. */
class TypicalTest {
  /** Tokens with surprisals 0, 1, 2 and 3, each of mass 1; 1 is the entropy. */
  @Test
  void survivorsHoldAMassOnlyWithinTheDistance() {
    Survivors survivors = new Survivors(4);
    for (int i = 0; i < 4; i++) {
      survivors.add(i, -i);
      survivors.weights[i] = 1;
    }
    survivors.total = 1;
    survivors.entropy = 1;
    double[] distances = {0, 0.5, 1, 1.5, 2, 2.5};
    int[] nearer = {0, 1, 1, 3, 3, 4};
    for (int i = 0; i < nearer.length; i++) {
      for (int n = 0; n <= 4; n++) {
        assertEquals(
            n <= nearer[i], Typical.holds(survivors, 1, distances[i], n, 1, 0), "mass " + n);
        assertEquals(
            n <= nearer[i], Typical.holds(survivors, 1, distances[i], 0, 1, n), "count " + n);
      }
    }
    assertTrue(Typical.holds(survivors, 2, 1, 3, 1, 3), "surprisals are half as far at T = 2");
    assertFalse(Typical.holds(survivors, 2, 1, 4, 1, 4));
  }
}
