package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** The ways to the best k, and to the best one: each has the result of the scalar kernels. */
class TopKTest {
  private static final float MASKED = Float.NEGATIVE_INFINITY;
  private static final int KINDS = 9;

  private final Backend scalar = new ScalarKernels();
  private final Backend vector = new VectorKernels(scalar);
  private final Random random = new Random(11);

  /** Each length up to that of no short row, and each k around a length. */
  @Test
  void shortRowsHaveTheResultOfLongOnes() {
    for (int length = 1; length <= 4 * Species.FLOATS.length() + 40; length++) {
      for (int kind = 0; kind < KINDS; kind++) {
        float[] row = row(kind, length);
        check(row, length, 1, 2, 8, 1 + random.nextInt(length), length - 1, length, length + 1);
      }
    }
    int longest = ShortRows.LONGEST_TOP_K;
    for (int length :
        new int[] {200, 255, 256, 257, longest - 1, longest, longest + 1, longest + 100}) {
      for (int kind = 0; kind < KINDS; kind++) {
        check(row(kind, length), length, 8, 1 + random.nextInt(length), length - 1);
      }
    }
  }

  /** NaN of either sign and +Infinity are the same error at each place. */
  @Test
  void shortRowsHaveTheErrorsOfLongOnes() {
    for (int length : new int[] {1, 15, 16, 17, 33, 63, 64, 65, 100}) {
      for (float no :
          new float[] {Float.NaN, Float.intBitsToFloat(0xffc00000), Float.POSITIVE_INFINITY}) {
        for (int at = 0; at < length; at++) {
          float[] row = row(at % 3, length);
          row[at] = no;
          assertSameError(IllegalArgumentException.class, row);
          row[random.nextInt(length)] = MASKED; // perhaps there
          row[at] = no;
          assertSameError(IllegalArgumentException.class, row);
        }
      }
      float[] masked = new float[length];
      Arrays.fill(masked, MASKED);
      assertSameError(IllegalStateException.class, masked);
    }
  }

  /** Around each k at which the way changes, and up to the whole row. */
  @Test
  void anyPartOfARowMayBeKept() {
    for (int length : new int[] {600, 4_111, 9_000}) {
      int[] ks = new int[14];
      int size = 0;
      for (int part : new int[] {8, 16, 32, 64}) {
        for (int k = length / part - 1; k <= length / part + 1; k++) {
          ks[size++] = k;
        }
      }
      ks[size++] = length / 2;
      ks[size] = length - 5;
      for (int kind = 0; kind < KINDS; kind++) {
        check(row(kind, length), length, ks);
      }
    }
  }

  /** Rows of which a sample tells nothing, or too much. */
  @Test
  void aSampleMayErr() {
    int length = 32 * Strips.SAMPLE;
    int lanes = Species.FLOATS.length();
    for (float sampled : new float[] {5, -5}) {
      float[] row = row(0, length);
      for (int i = 0; i < length; i++) {
        row[i] += i / lanes % 32 == 0 ? sampled : 0;
      }
      check(row, length, length / 32 + 1, length / 20, length / 2);
    }
  }

  private float[] row(int kind, int length) {
    float[] row = new float[length];
    for (int i = 0; i < length; i++) {
      float normal = (float) random.nextGaussian();
      row[i] =
          switch (kind) {
            case 0 -> normal;
            case 1 -> normal - 20; // all are negative
            case 2 -> (float) Math.rint(2 * normal); // ties, and zeros of both signs
            case 3 -> random.nextInt(10) > 0 ? MASKED : normal;
            case 4 -> 3;
            case 5 -> i;
            case 6 -> -i / 8;
            case 7 -> (random.nextBoolean() ? 1 : -1) * (float) Math.exp(15 * normal);
            default -> random.nextInt(20) > 0 ? -0f : normal > 1 ? Float.MIN_VALUE : 0;
          };
    }
    row[random.nextInt(length)] = kind == 7 ? Float.MAX_VALUE : row[0];
    if (row[0] == MASKED) {
      row[random.nextInt(length)] = 1;
    }
    return row;
  }

  private void check(float[] row, int length, int... ks) {
    int from = random.nextInt(3);
    float[] x = new float[length + from + 2];
    System.arraycopy(row, 0, x, from, length);
    x[length + from] = Float.NaN; // is not looked at
    SegmentAddress address = new SegmentAddress();
    address.at(Arena.ofAuto().allocateFrom(ValueLayout.JAVA_FLOAT, row), 0);
    int best = scalar.argMax(x, from, from + length);
    assertEquals(best, vector.argMax(x, from, from + length));
    assertEquals(best, vector.natives().argMax(address, 0, length));
    for (int k : ks) {
      if (k < 1) {
        continue;
      }
      String what = "the best " + k + " of " + length;
      Survivors expected = new Survivors(length);
      scalar.topK(x, from, from + length, k, expected);
      Survivors survivors = new Survivors(length);
      vector.topK(x, from, from + length, k, survivors);
      assertEqual(expected, survivors, what);
      vector.natives().topK(address, 0, length, k, survivors);
      assertEqual(expected, survivors, what + ", native");
    }
  }

  private static void assertEqual(Survivors expected, Survivors survivors, String what) {
    int size = expected.size;
    assertEquals(size, survivors.size, what);
    assertArrayEquals(Arrays.copyOf(expected.ids, size), Arrays.copyOf(survivors.ids, size), what);
    for (int i = 0; i < size; i++) {
      assertEquals(
          Float.floatToRawIntBits(expected.values[i]),
          Float.floatToRawIntBits(survivors.values[i]),
          what);
    }
    assertEquals(
        Float.floatToRawIntBits(expected.max), Float.floatToRawIntBits(survivors.max), what);
  }

  private <T extends RuntimeException> void assertSameError(Class<T> type, float[] row) {
    int to = row.length;
    Survivors survivors = new Survivors(to);
    String message = assertThrows(type, () -> scalar.argMax(row, 0, to)).getMessage();
    assertEquals(message, assertThrows(type, () -> vector.argMax(row, 0, to)).getMessage());
    assertEquals(
        message, assertThrows(type, () -> vector.topK(row, 0, to, 2, survivors)).getMessage());
  }
}
