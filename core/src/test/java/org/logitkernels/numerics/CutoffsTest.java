package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Survivors;

/** Cuts, and what stands on them. */
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

  @Test
  void theLastTokenOnTheCutStays() {
    Survivors survivors = new Survivors(4);
    float[] logits = {-1, 3, 2, 2};
    for (int i = 0; i < logits.length; i++) {
      survivors.add(i, logits[i]);
    }
    survivors.max = 3;
    assertFalse(Cutoffs.dropTop(survivors, -0.5f, 1), "one token alone");
    assertFalse(Cutoffs.dropTop(survivors, -1, 3), "two would be left");
    assertEquals(4, survivors.size);
    assertTrue(Cutoffs.dropTop(survivors, -1, 2), "tokens on the cut are above it");
    assertArrayEquals(new int[] {0, 3}, Arrays.copyOf(survivors.ids, survivors.size));
    assertEquals(2, survivors.max);
  }
}
