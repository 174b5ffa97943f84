package org.logitkernels.adaptive;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.logitkernels.adaptive.ForwardingKernels.Kernel;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.BackendUnavailableException;
import org.logitkernels.spi.HotSpot;
import org.logitkernels.spi.RowKernels;

/**
 * Gets vector kernels compiled, off the callers' path, and exchanges each for the scalar one once
 * it is measurably faster and allocates nothing.
 *
 * <p>Until it is compiled, Vector API code is interpreted: hundreds of times slower than the scalar
 * kernel, with an object for every operation. One daemon thread of the lowest priority therefore
 * calls the vector kernels on rows of its own, which are short for as long as they are slow, so
 * that little is allocated between two rests. The thread rests between bursts, as {@link Pace} has
 * it, gives callers a head start, and rests again when they meet a kernel that is new to their
 * compiled code. What has not become fast after seconds of work stays scalar. Before the thread
 * ends, it counts once more what each exchanged kernel allocates: one that has been compiled anew,
 * and badly, goes back to scalar. Nothing that goes wrong here reaches a caller: it is kept for the
 * report.
 *
 * <p>Only kernels that callers have asked for are warmed: on a busy machine, work on the others
 * would make callers wait for those they use. The thread ends when none is left, so an idle one
 * neither costs time nor holds classes. The first call of another kernel starts a new thread. Once
 * somebody waits for the end, the other kernels are warmed too.
 *
 * @param <X> what holds a row
 * @param <K> the kernels
 */
