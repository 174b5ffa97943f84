package org.logitkernels.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;

/** What is drawn of runs. */
final class Charts {
  /** Plain Java, and what people use today. */
  static final List<String> OTHERS = List.of("naive", "jlama", "onnxruntime", "pytorch");

  private static final String OURS = "vector";

  /** Rows as long as a vocabulary. */
  private static final int LONG = 32_000;

  private Charts() {}

  /** Long rows by workload, then short ones by their length: how many times as long as C++. */
  static List<Chart> limit(LimitRun run) {
    String note = provenance(run);
    List<Chart> charts = new ArrayList<>();
    List<LimitRun.Line> rows = run.lines().stream().filter(l -> l.logits() >= LONG).toList();
    if (!rows.isEmpty()) {
      charts.add(
          Chart.ratios(
              "Rows of 32,000 logits or more, with " + run.vectors(),
              "Our time in hand-written C++'s, the median of the rounds and their quartiles. Less is better. "
                  + note,
              "times the C++",
              rows.stream()
                  .map(
                      l ->
                          Chart.value(
                              "line", l.workload(),
                              "by", number(l.logits()) + " logits",
                              "ratio", l.ratio(),
                              "lower", l.lower(),
                              "upper", l.upper()))
                  .toList(),
              LIMIT_HEAD,
              rows.stream().map(Charts::line).toList()));
    }
    List<LimitRun.Line> shorts = run.lines().stream().filter(l -> l.logits() < LONG).toList();
    if (!shorts.isEmpty()) {
      charts.add(
          Chart.growth(
                  "Shorter rows, by their length, with " + run.vectors(),
                  "Our time in hand-written C++'s. Less is better. " + note,
                  "logits in a row",
                  "times the C++",
                  shorts.stream()
                      .map(
                          l ->
                              Chart.value(
                                  "series", l.workload().replaceFirst("^route\\d+", "route"),
                                  "size", l.logits(),
                                  "us", l.ratio()))
                      .toList(),
                  LIMIT_HEAD,
                  shorts.stream().map(Charts::line).toList())
              .ofRatios());
    }
    return charts;
  }

  private static final List<String> LIMIT_HEAD =
      List.of("workload", "logits", "C++", "ours", "ratio", "quartiles");

  private static List<String> line(LimitRun.Line line) {
    return List.of(
        line.workload(),
        number(line.logits()),
        LimitRun.time(line.limit()),
        LimitRun.time(line.ours()),
        ratio(line.ratio()),
        ratio(line.lower()) + " to " + ratio(line.upper()));
  }

  /** The others' times in ours, by workload; none if a run has no others. */
  static List<Chart> others(Result.Run run) {
    List<Result> ours = run.results().stream().filter(r -> r.backend().equals(OURS)).toList();
    List<Map<String, Object>> values = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    List<String> others =
        OTHERS.stream()
            .filter(o -> run.results().stream().anyMatch(r -> r.backend().equals(o)))
            .toList();
    for (Result own : ours) {
      List<String> row = new ArrayList<>(List.of(own.workload(), us(own.median())));
      for (String other : others) {
        String cell = "";
        for (Result r : run.results()) {
          if (r.backend().equals(other) && r.isOf(own)) {
            double ratio = r.median() / own.median();
            values.add(Chart.value("line", own.workload(), "by", other, "ratio", ratio));
            cell = us(r.median()) + " (" + Chart.digits(ratio) + " ×)";
          }
        }
        row.add(cell);
      }
      if (row.stream().skip(2).anyMatch(cell -> !cell.isEmpty())) {
        rows.add(row);
      }
    }
    if (values.isEmpty()) {
      return List.of();
    }
    List<String> head = new ArrayList<>(List.of("workload", "ours, us"));
    others.forEach(other -> head.add(other + ", us"));
    return List.of(
        Chart.ratios(
            "By workload, " + run.processor(),
            "Their median time in ours. More is better for us. " + provenance(run),
            "times ours",
            values,
            head,
            rows));
  }

