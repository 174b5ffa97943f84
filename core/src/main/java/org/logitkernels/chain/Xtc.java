package org.logitkernels.chain;

import org.logitkernels.numerics.Cutoffs;

/** Excludes the top choices but the last of them, now and then. */
public final class Xtc implements Action {
  private final float probability;
  private final float threshold;
  private final int minKeep;
  private final int number;

  /** The number tells the steps of this kind in a chain apart, from 0. */
  public Xtc(float probability, float threshold, int minKeep, int number) {
    this.probability = probability;
    this.threshold = threshold;
    this.minKeep = minKeep;
    this.number = number;
  }

  @Override
  public void apply(ChainState state) {
    if (RandomStream.hashed(state.u(), number) < probability) {
      state.sums();
      double temperature = state.temperature();
      state.dropTop(Cutoffs.probability(state.partition(), temperature, threshold), minKeep);
    }
  }
}