public final class WarmUp<X, K extends RowKernels<X>>
    implements Runnable, AdaptiveKernels.Listener {
  /** Where the vector kernels come from. Called on warm-up's thread. */
  public interface Source<K extends RowKernels<?>> {
    /** Returns when it is this warm-up's turn. */
    default void turn() throws InterruptedException {}

    /** The vector kernels. Each thread asks anew. */
    K open() throws BackendUnavailableException, InterruptedException;

    /**
     * Told whenever a thread has ended, when all of {@link WarmUp}'s answers hold until a caller
     * asks for another kernel.
     */
    void rested();
  }

  /** Callers' first calls load and compile a good deal themselves. */
  private static final long HEAD_START = TimeUnit.MILLISECONDS.toNanos(80);

  /** A look at what an engine does that has just begun takes so long. */
  private static final long FIRST_LOOK = TimeUnit.MILLISECONDS.toNanos(250);

  /** A caller that was moved to another kernel is compiled anew. */
  private static final long AFTER_SWITCH = TimeUnit.MILLISECONDS.toNanos(100);

  /**
   * Work on one kernel after which it is left to scalar. Counted is the time that the thread has a
   * processor: on a busy machine it waits for one most of the time, and so do the compilers.
   */
  private static final long MOST_WORK = TimeUnit.SECONDS.toNanos(10);

  /**
   * Of the work on a kernel, the part after which the thread rests even if somebody waits. A kernel
   * that is still slow then waits for compilers, which this thread must not keep from a processor.
   */
  private static final int PATIENT = 5;

  /** The rest of a kernel that waits for compilers, in parts of the work before. */
  private static final double REST_FOR_COMPILERS = 2;

  /** Whole blocks, whole groups, whole vectors, and a tail: each has a loop of its own. */
  private static final int SHORT = 3 * Lanes.BLOCK + 2 * Lanes.GROUP + 77;

  private static final int LONG = 32 * Lanes.BLOCK + 2 * Lanes.GROUP + 77;

  /** How often each turn on each shape of row is called before the calls are looked at. */
  private static final int CALLS_SHORT = 1;

  private static final int CALLS_LONG = 2;

  /**
   * Scalar is timed beside each of the first calls, and then beside one in so many. No number of
   * turns and shapes is a multiple of it, so it meets all of them.
   */
  private static final int FIRST_CALLS = 64;

  private static final int LATER_CALLS = 17;

  /** How much faster than scalar is faster. */
  private static final double FASTER = 0.9;

  /** How many times as slow as scalar is so slow that long rows have to wait. */
  private static final double SLOW = 4;

  // Made beforehand: where memory ends there may be none to say so.

  private static final BackendUnavailableException COULD_NOT_START =
      new BackendUnavailableException(
          "its warm-up could not start a thread", "give the process room for one more thread");

  private static final BackendUnavailableException FULL =
      new BackendUnavailableException(
          "its warm-up found no memory",
          "give the process more memory, or nothing: scalar answers");

  private final AdaptiveKernels<X, K> kernels;
  private final Source<K> source;
  private final long mostWork;
  private final Pace pace;
  private final CountDownLatch end = new CountDownLatch(1);

  /** Whether somebody waits for all kernels. */
  private volatile boolean urgent;

  private volatile boolean opened;
  private volatile boolean ended;
  private volatile @Nullable BackendUnavailableException failure;

  /** Kernels that were worked on for as long as it takes, a bit each. */
  private volatile int done;

  // Written under this object's lock.
  private volatile @Nullable Thread thread;
  private long begun; // by the thread
  private long took; // by threads before

  // Of the working thread.
  private final StringBuilder slow = new StringBuilder();
  private @Nullable Trial<X> onShort;
  private @Nullable Trial<X> onLong;
  private long bytes; // that a call allocated, in the last round

  /** A warm-up of kernels that begin as scalar ones. */
  public WarmUp(AdaptiveKernels<X, K> kernels, Source<K> source) {
    this(kernels, source, MOST_WORK, new Pace());
  }

  /** With another limit to the work on a kernel, in nanoseconds of processor time, and a pace. */
  WarmUp(AdaptiveKernels<X, K> kernels, Source<K> source, long mostWork, Pace pace) {
    this.kernels = kernels;
    this.source = source;
    this.mostWork = mostWork;
    this.pace = pace;
  }

  /** Starts the first thread, which opens the vector kernels, and returns. To be called once. */
  public void start() {
    kernels.tell(this);
    wanted();
  }

  @Override
  public void called(long time) {
    pace.called(time);
  }

  /** Sees to it that a thread is at work, unless nothing is left to do for ever. */
  @Override
  public void wanted() {
    boolean failed = false;
    synchronized (this) {
      if (thread != null || ended) {
        return;
      }
      try {
        begun = System.nanoTime();
        Thread worker = new WarmUpThread(this);
        thread = worker;
        worker.start();
      } catch (Throwable e) { // no memory for a thread, or no permission
        failed = true;
        failure = COULD_NOT_START;
      }
    }
    if (failed) {
      leave(true);
    }
  }

  /**
   * Waits until every kernel has been worked on, for so long at most, and meanwhile does without
   * rests; returns whether that is so.
   */
  public boolean await(long nanoseconds) throws InterruptedException {
    urgent = true;
    wanted();
    LockSupport.unpark(thread);
    return end.await(nanoseconds, TimeUnit.NANOSECONDS);
  }

  /** Waits until no thread is at work, and changes nothing about when that is. */
  public synchronized void join() throws InterruptedException {
    while (!isSettled()) {
      wait();
    }
  }

  /** Whether every kernel has been worked on, or none will be any more. */
  public boolean hasEnded() {
    return ended;
  }

  /** Whether each kernel that callers have asked for answers as fast as it ever will. */
  public boolean isSettled() {
    return ended || (opened && thread == null && next() == null);
  }

  /** Nanoseconds that threads have been at work, rests included, but not waits for their turn. */
  public synchronized long took() {
    return thread == null ? took : took + System.nanoTime() - begun;
  }

  /** Why some or all kernels stay scalar; null if none do, or it is not known yet. */
  public @Nullable BackendUnavailableException failure() {
    return failure;
  }

  /** Adds the names of the kernels that have been exchanged. */
  public void addWarm(List<String> names) {
    for (int i = 0; i < kernels.count(); i++) {
      if (kernels.isExchanged(Kernel.ALL[i])) {
        names.add(kernels.nameOf(Kernel.ALL[i]));
      }
    }
  }

  /** Adds the names of the kernels that wait for a caller who asks for them. */
  public void addCold(List<String> names) {
    for (int i = 0; i < kernels.count() && !ended; i++) {
      if (!isDone(i) && !kernels.isWanted(Kernel.ALL[i])) {
        names.add(kernels.nameOf(Kernel.ALL[i]));
      }
    }
  }

  /** The work. Runs on a thread that {@link #wanted()} starts. */
  @Override
  public void run() {
    boolean left = false;
    try {
      pause(HEAD_START);
      pace.start();
      if (!pace.isQuiet()) {
        pause(FIRST_LOOK);
        for (boolean mayStart = pace.isFree(); !urgent && !mayStart; pause(0)) {
          mayStart = pace.await(this);
        }
      }
      long before = System.nanoTime();
      source.turn();
      synchronized (this) {
        begun += System.nanoTime() - before;
      }
      K vector = source.open();
      kernels.found(vector);
      opened = true;
      while (!left) {
        warmUp(vector);
        left = leave(false);
      }
    } catch (BackendUnavailableException e) {
      failure = e;
    } catch (InterruptedException e) {
      fail(
          "its warm-up was interrupted",
          "let the thread " + WarmUpThread.NAME + " come to its end");
    } catch (Throwable e) { // whatever it is, scalar goes on
      fail("its warm-up failed (" + e + ")", "report this; nothing else is needed, scalar answers");
    } finally {
      if (!left) {
        leave(true);
      }
    }
  }

  private void fail(String reason, String remedy) {
    failure = new BackendUnavailableException(reason, remedy);
  }

  /**
   * Ends a thread's work: true unless a caller has just asked for more. After a failure, and when
   * every kernel is done, there is no other thread.
   */
  private boolean leave(boolean failed) {
    if (failed && !opened) {
      kernels.found(null);
    }
    boolean last = failed || done == (1 << kernels.count()) - 1;
    synchronized (this) {
      if (!last && next() != null) {
        return false;
      }
      onShort = null;
      onLong = null;
      if (failed && failure == null) {
        failure = FULL;
      }
      took += System.nanoTime() - begun;
      ended = last;
      thread = null;
      notifyAll();
    }
    try {
      source.rested();
    } catch (Throwable e) {
      // It can only have been the log, and there is nowhere left to tell of it.
    } finally {
      if (last) {
        end.countDown();
      }
    }
    return true;
  }

  private void warmUp(K vector) throws InterruptedException {
    long until = System.nanoTime();
    for (Kernel kernel = next(); kernel != null; kernel = next()) {
      pause(until - System.nanoTime());
      if (becomesFast(kernel, vector)) {
        boolean felt = kernels.isWanted(kernel);
        kernels.exchange(kernel, vector);
        until = System.nanoTime() + (felt ? AFTER_SWITCH : 0);
      } else {
        stayScalar(kernel);
      }
      done |= 1 << kernel.ordinal();
    }
    pause(until - System.nanoTime());
    for (Kernel kernel : Kernel.ALL) {
      if (kernels.isExchanged(kernel)
          && allocates(kernel, vector)
          && !becomesFast(kernel, vector)) {
        kernels.exchange(kernel, kernels.slow());
        stayScalar(kernel);
      }
    }
  }

  private void stayScalar(Kernel kernel) {
    slow.append(slow.isEmpty() ? "" : ", ").append(kernels.nameOf(kernel));
    if (bytes > 0) {
      slow.append(" (").append(bytes).append(" bytes a call)");
    }
    fail(
        "it did not get faster than scalar in "
            + TimeUnit.NANOSECONDS.toMillis(mostWork)
            + " ms of work on "
            + slow
            + " (compiler: "
            + HotSpot.compiler()
            + ")",
        "give the process more processor time"
            + (HotSpot.isNativeImage()
                ? ", or build the image for this processor, as docs/portability.md says"
                : ", or see with -XX:+PrintCompilation whether it is compiled"));
  }

  /**
   * Whether a kernel allocates anything on long rows. In a first round, which does not count, the
   * trial makes what it needs.
   */
  private boolean allocates(Kernel kernel, K vector) {
    Trial<X> trial = trial(1);
    int calls = SyntheticRows.SHAPES * kernel.turns() * CALLS_LONG;
    long before = 0;
    for (int round = 0; round < 2; round++) {
      before = pace.allocated();
      for (int i = 0; i < calls; i++) {
        time(kernel, vector, trial, i);
      }
    }
    return pace.allocated() > before;
  }

  private boolean isDone(int kernel) {
    return (done >> kernel & 1) != 0;
  }

  /**
   * The next kernel: one that callers ask for, if there is one, or any if somebody waits for all;
   * null if nothing is left.
   */
  private @Nullable Kernel next() {
    Kernel first = null;
    for (int i = 0; i < kernels.count(); i++) {
      Kernel kernel = Kernel.ALL[i];
      if (!isDone(i)) {
        if (kernels.isWanted(kernel)) {
          return kernel;
        }
        first = first == null && urgent ? kernel : first;
      }
    }
    return first;
  }

  /**
   * Calls a kernel until it is faster than scalar on short rows and on long ones, and allocates
   * nothing on these; false if that takes too much work.
   */
  private boolean becomesFast(Kernel kernel, K vector) throws InterruptedException {
    int ways = SyntheticRows.SHAPES * kernel.turns();
    long[] best = new long[ways]; // of the vector kernel, in this round
    long[] scalarBest = new long[2 * ways]; // on short rows, then on long ones
    Arrays.fill(scalarBest, Long.MAX_VALUE);
    int[] calls = new int[2];
    int length = 0;
    pace.begin();
    long begin = Pace.processorTime();
    long worked = 0;
    for (long before = 0; worked < mostWork; before = worked) {
      Arrays.fill(best, Long.MAX_VALUE);
      bytes = 0;
      Trial<X> trial = trial(length);
      int window = ways * (length == 0 ? CALLS_SHORT : CALLS_LONG);
      for (int i = 0; i < window; i++) {
        int way = i % ways;
        int call = calls[length]++;
        long start = System.nanoTime();
        long allocatedBefore = pace.allocated();
        best[way] = Math.min(best[way], time(kernel, vector, trial, call));
        bytes += pace.allocated() - allocatedBefore;
        if (call < FIRST_CALLS || call % LATER_CALLS == 0) {
          int s = length * ways + way;
          scalarBest[s] = Math.min(scalarBest[s], time(kernel, kernels.scalar(), trial, call));
        }
        pace.worked(System.nanoTime() - start);
        if (pace.isOver()) {
          rest();
        }
      }
      double all = 0;
      double allScalar = 0;
      for (int way = 0; way < ways; way++) {
        all += best[way];
        allScalar += scalarBest[length * ways + way];
      }
      int allCalls = window * kernel.callsOfTrial();
      bytes = (bytes + allCalls - 1) / allCalls;
      if (all < FASTER * allScalar) {
        if (length == 1 && bytes == 0) {
          return true;
        }
        length = 1;
      } else if (all > SLOW * allScalar) {
        length = 0;
      }
      worked = Pace.processorTime() - begin;
      if (worked > mostWork / PATIENT) {
        long rest = Pace.processorTime();
        LockSupport.parkNanos(this, (long) ((worked - before) * REST_FOR_COMPILERS));
        begin += Pace.processorTime() - rest; // which is the clock's, where the JVM tells no other
      }
    }
    return false;
  }

  /** Short rows, or long ones, made when first needed. */
  private Trial<X> trial(int length) {
    Trial<X> trial = length == 0 ? onShort : onLong;
    if (trial == null) {
      float[][] rows = SyntheticRows.of(length == 0 ? SHORT : LONG);
      List<X> placed = new ArrayList<>();
      for (float[] row : rows) {
        placed.add(kernels.place(row));
      }
      trial = new Trial<>(rows, placed);
      if (length == 0) {
        onShort = trial;
      } else {
        onLong = trial;
      }
    }
    return trial;
  }

  /**
   * Nanoseconds of a call on a row, and if the kernel has ways of its own for very short rows also
   * of calls on the row's beginnings. The number of the call tells the shape and the turn.
   */
  private long time(Kernel kernel, K of, Trial<X> trial, int call) {
    int shapes = SyntheticRows.SHAPES;
    trial.begin(call % shapes, call / shapes % kernel.turns(), call);
    long time = time(kernel, of, trial);
    for (int i = 1; i < kernel.callsOfTrial(); i++) {
      trial.shorten(Trial.BEGINNINGS[i - 1]);
      time += time(kernel, of, trial);
    }
    return time;
  }

  private long time(Kernel kernel, K of, Trial<X> trial) {
    kernels.prepare(kernel, of, trial);
    long start = System.nanoTime();
    kernels.call(kernel, of, trial);
    return System.nanoTime() - start;
  }

  /**
   * Rests after a burst, on a busy machine until a caller comes, unless someone waits for the end.
   */
  private void rest() throws InterruptedException {
    long rest = pace.rest();
    if (pace.isBusy()) {
      boolean mayWork = false;
      while (!urgent && !mayWork) {
        mayWork = pace.await(this);
        pause(0);
      }
    } else {
      pause(rest);
    }
  }

  /** Rests for so long, or does not while someone waits for the end. */
  private void pause(long nanoseconds) throws InterruptedException {
    long until = System.nanoTime() + nanoseconds;
    for (long left = nanoseconds; left > 0 && !urgent; left = until - System.nanoTime()) {
      LockSupport.parkNanos(this, left);
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
    }
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
  }
}
