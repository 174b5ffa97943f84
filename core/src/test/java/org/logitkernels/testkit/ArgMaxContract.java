package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.Random;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/** Arg-max is exact: the lowest id that attains the maximum. */
public interface ArgMaxContract extends Inputs {
  /** On any row. */
  @Property
  default void argMaxIsTheFirstOfTheOrder(@ForAll("rows") TestRow row) {
    float[] logits = row.logits();
    int best = 0;
    for (int id = 1; id < logits.length; id++) {
      if (logits[id] > logits[best]) {
        best = id;
      }
    }
    assertEquals(best, kernels().argMax(row.array(), row.from(), row.to()));
  }

  /** The maximum at every place, alone and tied with one behind it. */
  @Example
  default void argMaxFindsTheMaximumAtEveryPlace() {
    for (int length : new int[] {1, 3, 4, 15, 16, 17, 31, 33, 64, 127, 260, 1025}) {
      float[] row = new float[length + 3];
      Arrays.fill(row, -3);
      row[0] = row[length + 1] = 9;
      for (int id = 0; id < length; id++) {
        row[1 + id] = -2;
        assertEquals(id, kernels().argMax(row, 1, 1 + length));
        int tie = id + (length - id) / 2;
        row[1 + tie] = -2;
        assertEquals(id, kernels().argMax(row, 1, 1 + length));
        row[1 + tie] = -3;
        row[1 + id] = -3;
      }
    }
  }

  /** The maximum around the boundaries inside a long row. */
  @Example
  default void argMaxFindsTheMaximumInALongRow() {
    for (int length : new int[] {8191, 8192, 16383, 16384, 16385, 24577, 40000}) {
      float[] row = new float[length];
      for (int boundary = 0; boundary <= length; boundary += 1024) {
        for (int id = Math.max(0, boundary - 2); id < Math.min(length, boundary + 2); id++) {
          row[id] = Float.MIN_VALUE;
          assertEquals(id, kernels().argMax(row, 0, length));
          row[id] = 0;
        }
      }
    }
  }

  /** Whichever blocks are negative, and whatever their sums overflow to. */
  @Example
  default void argMaxFindsTheMaximumAmongBlocksOfAnySign() {
    int block = 8192;
    float[][] kinds = {
      {-2, -1},
      {-2, 1},
      {-Float.MAX_VALUE, -1},
      {Float.MAX_VALUE / 2, Float.MAX_VALUE},
      {-Float.MAX_VALUE, Float.MAX_VALUE},
      {Float.NEGATIVE_INFINITY, -3},
      {-0f, 0f}
    };
    float[] row = new float[4 * block + 5];
    Random random = new Random(6);
    for (int round = 0; round < 40; round++) {
      for (int from = 0; from < row.length; from += block) {
        float[] kind = kinds[random.nextInt(kinds.length)];
        for (int i = from; i < Math.min(row.length, from + block); i++) {
          row[i] = kind[random.nextInt(100) == 0 ? 1 : 0];
        }
      }
      int best = 0;
      for (int i = 1; i < row.length; i++) {
        best = row[i] > row[best] ? i : best;
      }
      assertEquals(best, kernels().argMax(row, 0, row.length), "round " + round);
      int at = random.nextInt(row.length);
      row[at] = round % 2 == 0 ? Float.intBitsToFloat(0xffc00000) : Float.POSITIVE_INFINITY;
      IllegalArgumentException e =
          assertThrows(IllegalArgumentException.class, () -> kernels().argMax(row, 0, row.length));
      assertTrue(e.getMessage().contains("logit " + at + " is"), e::getMessage);
    }
  }
}
