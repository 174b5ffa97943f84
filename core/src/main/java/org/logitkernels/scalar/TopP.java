package org.logitkernels.scalar;

import org.logitkernels.spi.Survivors;

/**
 * The nucleus: of all unmasked tokens, the smallest best-first prefix that reaches the mass.
 *
 * <p>The prefix mostly lies near the maximum. So tokens within a distance are collected, and more
 * if they lack the mass. Which are collected beside the prefix changes nothing of it.
 */
final class TopP {
  /** The first distance from the maximum, in units of the temperature. */
  private static final double NEAR = 3;

  /** How often the distance is doubled before every token is collected. */
  private static final int ROUNDS = 3;

  private TopP() {}

  static void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    double total = ExpSum.total(x, from, to, temperature, max);
    survivors.max = max;
    survivors.total = total;
    if (p == 1) {
      survivors.all(x, from, to);
      return;
    }
    double quantum = Survivors.quantum(to - from);
    long need = Survivors.need(p, total, quantum);
    double distance = NEAR * temperature;
    for (int round = 0; round < ROUNDS; round++) {
      MinP.collect(x, from, to, (float) -distance, survivors);
      if (mass(survivors, temperature, quantum) >= need) {
        survivors.keepMass(need, quantum);
        return;
      }
      distance *= 2;
    }
    survivors.all(x, from, to);
    mass(survivors, temperature, quantum);
    survivors.keepMass(need, quantum);
  }

  /** Leaves the weights of the survivors, and returns their mass. */
  private static long mass(Survivors survivors, double temperature, double quantum) {
    ExpSum.weights(survivors, temperature);
    return survivors.mass(quantum);
  }
}
