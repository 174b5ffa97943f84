package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import java.util.Arrays;
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
    assertEquals(1, TokenOrder.prefixEnd(keys.clone(), masses.clone(), keys.length, 1));
    IllegalStateException e =
        assertTimeoutPreemptively(
            Duration.ofSeconds(20),
            () ->
                assertThrows(
                    IllegalStateException.class,
                    () -> TokenOrder.prefixEnd(keys.clone(), masses.clone(), keys.length, 3)));
    assertEquals(RowErrors.shared().getMessage(), e.getMessage());
  }
}
