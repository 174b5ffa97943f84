package org.logitkernels.vector;

import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.Survivors;

/**
 * The nucleus. First comes the total of the row, then the tokens near the maximum. If these do not
 * hold the mass, a sample of the row tells how much further to go.
 *
 * <p>The sample decides only where to look. Tokens are collected from the maximum down, until their
 * mass is enough. The mass is an integer.
 */
final class TopP {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** The first distance from the maximum, in units of T. */
  static final double NEAR = 3;

  /** How often a bar is lowered before every token is collected. */
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
        break; // most blocks have some, so a sample is due
      }
      Strips.collectBlocks(x, from, to, max, (float) -distance, survivors);
      mass = weigh(survivors, temperature, quantum);
    }
    float end = max;
    if (mass < need) {
      // All tokens below `low` together weigh less than `need` lets pass for rounding.
      double far =
          Math.min(StrictMath.log(0x1p22 * (to - from)) * temperature, Float.MAX_VALUE / 2);
      float low = (float) (max - far);
      double outside = survivors.total - need / quantum;
      int step = Strips.sample(x, from, to, survivors);
      int size = survivors.size;
      double scale = Exponential.scale(temperature);
      Weights.write(survivors.values, 0, size, max, scale, survivors.weights, 0);
      end = bar(survivors, outside / step, max, low);
      // A little lower than the sample says, because a sample errs.
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
    if (mass >= need) { // else all are kept, and what is missing is rounding
      Nucleus.keep(survivors, temperature, mass, need, quantum, end);
    }
  }

  /** Leaves the weights of the survivors, and returns their mass. */
  static long weigh(Survivors survivors, double temperature, double quantum) {
    int size = survivors.size;
    double scale = Exponential.scale(temperature);
    Weights.write(survivors.values, 0, size, survivors.max, scale, survivors.weights, 0);
    int padded = survivors.pad(F.length());
    return Mass.atLeast(
        survivors.values, survivors.weights, padded, Float.NEGATIVE_INFINITY, quantum);
  }

  /**
   * About the highest bar below which the sample has no more than a weight. Below the bar are many
   * light tokens. A sample tells more of these than of the few heavy ones above.
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
