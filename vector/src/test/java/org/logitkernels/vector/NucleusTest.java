package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Survivors;

/** Selections by mass that chance does not meet. */
class NucleusTest {
  /** A mass that is met to the unit: the token that meets it is the last, from whatever guess. */
  @Test
  void aMassMayBeMetToTheUnit() {
    int length = 1_000;
    double quantum = Survivors.quantum(length);
    for (int ties : new int[] {1, 2, 7, 1_000}) {
      for (int kept = 1; kept <= length; kept += 37) {
        for (float guess : new float[] {0, -(kept - 1) / ties / 256f, -5}) {
          Survivors survivors = new Survivors(length);
          for (int i = 0; i < length; i++) {
            survivors.add(i, -(i / ties) / 256f);
          }
          survivors.max = 0;
          new ScalarKernels().weights(survivors, 1);
          long need = 0;
          for (int i = 0; i < kept; i++) {
            need += (long) Math.rint(survivors.weights[i] * quantum);
          }
          Nucleus.keep(survivors, 1, survivors.mass(quantum), need, quantum, guess);
          assertEquals(kept, survivors.size, "ties of " + ties + ", guess " + guess);
          assertEquals(kept - 1, survivors.ids[kept - 1]);
        }
      }
    }
  }

  // what another thread that changes a row may leave of it

  /**
   * Tokens that had a mass when it was summed, and have none now, end the selection as well: each
   * counts for the least mass there is.
   */
  @Test
  void tiesMayHaveLostTheirMass() {
    Survivors survivors = new Survivors(1_000);
    for (int i = 0; i < 1_000; i++) {
      survivors.add(i, 1);
    }
    Arrays.fill(survivors.weights, 0);
    survivors.max = 1;
    int[] expected = {0, 1, 2, 3, 4};
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> Nucleus.keep(survivors, 1, 10, 5, Survivors.quantum(1_000), 1));
    assertArrayEquals(expected, Arrays.copyOf(survivors.ids, survivors.size));
  }

  /** Where all of them are not enough, all of them are kept. */
  @Test
  void allTiesMayHaveTooLittleMass() {
    Survivors survivors = new Survivors(1_000);
    for (int i = 0; i < 1_000; i++) {
      survivors.add(i, 1);
    }
    Arrays.fill(survivors.weights, 0);
    survivors.max = 1;
    assertTimeoutPreemptively(
        Duration.ofSeconds(20),
        () -> Nucleus.keep(survivors, 1, 9_000, 5_000, Survivors.quantum(1_000), 1));
    assertEquals(1_000, survivors.size);
    assertEquals(999, survivors.ids[999]);
  }
}