  /** Times of the vector backend by vocabulary, or in bare reads by the shape of rows. */
  static List<Chart> vocabularies(Result.Run run) {
    List<Result> ours = run.results().stream().filter(r -> r.backend().equals(OURS)).toList();
    if (distinct(ours, Result::vocabulary).size() < 2) {
      return List.of();
    }
    return List.of(
        Chart.growth(
            "Vocabularies, " + run.processor(),
            "Median time of a call, by workload. " + provenance(run),
            "logits in a row",
            "time of a call",
            ours.stream()
                .map(
                    r ->
                        Chart.value(
                            "series", r.workload(), "size", r.vocabulary(), "us", r.median()))
                .toList(),
            head("workload", distinct(ours, r -> number(r.vocabulary()) + " logits, us")),
            pivot(
                ours,
                Result::workload,
                r -> number(r.vocabulary()) + " logits, us",
                r -> us(r.median()))));
  }

  /** How many times a bare read each workload takes, by the shape of rows. */
  static List<Chart> shapes(Result.Run run) {
    List<Result> ours =
        run.results().stream()
            .filter(r -> r.backend().equals(OURS) && !r.workload().equals(Result.READ))
            .toList();
    if (distinct(ours, Result::distribution).size() < 2) {
      return List.of();
    }
    return List.of(
        Chart.ratios(
            "By the shape of rows",
            "Median time in bare reads of such a row. " + provenance(run),
            "times a bare read",
            ours.stream()
                .map(
                    r ->
                        Chart.value(
                            "line", r.workload(), "by", r.distribution(), "ratio", r.reads()))
                .toList(),
            head("workload", distinct(ours, r -> r.distribution() + ", us")),
            pivot(ours, Result::workload, r -> r.distribution() + ", us", r -> us(r.median()))));
  }

  /** Where calls of the vector backend lie, from the median to what 999 of 1,000 stay within. */
  static List<Chart> percentiles(Result.Run run) {
    List<Result> ours =
        run.results().stream().filter(r -> r.backend().equals(OURS) && r.p999() > 0).toList();
    if (ours.isEmpty() || distinct(ours, Charts::rowsOf).size() > 1) {
      return List.of();
    }
    List<Map<String, Object>> values = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (Result r : ours) {
      Map<String, Double> points = new LinkedHashMap<>();
      points.put("p50", r.median());
      points.put("p90", r.p90());
      points.put("p95", r.p95());
      points.put("p99", r.p99());
      points.put("p99.9", r.p999());
      points.forEach(
          (name, us) -> {
            if (us > 0) {
              values.add(Chart.value("line", r.workload(), "by", name, "us", us));
            }
          });
      rows.add(
          Stream.concat(
                  Stream.of(r.workload()),
                  points.values().stream().map(us -> us > 0 ? us(us) : "not kept"))
              .toList());
    }
    return List.of(
        Chart.percentiles(
            "From p50 to p99.9, " + run.processor(),
            "What half of the calls, 9 of 10, and so on to 999 of 1,000 stay within. On a machine that is shared"
                + " the last ones are the machine's interruptions. "
                + provenance(run),
            values,
            List.of("workload", "p50, us", "p90, us", "p95, us", "p99, us", "p99.9, us"),
            rows));
  }

  /** One chart to an input and a kind of rows. */
  static List<Chart> sweeps(Sweep.Run run, Predicate<String> inputs) {
    Map<String, List<Sweep.Series>> groups = new LinkedHashMap<>();
    for (Sweep.Series series : run.sweeps()) {
      if (inputs.test(series.input())) {
        groups
            .computeIfAbsent(
                series.input() + series.vocabulary() + series.distribution(),
                key -> new ArrayList<>())
            .add(series);
      }
    }
    return groups.values().stream().map(group -> sweep(run, group)).toList();
  }

