package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Sorts of keys that hardly differ, in arrays that they fill. */
class OrderTest {
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
          sorted, Order.sort(keys, new long[SIZE], SIZE, new int[Order.counters()]), "bit " + bit);
    }
  }
}
