package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What stands in the lanes: a deviation alone would not tell a sum from its negative. */
class DeviationTest {
  private static final float MASKED = Float.NEGATIVE_INFINITY;

  /**
   * Lane l adds what stands at l, l + 16, ... of the row, less the origin; even lanes stand first.
   */
  @Test
  void lanesAddDifferencesFromTheOrigin() {
    double[] lanes = new double[2 * Deviation.LANES];
    double[] expected = new double[2 * Deviation.LANES];
    for (int id = 0; id < 37; id++) {
      boolean isMasked = id % 5 == 0;
      int masked = Deviation.add(isMasked ? MASKED : id * id, id, 7, lanes);
      assertEquals(isMasked ? 1 : 0, masked);
      if (!isMasked) {
        int lane = id % 16;
        int place = lane % 2 == 0 ? lane / 2 : 8 + lane / 2;
        expected[place] += id * id - 7;
        expected[16 + place] += (id * id - 7.0) * (id * id - 7.0);
      }
    }
    assertArrayEquals(expected, lanes);
  }
}
