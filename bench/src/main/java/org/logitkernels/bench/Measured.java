package org.logitkernels.bench;

import java.io.PrintStream;
import java.util.DoubleSummaryStatistics;
import java.util.List;
import java.util.stream.Stream;
import org.openjdk.jmh.results.IterationResult;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/**
 * What JMH has measured: the times of all calls, in nanoseconds, what iterations differ by, and
 * bytes allocated.
 */
record Measured(RunResult run, Statistics time, double noise, double bytes) {
  Result result(
      String workload,
      String backend,
      int vocabulary,
      String distribution,
      boolean hot,
      Measured read) {
    return new Result(
        workload,
        backend,
        vocabulary,
        distribution,
        hot,
        time.getMean() / 1e3,
        time.getMeanErrorAt(0.999) / 1e3,
        time.getPercentile(50) / 1e3,
        noise + read.noise,
        time.getPercentile(90) / 1e3,
        time.getPercentile(95) / 1e3,
        time.getPercentile(99) / 1e3,
        time.getPercentile(99.9) / 1e3,
        bytes,
        read.time.getPercentile(50) / 1e3);
  }

  /** Measures in JVMs of its own. */
  static Measured of(ChainedOptionsBuilder options) throws RunnerException {
    PrintStream out = new PrintStream(new ForkOutput(System.out), true);
    RunResult result =
        new Runner(
                options.build(), OutputFormatFactory.createFormatInstance(out, VerboseMode.SILENT))
            .runSingle();
    Statistics statistics = result.getPrimaryResult().getStatistics();
    List<IterationResult> iterations =
        result.getBenchmarkResults().stream()
            .flatMap(fork -> fork.getIterationResults().stream())
            .toList();
    DoubleSummaryStatistics medians =
        iterations.stream()
            .mapToDouble(i -> i.getPrimaryResult().getStatistics().getPercentile(50))
            .summaryStatistics();
    double bytes =
        iterations.stream()
            .flatMap(i -> Stream.ofNullable(i.getSecondaryResults().get("bytes")))
            .mapToDouble(counter -> counter.getScore())
            .average()
            .orElse(0);
    return new Measured(
        result,
        statistics,
        (medians.getMax() - medians.getMin()) / 2 / statistics.getPercentile(50),
        bytes);
  }
}
