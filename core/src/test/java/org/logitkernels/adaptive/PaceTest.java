package org.logitkernels.adaptive;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a warm-up works, and when it rests. */
class PaceTest {
  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How many other threads of the program are at work. */
  private int atWork = Runtime.getRuntime().availableProcessors();

  private long looks;

  /** What compilers have done. */
  private long compiled;

  private final Pace pace =
      new Pace() {
        @Override
        Map<Long, Long> others() {
          looks++;
          Map<Long, Long> times = new HashMap<>();
          for (long id = 0; id < 1000; id++) {
            times.put(id, id < atWork ? looks * TimeUnit.HOURS.toNanos(1) : 7);
          }
          return times;
        }

        @Override
        long compilation() {
          return compiled;
        }
      };

  /** A look after 20 ms of work, at a time in milliseconds. */
  private void look(int progress, long at) {
    pace.look(20 * MS, progress * MS, at * MS);
  }

  @Test
  void whereProcessorsAreFreeItRestsALittle() {
    pace.begin();
    assertFalse(pace.isOver());
    pace.worked(2 * MS);
    assertTrue(pace.isOver());
    long rest = pace.rest();
    assertTrue(rest > 0 && rest <= 6 * MS, () -> rest + " ns");
    assertFalse(pace.isOver());
  }

  @Test
  void aThreadThatWaitsForAProcessorSeesABusyMachine() {
    long now = System.nanoTime();
    for (int i = 0; i < 39; i++) { // the first look is to know what the others had before
      pace.look(MS, MS / 2, now);
      now += MS;
      assertFalse(pace.isBusy(), "after " + i);
    }
    pace.look(MS, MS / 2, now);
    assertTrue(pace.isBusy());
    pace.begin();
    pace.worked(MS);
    assertTrue(pace.isOver());
  }

  @Test
  void aThreadThatMakesProgressSeesNone() {
    for (int i = 0; i < 1000; i++) {
      pace.look(MS, MS * 9 / 10, i);
    }
    assertFalse(pace.isBusy());
  }

  /** A busy machine is looked at again after a second, by what the others do. */
  @Test
  @Timeout(60)
  void itLooksAgainAfterAWhile() {
    long now = System.nanoTime() / MS;
    look(10, now);
    look(10, now + 1);
    assertTrue(pace.isBusy());
    look(20, now + 2000);
    assertTrue(pace.isBusy(), "work beside a call says nothing of the machine");
    long looksBefore = looks;
    while (looks == looksBefore) {
      pace.await(this);
    }
    assertTrue(pace.isBusy(), "the others are still at work");
    atWork--;
    while (!pace.await(this)) {
      assertTrue(pace.isBusy());
    }
    while (pace.isBusy()) { // some work was granted before
      pace.begin();
      pace.worked(MS);
      pace.rest();
      pace.await(this);
    }
    assertTrue(System.nanoTime() / MS - now >= 1000);
  }

  @Test
  void whatTheOthersHadLongAgoIsNoNews() {
    look(10, 1000);
    look(10, 4100);
    assertFalse(pace.isBusy());
    look(10, 4101);
    assertTrue(pace.isBusy());
  }

  @Test
  void aProgramOfFewThreadsIsQuiet() {
    pace.start();
    assertFalse(pace.isQuiet());
    atWork--;
    pace.start();
    assertTrue(pace.isQuiet());
  }

  /** Threads that have worked before the start, and do not any more, are no engine. */
  @Test
  void aProgramThatRestsIsFree() {
    pace.start();
    atWork = 0;
    assertFalse(pace.isQuiet());
    assertTrue(pace.isFree());
    assertFalse(pace.isBusy());
  }

  /** On a busy machine even the start is work that callers grant. */
  @Test
  @Timeout(120)
  void anEngineGrantsTheStart() throws InterruptedException {
    pace.start();
    assertFalse(pace.isQuiet());
    assertFalse(pace.isFree());
    assertTrue(pace.isBusy());
    for (int calls = 0; calls < 1000; calls++) {
      pace.called(2 * MS); // nobody waits yet
    }
    int calls = grantsUntilItWorks();
    assertTrue(calls > 500 && calls < 5000, () -> calls + " calls");
  }

  /** How many calls of two milliseconds it takes until the thread may work. */
  private int grantsUntilItWorks() throws InterruptedException {
    Thread warmUp =
        new Thread(
            () -> {
              while (!pace.await(this)) {
                Thread.onSpinWait();
              }
            });
    warmUp.start();
    int calls = 0;
    while (warmUp.isAlive()) {
      pace.called(2 * MS);
      calls++;
      Thread.sleep(1);
    }
    return calls;
  }

  /** The compilers may be what keeps a processor from it, or another program. */
  @Test
  void whereFewOthersAreAtWorkTheMachineIsNotBusy() {
    atWork--;
    for (long at = 0; at < 1000; at++) {
      look(10, at);
    }
    assertFalse(pace.isBusy());
  }

  /** What was worked, by this thread and by compilers, is paid for by the calls that come. */
  @Test
  @Timeout(60)
  void onABusyMachineCallsGrantWork() throws InterruptedException {
    long now = System.nanoTime() / MS;
    look(10, now);
    look(10, now + 1);
    assertTrue(pace.isBusy());
    compiled = 15 * MS;
    pace.begin();
    pace.worked(MS);
    assertTrue(pace.isOver());
    pace.rest();
    int calls = grantsUntilItWorks();
    assertTrue(calls >= 30 && calls <= 500, () -> calls + " calls");
    pace.called(2 * MS); // nobody waits
  }

  /** A burst in which the process was stopped for an hour is not paid for to the end. */
  @Test
  @Timeout(120)
  void aLongBurstIsNotPaidToTheEnd() {
    long now = System.nanoTime() / MS;
    look(10, now);
    look(10, now + 1);
    compiled = 3_600_000 * MS;
    pace.begin();
    pace.worked(MS);
    pace.rest();
    atWork = 0;
    while (!pace.await(this)) {
      assertTrue(pace.isBusy());
    }
    assertFalse(pace.isBusy());
  }
}
