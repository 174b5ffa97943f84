package org.logitkernels.examples;

import java.lang.foreign.MemorySegment;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * {@link DotProduct} with the Vector API: its 16 sums are one vector of 512 bits, two of 256 or
 * four of 128. A class of its own, because it loads only where the incubator module is present.
 */
final class VectorDotProduct {
  private static final VectorSpecies<Float> SPECIES = species();
  private static final int WIDTH = SPECIES.length();
  private static final int VECTORS = DotProduct.LANES / WIDTH;

  /** Lane l takes lane l + n: one halving, where only the lower lanes are of interest. */
  private static final VectorShuffle<Float> DOWN_8 = down(8);

  private static final VectorShuffle<Float> DOWN_4 = down(4);
  private static final VectorShuffle<Float> DOWN_2 = down(2);
  private static final VectorShuffle<Float> DOWN_1 = down(1);

  private VectorDotProduct() {}

  static boolean isSupported() {
    return FloatVector.SPECIES_PREFERRED.vectorBitSize() >= 128;
  }

  static float of(MemorySegment row, long offset, float[] x, int xFrom, int n) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    int full = n - n % DotProduct.LANES;
    for (int i = 0; i < full; i += DotProduct.LANES) {
      a = a.add(product(row, offset, x, xFrom, i));
      if (VECTORS > 1) {
        b = b.add(product(row, offset, x, xFrom, i + WIDTH));
      }
      if (VECTORS > 2) {
        c = c.add(product(row, offset, x, xFrom, i + 2 * WIDTH));
        d = d.add(product(row, offset, x, xFrom, i + 3 * WIDTH));
      }
    }
    FloatVector sum =
        switch (VECTORS) {
          case 1 -> a.add(a.rearrange(DOWN_8));
          case 2 -> a.add(b);
          default -> a.add(c).add(b.add(d));
        };
    if (VECTORS < 4) {
      sum = sum.add(sum.rearrange(DOWN_4));
    }
    sum = sum.add(sum.rearrange(DOWN_2));
    sum = sum.add(sum.rearrange(DOWN_1));
    return DotProduct.addTail(sum.lane(0), row, offset, x, xFrom, full, n);
  }

  private static FloatVector product(MemorySegment row, long offset, float[] x, int xFrom, int i) {
    return FloatVector.fromMemorySegment(SPECIES, row, offset + 4L * i, ByteOrder.LITTLE_ENDIAN)
        .mul(FloatVector.fromArray(SPECIES, x, xFrom + i));
  }

  private static VectorSpecies<Float> species() {
    int bits = Math.clamp(FloatVector.SPECIES_PREFERRED.vectorBitSize(), 128, 512);
    return VectorShape.forBitSize(Integer.highestOneBit(bits)).withLanes(float.class);
  }

  private static VectorShuffle<Float> down(int lanes) {
    return VectorShuffle.fromOp(SPECIES, l -> (l + lanes) % WIDTH);
  }
}
