package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** Multiples are of the first contender's time in the same round. */
class TurnsTest {
  @Test
  void slowerOnesTakeMoreTimes() {
    List<Turns.Took> took =
        Turns.measure(
            List.of(contender("argMax"), contender("argMax"), contender("topP90")), Turns.FULL);
    assertEquals(1, took.get(0).times());
    double same = took.get(1).times();
    assertTrue(same > 0.5 && same < 2, () -> "the same took " + same);
    Turns.Took other = took.get(2);
    assertTrue(other.times() > 3, () -> "a sorted nucleus took " + other);
    assertTrue(other.lower() <= other.times() && other.times() <= other.upper());
    assertTrue(took.stream().allMatch(t -> t.least() > 0 && t.least() <= t.median()));
    String table = Turns.table("scalar", took);
    assertEquals(4, table.lines().count());
    assertEquals(3, table.lines().filter(line -> line.startsWith("scalar  ")).count(), table);
  }

  private static Turns.Contender contender(String workload) {
    KernelBenchmark benchmark = new KernelBenchmark();
    benchmark.workload = workload;
    benchmark.backend = "scalar";
    benchmark.vocabulary = 5000;
    benchmark.distribution = "llm";
    return Turns.Contender.of(workload, benchmark);
  }
}
