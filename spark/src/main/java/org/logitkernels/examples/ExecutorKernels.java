package org.logitkernels.examples;

import static java.util.stream.Collectors.joining;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.util.CollectionAccumulator;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.Rejection;

/**
 * The kernels of each executor, and what they are: executors say so to whoever has started the job.
 */
final class ExecutorKernels implements Serializable {
  private static final long serialVersionUID = 1;

  private final CollectionAccumulator<String> reports;

  ExecutorKernels(JavaSparkContext context) {
    reports = context.sc().collectionAccumulator("kernels");
  }

  /** In a task: the best kernels of its executor. */
  Kernels best() {
    Kernels kernels = Kernels.best();
    BackendReport report = Backends.report();
    String width = report.vectorBits() > 0 ? " " + report.vectorBits() + " bits" : "";
    String missing = report.rejections().stream().map(Rejection::toString).collect(joining(" "));
    reports.add(String.join("\t", SparkEnv.get().executorId(), report.active() + width, missing));
    return kernels;
  }

  /** After a job: why executors did without vectors, and what helps; nothing if none did. */
  List<String> missing() {
    return column(2).filter(text -> !text.isEmpty()).map(text -> "on executors, " + text).toList();
  }

  /** After a job: how many executors have worked, with which backend. */
  @Override
  public String toString() {
    return "executors %d, backend %s"
        .formatted(column(0).count(), column(1).collect(joining(" and ")));
  }

  private Stream<String> column(int i) {
    return reports.value().stream().map(report -> report.split("\t", -1)[i]).distinct().sorted();
  }
}
