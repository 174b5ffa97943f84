package org.logitkernels.scalar;

import org.logitkernels.internal.Survivors;

/** The nucleus: of all unmasked tokens, the smallest best-first prefix that reaches the mass. */
final class TopP {
  private TopP() {}

  static void topP(float[] x, int from, int to, double temperature, float p, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    double total = ExpSum.total(x, from, to, max, temperature);
    survivors.all(x, from, to);
    survivors.max = max;
    survivors.total = total;
    if (p < 1) {
      ExpSum.weights(survivors.values, 0, survivors.size, max, temperature, survivors.weights, 0);
      survivors.nucleus(p, total, to - from);
    }
  }
}
