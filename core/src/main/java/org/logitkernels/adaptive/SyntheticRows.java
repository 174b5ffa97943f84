package org.logitkernels.adaptive;

/** Rows to warm up on, one of each shape that sends kernels another way. */
final class SyntheticRows {
  /**
   * As a model's, with a clear favourite; normal, with a wide nucleus; mostly masked; ascending.
   */
  static final int SHAPES = 4;

  /** The one that is mostly masked. */
  static final int MASKED = 2;

  private SyntheticRows() {}

  /** The shapes at a length. */
  static float[][] of(int length) {
    float[][] rows = new float[SHAPES][];
    for (int shape = 0; shape < SHAPES; shape++) {
      rows[shape] = row(shape, length);
    }
    return rows;
  }

  private static float[] row(int shape, int length) {
    float[] row = new float[length];
    long state = shape;
    for (int i = 0; i < length; i++) {
      state = state * 6364136223846793005L + 1442695040888963407L;
      long bits = state ^ state >>> 29; // four uniform numbers, whose sum is near enough to normal
      int uniforms =
          (short) bits + (short) (bits >> 16) + (short) (bits >> 32) + (short) (bits >> 48);
      float sum = uniforms * 0x1p-15f;
      row[i] =
          switch (shape) {
            case MASKED -> i % 64 == 5 ? sum : Float.NEGATIVE_INFINITY;
            case 3 -> 16f * i / length + sum * 0.01f;
            default -> 2 * sum;
          };
    }
    if (shape == 0) {
      for (int rank = 0; rank < 40; rank++) {
        row[(int) ((rank * 7919L + 13) % length)] = 16 - 0.5f * rank;
      }
    }
    return row;
  }
}
