package org.logitkernels.spi;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** Masses and weights of survivors, and what they hold for. */
class SurvivorsTest {
  /** The unit of mass: 2^-44, and twice as large for each doubling of a row beyond 2^18. */
  @Test
  void theUnitGrowsWithRowsBeyond2ToThe18() {
    assertEquals(0x1p44, Survivors.quantum(1));
    assertEquals(0x1p44, Survivors.quantum(1 << 18));
    assertEquals(0x1p43, Survivors.quantum((1 << 18) + 1));
    assertEquals(0x1p43, Survivors.quantum(1 << 19));
    assertEquals(0x1p42, Survivors.quantum((1 << 19) + 1));
    assertEquals(0x1p31, Survivors.quantum(Integer.MAX_VALUE));
  }

  /** What was dropped leaves its weight behind the survivors, and is not counted. */
  @Test
  void theMassIsThatOfTheSurvivorsAlone() {
    Survivors survivors = new Survivors(3);
    for (int i = 0; i < 3; i++) {
      survivors.add(i, i);
      survivors.weights[i] = i + 1;
    }
    assertEquals(6L << 44, survivors.mass(0x1p44));
    survivors.size = 2;
    assertEquals(3L << 44, survivors.mass(0x1p44));
  }

  @Test
  void theLastTokenOnTheCutStays() {
    Survivors survivors = of(-1, 3, 2, 2);
    survivors.dropTop(-0.5f, 1);
    assertEquals(4, survivors.size, "one token alone");
    survivors.dropTop(-1, 3);
    assertEquals(4, survivors.size, "two would be left");
    survivors.dropTop(-1, 2);
    assertArrayEquals(
        new int[] {0, 3},
        Arrays.copyOf(survivors.ids, survivors.size),
        "tokens on the cut are above it");
    assertEquals(2, survivors.max);
  }

  /** Of equal logits the first is the best, whatever the sign of a zero, and has its own weight. */
  @Test
  void theBestAloneIsTheBestOfSeveral() {
    for (float[] values :
        new float[][] {{-1, 0, -0f, 0, -2}, {-3, -0f, 0}, {-7, 5, 5, 4}, {1, 2}}) {
      Survivors survivors = of(values);
      for (int i = 0; i < values.length; i++) {
        survivors.weights[i] = i;
      }
      survivors.topK(1);
      assertEquals(1, survivors.size);
      assertEquals(1, survivors.ids[0]);
      assertEquals(values[1], survivors.values[0]);
      assertEquals(1, survivors.weights[0]);
      survivors.topK(1);
      assertEquals(1, survivors.ids[0]);
    }
  }

  /** Survivors that move take their weights along, so these hold until the best is dropped. */
  @Test
  void weightsHoldWhileTheSetShrinks() {
    Survivors survivors = weighed();
    survivors.topK(3);
    survivors.minP(-2, 1);
    survivors.dropMasked();
    assertEquals(2, survivors.size);
    assertTrue(survivors.isWeighed(0.5));
    assertArrayEquals(new float[] {1, 2}, Arrays.copyOf(survivors.weights, survivors.size));
    survivors.dropTop(-1, 1);
    assertFalse(survivors.isWeighed(0.5), "the maximum is another");
  }

  @Test
  void weightsAreForOneTemperatureAndOneMaximum() {
    Survivors survivors = weighed();
    assertTrue(survivors.isWeighed(0.5));
    assertFalse(survivors.isWeighed(1));
    survivors.max(4);
    assertFalse(survivors.isWeighed(0.5));
    survivors.max(3);
    assertTrue(survivors.isWeighed(0.5));
    survivors.forgetWeights();
    assertFalse(survivors.isWeighed(0.5));
    assertFalse(of(1, 2).isWeighed(1), "nothing was weighed");
  }

  @Test
  void weightsDoNotOutliveTheirLogits() {
    Survivors replaced = weighed();
    replaced.replace(0, 1);
    assertFalse(replaced.isWeighed(0.5));
    Survivors inserted = weighed();
    inserted.startKeys();
    inserted.addKey(7L << 32 | Float.floatToRawIntBits(1), 0);
    inserted.insertKeys();
    assertEquals(5, inserted.size);
    assertFalse(inserted.isWeighed(0.5));
    Survivors only = weighed();
    only.only(7, 3);
    assertFalse(only.isWeighed(0.5), "the same maximum");
    Survivors all = weighed();
    all.all(new float[] {3, 3}, 0, 2);
    assertFalse(all.isWeighed(0.5));
    Survivors grown = weighed();
    grown.reserve(10_000);
    assertFalse(grown.isWeighed(0.5), "the array is another");
  }

  /** Four tokens, the second the best, with a weight each that tells it. */
  private static Survivors weighed() {
    Survivors survivors = of(2, 3, -1, 0);
    for (int i = 0; i < survivors.size; i++) {
      survivors.weights[i] = i + 1;
    }
    survivors.weighed(0.5);
    return survivors;
  }

  private static Survivors of(float... logits) {
    Survivors survivors = new Survivors(10_000);
    for (int i = 0; i < logits.length; i++) {
      survivors.add(i, logits[i]);
    }
    survivors.renewMax();
    return survivors;
  }

  /** The same index as by additions in order, also for targets on one of their sums and beside. */
  @Test
  void drawsAreThoseOfTheSumInOrder() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 3000; round++) {
      float[] weights = new float[random.nextInt(1, 1025)];
      int depth = random.nextInt(1, 126);
      for (int i = 0; i < weights.length; i++) {
        float weight = Math.scalb((float) random.nextDouble(), -random.nextInt(depth));
        weights[i] = random.nextInt(8) == 0 ? 0 : weight;
      }
      int at = random.nextInt(weights.length);
      double before = random.nextBoolean() ? 0 : random.nextDouble(1000);
      double[] sums = new double[weights.length];
      double sum = before;
      for (int i = at; i < weights.length; i++) {
        sum += weights[i];
        sums[i] = sum;
      }
      for (int draw = 0; draw < 20; draw++) {
        double near = sums[random.nextInt(at, weights.length)];
        double target =
            switch (draw % 4) {
              case 0 -> near;
              case 1 -> Math.nextUp(near);
              case 2 -> Math.nextDown(near);
              default -> before + random.nextDouble() * (sum - before);
            };
        int expected = -1;
        for (int i = at; i < weights.length && (expected < 0 || !(sums[expected] > target)); i++) {
          expected = weights[i] > 0 ? i : expected;
        }
        assertEquals(expected, Survivors.drawIndex(weights, at, weights.length, before, target));
      }
    }
  }
}
