package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class HotSpotTest {
  /** {@code bin/golden} with JDK 27 and 28, with and without the flag, is where this was seen. */
  @Test
  void compilersThatFailAtUnsignedExtremesAreKnown() {
    assertFalse(HotSpot.failsAtUnsignedExtremes(26, "true"));
    assertTrue(HotSpot.failsAtUnsignedExtremes(27, "true"));
    assertTrue(HotSpot.failsAtUnsignedExtremes(28, "true"));
    assertFalse(HotSpot.failsAtUnsignedExtremes(28, "false"));
    assertFalse(HotSpot.failsAtUnsignedExtremes(28, null));
  }
}
