package org.logitkernels.bench;

import java.util.Arrays;
import java.util.List;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

/**
 * Whether results are right, to the rounding of the least careful peer: against the scalar backend,
 * whose accuracy has tests of its own.
 */
final class Check {
  /** What the method of a chain in text begins with. */
  static final String TOKEN = "token by ";

  private static final float P = 0.9f;
  private static final float T = 0.8f;

  private final Library reference;
  private final int[] ids;
  private final int[] theirIds;
  private final float[] values;
  private final float[] theirs;

  Check(int vocabulary) {
    reference = new Library(Kernels.scalar(), vocabulary);
    ids = new int[vocabulary];
    theirIds = new int[Math.max(vocabulary, BenchRows.BATCH)];
    values = new float[vocabulary];
    theirs = new float[vocabulary];
  }

  /** Throws if a workload's method gives a wrong result on a row. */
  void row(Workload workload, String method, float[] x) {
    switch (method) {
      case "argMax" -> require(x[workload.argMax(x)] == x[reference.argMax(x)], method);
      case "logSumExp" -> near(reference.logSumExp(x), workload.logSumExp(x), 1e-4, method);
      case "perplexity" -> require(reference.perplexity(x) == workload.perplexity(x), method);
      case "divergence" -> {
        reference.divergence(x);
        workload.divergence(x);
        require(reference.divergence(x) == 0 && workload.divergence(x) == 0, method);
      }
      case "softmax" -> near(reference.softmax(x), workload.softmax(x), 1e-3, 1e-9, method);
      case "logSoftmax" ->
          near(reference.logSoftmax(x), workload.logSoftmax(x), 1e-5, 1e-3, method);
      case "topK" -> {
        for (int k : new int[] {1, 40, 50, 1000}) {
          int size = reference.topK(x, k, ids, values);
          require(workload.topK(x, k, theirIds, theirs) >= size, method);
          for (int i = 0; i < size; i++) {
            require(theirs[i] == values[i] && x[theirIds[i]] == values[i], method);
          }
        }
      }
      case "topP" -> {
        int size = workload.topP(x, 1, P, theirIds, theirs);
        double mass = 0;
        for (int i = 0; i < size; i++) {
          mass += theirs[i];
        }
        require(mass > P - 1e-4 && mass - theirs[size - 1] < P + 1e-4, method);
        reference.topP(x, 1, P, ids, values);
        for (int i = 0; i < Math.min(size, 100); i++) {
          require(x[theirIds[i]] == x[ids[i]], method);
        }
      }
      case "topPToken" -> {
        int size = reference.topP(x, 1, P, ids, values);
        float least = x[ids[size - 1]];
        for (double u = 0.05; u < 1; u += 0.1) {
          require(x[workload.topPToken(x, 1, P, u)] > least - 1e-2f, method);
        }
      }
      case "chain" -> {
        int size = reference.topK(x, 40, ids, values);
        require(x[workload.chain(x, 0.5)] >= values[size - 1], method);
      }
      case "draw" -> {
        double max = x[reference.argMax(x)];
        double total = below(x, x.length, max);
        for (double u = 0.05; u < 1; u += 0.3) {
          int id = workload.draw(x, T, u);
          require(x[id] > Float.NEGATIVE_INFINITY, method);
          require(below(x, id, max) / total <= u + 1e-4, method);
          require(below(x, id + 1, max) / total >= u - 1e-4, method);
        }
      }
      case "row", "batch" -> {
        int rows = method.equals("row") ? 1 : BenchRows.BATCH;
        for (SamplerChain chain : List.of(SamplerChain.of(), Library.CHAIN)) {
          for (int threads = 0; threads <= 2; threads++) {
            workload.batch(x, rows, chain, threads, 7, theirIds);
            int length = x.length / rows;
            for (int i = 0; i < rows; i++) {
              Sampler alone = chain.newSampler(length, i, Kernels.scalar());
              alone.position(7);
              require(theirIds[i] == alone.sample(x, i * length, (i + 1) * length), method);
            }
          }
        }
      }
      case "several" -> {
        int size = reference.several(x, 0.7, ids);
        require(workload.several(x, 0.7, theirIds) == size, method);
        require(Arrays.equals(ids, 0, size, theirIds, 0, size), method);
      }
      default -> {
        String chain = method.substring(TOKEN.length());
        require(workload.token(x, chain, 0.7) == reference.token(x, chain, 0.7), chain);
      }
    }
  }

  /** The weight of the tokens below an id, at the temperature of the draw. */
  private static double below(float[] x, int id, double max) {
    double sum = 0;
    for (int i = 0; i < id; i++) {
      sum += Math.exp((x[i] - max) / T);
    }
    return sum;
  }

  private static void near(
      float[] expected, float[] actual, double relative, double absolute, String what) {
    for (int i = 0; i < expected.length; i++) {
      if (expected[i] != actual[i]) {
        near(expected[i], actual[i], relative * Math.abs(expected[i]) + absolute, what);
      }
    }
  }

  private static void near(double expected, double actual, double slack, String what) {
    require(Math.abs(expected - actual) <= slack, what);
  }

  private static void require(boolean right, String what) {
    if (!right) {
      throw new IllegalStateException(what + " is wrong: not timed");
    }
  }
}
