package org.logitkernels.numerics;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Survivors;

/** The scale in two floats, weights at the ends of their range, and factors of blocks. */
class ExponentialTest {
  private static double scaleOf(SplittableRandom random) {
    return Exponential.scale(Math.scalb(random.nextDouble(1, 2), random.nextInt(200) - 100));
  }

  @Test
  void theHeadIsOddAndTheTailIsWhatItLeaves() {
    SplittableRandom random = new SplittableRandom(7);
    for (int n = 0; n < 100_000; n++) {
      double scale = scaleOf(random);
      float head = Exponential.head(scale);
      assertEquals(1, Float.floatToRawIntBits(head) & 1, () -> "scale " + scale);
      assertTrue(Math.abs(head - scale) <= Math.ulp(head), () -> "scale " + scale);
      double both = (double) head + Exponential.tail(scale);
      assertEquals(scale, both, scale * 0x1p-46, () -> "scale " + scale);
    }
  }

  /**
   * Half-way between two integers, rounding to even would follow the parity of N. With the nearest
   * float as the head, these logits are: -242.5 at a temperature of 1.442695 is one.
   */
  @Test
  void anotherNIsAnotherExponentAndNoOtherBit() {
    for (double temperature : new double[] {1.442695f, 0.7213475f, 1, 0.8f, 0.1f}) {
      double scale = Exponential.scale(temperature);
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      for (float x = -600; x <= 600; x += 0.25f) {
        int n = (int) Math.ceil(x * scale);
        float weight = Exponential.weight(x, head, tail, n);
        for (int more = 1; more <= 100; more++) {
          float scaled = Math.scalb(Exponential.weight(x, head, tail, n + more), more);
          assertEquals(weight, scaled, "x = " + x + ", T = " + temperature + ", N + " + more);
        }
      }
    }
  }

  /** With log2(e) as the temperature logits are powers, but for 2^-25 of them. */
  @Test
  void aWeightBelowTheLeastIs0() {
    double scale = Exponential.scale(0x1.71547652b82fep0);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    assertEquals(0x1p-126f, Exponential.weight(-126, head, tail, 0));
    assertEquals(0, Exponential.weight(Math.nextDown(-126f), head, tail, 0));
    assertEquals(0, Exponential.weight(-126.5f, head, tail, 0));
    assertEquals(0, Exponential.weight(Float.NEGATIVE_INFINITY, head, tail, 0));
    assertEquals(0, Exponential.weight(-Float.MAX_VALUE, head, tail, 0));
    assertEquals(0, Exponential.weight(-0x1p23f, head, tail, 0));
    // A sum takes what is not below 2^-126.5.
    assertEquals(0x1.6c8e5ap-127f, Exponential.addTo(0, -126.49f, head, tail, 0), 0x1p-144f);
    assertEquals(0, Exponential.addTo(0, -126.5f, head, tail, 0));
    assertEquals(1, Exponential.addTo(1, Float.NEGATIVE_INFINITY, head, tail, 0));
  }

  /** Of every block that is not too far below, the maximum has a weight in the row. */
  @Test
  void factorsAreThoseOfTheMaxima() {
    double scale = Exponential.scale(0x1.71547652b82fep0);
    assertEquals(1, Exponential.factor(3, 3, scale, 1));
    assertEquals(0x1p-7, Exponential.factor(-4, 3, scale, 1));
    assertEquals(0x1p-125, Exponential.factor(-122, 3, scale, 1));
    assertEquals(0, Exponential.factor(-123, 3, scale, 1));
    assertEquals(0, Exponential.factor(Float.NEGATIVE_INFINITY, 3, scale, 1));
    assertEquals(0, Exponential.factor(Float.NEGATIVE_INFINITY, 70_000, scale, 1));
    // Far in far, far in near, near in far: powers of two where the maxima are integers.
    assertEquals(0x1p-7, Exponential.factor(69_993, 70_000, scale, 1), 0x1p-57);
    assertEquals(0, Exponential.factor(69_874, 70_000, scale, 1));
    assertEquals(0x1p-7, Exponential.factor(-65_540, -65_533, scale, 1), 0x1p-37);
    assertEquals(0x1p-7, Exponential.factor(65_533, 65_540, scale, 1), 0x1p-37);
    SplittableRandom random = new SplittableRandom(8);
    for (int n = 0; n < 100_000; n++) {
      double any = scaleOf(random);
      float max = (float) (random.nextDouble(-66_000, 66_000) / any);
      float block = (float) (max - random.nextDouble(130) / any);
      double temperature = 0x1.71547652b82fep0 / any;
      if (Exponential.factor(block, max, any, 1) > 0) {
        assertTrue(Exponential.weight(block, max, temperature) > 0, () -> block + " of " + max);
      }
    }
  }

  /** Whatever its weight: one factor alone, rounded, would leave 0.99999994 for one in seven. */
  @Test
  void theProbabilityOfASoleTokenIs1() {
    SplittableRandom random = new SplittableRandom(9);
    for (int n = 0; n < 1_000_000; n++) {
      float weight = (float) random.nextDouble(0.5, 1);
      float first = Exponential.first(weight);
      float second = Exponential.second(weight);
      assertEquals(1, Exponential.probability(weight, first, second), () -> "weight " + weight);
    }
  }

  /** Logits and temperature times a power of two: nothing else changes. */
  @Test
  void entropyIsThatOfTheQuotients() {
    double[] entropies = new double[3];
    int[] powers = {0, -125, 125};
    for (int i = 0; i < powers.length; i++) {
      float[] x = new float[2000];
      for (int j = 0; j < x.length; j++) {
        x[j] = Math.scalb(-(j * 37 % 64) / 16f, powers[i]);
      }
      Survivors survivors = new Survivors(x.length);
      new ScalarKernels().entropy(x, 0, x.length, Math.scalb(1.0, powers[i]), survivors);
      entropies[i] = survivors.entropy;
    }
    assertTrue(entropies[0] > 5 && entropies[0] < Math.log(2000), () -> entropies[0] + " nats");
    assertEquals(entropies[0], entropies[1], 1e-5);
    assertEquals(entropies[0], entropies[2], 1e-5);
  }
}
