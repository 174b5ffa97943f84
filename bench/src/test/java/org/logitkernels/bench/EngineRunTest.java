package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The engine under load: what its program writes, and what its table says. */
class EngineRunTest {
  @TempDir Path folder;

  private static EngineRun.Engine engine(String backend, long... lastOfEachJvm) {
    return new EngineRun.Engine(
        "2 processors",
        backend,
        Arrays.stream(lastOfEachJvm)
            .mapToObj(last -> List.of(1L, 2L, 3L, 4L, 5L, 6L, 7L, last))
            .toList());
  }

  @Test
  void theTableHasMediansAndTheRatioToTheBetterOfBoth() {
    EngineRun run =
        new EngineRun(
            "a processor",
            "a JDK",
            List.of(),
            "abc",
            128_256,
            List.of(
                engine("scalar", 100, 1100, 1000),
                engine("vector", 500, 700),
                engine("adaptive", 950)));
    String table = run.table();
    assertTrue(table.contains("| 2 processors | scalar | 1 | 2 | 3 | 5 | 1,000 |\n"), table);
    assertTrue(table.contains("| 2 processors | vector | 1 | 2 | 3 | 5 | 600 |\n"), table);
    assertTrue(
        table.contains(
            "| 2 processors | adaptive to the better of both | 1.00 | 1.00 | 1.00 | 1.00 | 0.95 |\n"),
        table);
    assertTrue(
        table.endsWith(
            "\n\n128,256 logits in a row, medians of 3 JVMs, a processor, a JDK, commit abc.\n"),
        table);
  }

  @Test
  void theProgramCountsItsTokens() throws Exception {
    long[][] written = new long[2][2];
    for (int i = 0; i < 2; i++) {
      Path file = folder.resolve("times" + i);
      BusyEngine.main(new String[] {i == 0 ? "scalar" : "adaptive", "64", "1", file.toString()});
      ByteBuffer.wrap(Files.readAllBytes(file)).asLongBuffer().get(written[i]);
      assertEquals(List.of(written[i][1]), EngineRun.tokens(written[i]));
      assertTrue(written[i][1] > BusyEngine.COMPARED, () -> "no tokens");
    }
    assertEquals(written[0][0], written[1][0], "other tokens than scalar");
  }

  @Test
  void settingsAreThoseOfTheMachine() throws Exception {
    int processors = Runtime.getRuntime().availableProcessors();
    assertEquals(processors + " processors", Setting.all(null).getFirst().name());
    Exception none = assertThrows(IllegalArgumentException.class, () -> Setting.all(folder));
    assertTrue(none.getMessage().startsWith("--graal: there is no compiler-*.jar in "));
    Files.writeString(folder.resolve("compiler-25.jar"), "");
    Setting graal = Setting.all(folder).getLast();
    assertEquals(processors + " processors, Graal", graal.name());
    assertEquals(folder.toString(), graal.flags().getLast());
  }

  @Test
  void aHashIsNoCount() {
    assertArrayEquals(
        new Long[] {3L, 7L}, EngineRun.tokens(new long[] {99, 3, 7}).toArray(new Long[0]));
  }
}
