package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import picocli.CommandLine;

/**
 * The tables of results in pages of the project, made from stored runs.
 *
 * <p>A page marks the place of a table, and says which results it is made from, which workloads it
 * shows, and of which backends if not of all. The file holds warm runs, the first seconds of fresh
 * JVMs, or a comparison with loops in C++. Or it holds sweeps: the table then shows one input, and
 * of its series those named.
 *
 * <pre>{@code
 * <!-- results: docs/results.json argMax|softmax vector|scalar -->
 * <!-- end of results -->
 *
 * <!-- results: docs/cold-start.json draw -->
 * <!-- end of results -->
 *
 * <!-- results: docs/results-sweeps.json history .*-best -->
 * <!-- end of results -->
 * }</pre>
 *
 * <p>Below each table a line names the processor, the JDK and the commit.
 */
final class Tables {
  private static final Pattern PLACE =
      Pattern.compile(
          "(<!-- results: (\\S+) (\\S+)(?: (\\S+))? -->\n).*?(<!-- end of results -->)",
          Pattern.DOTALL);

  /** Blanks between columns of a console. */
  private static final int GAP = 2;

  private Tables() {}

  /** Makes a table of the stored runs in a file. */
  interface Maker {
    String table(Path file, Predicate<String> workloads, Predicate<String> backends)
        throws IOException;
  }

  /** Fills every place of a page. */
  static void fill(Path root, String page, Maker maker) throws IOException {
    String filled = filled(root, page, maker);
    Files.writeString(root.resolve(page), filled);
    long tables = PLACE.matcher(filled).results().count();
    System.out.println(page + ": " + tables + (tables == 1 ? " table" : " tables"));
  }

  /** A page with every place filled. */
  static String filled(Path root, String page, Maker maker) throws IOException {
    Path file = root.resolve(page);
    Matcher place = PLACE.matcher(Files.readString(file));
    StringBuilder filled = new StringBuilder();
    boolean found = false;
    while (place.find()) {
      found = true;
      String backends = place.group(4) == null ? ".*" : place.group(4);
      String table =
          maker.table(
              root.resolve(place.group(2)),
              Pattern.compile(place.group(3)).asMatchPredicate(),
              Pattern.compile(backends).asMatchPredicate());
      place.appendReplacement(
          filled, Matcher.quoteReplacement(place.group(1) + "\n" + table + "\n" + place.group(5)));
    }
    if (!found) {
      throw new IllegalArgumentException(
          file + " has no place for results: <!-- results: FILE WORKLOADS [BACKENDS] -->");
    }
    return place.appendTail(filled).toString();
  }

