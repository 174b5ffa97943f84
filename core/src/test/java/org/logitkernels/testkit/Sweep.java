package org.logitkernels.testkit;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.ObjIntConsumer;
import java.util.function.Supplier;

/**
 * A long way gone on every processor, in slices, with a bar on standard error every ten seconds.
 *
 * <p>Who takes which slice is chance: what the threads gather must not depend on it.
 */
public final class Sweep {
  /** How many floats there are from 0 up to the largest. */
  private static final int FLOATS = 0x7f800000;

  private static final int NEGATIVE = 0x80000000;
  private static final int SLICE = 1 << 16;
  private static final int BAR = 30;

  private Sweep() {}

  /** What is done with a slice of the floats: the first {@code length} of an array. */
  @FunctionalInterface
  public interface Visitor {
    /** Called by one thread. The array is used again for the next slice. */
    void visit(float[] floats, int length);
  }

  /**
   * Every finite float, or one in {@code step} of them, for visitors of which each thread has one:
   * slices from 0 up, then slices from -0 down.
   *
   * @return the visitors
   */
  public static <V extends Visitor> List<V> floats(String label, int step, Supplier<V> visitors) {
    int count = (FLOATS + step - 1) / step;
    int slices = (count + SLICE - 1) / SLICE;
    record Thread<V>(V visitor, float[] slice) {}
    List<Thread<V>> threads =
        run(
            label,
            2 * slices,
            () -> new Thread<>(visitors.get(), new float[SLICE]),
            (thread, slice) -> {
              int sign = slice < slices ? 0 : NEGATIVE;
              int at = slice % slices * SLICE;
              int length = Math.min(SLICE, count - at);
              for (int i = 0; i < length; i++) {
                thread.slice[i] = Float.intBitsToFloat(sign | (at + i) * step);
              }
              thread.visitor.visit(thread.slice, length);
            });
    return threads.stream().map(Thread::visitor).toList();
  }

  /** Slices 0 to {@code slices}, for states of which each thread has one; returns the states. */
  public static <S> List<S> run(
      String label, int slices, Supplier<S> states, ObjIntConsumer<S> visit) {
    int processors = Runtime.getRuntime().availableProcessors();
    AtomicInteger next = new AtomicInteger();
    Bar bar = new Bar(label, slices);
    List<Callable<S>> threads = new ArrayList<>();
    for (int i = 0; i < processors; i++) {
      S state = states.get();
      threads.add(
          () -> {
            for (int at = next.getAndIncrement(); at < slices; at = next.getAndIncrement()) {
              visit.accept(state, at);
              bar.show(at);
            }
            return state;
          });
    }
    try (ExecutorService executor = Executors.newFixedThreadPool(processors)) {
      List<S> result = new ArrayList<>();
      for (Future<S> done : executor.invokeAll(threads)) {
        result.add(done.get());
      }
      return result;
    } catch (InterruptedException e) {
      throw new IllegalStateException(label, e);
    } catch (ExecutionException e) {
      throw new AssertionError(label + ": " + e.getCause().getMessage(), e.getCause());
    }
  }

  private static final class Bar {
    private static final long PERIOD = TimeUnit.SECONDS.toNanos(10);

    private final String label;
    private final int slices;
    private final long start = System.nanoTime();
    private long next = start + PERIOD;

    Bar(String label, int slices) {
      this.label = label;
      this.slices = slices;
    }

    synchronized void show(int done) {
      long now = System.nanoTime();
      if (now < next) {
        return;
      }
      next = now + PERIOD;
      double part = (done + 1.0) / slices;
      int full = (int) (part * BAR);
      System.err.printf(
          Locale.ROOT,
          "[%s%s] %3.0f %%  %s, %.0f s to go%n",
          "#".repeat(full),
          ".".repeat(BAR - full),
          100 * part,
          label,
          (now - start) * 1e-9 * (1 - part) / part);
    }
  }
}
