package org.logitkernels.rows;

import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads that share a step: the caller's, and those that run tasks for an executor.
 *
 * <p>They claim pieces of work one at a time, without a lock. The caller always takes part, and
 * waits at the end only for pieces that a task has begun. Whatever the executor does with a task
 * (runs it at once, late, never, or rejects it), the pieces that no task has claimed are the
 * caller's.
 *
 * <p>One piece of work at a time, and none within another: whose crew it is sees to that.
 */
public final class WorkCrew {
  /** Work in pieces that may be done in any order, and at the same time. */
  public interface Work {
    /** Does the i-th piece. */
    void piece(int i);
  }

  private static final Work NONE = i -> {};

  /** Looks at the last pieces of others before the thread sleeps: about the time of a row. */
  private static final int SPINS = 500;

  /** Nanoseconds that a thread looks for more work: about what it costs to wake one. */
  private static final long LINGER = 50_000;

  private final Executor executor;
  private final Helper[] helpers;

  /**
   * The first piece that nobody has claimed, and in the upper half the end of them. The caller
   * claims from the front and others from the back, so that each meets about the same pieces of one
   * work after the other. A claim needs nothing but this number, and a task that starts late finds
   * no pieces, or pieces of later work, which are as good.
   */
  private final AtomicLong unclaimed = new AtomicLong();

  /** Pieces that are not done yet. No work begins before it is 0. */
  private final AtomicInteger unfinished = new AtomicInteger();

  /** The caller, while it may sleep. */
  private volatile @Nullable Thread waiting;

  /** The id of the thread that soon brings more work; 0 if none does. */
  private volatile long bringing;

  private volatile @Nullable Throwable failure;

  /** Written before pieces can be claimed, read after one was. */
  private Work work = NONE;

  /** A crew of the caller's thread and {@code threads - 1} threads of an executor. */
  public WorkCrew(Executor executor, int threads) {
    this.executor = executor;
    helpers = new Helper[threads - 1];
    Arrays.setAll(helpers, i -> new Helper());
  }

  /** How many threads at most. */
  public int threads() {
    return helpers.length + 1;
  }

  /**
   * Tells whether more work follows at once. Then threads look for it for a moment before they end,
   * and need not be woken.
   */
  public void linger(boolean closely) {
    bringing = closely ? Thread.currentThread().threadId() : 0;
  }

  /**
   * Does all pieces. Throws what one of them has thrown, if any, once all others are done. An
   * interrupt is kept for the caller.
   */
  public void run(int pieces, Work work) {
    this.work = work;
    failure = null;
    unfinished.set(pieces);
    unclaimed.set((long) pieces << 32); // the last, as from here on tasks may claim
    try {
      handOver(Math.min(helpers.length, pieces - 1));
    } finally { // also where the executor throws what it should not
      takePart(true);
      await();
    }
    if (failure instanceof Error error) {
      throw error;
    }
    if (failure instanceof RuntimeException exception) {
      throw exception;
    }
  }

  private void handOver(int tasks) {
    for (int i = 0; i < tasks && isOpen(); i++) {
      Helper helper = helpers[i];
      if (helper.handedOver.compareAndSet(false, true)) {
        boolean taken = false;
        try {
          executor.execute(helper);
          taken = true;
        } catch (RejectedExecutionException full) {
          return; // the caller does it all
        } finally {
          if (!taken) {
            helper.handedOver.set(false);
          }
        }
      }
    }
  }

  private boolean isOpen() {
    long range = unclaimed.get();
    return first(range) < end(range);
  }

  private static int first(long range) {
    return (int) range;
  }

  private static int end(long range) {
    return (int) (range >> 32);
  }

  /** Claims pieces and does them, until none is left. */
  private void takePart(boolean fromTheFront) {
    int done = 0;
    for (long range = unclaimed.get(); first(range) < end(range); range = unclaimed.get()) {
      if (unclaimed.compareAndSet(range, fromTheFront ? range + 1 : range - (1L << 32))) {
        try {
          work.piece(fromTheFront ? first(range) : end(range) - 1);
        } catch (RuntimeException | Error e) {
          failure = e;
        }
        done++;
      }
    }
    if (done > 0 && unfinished.addAndGet(-done) == 0) {
      LockSupport.unpark(waiting); // nobody, if it is null
    }
  }

  /** Waits for the pieces that others have claimed. */
  private void await() {
    for (int i = 0; i < SPINS && unfinished.get() > 0; i++) {
      Thread.onSpinWait();
    }
    if (unfinished.get() == 0) {
      return;
    }
    boolean interrupted = false;
    waiting = Thread.currentThread();
    while (unfinished.get() > 0) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted(); // or it would not sleep again
    }
    waiting = null;
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The task that an executor is handed: takes part in whatever work there is when it runs. */
  private final class Helper implements Runnable {
    /** Whether the executor has it: set by who hands it over, cleared when it has ended. */
    final AtomicBoolean handedOver = new AtomicBoolean();

    @Override
    public void run() {
      do {
        do {
          takePart(false);
        } while (finds());
        handedOver.set(false);
        // Work may have begun in between, which did not hand over what the executor still had.
      } while (isOpen() && handedOver.compareAndSet(false, true));
    }

    /** Whether there is more work, or soon comes some. */
    private boolean finds() {
      Thread self = Thread.currentThread();
      long begun = System.nanoTime();
      while (!isOpen()) {
        long other = bringing;
        if (other == 0
            || other == self.threadId()
            || self.isInterrupted()
            || System.nanoTime() - begun > LINGER) {
          return false;
        }
        Thread.onSpinWait();
      }
      return true;
    }
  }
}
