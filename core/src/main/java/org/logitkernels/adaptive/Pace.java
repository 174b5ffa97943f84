package org.logitkernels.adaptive;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
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
 * processor, and by the other threads of the program that are at work: as many as there are
 * processors, compilers not counted. Then every call of a kernel that is to be exchanged grants it
 * a little work, which it begins while the caller is in that kernel. An engine samples with one
 * thread while its others wait, so a processor is free just then. From time to time the thread
 * looks whether the machine is still busy.
 */
class Pace {
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

  /** The part of the time that a thread has a processor if it is at work. */
  private static final double AT_WORK = 0.3;

  /** What the other threads did is looked at over so long at most. */
  private static final long FRESH = TimeUnit.MILLISECONDS.toNanos(900);

  /** How long a machine is held to be busy before the next look. */
  private static final long BUSY = TimeUnit.SECONDS.toNanos(1);

  /** Work that a call grants on a busy machine. */
  private static final long GRANT = TimeUnit.MICROSECONDS.toNanos(100);

  /** Without a call, this grants as much. */
  private static final long WAIT = TimeUnit.MILLISECONDS.toNanos(20);

  private final int processors = Runtime.getRuntime().availableProcessors();
  private final double rest = processors > 1 ? REST : REST_ALONE;

  /** The thread that waits for work to be granted, if it does. */
  private volatile @Nullable Thread waiting;

  /** Work that was granted, less what was done. */
  private final AtomicLong granted = new AtomicLong();

  private long burst;
  private long known; // processor time at the end of the last burst
  private long work; // since the last look
  private long progress; // of it, with a processor
  private long busyUntil;
  private boolean busy;
  private Map<Long, Long> others = Map.of(); // processor time of the other threads ...
  private long othersAt; // ... at this time

  /** A caller enters a kernel that is to be exchanged. */
  void called() {
    Thread thread = waiting;
    if (thread != null && granted.addAndGet(GRANT) > 0) {
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

  /** The thread begins: from here on it is seen what the others do. */
  void start() {
    noteOthers(System.nanoTime());
  }

  /** Looks whether the machine is busy, which takes a moment of work for nothing. */
  boolean probe() {
    begin();
    work = 0;
    progress = 0;
    long start = System.nanoTime();
    long time = 0;
    while (time < LOOK) {
      Thread.onSpinWait();
      time = System.nanoTime() - start;
    }
    look(time, processorTime() - known, start + time);
    return busy;
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
      busy = progress < FREE * work && othersAtWork(now) >= processors;
      busyUntil = now + BUSY;
      work = 0;
      progress = 0;
    }
  }

  /**
   * How many other threads of the program have been at work since a while ago; 0 if that is not
   * known. Compilers are no such threads.
   */
  private int othersAtWork(long now) {
    Map<Long, Long> before = others;
    long time = now - othersAt;
    noteOthers(now);
    if (time > FRESH) {
      return 0;
    }
    int atWork = 0;
    for (Map.Entry<Long, Long> each : others.entrySet()) {
      long had = before.getOrDefault(each.getKey(), each.getValue());
      atWork += each.getValue() - had > AT_WORK * time ? 1 : 0;
    }
    return atWork;
  }

  private void noteOthers(long now) {
    others = others();
    othersAt = now;
  }

  /** Processor time that each other thread of the program has had; nothing if that is not told. */
  Map<Long, Long> others() {
    try {
      ThreadMXBean threads = ManagementFactory.getThreadMXBean();
      long self = Thread.currentThread().threadId();
      Map<Long, Long> times = new HashMap<>();
      for (long id : threads.getAllThreadIds()) {
        if (id != self) {
          times.put(id, threads.getThreadCpuTime(id));
        }
      }
      return times;
    } catch (UnsupportedOperationException | LinkageError unknown) {
      return Map.of();
    }
  }

  /** Whether the machine was busy at the last look. */
  boolean isBusy() {
    return busy;
  }

  /** Whether it is time for a rest. */
  boolean isOver() {
    return burst > (busy ? GRANT : BURST);
  }

  /** How long the rest is where the machine is not busy. Begins the next burst. */
  long rest() {
    long rest = (long) (burst * this.rest);
    if (busy) {
      granted.addAndGet(-burst);
    } else {
      granted.set(0);
    }
    burst = 0;
    return rest;
  }

  /**
   * Waits for work on a busy machine; returns whether there is some. When it is time to look again,
   * there is: after a burst that was stopped for long, what was granted would be missing for as
   * long as the machine is held to be busy.
   */
  boolean await(Object blocker) {
    waiting = Thread.currentThread();
    if (granted.get() <= 0) {
      LockSupport.parkNanos(blocker, WAIT);
      if (waiting != null) { // no call has come, or too few
        granted.addAndGet(GRANT);
      }
    }
    waiting = null;
    return granted.get() > 0 || System.nanoTime() - busyUntil >= 0;
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