  private static Chart sweep(Sweep.Run run, List<Sweep.Series> group) {
    Sweep.Series first = group.getFirst();
    List<Map<String, Object>> values = new ArrayList<>();
    Map<Integer, Map<String, String>> lines = new TreeMap<>();
    boolean masks = first.input().equals("mask");
    for (Sweep.Series series : group) {
      for (Sweep.Point point : series.points()) {
        String[] parts = series.name().split("-", 2);
        Map<String, Object> value =
            Chart.value("series", parts[0], "size", point.size(), "us", series.shown(point));
        if (parts.length > 1) {
          value.put("variant", parts[1]);
        }
        if (masks && point.size() == 0) { // no mask: a level, whatever the density
          List<Sweep.Point> others = series.points().subList(1, series.points().size());
          Stream.of(others.getFirst(), others.getLast())
              .forEach(
                  other ->
                      values.add(
                          Chart.value(
                              "series",
                              parts[0],
                              "size",
                              other.size(),
                              "us",
                              point.time(),
                              "variant",
                              "no mask")));
        } else {
          if (masks) {
            value.put("variant", "mask");
          }
          values.add(value);
        }
        lines
            .computeIfAbsent(point.size(), size -> new LinkedHashMap<>())
            .put(series.name(), Chart.digits(series.shown(point)));
      }
    }
    List<String> names = group.stream().map(Sweep.Series::name).toList();
    List<List<String>> rows = new ArrayList<>();
    lines.forEach(
        (size, cells) ->
            rows.add(
                Stream.concat(
                        Stream.of(number(size)), names.stream().map(n -> cells.getOrDefault(n, "")))
                    .toList()));
    String what = Sweep.Input.valueOf(first.input().toUpperCase(Locale.ROOT)).what();
    boolean ofLengths = first.input().equals("length");
    return Chart.growth(
        what.substring(0, 1).toUpperCase(Locale.ROOT) + what.substring(1),
        (first.each() ? "Time for each of them. " : "Time of a call. ")
            + String.join(
                ", ",
                Stream.of(
                        ofLengths ? "" : number(first.vocabulary()) + " logits",
                        first.distribution() + " rows",
                        run.backend() + " backend")
                    .filter(part -> !part.isEmpty())
                    .toList())
            + ". "
            + (masks ? "A dashed line, and 0 in the table, is a row without a mask. " : "")
            + provenance(run),
        what,
        first.each() ? "time for each" : "time of a call",
        values,
        head(what, names.stream().map(name -> name + ", us").toList()),
        rows);
  }

  /** A chart to a workload; none if the timelines were not kept. */
  static List<Chart> cold(ColdResult.Run run) {
    List<Chart> charts = new ArrayList<>();
    for (String workload : run.results().stream().map(ColdResult::workload).distinct().toList()) {
      List<ColdResult> results =
          run.results().stream().filter(r -> r.workload().equals(workload)).toList();
      List<Map<String, Object>> values = new ArrayList<>();
      for (ColdResult r : results) {
        for (ColdResult.Moment m : r.timeline()) {
          values.add(
              Chart.value(
                  "series", r.backend(), "ms", m.ms(), "us", m.median(), "slowest", m.slowest()));
        }
      }
      if (!values.isEmpty()) {
        charts.add(
            Chart.timeline(
                "The workload " + workload,
                "A line is the median call of its moment, the thin lines above it reach to the slowest. The table has"
                    + " medians of "
                    + results.getFirst().jvms().size()
                    + " JVMs. "
                    + provenance(run),
                values,
                List.of(
                    "backend",
                    "first call, ms",
                    "worst call, ms",
                    "worst but first, ms",
                    "1,000 calls, ms",
                    "steady after, ms",
                    "steady state, us"),
                results.stream().map(Charts::line).toList()));
      }
    }
    return charts;
  }

  private static List<String> line(ColdResult r) {
    return List.of(
        r.backend(),
        us(r.median(ColdResult.Jvm::first)),
        us(r.median(ColdResult.Jvm::worst)),
        us(r.median(ColdResult.Jvm::later)),
        us(r.median(ColdResult.Jvm::total)),
        us(r.median(ColdResult.Jvm::ready)),
        us(r.median(ColdResult.Jvm::steady)));
  }

