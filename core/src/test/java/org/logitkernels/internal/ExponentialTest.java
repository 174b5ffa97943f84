package org.logitkernels.internal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;

/** The cutoff, to the bit, and temperatures beyond the plain ones. */
class ExponentialTest {
  @Test
  void theCutoffIsTheLowestDifferenceWithAWeight() {
    SplittableRandom random = new SplittableRandom(7);
    for (int n = 0; n < 100_000; n++) {
      float scale =
          Exponential.scale(Math.scalb(random.nextDouble(1, 2), random.nextInt(240) - 120));
      float cutoff = Exponential.cutoff(scale);
      assertTrue((double) cutoff * scale >= -126, () -> "scale " + scale);
      assertTrue((double) Math.nextDown(cutoff) * scale < -126, () -> "scale " + scale);
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
