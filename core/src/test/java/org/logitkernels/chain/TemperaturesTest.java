package org.logitkernels.chain;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** Dynamic temperatures on numbers that can be told by heart. */
class TemperaturesTest {
  @Test
  void dynamicTemperatureGoesFromTheLeastToTheMost() {
    assertEquals(1, Temperatures.dynamic(0, 1, 0.5f, 1.5f, 1));
    assertEquals(0.5, Temperatures.dynamic(0, 2, 0.5f, 1.5f, 1));
    assertEquals(1.5, Temperatures.dynamic(Math.log(2), 2, 0.5f, 1.5f, 1));
  }
}
