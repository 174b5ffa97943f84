package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;

/** A draw from what excluded tokens leave, far below them. */
class DrawTest {
  /**
   * The second block has its share of the total, which is summed relative to the maximum before it,
   * but no weight relative to the row's: what it would have gets the last token before it.
   */
  @Test
  void aBlockWithoutWeightsGivesItsShareToThoseBeforeIt() {
    Backend backend = new ScalarKernels();
    float[] x = new float[3 * Lanes.BLOCK];
    Arrays.fill(x, Float.NEGATIVE_INFINITY);
    x[0] = -60;
    x[5] = -60;
    x[Lanes.BLOCK] = -90;
    x[2 * Lanes.BLOCK] = 0;
    Row<?> row = new Row.OfArray(backend).at(x, 0, x.length);
    Survivors survivors = new Survivors(x.length);
    Draw.sums(backend, row, 1, survivors);
    assertEquals(2 * Lanes.BLOCK, Draw.draw(backend, row, 1, 0.5, survivors));
    Draw.exclude(backend, row, 1, 2 * Lanes.BLOCK, survivors);
    assertEquals(0, Draw.draw(backend, row, 1, 0.25, survivors));
    assertEquals(5, Draw.draw(backend, row, 1, 0.75, survivors));
    assertEquals(5, Draw.draw(backend, row, 1, 1 - 0x1p-53, survivors));
    Draw.exclude(backend, row, 1, 5, survivors);
    assertEquals(0, Draw.draw(backend, row, 1, 1 - 0x1p-53, survivors));
    Draw.exclude(backend, row, 1, 0, survivors);
    assertEquals(-1, Draw.draw(backend, row, 1, 0.5, survivors), "nothing has a weight");
  }
}
