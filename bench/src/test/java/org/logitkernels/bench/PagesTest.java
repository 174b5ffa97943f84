package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the project's pages say of times: on what they were measured, and what was stored of it. */
class PagesTest {
  private static final Path ROOT = Path.of("..");

  /** Lines around a table in which the page has to say what it was measured on. */
  private static final int NEAR = 6;

  private static final Pattern TIMES =
      Pattern.compile("(?<![\\w'])(us|µs|ms|microseconds|milliseconds)(?!\\w)|\\btimes \\|");

  private static final List<Pattern> PROVENANCE =
      List.of(
          Pattern.compile("Intel|AMD|[Pp]rocessor not recorded"),
          Pattern.compile("(JDK|VM|Temurin) [0-9]+\\.[0-9.]+|JDK not recorded"),
          Pattern.compile("commit [0-9a-f]{9}\\b|[Cc]ommits? (was |were )?not recorded"));

  static List<String> pages() throws IOException {
    try (Stream<Path> docs = Files.list(ROOT.resolve("docs"))) {
      return Stream.concat(Stream.of(ROOT.resolve("README.md")), docs)
          .map(Path::toString)
          .filter(page -> page.endsWith(".md"))
          .sorted()
          .toList();
    }
  }

  static List<String> filledPages() {
    return Main.PAGES;
  }

  /** {@code bin/benchmark --tables} was run after the last change of a file it reads. */
  @ParameterizedTest
  @MethodSource("filledPages")
  void tablesAreThoseOfTheStoredResults(String page) throws IOException {
    assertEquals(
        Tables.filled(ROOT, page, Main::table),
        Files.readString(ROOT.resolve(page)),
        page + " does not say what its results say: run bin/benchmark --tables");
  }

  @ParameterizedTest
  @MethodSource("pages")
  void tablesOfTimesNameProcessorJdkAndCommit(String page) throws IOException {
    assertEquals(List.of(), nameless(Files.readString(Path.of(page))), page);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "| median, us | a |\n|---|---|\n| b | 1 |\n\nAMD EPYC, JDK 25.0.3.",
        "| median, us | a |\n|---|---|\n| b | 1 |\n\nAMD EPYC, commit 346b0e84c.",
        "| median, us | a |\n|---|---|\n| b | 1 |\n\nJDK 25.0.3, commit 346b0e84c.",
        "| what | result |\n|---|---|\n| b | 37.3 instead of 25.5 us |",
        "| a | b |\n|---|---|\n| b | 5.1 ms |\n\n# Next\nAMD EPYC, JDK 25.0.3, commit 346b0e84c."
      })
  void tablesWithoutThemAreFound(String page) {
    assertEquals(1, nameless(page).size(), page);
  }

  @Test
  void otherTablesNeedNone() {
    String table = "| first call, ms | status |\n|---|---|\n| 1 | the same |\n";
    assertEquals(List.of(), nameless(table.replace("first call, ms", "name")));
    assertEquals(
        List.of(), nameless("AMD EPYC, JDK 25.0.3, commit 346b0e84c:\n\n" + table + "\ntext\n"));
  }

  /** Figures of two machines, or of two commits, invite to be compared. */
  @Test
  void readmesTablesAreOfOneMachineAndOneCommit() throws IOException {
    ObjectMapper json = new ObjectMapper();
    Set<String> sources = new TreeSet<>();
    Matcher place =
        Pattern.compile("<!-- results: (\\S+) ")
            .matcher(Files.readString(ROOT.resolve("README.md")));
    while (place.find()) {
      JsonNode run = json.readTree(ROOT.resolve(place.group(1)).toFile());
      String commit = run.get("commit").asText();
      assertFalse(commit.endsWith("-dirty"), place.group(1) + " is of files in no commit");
      sources.add(run.get("processor").asText() + ", " + run.get("jdk").asText() + ", " + commit);
    }
    assertEquals(1, sources.size(), () -> "README.md has tables of " + sources);
  }

  /** The heads of tables of times near which something is missing. */
  private static List<String> nameless(String page) {
    List<String> lines = page.lines().toList();
    List<String> found = new ArrayList<>();
    for (int from = 0; from < lines.size(); from++) {
      int to = from;
      while (to < lines.size() && lines.get(to).startsWith("|")) {
        to++;
      }
      if (to > from) {
        String table = String.join("\n", lines.subList(from, to));
        String near = near(lines, from, to);
        if (TIMES.matcher(table).find()
            && !PROVENANCE.stream().allMatch(part -> part.matcher(near).find())) {
          found.add(lines.get(from));
        }
        from = to;
      }
    }
    return found;
  }

  /** The lines around some, of the same section. */
  private static String near(List<String> lines, int from, int to) {
    List<String> near = new ArrayList<>();
    for (int i = from - 1; i >= Math.max(0, from - NEAR) && isText(lines.get(i)); i--) {
      near.addFirst(lines.get(i));
    }
    for (int i = to; i < Math.min(lines.size(), to + NEAR) && isText(lines.get(i)); i++) {
      near.add(lines.get(i));
    }
    return String.join("\n", near);
  }

  private static boolean isText(String line) {
    return !line.startsWith("#") && !line.startsWith("|");
  }
}
