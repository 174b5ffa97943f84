package org.logitkernels.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/** A draw from what excluded tokens leave, far below them. */
class WholeRowDrawTest {
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
    WholeRowDraw.sums(backend, row, 1, survivors);
    assertTrue(survivors.row.sums[1] >= 0.5, "a block's sum is relative to its own maximum");
    assertEquals(2 * Lanes.BLOCK, WholeRowDraw.draw(backend, row, 1, 0.5, survivors));
    WholeRowDraw.exclude(backend, row, 1, 2 * Lanes.BLOCK, survivors);
    assertEquals(0, WholeRowDraw.draw(backend, row, 1, 0.25, survivors));
    assertEquals(5, WholeRowDraw.draw(backend, row, 1, 0.75, survivors));
    assertEquals(5, WholeRowDraw.draw(backend, row, 1, 1 - 0x1p-53, survivors));
    WholeRowDraw.exclude(backend, row, 1, 5, survivors);
    assertEquals(0, WholeRowDraw.draw(backend, row, 1, 1 - 0x1p-53, survivors));
    WholeRowDraw.exclude(backend, row, 1, 0, survivors);
    assertEquals(-1, WholeRowDraw.draw(backend, row, 1, 0.5, survivors), "nothing has a weight");
  }
}
