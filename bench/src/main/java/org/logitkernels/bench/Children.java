package org.logitkernels.bench;

import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * The processes that this one has started, and those that they have started: they end when it is
 * told to end by TERM, INT or HUP. A measuring JVM that is left behind takes a core from whatever
 * is measured next.
 */
final class Children {
  /** How long none must be seen: one that is being started is no child yet. */
  private static final long QUIET_NANOS = TimeUnit.MILLISECONDS.toNanos(100);

  /** How long they are looked for: a caller that goes on starting others would have no end. */
  private static final long MOST_NANOS = TimeUnit.SECONDS.toNanos(10);

  private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static volatile boolean ending;

  private Children() {}

  /** From now on, they end with this JVM. */
  static void endWithThisJvm() {
    Runtime.getRuntime().addShutdownHook(new Thread(Children::end, "end-of-children"));
  }

  /**
   * Stays here for good if this JVM is ending: for the caller of a child that was ended, which
   * would take it for one that failed, write what it has, and start the next.
   */
  static void awaitEnd() {
    while (ending) {
      LockSupport.park();
    }
  }

  private static void end() {
    ending = true;
    long begun = System.nanoTime();
    long seen = begun;
    while (System.nanoTime() - seen < QUIET_NANOS && System.nanoTime() - begun < MOST_NANOS) {
      List<ProcessHandle> living =
          ProcessHandle.current().descendants().filter(ProcessHandle::isAlive).toList();
      if (!living.isEmpty()) {
        living.forEach(ProcessHandle::destroyForcibly);
        seen = System.nanoTime();
      }
      LockSupport.parkNanos(PAUSE_NANOS);
    }
  }
}
