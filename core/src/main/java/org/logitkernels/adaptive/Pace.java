package org.logitkernels.adaptive;

import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * When a warm-up works, and when it rests.
 *
 * <p>Where processors are free, it works in bursts, and rests a little between two, because the
 * compilers need a processor too.
 *
 * <p>An engine that keeps every processor busy is different: what the warm-up takes, the engine
 * lacks. The thread sees it by its own progress, which is the part of the time that it has a
 * processor. Then it works while a caller is in a kernel. An engine samples with one thread while
 * its others wait, so a processor is free just then, and for the longer the slower the kernel is
 * that is to be exchanged. From time to time it looks whether the machine is still busy.
 */
final class Pace {
  /** Work between two rests, unless a single call takes longer. */
  private static final long BURST = TimeUnit.MILLISECONDS.toNanos(1);

  /** Rest in parts of the work before. */
  private static final double REST = 0.3;

  /** The same where there is one processor, and callers wait while this thread works. */
  private static final double REST_ALONE = 3;

  /** Work after which the thread looks at its progress. Shorter than this, it is let in anyway. */
  private static final long LOOK = TimeUnit.MILLISECONDS.toNanos(20);

  /** The least part of its work that a thread has a processor where the machine is not busy. */
  private static final double FREE = 0.85;

  /** How long a machine is held to be busy before the next look. */
  private static final long BUSY = TimeUnit.MILLISECONDS.toNanos(400);

  /** The longest wait for a caller on a busy machine. */
  private static final long WAIT = TimeUnit.MILLISECONDS.toNanos(20);

  /** Work for each call on a busy machine: about as long as scalar kernels need for a long row. */
  private static final long BESIDE = TimeUnit.MICROSECONDS.toNanos(300);

  private final double rest = Runtime.getRuntime().availableProcessors() > 1 ? REST : REST_ALONE;

  /** The thread that waits for a caller, if it does. */
  private volatile @Nullable Thread waiting;

  private long burst;
  private long known; // processor time at the end of the last burst
  private long work; // since the last look
  private long progress; // of it, with a processor
  private long busyUntil;
  private boolean busy;

  /** A caller enters a kernel that is to be exchanged. */
  void called() {
    Thread thread = waiting;
    if (thread != null) {
      waiting = null; // wakes once
      LockSupport.unpark(thread);
    }
  }

  /** The thread begins to work on a kernel. */
  void begin() {
    known = processorTime();
  }

  /** Takes down that the thread has just worked for so long. */
  void worked(long time) {
    burst += time;
    if (isOver()) {
      long processorTime = processorTime();
      look(burst, processorTime - known, System.nanoTime());
      known = processorTime;
    }
  }

  /** Takes down a burst: how long it took, and how much of that the thread had a processor. */
  void look(long time, long processorTime, long now) {
    work += time;
    progress += processorTime;
    if (busy && now - busyUntil >= 0) {
      busy = false;
      work = 0;
      progress = 0;
    } else if (!busy && work >= LOOK) {
      busy = progress < FREE * work;
      busyUntil = now + BUSY;
      work = 0;
      progress = 0;
    }
  }

  /** Whether the machine was busy at the last look. */
  boolean isBusy() {
    return busy;
  }

  /** Whether it is time for a rest. */
  boolean isOver() {
    return burst > (busy ? BESIDE : BURST);
  }

  /** How long the rest is at most. */
  long rest() {
    long rest = busy ? Math.max(WAIT, burst) : (long) (burst * this.rest);
    burst = 0;
    return rest;
  }

  /** Rests for so long, or on a busy machine until a caller comes. */
  void park(Object blocker, long nanoseconds) {
    if (busy) {
      waiting = Thread.currentThread();
    }
    LockSupport.parkNanos(blocker, nanoseconds);
    waiting = null;
  }

  /**
   * Nanoseconds that this thread has had a processor, from some beginning; of the clock, where the
   * JVM does not tell.
   */
  static long processorTime() {
    try {
      long time = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      return time < 0 ? System.nanoTime() : time;
    } catch (UnsupportedOperationException | LinkageError unknown) {
      return System.nanoTime();
    }
  }
}
