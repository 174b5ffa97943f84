package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.Failures;

/** Batches on kernels that stop, break, or tell who runs them. */
@Timeout(60)
class BatchSamplerTest {
  /** Rows of two logits each, of which the first tells the row. */
  private static final float[] X = {0, 9, 1, 9, 2, 9, 3, 9, 4, 9, 5, 9, 6, 9, 7, 9};

  private static final int ROWS = X.length / 2;

  private final ExecutorService pool =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

  @AfterEach
  void shutDown() {
    pool.shutdownNow();
  }

  @Test
  void rowsRunAtTheSameTime() {
    CountDownLatch both = new CountDownLatch(2);
    Set<Thread> ran = ConcurrentHashMap.newKeySet();
    BatchSampler batch =
        batch(
                row -> {
                  ran.add(Thread.currentThread());
                  both.countDown();
                  join(both);
                })
            .on(pool, 2);
    int[] tokens = new int[2];
    assertEquals(0, batch.sample(X, 0, 2, 2, 2, tokens));
    assertArrayEquals(new int[] {1, 1}, tokens);
    assertEquals(2, ran.size());
    assertTrue(ran.contains(Thread.currentThread()));
  }

  /** Also where tasks of the step before are still about to end. */
  @Test
  void threadsAreNeverMoreThanAsked() {
    AtomicInteger now = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    BatchSampler batch =
        batch(
                row -> {
                  most.accumulateAndGet(now.incrementAndGet(), Math::max);
                  Thread.yield();
                  now.decrementAndGet();
                })
            .on(pool, 3);
    int[] tokens = new int[ROWS];
    for (int n = 0; n < 20_000; n++) {
      assertEquals(0, batch.sample(X, 0, 2, ROWS, 2, tokens));
    }
    assertTrue(most.get() <= 3, () -> most + " threads");
    for (int i = 0; i < ROWS; i++) {
      assertEquals(20_000, batch.row(i).position(), "each row once a step");
    }
  }

  /** It sleeps again, until the row is finished; then it is interrupted. */
  @Test
  void anInterruptedCallerWaitsForRows() throws InterruptedException {
    CountDownLatch claimed = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    Thread caller = Thread.currentThread();
    long end = System.nanoTime() + 30_000_000_000L;
    BatchSampler batch =
        batch(
                row -> {
                  if (Thread.currentThread() != caller) {
                    claimed.countDown();
                    join(goOn);
                  } else {
                    while (claimed.getCount() > 0) { // so that the other has a row
                      assertTrue(System.nanoTime() < end, "no task takes part");
                    }
                  }
                })
            .on(pool, 2);
    Thread interrupter =
        Thread.ofPlatform()
            .daemon()
            .start(
                () -> {
                  join(claimed);
                  for (int n = 0; n < 5; n++) {
                    while (caller.getState() != Thread.State.WAITING) {
                      pause();
                    }
                    caller.interrupt();
                    pause();
                  }
                  goOn.countDown();
                });
    int[] tokens = new int[ROWS];
    int failed = batch.sample(X, 0, 2, ROWS, 2, tokens);
    assertTrue(Thread.interrupted(), "the interrupt is lost");
    assertEquals(0, failed);
    assertEquals(0, goOn.getCount(), "a row is abandoned");
    for (int token : tokens) {
      assertEquals(1, token);
    }
    interrupter.join();
  }

  /** In a task or on the caller's thread: all others are finished before it is thrown. */
  @Test
  void errorsComeWhenTheOthersAreFinished() {
    for (int threads = 1; threads <= 4; threads++) {
      OutOfMemoryError lower = new OutOfMemoryError("row 2");
      BatchSampler batch =
          batch(
                  row -> {
                    if (row == 2) {
                      throw lower;
                    }
                    if (row == 5) {
                      throw new StackOverflowError("row 5");
                    }
                    if (row == 6) {
                      throw new IllegalStateException("row 6");
                    }
                  })
              .on(pool, threads);
      int[] tokens = new int[ROWS];
      for (int n = 1; n <= 3; n++) {
        Error thrown = assertThrows(Error.class, () -> batch.sample(X, 0, 2, ROWS, 2, tokens));
        assertSame(lower, thrown);
        assertArrayEquals(new int[] {1, 1, -1, 1, 1, -1, -1, 1}, tokens);
        assertNull(batch.error(2));
        Failures.illegalState("row 6", () -> rethrow(batch.error(6)));
        assertEquals(n, batch.row(7).position());
        assertEquals(0, batch.row(2).position());
      }
      assertEquals(0, batch.sample(X, 0, 2, 2, 2, tokens), "it goes on");
    }
  }

  private static void rethrow(RuntimeException error) {
    assertNotNull(error);
    throw error;
  }

  /** A pool whose every thread is the caller of a batch on that pool. */
  @Test
  void callersMayBeThreadsOfTheExecutor() throws Exception {
    ExecutorService two = Executors.newFixedThreadPool(2, Thread.ofPlatform().daemon().factory());
    var results =
        two.invokeAll(
            IntStream.range(0, 10)
                .<java.util.concurrent.Callable<Integer>>mapToObj(
                    i ->
                        () -> {
                          BatchSampler batch = batch(row -> {}).on(two, 4);
                          int[] tokens = new int[ROWS];
                          int failed = 0;
                          for (int n = 0; n < 500; n++) {
                            failed += batch.sample(X, 0, 2, ROWS, 2, tokens);
                          }
                          return failed + (int) batch.row(ROWS - 1).position();
                        })
                .toList());
    for (var result : results) {
      assertEquals(500, result.get());
    }
    two.shutdownNow();
  }

  /** Steps of all sizes, and tasks that start whenever they like: no row twice, none left out. */
  @Test
  void everyRowIsSampledOnceAStep() {
    BatchSampler batch = BatchSampler.of(SamplerChain.greedy(), 2, new long[300]).on(pool, 4);
    long[] steps = new long[batch.rows()];
    int[] tokens = new int[batch.rows()];
    for (int n = 0; n < 10_000; n++) {
      int rows = 1 + n * 7 % batch.rows();
      assertEquals(0, batch.sample(X, 0, 0, rows, 2, tokens));
      for (int i = 0; i < rows; i++) {
        steps[i]++;
      }
    }
    for (int i = 0; i < batch.rows(); i++) {
      assertEquals(steps[i], batch.row(i).position());
    }
  }

  /** Greedy rows on scalar kernels that first tell which row it is. */
  private static BatchSampler batch(IntConsumer before) {
    Backend scalar = Kernels.scalar().rows;
    Backend telling =
        (Backend)
            Proxy.newProxyInstance(
                BatchSamplerTest.class.getClassLoader(),
                new Class<?>[] {Backend.class},
                (proxy, method, arguments) -> {
                  if (arguments != null && arguments[0] instanceof float[] x) {
                    before.accept((int) x[(int) arguments[1]]);
                  }
                  try {
                    return method.invoke(scalar, arguments);
                  } catch (InvocationTargetException e) {
                    throw e.getCause();
                  }
                });
    return BatchSampler.of(
        IntStream.range(0, ROWS)
            .mapToObj(i -> SamplerChain.greedy().newSampler(2, i, new Kernels(telling)))
            .toArray(Sampler[]::new));
  }

  private static void join(CountDownLatch latch) {
    try {
      assertTrue(latch.await(30, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static void pause() {
    try {
      Thread.sleep(5);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
