package org.logitkernels.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * How a backend did a workload in JVMs that had just started.
 *
 * @param workload chain or draw
 * @param backend scalar, vector, adaptive, or adaptive-aot: with a cache made ahead of time; with
 *     the setting behind it if that is not the first
 * @param vocabulary logits in a row
 * @param jvms one measurement for each JVM
 * @param timeline the calls of the JVM whose first 1,000 took the median time; empty if not kept
 */
record ColdResult(
    String workload, String backend, int vocabulary, List<Jvm> jvms, List<Moment> timeline) {
  /** The calls that a service answers first. */
  static final int FIRST_CALLS = 1000;

  /** Nanoseconds whose median call is looked at for when the steady state is reached. */
  private static final long WINDOW = 25_000_000;

  /** How near to the steady state, and for how many windows, counts as there. */
  private static final double NEAR = 1.2;

  private static final int HELD = 10;

  /** Moments to a factor of ten in the time since start. */
  private static final int PER_DECADE = 50;

  /** Old files have no timeline. */
  ColdResult {
    timeline = timeline == null ? List.of() : timeline;
  }

  /** Of JVMs, from the nanoseconds at which the calls of each ended. */
  static ColdResult of(String workload, String backend, int vocabulary, List<long[]> ends) {
    List<long[]> byTotal =
        ends.stream().sorted(Comparator.comparingLong(jvm -> jvm[FIRST_CALLS - 1])).toList();
    return new ColdResult(
        workload,
        backend,
        vocabulary,
        ends.stream().map(Jvm::of).toList(),
        Moment.of(byTotal.get((byTotal.size() - 1) / 2)));
  }

  /** The same figures, without the calls of one JVM. */
  ColdResult withoutTimeline() {
    return new ColdResult(workload, backend, vocabulary, jvms, List.of());
  }

  /**
   * Calls that ended at about the same time.
   *
   * @param ms since the library was first touched
   * @param median microseconds of a call
   * @param slowest microseconds of the slowest one
   */
  record Moment(double ms, double median, double slowest) {
    /** From the nanoseconds at which calls ended. */
    static List<Moment> of(long[] ends) {
      long[] times = Jvm.times(ends);
      List<Moment> timeline = new ArrayList<>();
      for (int from = 0; from < ends.length; ) {
        int column = column(ends[from]);
        int to = from + 1;
        while (to < ends.length && column(ends[to]) == column) {
          to++;
        }
        long[] sorted = Arrays.copyOfRange(times, from, to);
        Arrays.sort(sorted);
        timeline.add(
            new Moment(
                Math.pow(10, (column + 0.5) / PER_DECADE),
                sorted[sorted.length / 2] / 1e3,
                sorted[sorted.length - 1] / 1e3));
        from = to;
      }
      return timeline;
    }

    private static int column(long nanoseconds) {
      return (int) Math.floor(PER_DECADE * Math.log10(nanoseconds / 1e6));
    }
  }

  /** The median of the JVMs. */
  double median(ToDoubleFunction<Jvm> figure) {
    return median(jvms.stream().mapToDouble(figure));
  }

  static double median(DoubleStream figures) {
    double[] sorted = figures.sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** A run's results, and what they were measured on. */
  record Run(
      String processor,
      String jdk,
      int processors,
      double seconds,
      List<String> flags,
      String commit,
      List<ColdResult> results) {
    /** Old files do not tell the flags. */
    Run {
      flags = Machine.known(flags);
    }
  }

  /**
   * One JVM, in milliseconds since the library was first touched, and the steady state in
   * microseconds.
   *
   * @param first the first call
   * @param worst the worst of the first 1,000 calls
   * @param later the worst of them but for the first
   * @param total all of them
   * @param ready when calls were within 1.2 times of the steady state, and stayed there for a
   *     quarter of a second
   * @param steady the median call of the last quarter of the time
   */
  record Jvm(double first, double worst, double later, double total, double ready, double steady) {
    /** From the nanoseconds at which calls ended. */
    static Jvm of(long[] ends) {
      long[] times = times(ends);
      long later = Arrays.stream(times, 1, FIRST_CALLS).max().orElse(0);
      int last = Arrays.binarySearch(ends, ends[ends.length - 1] / 4 * 3);
      double steady = median(times, last < 0 ? -last - 1 : last, times.length);
      return new Jvm(
          times[0] / 1e6,
          Math.max(times[0], later) / 1e6,
          later / 1e6,
          ends[FIRST_CALLS - 1] / 1e6,
          ready(ends, times, NEAR * steady) / 1e6,
          steady / 1e3);
    }

    /** What each call took. */
    static long[] times(long[] ends) {
      long[] times = ends.clone();
      for (int i = 1; i < times.length; i++) {
        times[i] -= ends[i - 1];
      }
      return times;
    }

    /** The start of the first row of windows in which the median call is near enough. */
    private static long ready(long[] ends, long[] times, double near) {
      int held = 0;
      int window = 0;
      for (int from = 0; held < HELD && from < ends.length; window++) {
        int to = from;
        while (to < ends.length && ends[to] < (window + 1) * WINDOW) {
          to++;
        }
        held = to > from && median(times, from, to) <= near ? held + 1 : 0;
        from = to;
      }
      return (window - held) * WINDOW;
    }

    private static double median(long[] times, int from, int to) {
      long[] sorted = Arrays.copyOfRange(times, from, to);
      Arrays.sort(sorted);
      return sorted[sorted.length / 2];
    }
  }
}
