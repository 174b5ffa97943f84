package org.logitkernels.bench;

import java.util.List;

/**
 * One measurement.
 *
 * @param workload what was timed
 * @param backend who did it
 * @param vocabulary logits in a row
 * @param distribution of the logits
 * @param hot whether it was the same row at every call
 * @param average microseconds a call
 * @param error half the 99.9% confidence interval of the average
 * @param median microseconds
 * @param noise half the range of the medians of single iterations, in medians, plus that of the
 *     read
 * @param p90 microseconds that 9 of 10 calls stay within; 0 in files from before it was kept
 * @param p95 and 95 of 100; 0 likewise
 * @param p99 microseconds that 99 of 100 calls stay within
 * @param p999 and 999 of 1,000
 * @param bytes allocated a call
 * @param read microseconds of the median bare read of such a row, in the same run
 */
record Result(
    String workload,
    String backend,
    int vocabulary,
    String distribution,
    boolean hot,
    double average,
    double error,
    double median,
    double noise,
    double p90,
    double p95,
    double p99,
    double p999,
    double bytes,
    double read) {
  /** The workload that is a bare read of the row. */
  static final String READ = "read";

  /** The median in bare reads. */
  double reads() {
    return median / read;
  }

  /** Whether another has measured the same, on whatever backend. */
  boolean isOf(Result other) {
    return workload.equals(other.workload)
        && vocabulary == other.vocabulary
        && distribution.equals(other.distribution)
        && hot == other.hot;
  }

  boolean isOfSameAs(Result other) {
    return isOf(other) && backend.equals(other.backend);
  }

  /** A run's results, and what they were measured on. */
  record Run(
      String processor, String jdk, List<String> flags, String commit, List<Result> results) {}
}
