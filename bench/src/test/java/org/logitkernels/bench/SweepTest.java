package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.logitkernels.Kernels;

/** A square and a cliff show as what they are, and every sweep runs. */
class SweepTest {
  private static final int VOCABULARY = 2000;
  private static final int MOST = 64;
  private static final Turns.Effort TINY =
      new Turns.Effort(200_000, 20_000, 3, 20_000_000, System::nanoTime);

  @ParameterizedTest
  @EnumSource
  void everySweepRunsOnce(Sweep.Input input) {
    Sweep sweep = new Sweep(Kernels.scalar(), VOCABULARY, BenchRows.Distribution.LLM, MOST);
    List<Sweep.Plan> plans = sweep.plans(input);
    assertFalse(plans.isEmpty());
    assertEquals(plans.size(), plans.stream().map(Sweep.Plan::name).distinct().count());
    for (Sweep.Plan plan : plans) {
      assertTrue(
          plan.sizes().length > 1 || input == Sweep.Input.THREADS, "one size shows no growth");
      assertEquals(
          Arrays.toString(Arrays.stream(plan.sizes()).sorted().distinct().toArray()),
          Arrays.toString(plan.sizes()));
      Sweep.Series series = sweep.measure(input, plan, TINY);
      assertEquals(plan.sizes().length, series.points().size());
      assertTrue(series.points().stream().allMatch(p -> p.time() > 0), series::toString);
    }
  }

  @Test
  void exponentsAreThoseOfTheCall() {
    int[] sizes = {0, 1, 2, 8, 9};
    List<Sweep.Point> points = series("square", false, sizes, 1, 3, 12, 192, 192).points();
    assertTrue(Double.isNaN(points.get(0).exponent()));
    assertTrue(Double.isNaN(points.get(1).exponent()), "nothing is many times 0");
    assertEquals(2, points.get(2).exponent(), 1e-9);
    assertEquals(2, points.get(3).exponent(), 1e-9);
    assertEquals(0, points.get(4).exponent(), 1e-9);
    assertEquals(List.of(1.0, 3.0, 12.0, 192.0), times(points.subList(0, 4)));
    Sweep.Series each = series("each", true, new int[] {2, 4, 8}, 10, 20, 80);
    assertEquals(List.of(1.0, 1.0, 2.0), times(each.points()));
    assertEquals(List.of(5.0, 5.0, 10.0), each.points().stream().map(each::shown).toList());
    assertEquals(1, each.points().get(1).exponent(), 1e-9);
    assertEquals(2, each.points().get(2).exponent(), 1e-9);
  }

  private static List<Double> times(List<Sweep.Point> points) {
    return points.stream().map(Sweep.Point::times).toList();
  }

  @Test
  void theLastLineSaysWhereItIsSteepest() {
    Sweep.Series even = series("even", false, new int[] {1, 2, 4}, 10, 11, 22);
    Sweep.Series cliff = series("cliff", false, new int[] {1, 2, 4, 8}, 9, 9, 36, 144);
    assertEquals(
        "The largest exponent is 1.00: k, even, from 2 to 4. None is above 1.3.\n",
        Sweep.summary(List.of(even)));
    assertEquals(
        "The largest exponent is 2.00: k, cliff, from 2 to 4. 2 above 1.3, which is a square or a cliff.\n",
        Sweep.summary(List.of(even, cliff)));
    assertEquals(
        "Nothing to compare.\n", Sweep.summary(List.of(series("one", false, new int[] {1}, 1))));
  }

  @Test
  void tablesHaveALineToASize() {
    Sweep.Series series = series("row", true, new int[] {1, 2, 400}, 123.4, 250, 8);
    assertEquals(
        """
        k, row, 2000 logits, llm rows
                   k      us each     times  exponent
                   1          123      1.00         \s
                   2          125      1.01      1.02
                 400        0.020      0.00     -0.65
        """,
        Sweep.table(series));
    Sweep.Run run =
        new Sweep.Run(
            "a processor",
            "a JDK",
            List.of("-Xa"),
            "abc",
            "vector",
            List.of(series, series("other", true, new int[] {1, 2, 400}, 1, 2, 400)));
    String page = Sweep.page(run, "k"::equals, name -> true);
    assertEquals(
        """
        | k, us each (exponent) | row | other |
        |---:|---:|---:|
        | 1 | 123 | 1.00 |
        | 2 | 125 (1.02) | 1.00 (1.00) |
        | 400 | 0.020 (-0.65) | 1.00 (1.00) |

        2,000 logits, llm rows, vector, a processor, a JDK, commit abc.
        """,
        page);
    assertFalse(Sweep.page(run, "k"::equals, "row"::equals).contains("other"));
    assertThrows(
        IllegalArgumentException.class, () -> Sweep.page(run, "draws"::equals, name -> true));
  }

  @Test
  void aRunSurvivesBeingWrittenAndRead() throws Exception {
    ObjectMapper json = new ObjectMapper();
    Sweep.Run run =
        new Sweep.Run(
            "p",
            "j",
            List.of(),
            "c",
            "scalar",
            List.of(series("a", false, new int[] {0, 1, 2}, 1, 2, 3)));
    assertEquals(run, json.readValue(json.writeValueAsString(run), Sweep.Run.class));
  }

  private static Sweep.Series series(String name, boolean each, int[] sizes, double... times) {
    return Sweep.Series.of(Sweep.Input.K, name, VOCABULARY, "llm", each, sizes, times);
  }
}
