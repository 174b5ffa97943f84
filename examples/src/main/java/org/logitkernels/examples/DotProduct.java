package org.logitkernels.examples;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;

/**
 * The dot product of a row of weights and a vector, as an order of operations: 16 partial sums,
 * column c going to sum c mod 16, combined by halving (l and l + 8, then 4, 2, 1), and what is left
 * over after the last full 16 columns added one by one. The order is fixed, so every machine
 * computes the same bits and tells the same story; this class is its definition, in plain Java, and
 * {@link VectorDotProduct} is the fast form.
 */
final class DotProduct {
  static final int LANES = 16;

  static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /** Decided once, so that the compiler sees a constant. */
  private static final boolean VECTORS =
      ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent()
          && VectorDotProduct.isSupported();

  private DotProduct() {}

  /**
   * The dot product of {@code n} floats of {@code row} from {@code offset} (bytes) and of {@code x}
   * from {@code xFrom}.
   */
  static float of(MemorySegment row, long offset, float[] x, int xFrom, int n) {
    return VECTORS
        ? VectorDotProduct.of(row, offset, x, xFrom, n)
        : scalar(row, offset, x, xFrom, n);
  }

  static float scalar(MemorySegment row, long offset, float[] x, int xFrom, int n) {
    float[] sums = new float[LANES];
    int full = n - n % LANES;
    for (int c = 0; c < full; c++) {
      sums[c % LANES] += row.get(FLOAT, offset + 4L * c) * x[xFrom + c];
    }
    for (int half = LANES / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        sums[l] += sums[l + half];
      }
    }
    return addTail(sums[0], row, offset, x, xFrom, full, n);
  }

  static float addTail(
      float sum, MemorySegment row, long offset, float[] x, int xFrom, int from, int to) {
    for (int c = from; c < to; c++) {
      sum += row.get(FLOAT, offset + 4L * c) * x[xFrom + c];
    }
    return sum;
  }
}
