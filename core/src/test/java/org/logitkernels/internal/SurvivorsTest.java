package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** The unit of mass: 2^-44, and twice as large for each doubling of a row beyond 2^18. */
class SurvivorsTest {
  @Test
  void theUnitGrowsWithRowsBeyond2ToThe18() {
    assertEquals(0x1p44, Survivors.quantum(1));
    assertEquals(0x1p44, Survivors.quantum(1 << 18));
    assertEquals(0x1p43, Survivors.quantum((1 << 18) + 1));
    assertEquals(0x1p43, Survivors.quantum(1 << 19));
    assertEquals(0x1p42, Survivors.quantum((1 << 19) + 1));
    assertEquals(0x1p31, Survivors.quantum(Integer.MAX_VALUE));
  }
}
