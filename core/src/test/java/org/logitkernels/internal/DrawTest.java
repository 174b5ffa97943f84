package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;

/** A draw from what excluded tokens leave, far below them. */
class DrawTest {
  /** The second block lies so far below the row's maximum that it adds nothing to the total. */
  @Test
  void aBlockTooFarBelowIsNeverDrawnFrom() {
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
    assertTrue(survivors.sums[1] >= 0.5, "a block's sum is relative to its own maximum");
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
