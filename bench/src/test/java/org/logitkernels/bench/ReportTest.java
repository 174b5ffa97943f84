package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
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
    String table = Tables.table(backends, "argMax|logSumExp"::contains, b -> true);
    assertTrue(table.startsWith("| median, us | vector | pytorch |\n|---|---:|---:|\n"), table);
    assertTrue(table.contains("| read | 10.0 |  |\n"), table);
    assertTrue(table.contains("| argMax | 20.0 | 150 |\n"), table);
    assertTrue(table.contains("| logSumExp | 25.0 |  |\n"), table);
    assertEquals(0, lines(Tables.table(backends, "argMax"::equals, b -> true), "logSumExp"));
    assertEquals(
        0, lines(Tables.table(backends, w -> true, "vector"::equals), "pytorch"), "not asked for");
    assertThrows(
        IllegalArgumentException.class, () -> Tables.table(backends, w -> true, b -> false));
  }

  @Test
  void everyPlaceOfAPageIsFilledAndNothingElseTouched(@TempDir Path root) throws Exception {
    String place = "<!-- results: runs/a.json argMax%s -->\n%%s<!-- end of results -->\n";
    String page =
        "# Page\n\n%s\nbetween $1\n\n%s\nbehind\n"
            .formatted(place.formatted(" vector|scalar"), place.formatted(""));
    AtomicBoolean all = new AtomicBoolean(); // the first place names backends, the second none
    Files.writeString(root.resolve("page.md"), page.replace("%s", "old\n\n"));
    String table =
        Tables.table(run(result("argMax", "vector", 20, 0.01, 10)), w -> true, b -> true);
    Tables.Maker maker =
        (file, workloads, backends) -> {
          assertEquals(root.resolve("runs/a.json"), file);
          assertTrue(workloads.test("argMax") && !workloads.test("softmax"));
          assertTrue(backends.test("vector") && backends.test("naive") == all.getAndSet(true));
          return table;
        };
    Tables.fill(root, "page.md", maker);
    assertEquals(
        page.replace("%s", "\n" + table + "\n"), Files.readString(root.resolve("page.md")));

    Files.writeString(root.resolve("other.md"), "no place");
    assertThrows(IllegalArgumentException.class, () -> Tables.fill(root, "other.md", maker));
    assertEquals("no place", Files.readString(root.resolve("other.md")));
  }

  /** A virtual machine's name of a processor says too little. */
  @Test
  void processorsHaveTheirFamilyModelAndVectors() {
    String two =
        "processor\t: %d\ncpu family\t: %d\nmodel\t\t: 1\nmodel name\t: AMD EPYC\nflags\t\t: fpu %s\n\n";
    assertEquals(
        "AMD EPYC (family 25, model 1, AVX2)",
        Machine.processor(
            (two.formatted(0, 25, "avx2") + two.formatted(1, 26, "avx512f")).lines().toList()));
    assertEquals(
        "AMD EPYC (family 26, model 1, AVX-512)",
        Machine.processor(two.formatted(0, 26, "avx2 avx512f").lines().toList()));
    assertEquals("a name", Machine.processor(List.of("model name : a name")));
    assertEquals(System.getProperty("os.arch"), Machine.processor(List.of()));
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
        1.5 * median,
        1.7 * median,
        2 * median,
        3 * median,
        0,
        read);
  }
}
