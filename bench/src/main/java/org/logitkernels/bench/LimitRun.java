package org.logitkernels.bench;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/**
 * A comparison with the limit, the loops in C++.
 *
 * @param processor the processor's name
 * @param jdk the JDK
 * @param compiler the C++ compiler
 * @param vectors what the loops in C++ are written with there
 * @param commit the commit of the library and of the loops
 * @param rounds how often both were timed, by turns
 * @param milliseconds how long at a time
 * @param flags of this JVM
 * @param lines what was measured
 */
record LimitRun(
    String processor,
    String jdk,
    String compiler,
    String vectors,
    String commit,
    int rounds,
    int milliseconds,
    List<String> flags,
    List<Line> lines) {
  /** Old files do not tell the flags. */
  LimitRun {
    flags = Machine.known(flags);
  }

  /**
   * One workload at one length.
   *
   * @param workload what was timed
   * @param logits in a row
   * @param by the loop in C++ that was the fastest
   * @param limit nanoseconds a call of it, the median of the rounds
   * @param ours nanoseconds a call of the library, likewise
   * @param lower the quarter of the rounds' ratios, ours to the limit
   * @param ratio their median
   * @param upper their third quarter
   */
  record Line(
      String workload,
      int logits,
      String by,
      double limit,
      double ours,
      double lower,
      double ratio,
      double upper) {}

  /** The lines as a table, and below it what they were measured on. */
  String table(Predicate<String> workloads) {
    List<Line> shown = lines.stream().filter(line -> workloads.test(line.workload)).toList();
    if (shown.isEmpty()) {
      throw new IllegalArgumentException("no result of the workloads to be shown");
    }
    StringBuilder table =
        new StringBuilder(
            "| workload | logits | C++ | ours | ratio | quartiles |\n|---|---:|---:|---:|---:|---:|\n");
    for (Line line : shown) {
      table.append(
          String.format(
              Locale.ROOT,
              "| %s | %,d | %s | %s | %.2f | %.2f to %.2f |%n",
              line.workload,
              line.logits,
              time(line.limit),
              time(line.ours),
              line.ratio,
              line.lower,
              line.upper));
    }
    return table
        .append(
            String.format(
                "%n%d rounds of %d ms each, %s, %s, C++ with %s by %s, commit %s.%n",
                rounds, milliseconds, processor, jdk, vectors, compiler, commit))
        .toString();
  }

  /** A time with its unit, in two digits or more. */
  static String time(double nanoseconds) {
    boolean isShort = nanoseconds < 1000;
    double figure = isShort ? nanoseconds : nanoseconds / 1e3;
    return String.format(Locale.ROOT, figure < 10 ? "%.1f" : "%.0f", figure)
        + (isShort ? " ns" : " us");
  }
}
