package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;

/** What is made of the times that a fresh JVM writes. */
class ColdStartTest {
  /** A first call of 100 ms, 500 of 1 ms with one of 7 ms among them, and 100 us from then on. */
  private static long[] ends() {
    long[] ends = new long[20_000];
    long end = 0;
    for (int i = 0; i < ends.length; i++) {
      end += i == 0 ? 100_000_000 : i == 250 ? 7_000_000 : i <= 500 ? 1_000_000 : 100_000;
      ends[i] = end;
    }
    return ends;
  }

  @Test
  void figuresAreThoseOfTheCalls() {
    ColdResult.Jvm jvm = ColdResult.Jvm.of(ends());
    assertEquals(100, jvm.first());
    assertEquals(100, jvm.worst());
    assertEquals(7, jvm.later());
    assertEquals(100 + 499 + 7 + 499 * 0.1, jvm.total(), 1e-9);
    assertEquals(100, jvm.steady());
    assertEquals(600, jvm.ready(), "the window in which most calls are fast");
  }

  /** A hiccup before the steady state has held does not count, one after it does not matter. */
  @Test
  void theSteadyStateHasToHold() {
    long[] ends = LongStream.rangeClosed(1, 20_000).map(i -> i * 100_000).toArray();
    assertEquals(0, ColdResult.Jvm.of(ends).ready());
    assertEquals(150, ColdResult.Jvm.of(slowed(ends, 1_000, 1_100)).ready());
    assertEquals(0, ColdResult.Jvm.of(slowed(ends, 10_000, 10_100)).ready());
  }

  /** Calls of half a millisecond for a while. */
  private static long[] slowed(long[] ends, int from, int to) {
    long[] slowed = new long[ends.length];
    for (int i = 0; i < slowed.length; i++) {
      slowed[i] = (i == 0 ? 0 : slowed[i - 1]) + (i >= from && i < to ? 500_000 : 100_000);
    }
    return slowed;
  }

  @Test
  void tablesShowMediansOfJvms() throws Exception {
    ColdResult.Run run = run(3);
    String text = ColdBenchmark.table(run);
    assertTrue(text.contains("\nchain     adaptive        20.0      30.0        5.0"), text);
    assertTrue(text.contains("Medians of 3 JVMs, 128,256 logits in a row"), text);
    assertTrue(ColdBenchmark.table(run(4)).contains("chain     adaptive        25.0"));
    ObjectMapper json = new ObjectMapper();
    assertEquals(run, json.readValue(json.writeValueAsString(run), ColdResult.Run.class));
  }

  @Test
  void aPagesTableNamesTheMachineAndTheCommit() {
    assertEquals(
        """
        | backend | first call, ms | worst call, ms | worst but first, ms | 1,000 calls, ms | steady after, ms | steady state, us |
        |---|---:|---:|---:|---:|---:|---:|
        | adaptive | 20.0 | 30.0 | 5.0 | 500 | 900 | 25.0 |

        chain, 128,256 logits, llm rows, medians of 3 JVMs, 2 processors to a JVM, a processor, a JDK, commit abc.
        """,
        Tables.table(run(3), "chain"::equals, b -> true));
    ColdResult.Run chain = run(3);
    ColdResult one = chain.results().getFirst();
    ColdResult draw = new ColdResult("draw", "adaptive", 128_256, one.jvms(), List.of());
    String both =
        Tables.table(
            new ColdResult.Run("a processor", "a JDK", 2, 5, List.of(), "abc", List.of(one, draw)),
            w -> true,
            b -> true);
    assertTrue(both.startsWith("| workload | backend | first call, ms |"), both);
    assertTrue(both.contains("| draw | adaptive | 20.0 |"), both);
    assertThrows(
        IllegalArgumentException.class, () -> Tables.table(chain, "draw"::equals, b -> true));
    assertThrows(
        IllegalArgumentException.class, () -> Tables.table(chain, w -> true, "scalar"::equals));
  }

  private static ColdResult.Run run(int jvms) {
    List<ColdResult.Jvm> figures =
        LongStream.rangeClosed(1, jvms)
            .mapToObj(i -> new ColdResult.Jvm(10 * i, 10 * i + 10, 5, 500, 900, 25))
            .toList();
    ColdResult result = new ColdResult("chain", "adaptive", 128_256, figures, List.of());
    return new ColdResult.Run("a processor", "a JDK", 2, 5, List.of(), "abc", List.of(result));
  }

  /** The middle of three JVMs, the middle call of each moment, and the slowest of it. */
  @Test
  void theTimelineIsThatOfTheMedianJvm() {
    long[] slow = LongStream.of(ends()).map(end -> end + 200_000_000).toArray();
    ColdResult result =
        ColdResult.of(
            "chain",
            "adaptive",
            128_256,
            List.of(
                LongStream.rangeClosed(1, 20_000).map(i -> i * 100_000).toArray(), ends(), slow));
    List<ColdResult.Moment> timeline = result.timeline();
    assertEquals(100_000, timeline.getFirst().slowest());
    assertEquals(1_000, timeline.getFirst().median());
    assertEquals(100, timeline.getFirst().ms(), 5);
    assertEquals(100, timeline.getLast().median());
    assertTrue(timeline.stream().anyMatch(m -> m.median() == 1_000 && m.slowest() == 7_000));
    for (int i = 1; i < timeline.size(); i++) {
      assertTrue(timeline.get(i).ms() > timeline.get(i - 1).ms());
    }
  }

  /** On one processor no backend is of interest but the default, and what it is compared with. */
  @Test
  void otherSettingsHaveTheDefaultAndScalar() {
    Setting all = new Setting("2 processors", List.of(), List.of());
    Setting one = new Setting("1 processor", List.of("taskset"), List.of());
    assertEquals(
        List.of(
            "scalar",
            "vector",
            "adaptive",
            "adaptive-aot",
            "scalar, 1 processor",
            "adaptive, 1 processor"),
        ColdBenchmark.starts(List.of(all, one)).stream().map(ColdBenchmark.Start::name).toList());
  }

  /** A chart draws who has a timeline, and its table has all. */
  @Test
  void aChartHasLinesForThoseWithATimeline() {
    ColdResult drawn = ColdResult.of("chain", "adaptive", 128_256, List.of(ends()));
    ColdResult other =
        ColdResult.of("chain", "adaptive, 1 processor", 128_256, List.of(ends())).withoutTimeline();
    ColdResult.Run run =
        new ColdResult.Run("a processor", "a JDK", 2, 5, List.of(), "abc", List.of(drawn, other));
    Chart chart = Charts.cold(run).getFirst();
    assertEquals(
        List.of("adaptive", "adaptive, 1 processor"),
        chart.rows().stream().map(List::getFirst).toList());
    assertTrue(chart.spec().toString().contains("\"adaptive\""));
    assertFalse(chart.spec().toString().contains("1 processor"));
  }
}
