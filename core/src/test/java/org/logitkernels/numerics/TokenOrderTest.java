package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Sorts of keys that hardly differ, in arrays that they fill. */
class TokenOrderTest {
  private static final int SIZE = 200;

  @Test
  void oneBitOfTheLogitIsEnough() {
    for (int bit = 0; bit < Integer.SIZE; bit++) {
      long[] keys = new long[SIZE];
      for (int id = 0; id < SIZE; id++) {
        keys[id] = (long) (id % 3 == 0 ? 1 << bit : 0) << 32 | id;
      }
      long[] sorted = keys.clone();
      Arrays.sort(sorted);
      assertArrayEquals(
          sorted,
          TokenOrder.sort(keys, new long[SIZE], SIZE, new int[TokenOrder.counters()]),
          "bit " + bit);
    }
  }

  /** Equal keys, which only two threads with one sampler can make, end a selection in an error. */
  @Test
  void equalKeysEndInAnError() {
    long[] keys = {5, 3, 9, 3, 3, 1};
    long[] masses = {1, 1, 1, 1, 1, 1};
    long[] sums = new long[TokenOrder.sums()];
    assertEquals(1, TokenOrder.prefixEnd(keys.clone(), masses.clone(), keys.length, 1, sums));
    IllegalStateException e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    IllegalStateException.class,
                    () ->
                        TokenOrder.prefixEnd(keys.clone(), masses.clone(), keys.length, 3, sums)));
    assertEquals(RowErrors.shared().getMessage(), e.getMessage());
  }

  /** A prefix ends where the sort of all keys says, whatever their number and their bits. */
  @Test
  void aPrefixEndsWhereTheSortSays() {
    Random random = new Random(7);
    long[] sums = new long[TokenOrder.sums()];
    for (int size : new int[] {1, 2, 50, 95, 96, 97, 98, 200, 1_000, 5_000}) {
      for (int bits = 14; bits <= Long.SIZE; bits += 10) {
        for (int most : new int[] {1, 3, 1_000}) {
          long[] keys = new long[size];
          long[] masses = new long[size];
          long total = 0;
          for (int i = 0; i < size; i++) {
            keys[i] = (random.nextLong() >> (Long.SIZE - bits)) / size * size + i;
            masses[i] = random.nextInt(most + 1);
            total += masses[i];
          }
          Integer[] order = new Integer[size];
          Arrays.setAll(order, i -> i);
          Arrays.sort(order, Comparator.comparingLong(i -> keys[i]));
          for (long need : new long[] {0, 1, total / 3, total / 2, total - 1, total, total + 1}) {
            long expected = Long.MAX_VALUE;
            long mass = 0;
            for (int i = 0; i < size && expected == Long.MAX_VALUE; i++) {
              mass += masses[order[i]];
              expected = mass >= need ? keys[order[i]] : expected;
            }
            assertEquals(
                expected,
                TokenOrder.prefixEnd(keys.clone(), masses.clone(), size, need, sums),
                size + " keys of " + bits + " bits, masses to " + most + ", " + need);
          }
        }
      }
    }
  }

  /** Many equal keys are the same error. */
  @Test
  void manyEqualKeysEndInAnError() {
    long[] keys = new long[1_000];
    Arrays.fill(keys, 3);
    long[] masses = new long[1_000];
    Arrays.fill(masses, 1);
    long[] sums = new long[TokenOrder.sums()];
    assertThrows(
        IllegalStateException.class, () -> TokenOrder.prefixEnd(keys, masses, 1_000, 500, sums));
  }
}
