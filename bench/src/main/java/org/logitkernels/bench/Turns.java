package org.logitkernels.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.DoubleSupplier;
import java.util.function.LongSupplier;

/**
 * Measurements by turns in one JVM: each round times a burst of calls of every contender, and what
 * counts is how many times the first one's each took. A processor that is shared with others is now
 * fast and now slow, for seconds on end: that meets all contenders of a round alike, where JVMs one
 * after the other differ by half for no other reason.
 */
final class Turns {
  /** The effort of a comparison of backends. */
  static final Effort FULL =
      new Effort(1_000_000_000L, 2_000_000L, 200, Long.MAX_VALUE, System::nanoTime);

  /** However long they take. */
  private static final int LEAST_ROUNDS = 5;

  /** Where results go, so that no call is for nothing. */
  private static double sink;

  private Turns() {}

  /**
   * How long is measured, in nanoseconds.
   *
   * @param warmUp of each contender
   * @param burst of calls that are timed as one
   * @param rounds of bursts, at most
   * @param most after which no further round begins
   * @param clock what bursts are timed by
   */
  record Effort(long warmUp, long burst, int rounds, long most, LongSupplier clock) {}

  /** Who takes part: a workload of a backend. */
  record Contender(String name, DoubleSupplier call, int burst, LongSupplier clock) {
    /** Ready and warm. */
    static Contender of(String name, KernelBenchmark benchmark) {
      benchmark.setUp();
      return of(name, benchmark::call, FULL);
    }

    /** Warm. */
    static Contender of(String name, DoubleSupplier call, Effort effort) {
      long calls = 0;
      long start = System.nanoTime();
      long took = 0;
      while (took < effort.warmUp) {
        sink += call.getAsDouble();
        calls++;
        took = System.nanoTime() - start;
      }
      int burst = (int) Math.max(1, effort.burst * calls / took);
      return new Contender(name, call, burst, effort.clock);
    }

    /** Nanoseconds a call, in a burst. */
    double time() {
      double sum = call.getAsDouble(); // what the others left in caches is not its own time
      long start = clock.getAsLong();
      for (int i = 0; i < burst; i++) {
        sum += call.getAsDouble();
      }
      double time = (double) (clock.getAsLong() - start) / burst;
      sink += sum;
      return time;
    }
  }

  /**
   * What a contender took: the least that one burst in ten stayed within and the median, in
   * microseconds, and quartiles of multiples of the first.
   */
  record Took(String name, double least, double median, double lower, double times, double upper) {}

  /** Measures some, one after the other in each round. */
  static List<Took> measure(List<Contender> contenders, Effort effort) {
    double[][] times = new double[contenders.size()][effort.rounds];
    long start = System.nanoTime();
    int rounds = 0;
    while (rounds < effort.rounds
        && (rounds < LEAST_ROUNDS || System.nanoTime() - start < effort.most)) {
      for (int i = 0; i < times.length; i++) {
        times[i][rounds] = contenders.get(i).time();
      }
      rounds++;
    }
    List<Took> took = new ArrayList<>();
    for (int i = 0; i < times.length; i++) {
      double[] ratios = new double[rounds];
      for (int round = 0; round < rounds; round++) {
        ratios[round] = times[i][round] / times[0][round];
      }
      double[] sorted = Arrays.copyOf(times[i], rounds);
      Arrays.sort(sorted);
      Arrays.sort(ratios);
      took.add(
          new Took(
              contenders.get(i).name,
              sorted[rounds / 10] / 1e3,
              sorted[rounds / 2] / 1e3,
              ratios[rounds / 4],
              ratios[rounds / 2],
              ratios[3 * rounds / 4]));
    }
    return took;
  }

  /** A line for each contender. */
  static String table(String title, List<Took> took) {
    return Tables.onConsole(
        2,
        List.of("", "", "median us", "times", "quartiles"),
        took.stream()
            .map(
                t ->
                    List.of(
                        title,
                        t.name,
                        String.format(Locale.ROOT, "%.2f", t.median),
                        String.format(Locale.ROOT, "%.2f", t.times),
                        String.format(Locale.ROOT, "%.2f to %.2f", t.lower, t.upper)))
            .toList());
  }
}
