package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.logitkernels.spi.Survivors;

/** Arrays double, up to the longest there is. */
class RoomTest {
  @Test
  void roomDoubles() {
    assertEquals(128, Room.of(64, 65));
    assertEquals(300, Room.of(64, 300));
    assertEquals(7, Room.of(0, 7));
    assertEquals(1 << 30, Room.of(1 << 29, (1 << 29) + 1));
  }

  @Test
  void roomEndsAtTheLongestArray() {
    int longest = Integer.MAX_VALUE - 8;
    for (int length : new int[] {1 << 30, (1 << 30) + 1, longest - 1}) {
      assertEquals(longest, Room.of(length, length + 1L));
    }
    assertEquals(longest, Room.of(5, longest));
    for (long needed : new long[] {longest + 1L, 1L << 31, 1L << 40}) {
      String message =
          assertThrows(OutOfMemoryError.class, () -> Room.of(longest, needed)).getMessage();
      assertEquals(needed + " elements are more than an array holds: 2147483639", message);
    }
  }

  /** Blocks of the longest row, and all that is computed from its length. */
  @Test
  void theLongestRowIsCounted() {
    int longest = Room.LONGEST_ROW;
    assertEquals(2_130_706_432, longest);
    assertEquals(longest / Lanes.BLOCK, Lanes.blocks(longest));
    assertEquals(longest / Lanes.BLOCK, Lanes.blocks(longest - 1));
    assertEquals(0x1p31, Survivors.quantum(longest)); // times a total of 2^31 is below 2^63
  }
}
