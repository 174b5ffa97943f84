package org.logitkernels.chain;

import org.logitkernels.spi.Survivors;

/** Keeps the tokens whose surprisal is nearest to the entropy, as many as hold a mass. */
public final class Typical implements Action {
  /**
   * Safety margin. A token that was looked at counts as certain only if it is this much closer to
   * the entropy than any token that was not.
   */
  private static final double MARGIN = 1e-5;

  private final float p;
  private final int minKeep;

  /** The mass p is in [0, 1]. At least {@code minKeep} tokens are kept. */
  public Typical(float p, int minKeep) {
    this.p = p;
    this.minKeep = minKeep;
  }

  /**
   * Looks at the tokens within a distance of the entropy. The distance grows until these tokens
   * hold the mass.
   */
  @Override
  public void apply(ChainState state) {
    if (p == 1) {
      return;
    }
    double entropy = state.entropy();
    Survivors survivors = state.survivors();
    double temperature = state.temperature();
    double quantum = Survivors.quantum(state.length());
    long need = Survivors.need(p, state.mass(quantum), quantum);
    double logPartition = survivors.logPartition(temperature);
    double distance = Math.max(1, logPartition - entropy); // reaches the best token
    int looked = 0;
    boolean enough = false;
    while (!enough) {
      double lowest = (logPartition - entropy - distance) * temperature;
      boolean all = looked > state.length() / 16 || !(lowest > -Float.MAX_VALUE / 2);
      state.look(all ? Float.NEGATIVE_INFINITY : (float) lowest);
      looked = survivors.size;
      double sure = distance - MARGIN * (1 + distance + entropy);
      enough =
          all
              || looked == state.counted()
              || holds(survivors, temperature, sure, need, quantum, minKeep);
      distance *= 1.5;
    }
    state.keepLooked();
    keep(survivors, temperature, need, quantum, minKeep);
  }

  /**
   * Keeps the most typical survivors that hold a mass, and at least {@code minKeep}. The total, the
   * entropy and the weights are known. The best survivor need not be among those kept.
   */
  private static void keep(
      Survivors survivors, double temperature, long need, double quantum, int minKeep) {
    double logPartition = survivors.logPartition(temperature);
    double entropy = survivors.entropy;
    int size = survivors.size;
    survivors.startKeys();
    for (int i = 0; i < size; i++) {
      long mass = Survivors.mass(survivors.weights[i], quantum);
      survivors.addKey(shift(survivors, i, temperature, logPartition, entropy), mass);
    }
    long last = survivors.lastKey(need);
    if (minKeep > 1) {
      survivors.startKeys();
      for (int i = 0; i < size; i++) {
        survivors.addKey(shift(survivors, i, temperature, logPartition, entropy), 1);
      }
      last = Math.max(last, survivors.lastKey(minKeep));
    }
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (shift(survivors, i, temperature, logPartition, entropy) <= last) {
        survivors.move(i, kept++);
      }
    }
    survivors.size = kept;
    survivors.renewMax();
  }

  /**
   * Whether the survivors within a distance of the entropy hold the mass, and are at least {@code
   * minKeep}.
   */
  static boolean holds(
      Survivors survivors,
      double temperature,
      double distance,
      long need,
      double quantum,
      int minKeep) {
    double logPartition = survivors.logPartition(temperature);
    long mass = 0;
    int count = 0;
    for (int i = 0; i < survivors.size; i++) {
      double surprisal =
          Surprisal.of(survivors.values[i], survivors.max, temperature, logPartition);
      if (Math.abs(surprisal - survivors.entropy) < distance) {
        mass += Survivors.mass(survivors.weights[i], quantum);
        count++;
      }
    }
    return mass >= need && count >= minKeep;
  }

  /** A key that sorts by distance from the entropy, then by id. */
  private static long shift(
      Survivors survivors, int i, double temperature, double logPartition, double entropy) {
    double surprisal = Surprisal.of(survivors.values[i], survivors.max, temperature, logPartition);
    float distance = (float) Math.abs(surprisal - entropy);
    return (long) Float.floatToRawIntBits(distance) << 32 | survivors.ids[i];
  }
}
