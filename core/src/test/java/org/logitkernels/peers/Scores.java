package org.logitkernels.peers;

import java.util.Arrays;
import java.util.List;

/**
 * The logits of a row on their way through a pipeline, in double; -Infinity is a token that is out.
 *
 * <p>The steps are those that transformers, vLLM and mlx-lm have in common. Ties are the one thing
 * that follows this library: they go to the lower id, where the three keep all or leave it open.
 */
final class Scores {
  final double[] x;

  /** Whether a penalty changed a token, so that a tie of it depends on rounding. */
  private final boolean[] changed;

  private final PeerPipeline.Decisions decisions;

  Scores(float[] row, PeerPipeline.Decisions decisions) {
    this.x = new double[row.length];
    this.changed = new boolean[row.length];
    this.decisions = decisions;
    for (int i = 0; i < row.length; i++) {
      x[i] = row[i];
    }
  }

  double best() {
    double best = Double.NEGATIVE_INFINITY;
    for (double own : x) {
      best = Math.max(best, own);
    }
    return best;
  }

  /** The probabilities; if no token is left, the systems make NaN or draw what is out. */
  double[] probabilities() {
    double[] p = new double[x.length];
    double best = best();
    if (best == Double.NEGATIVE_INFINITY) {
      decisions.spoil();
      return p;
    }
    double total = 0;
    for (int i = 0; i < p.length; i++) {
      p[i] = x[i] == Double.NEGATIVE_INFINITY ? 0 : Math.exp(x[i] - best);
      total += p[i];
    }
    for (int i = 0; i < p.length; i++) {
      p[i] /= total;
    }
    return p;
  }

  /** The tokens that are left, the best first. */
  int[] order() {
    double[] keys = new double[x.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = -x[i];
    }
    return order(keys);
  }

  /** The tokens that are left, by ascending keys; equal ones by ascending id. */
  int[] order(double[] keys) {
    int[] order = new int[x.length];
    int size = 0;
    for (int i = 0; i < x.length; i++) {
      if (x[i] > Double.NEGATIVE_INFINITY) {
        int at = size++;
        while (at > 0 && keys[order[at - 1]] > keys[i]) {
          order[at] = order[at - 1];
          at--;
        }
        order[at] = i;
      }
    }
    return Arrays.copyOf(order, size);
  }

  void drop(int token) {
    x[token] = Double.NEGATIVE_INFINITY;
  }

  /** Drops all but the first of an order, in which a near tie across the cut decides nothing. */
  void cut(int[] order, int size, double[] keys) {
    if (size <= 0 || size >= order.length) {
      return;
    }
    int last = order[size - 1];
    int first = order[size];
    for (int rank = 0; rank < order.length; rank++) {
      int other = rank < size ? first : last;
      int token = order[rank];
      if (changed[token] || changed[other] || x[token] != x[other]) {
        decisions.hear(Math.abs(keys[token] - keys[other]));
      }
    }
    for (int rank = size; rank < order.length; rank++) {
      drop(order[rank]);
    }
  }

  /** The best token alone. */
  void argMax() {
    topK(1);
  }

  void divide(double temperature) {
    for (int i = 0; i < x.length; i++) {
      x[i] /= temperature;
    }
  }

  void topK(int k) {
    if (k >= x.length) {
      return;
    }
    cut(order(), k, x.clone());
  }

  /** From the worst on, drops tokens as long as their mass is at most {@code 1 - p}. */
  void topP(double p, int minKeep) {
    double[] probabilities = probabilities();
    int[] order = order();
    double tail = 0;
    int size = order.length;
    while (size > minKeep) {
      tail += probabilities[order[size - 1]];
      if (!decisions.atLeast(1 - p, tail, 1)) {
        break;
      }
      size--;
    }
    cut(order, size, x.clone());
  }

  /** Drops tokens of less than p times the best one's probability. */
  void minP(double p, int minKeep) {
    int[] order = order();
    int size = 0;
    while (size < order.length && (size < minKeep || reaches(order, size, Math.log(p)))) {
      size++;
    }
    cut(order, size, x.clone());
  }

  private boolean reaches(int[] order, int rank, double threshold) {
    double distance = x[order[rank]] - x[order[0]];
    return distance == 0 || decisions.atLeast(distance, threshold, 1);
  }

  /** Drops tokens of less than a probability, but none that are as good as the best. */
  void leastProbability(double least, int minKeep) {
    double[] p = probabilities();
    int[] order = order();
    int size = 0;
    while (size < order.length
        && (size < minKeep
            || x[order[size]] == x[order[0]]
            || decisions.atLeast(p[order[size]], least))) {
      size++;
    }
    cut(order, size, x.clone());
  }

  /** Divides the logits of tokens by a penalty, or multiplies those below 0 with it; once each. */
  void repetition(List<Integer> tokens, double penalty) {
    boolean[] seen = new boolean[x.length];
    for (int token : tokens) {
      if (!seen[token]) {
        x[token] = x[token] < 0 ? x[token] * penalty : x[token] / penalty;
        changed[token] = true;
      }
      seen[token] = true;
    }
  }

  /** Subtracts a penalty from the logits of tokens, as often as they occur. */
  void frequency(List<Integer> tokens, double penalty) {
    for (int token : tokens) {
      x[token] -= penalty;
      changed[token] = true;
    }
  }

  /** Subtracts a penalty from the logits of tokens, once each. */
  void presence(List<Integer> tokens, double penalty) {
    boolean[] seen = new boolean[x.length];
    for (int token : tokens) {
      x[token] -= seen[token] ? 0 : penalty;
      changed[token] = true;
      seen[token] = true;
    }
  }
}
