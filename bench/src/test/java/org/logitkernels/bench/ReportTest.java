package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
  void aTableHasALineToAWorkloadAndAColumnToWhatVaries() {
    Result.Run backends =
        run(
            result("read", "vector", 10, 0.01, 10),
            result("argMax", "vector", 20, 0.01, 10),
            result("argMax", "pytorch", 150, 0.01, 10),
            result("logSumExp", "vector", 25, 0.01, 10));
    String table = Tables.table(backends, "argMax|logSumExp"::contains);
    assertTrue(table.startsWith("| median, us | vector | pytorch |\n|---|---:|---:|\n"), table);
    assertTrue(table.contains("| read | 10.0 |  |\n"), table);
    assertTrue(table.contains("| argMax | 20.0 | 150 |\n"), table);
    assertTrue(table.contains("| logSumExp | 25.0 |  |\n"), table);
    assertEquals(0, lines(Tables.table(backends, "argMax"::equals), "logSumExp"));
  }

  @Test
  void everyPlaceOfAPageIsFilledAndNothingElseTouched(@TempDir Path root) throws Exception {
    String place = "<!-- results: runs/a.json argMax -->\n%s<!-- end of results -->\n";
    String page = "# Page\n\n" + place + "\nbetween $1\n\n" + place + "\nbehind\n";
    Files.writeString(root.resolve("page.md"), page.replace("%s", "old\n\n"));
    Tables.Runs runs =
        file -> {
          assertEquals(root.resolve("runs/a.json"), file);
          return run(result("argMax", "vector", 20, 0.01, 10));
        };
    Tables.fill(root, "page.md", runs);
    String table = "\n" + Tables.table(runs.read(root.resolve("runs/a.json")), w -> true) + "\n";
    assertEquals(page.replace("%s", table), Files.readString(root.resolve("page.md")));

    Files.writeString(root.resolve("other.md"), "no place");
    assertThrows(IllegalArgumentException.class, () -> Tables.fill(root, "other.md", runs));
    assertEquals("no place", Files.readString(root.resolve("other.md")));
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
