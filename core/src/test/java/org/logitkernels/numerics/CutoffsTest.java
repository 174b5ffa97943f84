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
}
