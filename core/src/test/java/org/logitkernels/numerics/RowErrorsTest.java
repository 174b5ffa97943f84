package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** What is said of rows that cannot be sampled. */
class RowErrorsTest {
  /** A pass has seen a NaN that another thread has overwritten before it could be named. */
  @Test
  void aValueThatIsGoneAgainIsToldAsAChange() {
    float[] x = {Float.NaN, 1, 2};
    assertEquals("logit 0 is NaN", RowErrors.invalid(x, 0, 3).getMessage());
    assertEquals("the row changed while it was read", RowErrors.invalid(x, 1, 3).getMessage());
    x[0] = Float.NEGATIVE_INFINITY;
    assertEquals("the row changed while it was read", RowErrors.invalid(x, 0, 3).getMessage());
  }
}
