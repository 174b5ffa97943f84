package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DotProductTest {

  @Test
  void vectorsAndPlainJavaComputeTheSameBits() {
    assertTrue(
        ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent(),
        "needs --add-modules jdk.incubator.vector");
    SplittableRandom random = new SplittableRandom(1);
    try (Arena arena = Arena.ofConfined()) {
      for (int n = 0; n < 200; n++) {
        MemorySegment row = arena.allocate(4 * 201, 4);
        float[] x = new float[203];
        double exact = 0;
        double size = 0;
        for (int i = 0; i < n; i++) {
          float w = (float) random.nextGaussian();
          row.set(DotProduct.FLOAT, 4 + 4L * i, w);
          x[i + 3] = (float) random.nextGaussian();
          exact += (double) w * x[i + 3];
          size += Math.abs((double) w * x[i + 3]);
        }
        float scalar = DotProduct.scalar(row, 4, x, 3, n);
        float vector = VectorDotProduct.of(row, 4, x, 3, n);
        assertEquals(Float.floatToRawIntBits(scalar), Float.floatToRawIntBits(vector), "n = " + n);
        assertEquals(exact, scalar, 40 * 0x1p-24 * size, "n = " + n);
      }
    }
  }
}
