package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The tables of results in pages of the project, made from stored runs.
 *
 * <p>A page marks the place of a table, and says which results it is made from and which workloads
 * it shows:
 *
 * <pre>{@code
 * <!-- results: docs/results.json argMax|softmax -->
 * <!-- end of results -->
 * }</pre>
 */
final class Tables {
  private static final Pattern PLACE =
      Pattern.compile(
          "(<!-- results: (\\S+) (\\S+) -->\n).*?(<!-- end of results -->)", Pattern.DOTALL);

  private Tables() {}

  /** Where runs come from. */
  interface Runs {
    Result.Run read(Path file) throws IOException;
  }

  /** Fills every place of a page. */
  static void fill(Path root, String page, Runs runs) throws IOException {
    Path file = root.resolve(page);
    String text = Files.readString(file);
    Matcher place = PLACE.matcher(text);
    StringBuilder filled = new StringBuilder();
    int tables = 0;
    for (; place.find(); tables++) {
      Result.Run run = runs.read(root.resolve(place.group(2)));
      String table = table(run, Pattern.compile(place.group(3)).asMatchPredicate());
      place.appendReplacement(
          filled, Matcher.quoteReplacement(place.group(1) + "\n" + table + "\n" + place.group(4)));
    }
    if (tables == 0) {
      throw new IllegalArgumentException(
          file + " has no place for results: <!-- results: FILE WORKLOADS -->");
    }
    Files.writeString(file, place.appendTail(filled).toString());
    System.out.println(page + ": " + tables + (tables == 1 ? " table" : " tables"));
  }

  /** A line to a workload, a column to whatever varies: backends, distributions, vocabularies. */
  static String table(Result.Run run, Predicate<String> shown) {
    List<Result> results = run.results().stream().filter(r -> isShown(r, shown)).toList();
    if (results.isEmpty()) {
      throw new IllegalArgumentException("no result of the workloads to be shown");
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
    conditions.add(run.processor());
    conditions.add(run.jdk());
    conditions.add("commit " + run.commit());
    return table.append('\n').append(String.join(", ", conditions)).append(".\n").toString();
  }

  private static boolean isShown(Result result, Predicate<String> shown) {
    return result.workload().equals(Result.READ) || shown.test(result.workload());
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

  private static String number(double microseconds) {
    return String.format(Locale.ROOT, microseconds < 100 ? "%.1f" : "%,.0f", microseconds);
  }
}
