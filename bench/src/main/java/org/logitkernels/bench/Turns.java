package org.logitkernels.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/**
 * Measurements by turns in one JVM: each round times a burst of calls of every contender, and what
 * counts is how many times the first one's each took. A processor that is shared with others is now
 * fast and now slow, for seconds on end: that meets all contenders of a round alike, where JVMs one
 * after the other differ by half for no other reason.
 */
final class Turns {
  private static final int ROUNDS = 200;
  private static final long WARM_UP = 1_000_000_000L;
  private static final long BURST = 2_000_000L;

  private Turns() {}

  /** Who takes part: a workload of a backend. */
  record Contender(String name, KernelBenchmark benchmark, int calls) {
    /** Ready and warm. */
    static Contender of(String name, KernelBenchmark benchmark) {
      benchmark.setUp();
      int calls = 0;
      long start = System.nanoTime();
      long took = 0;
      while (took < WARM_UP) {
        benchmark.call();
        calls++;
        took = System.nanoTime() - start;
      }
      return new Contender(name, benchmark, calls);
    }

    /** Nanoseconds a call, in a burst. */
    double time() {
      int burst = (int) Math.max(1, BURST * calls / WARM_UP);
      benchmark.call(); // what the others have left in caches is not its own time
      long start = System.nanoTime();
      for (int i = 0; i < burst; i++) {
        benchmark.call();
      }
      return (double) (System.nanoTime() - start) / burst;
    }
  }

  /** What a contender took: the median in microseconds, and quartiles of multiples of the first. */
  record Took(String name, double median, double lower, double times, double upper) {}

  /** Measures some, one after the other in each round. */
  static List<Took> measure(List<Contender> contenders) {
    double[][] times = new double[contenders.size()][ROUNDS];
    for (int round = 0; round < ROUNDS; round++) {
      for (int i = 0; i < times.length; i++) {
        times[i][round] = contenders.get(i).time();
      }
    }
    List<Took> took = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      double[] ratios = new double[ROUNDS];
      for (int round = 0; round < ROUNDS; round++) {
        ratios[round] = times[i][round] / times[0][round];
      }
      double[] sorted = times[i].clone();
      Arrays.sort(sorted);
      Arrays.sort(ratios);
      took.add(
          new Took(
              contenders.get(i).name,
              sorted[ROUNDS / 2] / 1e3,
              ratios[ROUNDS / 4],
              ratios[ROUNDS / 2],
              ratios[3 * ROUNDS / 4]));
    }
    return took;
  }

  /** A line for each contender. */
  static String table(String title, List<Took> took) {
    return took.stream()
        .map(
            t ->
                String.format(
                    Locale.ROOT,
                    "%-14s %-12s %10.2f us   %.2f times (%.2f to %.2f)%n",
                    title,
                    t.name,
                    t.median,
                    t.times,
                    t.lower,
                    t.upper))
        .collect(Collectors.joining());
  }
}
