package org.logitkernels.adaptive;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a warm-up works, and when it rests. */
class PaceTest {
  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

  /** How many other threads of the program are at work. */
  private int atWork = Runtime.getRuntime().availableProcessors();

  private long looks;

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

  /** Work beside a call says nothing of the machine. */
  @Test
  void itLooksAgainAfterAWhile() {
    look(10, 1000);
    look(10, 1100);
    assertTrue(pace.isBusy());
    look(20, 2099);
    assertTrue(pace.isBusy());
    look(20, 2100);
    assertFalse(pace.isBusy());
    look(20, 2101);
    assertFalse(pace.isBusy());
    look(10, 2102);
    assertFalse(pace.isBusy(), "what the others had is known from long ago");
    look(10, 2103);
    assertTrue(pace.isBusy());
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

  /** A burst that took longer than was granted is paid for by the calls that come. */
  @Test
  @Timeout(60)
  void onABusyMachineCallsGrantWork() throws InterruptedException {
    long now = System.nanoTime() / MS;
    look(10, now);
    look(10, now + 1);
    assertTrue(pace.isBusy());
    pace.begin();
    pace.worked(3 * MS);
    assertTrue(pace.isOver());
    pace.rest();
    AtomicInteger calls = new AtomicInteger();
    Thread warmUp =
        new Thread(
            () -> {
              while (!pace.await(this)) {
                calls.incrementAndGet();
              }
            });
    warmUp.start();
    warmUp.join(); // by time alone
    assertTrue(calls.get() >= 9, () -> calls + " waits");
    pace.called(); // nobody waits
  }

  /** A burst in which the process was stopped for an hour is not paid for to the end. */
  @Test
  @Timeout(20)
  void aLongBurstDelaysTheNextLookByNoMore() throws InterruptedException {
    pace.look(20 * MS, 10 * MS, System.nanoTime());
    pace.begin();
    pace.worked(3_600_000 * MS);
    assertTrue(pace.isBusy());
    pace.rest();
    assertFalse(pace.await(this));
    while (!pace.await(this)) {
      assertTrue(pace.isBusy());
    }
    pace.worked(MS);
    assertFalse(pace.isBusy());
  }
}
