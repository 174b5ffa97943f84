package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class EntropyTest {
  /** A block whose maximum is 3, in a row whose maximum is 5. */
  @Test
  void productsOfABlockBecomeThoseOfTheRow() {
    assertEquals(1 + 2 * 4, Entropy.products(1, 4, 3, 5, 1));
    assertEquals(1 + 2 * 8 * 4, Entropy.products(1, 4, 3, 5, 8));
  }
}
