package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Results are kept, compared and printed as they are. */
class ReportTest {
  @Test
  void aRunSurvivesBeingWrittenAndRead() throws Exception {
    ObjectMapper json = new ObjectMapper();
    Result.Run run =
        run(result("argMax", "vector", 20, 0.01, 18), result("softmax", "naive", 1500, 0.1, 18));
    assertEquals(run, json.readValue(json.writeValueAsString(run), Result.Run.class));
  }

  @Test
  void onlyWhatMovesByMoreThanTheNoiseIsFlagged() {
    Result.Run before =
        run(
            result("argMax", "vector", 20, 0.01, 18),
            result("softmax", "vector", 40, 0.01, 18),
            result("topK40", "vector", 20, 0.2, 18),
            result("draw", "vector", 30, 0.01, 18));
    Result.Run now =
        run(
            result("argMax", "vector", 40, 0.01, 36), // a machine half as fast
            result("softmax", "vector", 48, 0.01, 18),
            result("topK40", "vector", 24, 0.01, 18),
            result("draw", "vector", 25, 0.01, 18),
            result("chain", "vector", 25, 0.01, 18));
    String text = Report.comparison(before, now);
    assertEquals(1, lines(text, "softmax", "SLOWER"), text);
    assertEquals(1, lines(text, "draw", "FASTER"), text);
    assertEquals(1, lines(text, "SLOWER"), text);
    assertEquals(1, lines(text, "FASTER"), text);
    assertTrue(text.endsWith("4 compared, 2 moved by more than the noise.\n"), text);
  }

  @Test
  void theReadmesTableHasALineToAWorkload() {
    String table =
        Readme.table(
            run(
                result("argMax", "vector", 20, 0.01, 10),
                result("argMax", "pytorch", 150, 0.01, 10),
                result("logSumExp", "vector", 25, 0.01, 10)));
    assertTrue(table.contains("| argMax | 2.00 | 20.0 | 150 |\n"), table);
    assertTrue(table.contains("| logSumExp | 2.50 | 25.0 |  |\n"), table);
  }

  private static long lines(String text, String... words) {
    return text.lines().filter(line -> List.of(words).stream().allMatch(line::contains)).count();
  }

  private static Result.Run run(Result... results) {
    return new Result.Run("a processor", "a JDK", List.of(), "abc", List.of(results));
  }

  private static Result result(
      String workload, String backend, double median, double noise, double read) {
    return new Result(
        workload,
        backend,
        128_256,
        "llm",
        false,
        median,
        0.1,
        median,
        noise,
        2 * median,
        3 * median,
        0,
        read);
  }
}
