package org.logitkernels.rows;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class WorkCrewTest {
  private final ExecutorService pool =
      Executors.newCachedThreadPool(Thread.ofPlatform().daemon().factory());

  @AfterEach
  void shutDown() {
    pool.shutdownNow();
  }

  @Test
  void everyPieceIsDoneOnce() {
    for (boolean closely : new boolean[] {false, true}) {
      for (int threads = 1; threads <= 4; threads++) {
        WorkCrew crew = new WorkCrew(pool, threads);
        assertEquals(threads, crew.threads());
        crew.linger(closely);
        for (int pieces = 0; pieces < 2000; pieces++) {
          int count = pieces % 23;
          AtomicIntegerArray done = new AtomicIntegerArray(23);
          crew.run(count, done::incrementAndGet);
          for (int i = 0; i < 23; i++) {
            assertEquals(i < count ? 1 : 0, done.get(i));
          }
        }
      }
    }
  }

  /** So a thread meets about the same part of a row in one pass after the other. */
  @Test
  void theCallerBeginsAtTheFrontAndOthersAtTheBack() throws InterruptedException {
    WorkCrew crew = new WorkCrew(pool, 2);
    Thread caller = Thread.currentThread();
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch others = new CountDownLatch(3);
    List<Integer> own = new ArrayList<>();
    List<Integer> theirs = new ArrayList<>();
    crew.run(
        6,
        i -> {
          if (Thread.currentThread() == caller) {
            own.add(i);
            begun.countDown();
            await(others);
          } else if (others.getCount() > 0) {
            await(begun);
            theirs.add(i);
            others.countDown();
          }
        });
    assertEquals(0, own.getFirst());
    assertEquals(List.of(5, 4, 3), theirs);
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Whatever kind it is of, and whoever's piece it was; the next work is as good as new. */
  @Test
  void failuresAreThrownWhenAllPiecesAreDone() {
    for (int threads = 1; threads <= 3; threads++) {
      WorkCrew crew = new WorkCrew(pool, threads);
      for (Throwable failure : List.of(new IllegalStateException(), new StackOverflowError())) {
        for (int bad = 0; bad < 5; bad++) {
          int piece = bad;
          AtomicInteger done = new AtomicInteger();
          Throwable thrown =
              assertThrows(
                  failure.getClass(),
                  () ->
                      crew.run(
                          5,
                          i -> {
                            done.incrementAndGet();
                            if (i == piece) {
                              throw WorkCrewTest.<RuntimeException>unchecked(failure);
                            }
                          }));
          assertSame(failure, thrown);
          assertEquals(5, done.get());
          crew.run(5, i -> done.incrementAndGet());
          assertEquals(10, done.get());
        }
      }
    }
  }

  @SuppressWarnings("unchecked")
  private static <T extends Throwable> T unchecked(Throwable failure) throws T {
    throw (T) failure;
  }

  /** One that waits for more work needs no new task, and ends if none comes. */
  @Test
  void threadsLingerWhereWorkFollowsClosely() throws InterruptedException {
    AtomicInteger tasks = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    WorkCrew crew =
        new WorkCrew(
            task -> {
              tasks.incrementAndGet();
              pool.execute(
                  () -> {
                    task.run();
                    ended.incrementAndGet();
                  });
            },
            2);
    crew.linger(true);
    long[] spent = new long[2];
    int row = 0;
    while (row < 100) { // works in a row that find the thread waiting
      int before = tasks.get();
      crew.run(2, i -> spent[i] += System.nanoTime());
      row = tasks.get() == before ? row + 1 : 0;
    }
    while (ended.get() < tasks.get()) {
      Thread.sleep(1);
    }
    int before = tasks.get();
    crew.linger(false);
    crew.run(2, i -> spent[i] += System.nanoTime());
    assertEquals(before + 1, tasks.get(), "those that waited have ended");
  }
}
