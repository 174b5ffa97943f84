package org.logitkernels.adaptive;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a warm-up works, and when it rests. */
class PaceTest {
  private static final long MS = TimeUnit.MILLISECONDS.toNanos(1);

  private final Pace pace = new Pace();

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
    for (int i = 0; i < 19; i++) {
      pace.look(MS, MS / 2, now);
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
    pace.look(20 * MS, 10 * MS, 0);
    assertTrue(pace.isBusy());
    pace.look(20 * MS, 20 * MS, 999 * MS);
    assertTrue(pace.isBusy());
    pace.look(MS, MS, 1000 * MS);
    assertFalse(pace.isBusy());
    pace.look(20 * MS, 20 * MS, 1001 * MS);
    assertFalse(pace.isBusy());
    pace.look(20 * MS, 10 * MS, 1002 * MS);
    assertTrue(pace.isBusy());
  }

  /** A burst that took longer than was granted is paid for by the calls that come. */
  @Test
  @Timeout(60)
  void onABusyMachineCallsGrantWork() throws InterruptedException {
    long now = System.nanoTime();
    pace.look(20 * MS, 10 * MS, now);
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
}
