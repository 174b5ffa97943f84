package org.logitkernels.examples;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * A matrix inside a larger block of little-endian floats: row r starts {@code stride} floats after
 * row r - 1.
 *
 * @param data native memory (one kind of memory keeps the loop that reads it fast)
 * @param from the index of the first float
 * @param stride the floats from one row to the next
 */
record Matrix(MemorySegment data, long from, int stride) {

  static Matrix zeros(int rows, int columns) {
    return new Matrix(Arena.ofAuto().allocate(4L * rows * columns, 64), 0, columns);
  }

  /**
   * Writes the product of the first {@code rows} rows and {@code columns} columns with a vector.
   */
  void multiply(int rows, int columns, float[] x, int xFrom, float[] product, int productFrom) {
    for (int r = 0; r < rows; r++) {
      product[productFrom + r] = DotProduct.of(data, offset(r, 0), x, xFrom, columns);
    }
  }

  /** Fills an array from the start of a row. */
  void copyRow(int row, float[] to) {
    MemorySegment.copy(data, DotProduct.FLOAT, offset(row, 0), to, 0, to.length);
  }

  void set(int row, int column, float value) {
    data.set(DotProduct.FLOAT, offset(row, column), value);
  }

  private long offset(int row, int column) {
    return 4 * (from + (long) row * stride + column);
  }
}
