package org.logitkernels.examples;

import org.logitkernels.Candidates;

/** The candidates at one place of a chain, best first, with their probabilities. */
final class Distribution {
  private final int[] ids;
  private final float[] probabilities;
  private final double entropy;

  private Distribution(Candidates candidates) {
    ids = new int[candidates.size()];
    probabilities = new float[ids.length];
    double sum = 0;
    for (int i = 0; i < ids.length; i++) {
      ids[i] = candidates.id(i);
      probabilities[i] = candidates.probability(i);
      if (probabilities[i] > 0) {
        sum -= probabilities[i] * candidates.logProbability(i);
      }
    }
    entropy = sum;
  }

  /** A copy of candidates, which are gone at the sampler's next call. */
  static Distribution of(Candidates candidates) {
    return new Distribution(candidates);
  }

  /** How many candidates there are. */
  int size() {
    return ids.length;
  }

  /** The i-th best. */
  int id(int i) {
    return ids[i];
  }

  /** Its probability. */
  float probability(int i) {
    return probabilities[i];
  }

  /** Where a token stands, the best at 0; or -1, if it is no candidate. */
  int rank(int token) {
    int i = ids.length - 1;
    while (i >= 0 && ids[i] != token) {
      i--;
    }
    return i;
  }

  /** In nats. */
  double entropy() {
    return entropy;
  }
}
