package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.internal.Survivors;

/** What another thread that changes a row may leave of it to a selection by mass. */
class NucleusTest {
  /** Tokens that had a mass when it was summed, and have none now, end the selection as well. */
  @Test
  void tiesMayHaveLostTheirMass() {
    Survivors survivors = new Survivors(1_000);
    for (int i = 0; i < 1_000; i++) {
      survivors.add(i, 1);
    }
    Arrays.fill(survivors.weights, 0);
    survivors.max = 1;
    Nucleus.keep(survivors, 1, 10, 5, Survivors.quantum(1_000), 1);
    assertTrue(survivors.size <= 1_000);
  }
}
