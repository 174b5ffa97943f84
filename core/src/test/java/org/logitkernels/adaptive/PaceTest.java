package org.logitkernels.adaptive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
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
    assertEquals(20 * MS, pace.rest());
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
    pace.look(20 * MS, 20 * MS, 399 * MS);
    assertTrue(pace.isBusy());
    pace.look(MS, MS, 400 * MS);
    assertFalse(pace.isBusy());
    pace.look(20 * MS, 20 * MS, 401 * MS);
    assertFalse(pace.isBusy());
    pace.look(20 * MS, 10 * MS, 402 * MS);
    assertTrue(pace.isBusy());
  }

  @Test
  @Timeout(60)
  void onABusyMachineACallerEndsTheRest() throws InterruptedException {
    pace.look(20 * MS, 10 * MS, 0);
    Thread warmUp = new Thread(() -> pace.park(this, TimeUnit.HOURS.toNanos(1)));
    warmUp.start();
    while (warmUp.isAlive()) {
      pace.called();
      Thread.sleep(1);
    }
    pace.called(); // nobody waits
  }
}
