package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Scratch that passes share. */
class ScratchTest {
  private static Set<Scratch> take(int count) {
    Set<Scratch> taken = Collections.newSetFromMap(new IdentityHashMap<>());
    for (int i = 0; i < count; i++) {
      taken.add(Scratch.take());
    }
    return taken;
  }

  /** As many passes at a time as there were before allocate nothing, whoever begins them. */
  @Test
  void whatIsGivenBackIsTakenAgain() {
    Set<Scratch> first = take(4);
    assertEquals(4, first.size(), "no pass has that of another");
    first.forEach(Scratch::give);
    for (int round = 0; round < 100; round++) {
      Set<Scratch> again = take(1 + round % 4);
      assertTrue(first.containsAll(again), "allocated in round " + round);
      again.forEach(Scratch::give);
    }
  }

  /** Room for a longer row is made once. */
  @Test
  void roomGrows() {
    Scratch scratch = Scratch.take(5);
    double[] sums = scratch.sums;
    assertTrue(sums.length >= 5 && scratch.tops.length >= 5 && scratch.leasts.length >= 5);
    scratch.give();
    Scratch same = Scratch.take(5);
    assertTrue(same.sums.length >= 5);
    same.give();
  }
}
