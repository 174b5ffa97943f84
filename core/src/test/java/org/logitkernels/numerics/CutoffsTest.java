package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Cuts of a probability. */
class CutoffsTest {
  /** A probability written in decimal reaches its own cut: what is let pass is let pass below. */
  @Test
  void aProbabilityReachesItsOwnCut() {
    for (double p : new double[] {0.05, 0.1, 0.3, 0.5}) {
      for (double temperature : new double[] {0.25, 1, 4}) {
        double exact = temperature * Math.log(p * 3);
        float cut = Cutoffs.probability(3, temperature, p);
        assertTrue(cut < exact - temperature * 0x1p-23, "p = " + p);
        assertEquals(exact, cut, temperature * 0x1p-20, "p = " + p);
      }
    }
  }

  /** A collision: never above the maximum, nor on it, and half way where half are sure. */
  @Test
  void aCollisionIsNoMoreProbableThanTheBest() {
    for (double temperature : new double[] {0.25, 1, 4}) {
      assertEquals(temperature * Math.log(0.5), Cutoffs.collision(2, 4, temperature), 1e-5);
      for (double squares : new double[] {5, 5 + 1e-6, 6}) { // more only by rounding
        assertEquals((float) (temperature * -0x1p-21), Cutoffs.collision(squares, 5, temperature));
      }
      assertTrue(Cutoffs.collision(2, 4, temperature) < (float) (temperature * Math.log(0.5)));
    }
    assertEquals(0, Cutoffs.collision(3, 3, 0x1p-960), 0);
    assertEquals(Float.NEGATIVE_INFINITY, Cutoffs.collision(3, 3, 0x1p960));
  }
}
