package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.SegmentAddress;
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

  /** The sample of a row may be longer than the arrays that few survivors have. */
  @Test
  void aSampleFindsRoom() {
    Backend scalar = new ScalarKernels();
    Backend vector = new VectorKernels(scalar);
    for (int length : new int[] {2_047, 2_065, 3_149, 4_097, 5_000, 20_000}) {
      float[] row = new float[length];
      Random random = new Random(length);
      for (int i = 0; i < length; i++) {
        row[i] = (float) (2 * random.nextGaussian());
      }
      SegmentAddress address = new SegmentAddress();
      address.at(Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row), 0);
      Survivors expected = new Survivors(length);
      scalar.topP(row, 0, length, 1, 0.9f, false, expected);
      Survivors ofArray = new Survivors(length);
      vector.topP(row, 0, length, 1, 0.9f, false, ofArray);
      Survivors ofNative = new Survivors(length);
      vector.natives().topP(address, 0, length, 1, 0.9f, false, ofNative);
      int[] ids = Arrays.copyOf(expected.ids, expected.size);
      assertArrayEquals(ids, Arrays.copyOf(ofArray.ids, ofArray.size), "length " + length);
      assertArrayEquals(ids, Arrays.copyOf(ofNative.ids, ofNative.size), "length " + length);
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