  /** A line to a workload, a column to whatever varies: backends, distributions, vocabularies. */
  static String table(
      Result.Run run, Predicate<String> workloads, Predicate<String> backendsShown) {
    List<Result> results =
        run.results().stream()
            .filter(r -> r.workload().equals(Result.READ) || workloads.test(r.workload()))
            .filter(r -> backendsShown.test(r.backend()))
            .toList();
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no result of the workloads and backends to be shown");
    }
    Set<String> backends = all(results, Result::backend);
    Set<String> distributions = all(results, Result::distribution);
    Set<String> vocabularies = all(results, Tables::logits);
    Function<Result, String> column =
        r -> {
          List<String> names = new ArrayList<>();
          add(names, backends, r.backend());
          add(names, distributions, r.distribution());
          add(names, vocabularies, logits(r));
          return names.isEmpty() ? r.backend() : String.join(", ", names);
        };
    Set<String> columns = all(results, column);
    StringBuilder table = new StringBuilder("| median, us |");
    columns.forEach(name -> table.append(' ').append(name).append(" |"));
    table.append("\n|---|").append("---:|".repeat(columns.size())).append('\n');
    for (String workload : all(results, Result::workload)) {
      table.append("| ").append(workload).append(" |");
      for (String name : columns) {
        String cell = "";
        for (Result r : results) {
          if (r.workload().equals(workload) && column.apply(r).equals(name)) {
            cell = number(r.median());
          }
        }
        table.append(' ').append(cell).append(" |");
      }
      table.append('\n');
    }
    List<String> conditions = new ArrayList<>();
    if (vocabularies.size() == 1) {
      conditions.add(vocabularies.iterator().next() + " logits");
    }
    if (distributions.size() == 1) {
      conditions.add(distributions.iterator().next() + " rows");
    }
    return table
        .append('\n')
        .append(provenance(conditions, run.processor(), run.jdk(), run.commit()))
        .toString();
  }

  /** A line to a backend: medians of its JVMs. Workloads have a column where there are several. */
  static String table(ColdResult.Run run, Predicate<String> workloads, Predicate<String> backends) {
    List<ColdResult> results =
        run.results().stream()
            .filter(r -> workloads.test(r.workload()) && backends.test(r.backend()))
            .toList();
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no result of the workloads and backends to be shown");
    }
    boolean several = results.stream().map(ColdResult::workload).distinct().count() > 1;
    StringBuilder table =
        new StringBuilder(several ? "| workload | backend |" : "| backend |")
            .append(" first call, ms | worst call, ms | worst but first, ms | 1,000 calls, ms |")
            .append(" steady after, ms | steady state, us |\n")
            .append(several ? "|---|---|" : "|---|")
            .append("---:|".repeat(6))
            .append('\n');
    for (ColdResult r : results) {
      table.append(several ? "| " + r.workload() + " | " : "| ").append(r.backend()).append(" |");
      for (double figure :
          new double[] {
            r.median(ColdResult.Jvm::first),
            r.median(ColdResult.Jvm::worst),
            r.median(ColdResult.Jvm::later),
            r.median(ColdResult.Jvm::total),
            r.median(ColdResult.Jvm::ready),
            r.median(ColdResult.Jvm::steady)
          }) {
        table.append(' ').append(number(figure)).append(" |");
      }
      table.append('\n');
    }
    List<String> conditions = new ArrayList<>();
    if (!several) {
      conditions.add(results.getFirst().workload());
    }
    conditions.add(String.format(Locale.ROOT, "%,d logits", results.getFirst().vocabulary()));
    conditions.add("llm rows");
    conditions.add("medians of " + results.getFirst().jvms().size() + " JVMs");
    conditions.add(run.processors() + " processors to a JVM");
    return table
        .append('\n')
        .append(provenance(conditions, run.processor(), run.jdk(), run.commit()))
        .toString();
  }

  /**
   * A table for a console: the first columns to the left, figures to the right. Heads and cells may
   * have several lines, and colours where the console has them.
   */
  static String onConsole(int names, List<String> head, List<List<String>> rows) {
    CommandLine.Help.Ansi ansi = CommandLine.Help.Ansi.AUTO;
    int[] widths = new int[head.size()];
    List<List<String>> all = new ArrayList<>(List.of(head));
    all.addAll(rows);
    for (List<String> row : all) {
      for (int i = 0; i < widths.length; i++) {
        for (String line : row.get(i).split("\n")) {
          widths[i] = Math.max(widths[i], ansi.text(line).plainString().length() + GAP);
        }
      }
    }
    CommandLine.Help.TextTable table =
        CommandLine.Help.TextTable.forColumns(
            CommandLine.Help.defaultColorScheme(ansi),
            Arrays.stream(widths)
                .mapToObj(
                    width ->
                        new CommandLine.Help.Column(
                            width, 0, CommandLine.Help.Column.Overflow.TRUNCATE))
                .toArray(CommandLine.Help.Column[]::new));
    for (List<String> row : all) {
      String[] cells = row.toArray(String[]::new);
      for (int i = names; i < cells.length; i++) {
        int width = widths[i];
        cells[i] =
            cells[i]
                .lines()
                .map(line -> " ".repeat(width - ansi.text(line).plainString().length()) + line)
                .collect(Collectors.joining("\n"));
      }
      table.addRowValues(cells);
    }
    return table.toString();
  }

  /** The line below a table: what was measured, and on what. */
  static String provenance(List<String> conditions, String processor, String jdk, String commit) {
    List<String> all = new ArrayList<>(conditions);
    all.addAll(List.of(processor, jdk, "commit " + commit));
    return String.join(", ", all) + ".\n";
  }

  private static Set<String> all(List<Result> results, Function<Result, String> property) {
    Set<String> values = new LinkedHashSet<>();
    results.forEach(result -> values.add(property.apply(result)));
    return values;
  }

  private static void add(List<String> names, Set<String> values, String value) {
    if (values.size() > 1) {
      names.add(value);
    }
  }

  private static String logits(Result result) {
    return String.format(Locale.ROOT, "%,d", result.vocabulary());
  }

  static String number(double microseconds) {
    return String.format(Locale.ROOT, microseconds < 100 ? "%.1f" : "%,.0f", microseconds);
  }
}
