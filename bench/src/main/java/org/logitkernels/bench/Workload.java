package org.logitkernels.bench;

import org.logitkernels.SamplerChain;

/**
 * The workloads, each on one row: what a backend of the library, plain Java and the peers are timed
 * on. Results are handed over in arrays the caller or the implementation keeps, so that nothing is
 * allocated for the benchmark's sake.
 */
public interface Workload {
  /** An error for a method that an implementation lacks. */
  private static UnsupportedOperationException lacking() {
    return new UnsupportedOperationException("not a workload of this one");
  }

  /** The lowest id of the row's maximum. */
  default int argMax(float[] x) {
    throw lacking();
  }

  /** Log-sum-exp at temperature 1. */
  default double logSumExp(float[] x) {
    throw lacking();
  }

  /** The row counted in a perplexity, with its middle token as the target: the log-probability. */
  default double perplexity(float[] x) {
    throw lacking();
  }

  /** The divergence of the row from the one of the call before; from itself at first. */
  default double divergence(float[] x) {
    throw lacking();
  }

  /** Probabilities at temperature 1, in an array that the next call may overwrite. */
  default float[] softmax(float[] x) {
    throw lacking();
  }

  /** Logarithms of the probabilities, likewise. */
  default float[] logSoftmax(float[] x) {
    throw lacking();
  }

  /** The best k, best first, into arrays as long as the row; returns how many. */
  default int topK(float[] x, int k, int[] ids, float[] values) {
    throw lacking();
  }

  /** The nucleus, best first, into arrays as long as the row; returns its size. */
  default int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    throw lacking();
  }

  /** A token from the nucleus, by a uniform number in [0, 1). */
  default int topPToken(float[] x, float temperature, float p, double u) {
    throw lacking();
  }

  /** A token by top-k 40, top-p 0.95, min-p 0.05, temperature 0.8. */
  default int chain(float[] x, double u) {
    throw lacking();
  }

  /** A token from the whole row at a temperature. */
  default int draw(float[] x, float temperature, double u) {
    throw lacking();
  }

  /** A token by a chain in text, with 64 tokens of history and every second token allowed. */
  default int token(float[] x, String chain, double u) {
    throw lacking();
  }

  /**
   * A token for each of the rows that stand one behind the other, on so many threads, or on the
   * caller's without a batch if they are 0: row i with seed i, at this position.
   */
  default void batch(
      float[] x, int rows, SamplerChain chain, int threads, long position, int[] tokens) {
    throw lacking();
  }

  /** 8 tokens from the whole row, without replacement; returns how many. */
  default int several(float[] x, double u, int[] tokens) {
    throw lacking();
  }
}
