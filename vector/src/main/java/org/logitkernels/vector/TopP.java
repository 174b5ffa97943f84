package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.Survivors;

/**
 * The nucleus: the total, then the tokens near the maximum; if these do not hold the mass, a sample
 * of the row tells how much further to go.
 *
 * <p>The sample decides nothing but where to look: tokens are taken from the maximum down, until
 * their mass, which is an integer, is enough.
 */
final class TopP {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** First distance from the maximum, in units of T. */
  static final double NEAR = 3;

  /** About as many logits are in a sample. */
  static final int SAMPLE = 4096;

  /** So often a bar is lowered before every token is taken. */
  static final int ROUNDS = 4;

  private TopP() {}

  static void topP(
      float[] x,
      int from,
      int to,
      double temperature,
      float p,
      boolean summed,
      Survivors survivors) {
    if (!summed) {
      ExpSum.sums(x, from, to, temperature, survivors);
    }
    if (p == 1) {
      Strips.all(x, from, to, survivors);
      return;
    }
    float max = survivors.max;
    double quantum = Survivors.quantum(to - from);
    long need = Survivors.need(p, survivors.total, quantum);
    double distance = NEAR * temperature;
    Strips.collectBlocks(x, from, to, max, (float) -distance, survivors);
    long mass = weigh(survivors, temperature, quantum);
    int strips = Strips.inBlocks(to - from);
    while (mass < need && strips > 0 && distance < Float.MAX_VALUE) {
      distance *= 2;
      float bar = (float) (max - distance);
      if (Threshold.count(survivors.row.maxima, 0, strips, bar) > strips / 8) {
        break; // most blocks have some: time to know where to stop
      }
      Strips.collectBlocks(x, from, to, max, (float) -distance, survivors);
      mass = weigh(survivors, temperature, quantum);
    }
    float end = max;
    if (mass < need) {
      // Together, all tokens below weigh less than the slack of what is needed.
      double far =
          Math.min(StrictMath.log(0x1p22 * (to - from)) * temperature, Float.MAX_VALUE / 2);
      float low = (float) (max - far);
      double outside = survivors.total - need / quantum;
      int step = sample(x, from, to, temperature, survivors);
      end = bar(survivors, outside / step, max, low);
      // Some way into the mass outside, for the sample's error.
      float bar = bar(survivors, 0.75 * outside / step, end, low);
      distance = (double) max - bar;
      for (int round = 0; mass < need && round < ROUNDS; round++) {
        Strips.collectBlocks(x, from, to, max, (float) -Math.min(distance, far), survivors);
        mass = weigh(survivors, temperature, quantum);
        distance *= 1.25;
      }
      if (mass < need) {
        Strips.all(x, from, to, survivors);
        mass = weigh(survivors, temperature, quantum);
      }
    }
    if (mass >= need) { // else all of them: the rest is rounding
      Nucleus.keep(survivors, temperature, mass, need, quantum, end);
    }
  }

  /** The survivors' weights, and their mass. */
  static long weigh(Survivors survivors, double temperature, double quantum) {
    int size = survivors.size;
    double scale = Exponential.scale(temperature);
    ExpSum.weights(survivors.values, 0, size, survivors.max, scale, 1, 0, survivors.weights, 0);
    int padded = survivors.pad(F.length());
    return Mass.atLeast(
        survivors.values, survivors.weights, padded, Float.NEGATIVE_INFINITY, quantum);
  }

  /**
   * Puts some of the row's vectors, with their weights, in the place of the survivors. Returns how
   * many vectors each of them stands for.
   */
  private static int sample(float[] x, int from, int to, double temperature, Survivors survivors) {
    int vectors = (to - from) / F.length();
    int most = SAMPLE / F.length();
    int step = (vectors + most - 1) / most;
    survivors.reserve(Math.min(to - from, SAMPLE));
    float[] values = survivors.values;
    int size = 0;
    for (int i = from; i <= to - F.length(); i += step * F.length()) {
      FloatVector.fromArray(F, x, i).intoArray(values, size);
      size += F.length();
    }
    survivors.size = size;
    double scale = Exponential.scale(temperature);
    ExpSum.weights(survivors.values, 0, size, survivors.max, scale, 1, 0, survivors.weights, 0);
    return step;
  }

  /**
   * About the highest bar below which the sample has no more than a weight. What lies below is many
   * light tokens, of which a sample tells more than of the few heavy ones above.
   */
  static float bar(Survivors survivors, double weight, float high, float low) {
    for (int round = 0; round < 9; round++) {
      float middle = low / 2 + high / 2;
      if (Mass.about(survivors.values, survivors.weights, survivors.size, middle) <= weight) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return low;
  }
}
