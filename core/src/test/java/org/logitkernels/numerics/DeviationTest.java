package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;

/** What stands in the lanes: a deviation alone would not tell a sum from its negative. */
class DeviationTest {
  private static final float MASKED = Float.NEGATIVE_INFINITY;

  /**
   * Lane l adds what stands at l, l + 16, ... of the row, less the origin; even lanes stand first.
   */
  @Test
  void lanesAddDifferencesFromTheOrigin() {
    int from = 3;
    float[] x = new float[from + 37];
    double[] expected = new double[2 * Deviation.LANES];
    for (int id = 0; id < x.length - from; id++) {
      x[from + id] = id % 5 == 0 ? MASKED : id * id;
      if (id % 5 > 0) {
        int lane = id % 16;
        int place = lane % 2 == 0 ? lane / 2 : 8 + lane / 2;
        expected[place] += id * id - 7;
        expected[16 + place] += (id * id - 7.0) * (id * id - 7.0);
      }
    }
    double[] lanes = new double[2 * Deviation.LANES];
    assertEquals(4, Deviation.add(x, from, from, from + 20, 7, lanes), "masked");
    assertEquals(4, Deviation.add(x, from, from + 20, from + 37, 7, lanes), "masked");
    assertArrayEquals(expected, lanes);
  }

  @Test
  void theOriginIsTheFirstUnmaskedLogitOfTheRow() {
    assertEquals(2, Deviation.first(new float[] {9, MASKED, 1, 2}, 1, 4));
    for (float behind : new float[] {MASKED, 1}) {
      Failures.illegalState(
          Failures.ALL_MASKED, () -> Deviation.first(new float[] {MASKED, MASKED, behind}, 0, 2));
    }
  }
}
