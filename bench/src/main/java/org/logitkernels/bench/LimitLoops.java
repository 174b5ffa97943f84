package org.logitkernels.bench;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.function.IntUnaryOperator;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.Kernels;
import org.logitkernels.Router;
import org.logitkernels.Routing;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/**
 * The library's side of the comparison with C++: the same bursts on the same rows. Each workload
 * has a loop of its own, as each has in C++: a call through an interface would be a good part of
 * the time of a short row.
 */
final class LimitLoops {
  /** Up to here a row counts as short. */
  static final int LONGEST_SHORT = 8192;

  private static final int MOST = 1 << 16;
  private static final int MOST_TAKEN = 1000;

  /** Rows of attention in a call. */
  private static final int ROWS = 32;

  /** Rows of experts in a call, as in C++. */
  private static final int ROUTED = 16;

  private static final CompilationMXBean COMPILER = ManagementFactory.getCompilationMXBean();

  private final Kernels kernels = Kernels.named("vector");
  private final float[] x;
  private final int n;
  private final boolean isLong;
  private final float[] out;
  private final long[] mask;
  private final Workspace workspace;
  private final AttentionSoftmax attention;
  private final int[] ids = new int[MOST_TAKEN];
  private final float[] values = new float[MOST_TAKEN];
  private final double[] times = new double[MOST];
  private int from;
  private long state;
  private long results; // of all calls, so that the compiler has to make them

  /** Rows one behind the other, and a mask of allowed tokens, which may be empty. */
  LimitLoops(float[] rows, int length, long[] mask) {
    this.x = rows;
    this.n = length;
    this.mask = mask;
    isLong = length > LONGEST_SHORT;
    out = new float[isLong ? length : rows.length]; // as in C++
    workspace = Workspace.of(length);
    attention = AttentionSoftmax.of(kernels, 1).lengths(length);
  }

  /** The loop of a workload: it makes so many calls, and sums what they gave. */
  IntUnaryOperator loop(String workload) {
    return switch (workload) {
      case "argMax" -> this::argMax;
      case "logSumExp" -> this::logSumExp;
      case "softmax" -> this::softmax;
      case "softmaxRows" -> this::softmaxRows;
      case "route8" -> routed(8);
      case "topK8" -> calls -> topK(calls, 8);
      case "topK40" -> calls -> topK(calls, 40);
      case "topK1000" -> calls -> topK(calls, 1000);
      case "draw" -> this::draw;
      case "chain" -> sampled(Library.CHAIN);
      case "topP90Token" -> sampled(SamplerChain.of(Step.topP(0.9f)));
      case "greedy" -> masked(SamplerChain.of(Step.allowed(), Step.temperature(0f)));
      case "drawAllowed" -> masked(SamplerChain.of(Step.allowed(), Step.temperature(0.8f)));
      default -> throw new IllegalArgumentException("no such workload: " + workload);
    };
  }

  private int next() {
    int row = from;
    from = row + n < x.length ? row + n : 0;
    return row;
  }

  private double u() {
    state = state * 6364136223846793005L + 1442695040888963407L;
    return (state >>> 11) * 0x1p-53;
  }

  private int argMax(int calls) {
    int sum = 0;
    for (int i = 0; i < calls; i++) {
      int row = next();
      sum += kernels.argMax(x, row, row + n);
    }
    return sum;
  }

  private int logSumExp(int calls) {
    double sum = 0;
    for (int i = 0; i < calls; i++) {
      int row = next();
      sum += kernels.logSumExp(x, row, row + n, 1);
    }
    return (int) sum;
  }

  private int softmax(int calls) {
    for (int i = 0; i < calls; i++) {
      int row = next();
      kernels.softmax(x, row, row + n, 1, out, isLong ? 0 : row);
    }
    return (int) out[0];
  }

  /** As attention calls: so many rows at a time. The last ones are fewer. */
  private int softmaxRows(int calls) {
    for (int left = calls; left > 0; ) {
      int rows = Math.min(Math.min(left, ROWS), (x.length - from) / n);
      attention.softmax(x, from, rows, n, out, from, n);
      from = from + rows * n < x.length ? from + rows * n : 0;
      left -= rows;
    }
    return (int) out[0];
  }

  /** As a layer of experts calls: so many rows at a time. The last ones are fewer. */
  private IntUnaryOperator routed(int k) {
    Router router = Routing.of(n, k, Routing.Scoring.CHOSEN_SOFTMAX).newRouter(kernels);
    return calls -> {
      int sum = 0;
      for (int left = calls; left > 0; ) {
        int rows = Math.min(Math.min(left, ROUTED), (x.length - from) / n);
        router.route(x, from, n, rows, ids, 0, values, 0);
        sum += ids[0];
        from = from + rows * n < x.length ? from + rows * n : 0;
        left -= rows;
      }
      return sum;
    };
  }

  private int topK(int calls, int k) {
    int sum = 0;
    for (int i = 0; i < calls; i++) {
      int row = next();
      sum += kernels.topK(x, row, row + n, k, workspace, ids, values);
    }
    return sum + ids[0];
  }

  private int draw(int calls) {
    int sum = 0;
    for (int i = 0; i < calls; i++) {
      int row = next();
      sum += kernels.sample(x, row, row + n, 0.8f, u(), workspace);
    }
    return sum;
  }

  private IntUnaryOperator sampled(SamplerChain chain) {
    Sampler sampler = chain.newSampler(n, 1, kernels);
    return calls -> {
      int sum = 0;
      for (int i = 0; i < calls; i++) {
        int row = next();
        sum += sampler.sample(x, row, row + n, u());
      }
      return sum;
    };
  }

  /** As a constrained engine calls: a mask before each row. */
  private IntUnaryOperator masked(SamplerChain chain) {
    Sampler sampler = chain.newSampler(n, 1, kernels);
    return calls -> {
      int sum = 0;
      for (int i = 0; i < calls; i++) {
        sampler.allow(mask);
        int row = next();
        sum += sampler.sample(x, row, row + n, u());
      }
      return sum;
    };
  }

  /**
   * Calls a loop for so long at least, and until the compiler has had nothing to do for a good part
   * of that: on a busy machine its turn comes late.
   */
  void warmUp(IntUnaryOperator loop, int calls, long milliseconds) {
    long quiet = 0;
    long before = -1;
    for (int i = 0; i < 10 || quiet < 5 && i < 60; i++) {
      time(loop, calls, milliseconds / 10);
      long compiled = COMPILER.getTotalCompilationTime();
      quiet = compiled == before ? quiet + 1 : 0;
      before = compiled;
    }
  }

  /** As {@code median} in {@code limit.cpp}: every row once, then bursts for so long. */
  double time(IntUnaryOperator loop, int calls, long milliseconds) {
    from = 0;
    results += loop.applyAsInt(x.length / n);
    int bursts = 0;
    long start = System.nanoTime();
    long now;
    do {
      long before = System.nanoTime();
      results += loop.applyAsInt(calls);
      now = System.nanoTime();
      times[bursts++] = (double) (now - before) / calls;
    } while (now - start < 1_000_000L * milliseconds && bursts < MOST);
    Arrays.sort(times, 0, bursts);
    return times[bursts / 2];
  }
}