  /** What moved between two runs; none if they have nothing in common. */
  static List<Chart> changes(Result.Run before, Result.Run now) {
    List<Report.Change> changes = Report.changes(before, now);
    if (changes.isEmpty()) {
      return List.of();
    }
    List<Result> nows = changes.stream().map(Report.Change::now).toList();
    List<Map<String, Object>> values = new ArrayList<>();
    List<List<String>> rows = new ArrayList<>();
    for (Report.Change c : changes) {
      String verdict = c.isMoved() ? c.change() > 0 ? "slower" : "faster" : "within the noise";
      String line = c.now().workload();
      if (distinct(nows, Result::backend).size() > 1) {
        line += ", " + c.now().backend();
      }
      if (distinct(nows, Charts::rowsOf).size() > 1) {
        line += ", " + rowsOf(c.now());
      }
      values.add(
          Chart.value(
              "line", line,
              "by", verdict,
              "change", 100 * c.change(),
              "noise", 100 * c.noise(),
              "least", -100 * c.noise()));
      rows.add(
          List.of(
              c.now().workload(),
              c.now().backend(),
              rowsOf(c.now()),
              ratio(c.old().reads()),
              ratio(c.now().reads()),
              String.format(Locale.ROOT, "%+.1f%%", 100 * c.change()),
              String.format(Locale.ROOT, "%.1f%%", 100 * c.noise()),
              verdict));
    }
    return List.of(
        Chart.changes(
            "From commit " + before.commit() + " to commit " + now.commit(),
            "By how much the median time, in bare reads of the row, has changed. The band is the noise of both. "
                + "Before: "
                + provenance(before)
                + " Now: "
                + provenance(now),
            values,
            List.of("workload", "backend", "rows", "before", "now", "change", "noise", "verdict"),
            rows));
  }

  static String provenance(Result.Run run) {
    return provenance(run.processor(), run.jdk(), run.flags(), run.commit());
  }

  static String provenance(LimitRun run) {
    return run.rounds()
        + " rounds of "
        + run.milliseconds()
        + " ms each; "
        + run.compiler()
        + "; "
        + provenance(run.processor(), run.jdk(), run.flags(), run.commit());
  }

  static String provenance(Sweep.Run run) {
    return provenance(run.processor(), run.jdk(), run.flags(), run.commit());
  }

  static String provenance(ColdResult.Run run) {
    return run.processors()
        + " processors to a JVM; "
        + provenance(run.processor(), run.jdk(), run.flags(), run.commit());
  }

  private static String provenance(
      String processor, String jdk, List<String> flags, String commit) {
    return processor
        + "; "
        + jdk
        + "; "
        + (flags.isEmpty() ? "flags not recorded" : "flags " + String.join("; ", flags))
        + "; commit "
        + commit
        + ".";
  }

  private static String rowsOf(Result r) {
    return number(r.vocabulary()) + " " + r.distribution() + (r.hot() ? ", hot" : "");
  }

  private static <T> Set<T> distinct(List<Result> results, Function<Result, T> property) {
    Set<T> values = new LinkedHashSet<>();
    results.forEach(r -> values.add(property.apply(r)));
    return values;
  }

  private static List<String> head(String first, Iterable<String> others) {
    List<String> head = new ArrayList<>(List.of(first));
    others.forEach(head::add);
    return head;
  }

  private static List<List<String>> pivot(
      List<Result> results,
      Function<Result, String> line,
      Function<Result, String> column,
      Function<Result, String> cell) {
    Map<String, Map<String, String>> lines = new LinkedHashMap<>();
    for (Result r : results) {
      lines
          .computeIfAbsent(line.apply(r), name -> new LinkedHashMap<>())
          .put(column.apply(r), cell.apply(r));
    }
    Set<String> columns = distinct(results, column);
    return lines.entrySet().stream()
        .map(
            e ->
                Stream.concat(
                        Stream.of(e.getKey()),
                        columns.stream().map(c -> e.getValue().getOrDefault(c, "")))
                    .toList())
        .toList();
  }

  private static String us(double microseconds) {
    return Tables.number(microseconds);
  }

  private static String ratio(double ratio) {
    return String.format(Locale.ROOT, "%.2f", ratio);
  }

  private static String number(int count) {
    return String.format(Locale.ROOT, "%,d", count);
  }
}
