package org.logitkernels.examples;

import java.util.concurrent.atomic.AtomicInteger;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/** Counts the tasks of a context. */
final class TaskCount extends SparkListener {
  /** Tasks that have begun, repeated ones too. */
  final AtomicInteger begun = new AtomicInteger();

  /** Of these, second ones of tasks that seemed slow. */
  final AtomicInteger speculative = new AtomicInteger();

  /** Tasks that have ended without a result: their executor was lost, or another one was faster. */
  final AtomicInteger lost = new AtomicInteger();

  @Override
  public void onTaskStart(SparkListenerTaskStart start) {
    begun.incrementAndGet();
    if (start.taskInfo().speculative()) {
      speculative.incrementAndGet();
    }
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd end) {
    if (!end.taskInfo().successful()) {
      lost.incrementAndGet();
    }
  }

  @Override
  public String toString() {
    return "tasks %,d (%,d of them lost or late)".formatted(begun.get(), lost.get());
  }
}
