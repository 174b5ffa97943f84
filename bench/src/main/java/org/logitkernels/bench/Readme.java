package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The README's table of results, made from a stored run. */
final class Readme {
  private static final String BEGIN = "<!-- results: bin/benchmark --readme docs/results.json -->";
  private static final String END = "<!-- end of results -->";

  private Readme() {}

  /** Replaces what stands between the README's two marks. */
  static void update(Result.Run run) throws IOException {
    Path file = Path.of(System.getProperty("logitkernels.root", ""), "README.md");
    String text = Files.readString(file);
    int begin = text.indexOf(BEGIN);
    int end = text.indexOf(END);
    if (begin < 0 || end < begin) {
      throw new IllegalArgumentException(file + " has no place for results: " + BEGIN);
    }
    Files.writeString(
        file, text.substring(0, begin) + BEGIN + "\n" + table(run) + text.substring(end));
    System.out.println("Updated " + file.toAbsolutePath().normalize());
  }

  static String table(Result.Run run) {
    Set<String> workloads = new LinkedHashSet<>();
    Set<String> backends = new LinkedHashSet<>();
    for (Result result : run.results()) {
      workloads.add(result.workload());
      backends.add(result.backend());
    }
    List<String> header = new ArrayList<>(List.of("median, us", "x read"));
    header.addAll(backends);
    StringBuilder table = new StringBuilder();
    table.append("| ").append(String.join(" | ", header)).append(" |\n|---|");
    table.append("---:|".repeat(header.size() - 1)).append("\n");
    for (String workload : workloads) {
      List<String> cells = new ArrayList<>();
      String reads = "";
      for (String backend : backends) {
        String cell = "";
        for (Result result : run.results()) {
          if (result.workload().equals(workload) && result.backend().equals(backend)) {
            cell = number(result.median());
            if (reads.isEmpty()) {
              reads = String.format(Locale.ROOT, "%.2f", result.reads());
            }
          }
        }
        cells.add(cell);
      }
      table.append("| ").append(workload).append(" | ").append(reads).append(" | ");
      table.append(String.join(" | ", cells)).append(" |\n");
    }
    Result first = run.results().getFirst();
    return String.format(
        Locale.ROOT,
        "%n%s%n%,d logits, %s rows; a bare read of a row takes %.1f us; \"x read\" is the first column's "
            + "multiple of it.%n%s, %s, commit %s.%n",
        table,
        first.vocabulary(),
        first.distribution(),
        first.read(),
        run.processor(),
        run.jdk(),
        run.commit());
  }

  private static String number(double microseconds) {
    return String.format(Locale.ROOT, microseconds < 100 ? "%.1f" : "%,.0f", microseconds);
  }
}
