package org.logitkernels.chain;

import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Survivors;

/** Keeps the longest best-first prefix whose share of the entropy is at most h, and the best. */
public final class TopH implements Action {
  /** This much of the entropy is let pass for rounding. */
  private static final double SLACK = 0x1p-21;

  private final float h;
  private final int best;

  /** The share h is in [0, 1], of the entropy of the best few tokens. */
  public TopH(float h, int best) {
    this.h = h;
    this.best = best;
  }

  @Override
  public void apply(ChainState state) {
    state.topK(best);
    state.narrow();
    state.weigh();
    keep(state.survivors(), state.temperature());
  }

  private void keep(Survivors survivors, double temperature) {
    survivors.total = survivors.sum();
    double logPartition = survivors.logPartition(temperature);
    double bound = (h + SLACK) * Surprisal.entropy(survivors, temperature) * survivors.total;
    long[] best = survivors.bestFirst();
    if (survivors.size == 0) {
      throw RowErrors.changed();
    }
    int kept = 1;
    double sum = term(survivors, best[0], temperature, logPartition);
    while (kept < survivors.size) {
      double term = term(survivors, best[kept], temperature, logPartition);
      sum += term;
      if (!(sum <= bound) || term == 0) {
        break;
      }
      kept++;
    }
    survivors.keepThrough(best[kept - 1]);
  }

  /** Weight times surprisal; 0 for a token of no weight, and else above 0 for all but the best. */
  private static double term(
      Survivors survivors, long key, double temperature, double logPartition) {
    float value = TokenOrder.value(key);
    float weight = survivors.weight(value, temperature);
    return weight > 0 ? weight * Surprisal.of(value, survivors.max, temperature, logPartition) : 0;
  }
}
