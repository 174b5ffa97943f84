package org.logitkernels.spi;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Masses of survivors. */
class SurvivorsTest {
  /** The unit of mass: 2^-44, and twice as large for each doubling of a row beyond 2^18. */
  @Test
  void theUnitGrowsWithRowsBeyond2ToThe18() {
    assertEquals(0x1p44, Survivors.quantum(1));
    assertEquals(0x1p44, Survivors.quantum(1 << 18));
    assertEquals(0x1p43, Survivors.quantum((1 << 18) + 1));
    assertEquals(0x1p43, Survivors.quantum(1 << 19));
    assertEquals(0x1p42, Survivors.quantum((1 << 19) + 1));
    assertEquals(0x1p31, Survivors.quantum(Integer.MAX_VALUE));
  }

  /** What was dropped leaves its weight behind the survivors, and is not counted. */
  @Test
  void theMassIsThatOfTheSurvivorsAlone() {
    Survivors survivors = new Survivors(3);
    for (int i = 0; i < 3; i++) {
      survivors.add(i, i);
      survivors.weights[i] = i + 1;
    }
    assertEquals(6L << 44, survivors.mass(0x1p44));
    survivors.size = 2;
    assertEquals(3L << 44, survivors.mass(0x1p44));
  }
}
