package org.logitkernels.adaptive;

import java.lang.management.CompilationMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.logitkernels.spi.HotSpot;

/**
 * When a warm-up works, and when it rests.
 *
 * <p>Where processors are free, it works in bursts, and rests a little between two, because the
 * compilers need a processor too.
 *
 * <p>An engine that keeps every processor busy is different: what the warm-up and its compilers
 * take, the engine lacks. The thread sees that by the other threads of the program: as many are at
 * work as there are processors, compilers not counted. Once it works itself, it also sees its own
 * progress, which is the part of the time that it has a processor. On a busy machine every call of
 * a kernel that is to be exchanged grants it a little work, which it begins while the caller is in
 * that kernel. An engine samples with one thread while its others wait, so a processor is free just
 * then. What compilers have done meanwhile is paid for from the same grants, and so is the start:
 * vectors come late, and the engine hardly feels them come.
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
  private static final double AT_WORK = 0.12;

  /** The part of the processors that threads of a busy program have together. */
  private static final double FULL = 0.4;

  /** A thread that has never had a processor for longer is none of an engine's. */
  private static final long IDLE = TimeUnit.MILLISECONDS.toNanos(30);

  /** What the other threads did is looked at over so long at most. */
  private static final long FRESH = TimeUnit.SECONDS.toNanos(3);

  /** How long a machine is held to be busy before the next look. */
  private static final long BUSY = TimeUnit.SECONDS.toNanos(1);

  /** Work between two rests on a busy machine. */
  private static final long SHORT_BURST = TimeUnit.MICROSECONDS.toNanos(300);

  /**
   * What a call grants on a busy machine, in parts of the time that it takes. The part grows with
   * each second that the machine is busy: what has run for long is likely to go on.
   */
  private static final double GRANT = 1.0 / 6;

  private static final double GROWTH = 1.0 / 15;
  private static final double MOST_GRANTED = 2;

  /** How long the thread waits for a call before it sees whether the machine is still busy. */
  private static final long WAIT = TimeUnit.MILLISECONDS.toNanos(100);

  /** What it takes to load the vector kernels, and to compile what that runs. */
  private static final long START = TimeUnit.MILLISECONDS.toNanos(400);

  /** More than this is not paid for: the process may have been stopped for an hour. */
  private static final long MOST_DEBT = TimeUnit.SECONDS.toNanos(2);

  private final int processors = Runtime.getRuntime().availableProcessors();
  private final double rest = processors > 1 ? REST : REST_ALONE;

  /** The thread that waits for work to be granted, if it does. */
  private volatile @Nullable Thread waiting;

  /** Work that was granted, less what was done. */
  private final AtomicLong granted = new AtomicLong();

  /** The part of its time that a call grants. */
  private volatile double part = GRANT;

  private long burst;
  private long burstProgress; // of it, with a processor
  private long known; // processor time at the end of the last burst
  private long work; // since the last look
  private long progress; // of it, with a processor
  private long compiled; // what compilers had done at the end of the last burst
  private long busyFrom;
  private long busyUntil; // then it is looked at again
  private boolean busy;
  private Map<Long, Long> others = Map.of(); // processor time of the other threads ...
  private long othersAt; // ... at this time

  /** A caller enters a kernel that is to be exchanged, and will be in it for so long, roughly. */
  void called(long time) {
    Thread thread = waiting;
    if (thread != null && granted.addAndGet((long) (time * part)) > 0) {
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
      burstProgress = processorTime - known;
      look(burst, burstProgress, System.nanoTime());
      known = processorTime;
    }
  }

  /** The thread begins: from here on it is seen what the others do. */
  void start() {
    noteOthers(System.nanoTime());
    compiled = compilation();
  }

  /** Whether it can be told at once that no engine keeps all processors busy. */
  boolean isQuiet() {
    int workers = 0;
    for (long time : others.values()) {
      workers += time > IDLE ? 1 : 0;
    }
    return workers < processors;
  }

  /** Whether the machine is free, so that the thread may go on at once; otherwise it is busy. */
  boolean isFree() {
    long now = System.nanoTime();
    busy(othersAtWork(now) >= processors, now);
    granted.set(-START);
    return !busy;
  }

  /** Takes down a burst: how long it took, and how much of that the thread had a processor. */
  void look(long time, long processorTime, long now) {
    work += time;
    progress += processorTime;
    if (!busy && work >= LOOK) {
      busy(progress < FREE * work && othersAtWork(now) >= processors, now);
    }
  }

  /** From now on the machine is busy, or it is not, until the next look. */
  private void busy(boolean busy, long now) {
    if (busy && !this.busy) {
      busyFrom = now;
    }
    this.busy = busy;
    busyUntil = now + BUSY;
    work = 0;
    progress = 0;
    part = Math.min(MOST_GRANTED, GRANT + GROWTH * (now - busyFrom) / TimeUnit.SECONDS.toNanos(1));
  }

  /**
   * How many other threads of the program have been at work since the last look; 0 if that is not
   * known, or if processors were free all the same. Compilers are no such threads.
   */
  private int othersAtWork(long now) {
    Map<Long, Long> before = others;
    long time = now - othersAt;
    noteOthers(now);
    if (time > FRESH) {
      return 0;
    }
    int atWork = 0;
    double all = 0;
    for (Map.Entry<Long, Long> each : others.entrySet()) {
      long had = each.getValue() - before.getOrDefault(each.getKey(), each.getValue());
      atWork += had > AT_WORK * time ? 1 : 0;
      all += had;
    }
    return all < FULL * processors * time ? 0 : atWork;
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
    return burst > (busy ? SHORT_BURST : BURST);
  }

  /** How long the rest is where the machine is not busy. Begins the next burst. */
  long rest() {
    long rest = (long) (burst * this.rest);
    long compiledBefore = compiled;
    compiled = compilation();
    if (busy) {
      long paid = burstProgress + compiled - compiledBefore;
      if (granted.addAndGet(-paid) < -MOST_DEBT) {
        granted.set(-MOST_DEBT);
      }
    } else {
      granted.set(0);
    }
    burst = 0;
    return rest;
  }

  /**
   * Waits for work on a busy machine, or until it is no longer busy; returns whether that is so or
   * some work is granted.
   */
  boolean await(Object blocker) {
    waiting = Thread.currentThread();
    if (granted.get() <= 0) {
      LockSupport.parkNanos(blocker, WAIT);
    }
    waiting = null;
    long now = System.nanoTime();
    if (now - busyUntil >= 0) { // by the others alone: work beside a call says nothing
      busy(othersAtWork(now) >= processors, now);
    }
    return !busy || granted.get() > 0;
  }

  /** Nanoseconds that compilers have worked; 0 where the JVM does not tell. */
  long compilation() {
    try {
      CompilationMXBean compilers = ManagementFactory.getCompilationMXBean();
      return compilers == null || !compilers.isCompilationTimeMonitoringSupported()
          ? 0
          : TimeUnit.MILLISECONDS.toNanos(compilers.getTotalCompilationTime());
    } catch (UnsupportedOperationException | LinkageError unknown) {
      return 0;
    }
  }

  /** Bytes that this thread has allocated; the same every time, where the JVM does not tell. */
  long allocated() {
    return HotSpot.allocated();
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
