package org.logitkernels.scalar;

import org.logitkernels.spi.Survivors;

/** The nucleus: of all unmasked tokens, the smallest best-first prefix that reaches the mass. */
final class TopP {
  private TopP() {}

  static void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    double total = ExpSum.total(x, from, to, temperature, max);
    survivors.all(x, from, to);
    survivors.max = max;
    survivors.total = total;
    if (p < 1) {
      ExpSum.weights(
          survivors.values, 0, survivors.size, max, temperature, 1, 0, survivors.weights, 0);
      double quantum = Survivors.quantum(to - from);
      survivors.keepMass(Survivors.need(p, total, quantum), quantum);
    }
  }
}
