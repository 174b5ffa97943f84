package org.logitkernels.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Results as one HTML page that needs nothing else: charts, drawn by Vega-Lite, and behind each a
 * table of its numbers.
 */
final class WebPage {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ArrayNode specs = JSON.createArrayNode();
  private final StringBuilder contents = new StringBuilder();
  private final StringBuilder sections = new StringBuilder();

  private WebPage() {}

  /**
   * Makes the page.
   *
   * @param before what the warm runs are compared with, if they are
   */
  static String of(Runs runs, Result.@Nullable Run before) {
    WebPage page = new WebPage();
    page.section(
        "Against hand-written C++",
        "bin/limit --json limit.json",
        all(runs.limits(), Charts::limit));
    page.section(
        "Against plain Java and other libraries",
        "bin/benchmark --peers --json results.json",
        all(runs.warm(), Charts::others));
    List<Chart> lengths =
        new ArrayList<>(all(runs.sweeps(), run -> Charts.sweeps(run, "length"::equals)));
    lengths.addAll(all(runs.warm(), Charts::vocabularies));
    page.section("Cost against length", "bin/benchmark --sweep length --json length.json", lengths);
    page.section(
        "Rows of every shape",
        "bin/benchmark --backend vector --distribution llm,normal,flat,ascending,descending,masked",
        all(runs.warm(), Charts::shapes));
    page.section(
        "Masks by density",
        "bin/benchmark --sweep mask --json masks.json",
        all(runs.sweeps(), run -> Charts.sweeps(run, "mask"::equals)));
    page.section(
        "Histories and other second inputs",
        "bin/benchmark --sweep history,k,draws,batch,threads --json sweeps.json",
        all(
            runs.sweeps(),
            run -> Charts.sweeps(run, input -> !List.of("length", "mask").contains(input))));
    page.section(
        "Call times", "bin/benchmark --json results.json", all(runs.warm(), Charts::percentiles));
    page.section("Cold start", "bin/benchmark --cold", all(runs.cold(), Charts::cold));
    page.section(
        "Two results compared",
        "bin/benchmark --compare EARLIER.json",
        before == null ? List.of() : all(comparable(runs, before), r -> Charts.changes(before, r)));
    return page.text();
  }

  /** Those of the same processor; or the only one, whatever it was measured on. */
  private static List<Result.Run> comparable(Runs runs, Result.Run before) {
    return runs.warm().stream()
        .filter(run -> !run.equals(before))
        .filter(run -> runs.warm().size() == 1 || run.processor().equals(before.processor()))
        .toList();
  }

  /** Writes a file, all of it or nothing. */
  static void write(Path file, String text) throws IOException {
    Path beside = file.resolveSibling(file.getFileName() + ".part");
    try {
      Files.writeString(beside, text);
      Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
    } finally {
      Files.deleteIfExists(beside);
    }
  }

  private static <T> List<Chart> all(List<T> runs, Function<T, List<Chart>> charts) {
    return runs.stream().flatMap(run -> charts.apply(run).stream()).toList();
  }

  private void section(String title, String command, List<Chart> charts) {
    String id = title.toLowerCase(Locale.ROOT).replaceAll("[^a-z]+", "-");
    contents.append("<li><a href=\"#%s\">%s</a></li>%n".formatted(id, escaped(title)));
    sections.append(
        "<section aria-labelledby=\"%s\">%n<h2 id=\"%1$s\">%s</h2>%n"
            .formatted(id, escaped(title)));
    if (charts.isEmpty()) {
      sections.append(
          "<p>No results here. This command measures them: <code>%s</code></p>%n"
              .formatted(escaped(command)));
    }
    charts.forEach(this::figure);
    sections.append("</section>\n");
  }

  private void figure(Chart chart) {
    sections
        .append("<h3>%s</h3>%n<figure>%n".formatted(escaped(chart.title())))
        .append(
            "<div class=\"chart\" data-chart=\"%d\" role=\"img\" aria-label=\"%s: a chart of the table below\"></div>%n"
                .formatted(specs.size(), escaped(chart.title())))
        .append("<figcaption>%s</figcaption>%n".formatted(escaped(chart.note())))
        .append("<details>%n<summary>Table: %s</summary>%n".formatted(escaped(chart.title())))
        .append("<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"Table: ")
        .append(escaped(chart.title()))
        .append("\">\n<table>\n<caption>")
        .append(escaped(chart.title()))
        .append("</caption>\n<thead>\n<tr>");
    chart
        .head()
        .forEach(c -> sections.append("<th scope=\"col\">").append(escaped(c)).append("</th>"));
    sections.append("</tr>\n</thead>\n<tbody>\n");
    for (List<String> row : chart.rows()) {
      sections.append("<tr><th scope=\"row\">").append(escaped(row.getFirst())).append("</th>");
      row.stream().skip(1).forEach(c -> sections.append("<td>").append(escaped(c)).append("</td>"));
      sections.append("</tr>\n");
    }
    sections.append("</tbody>\n</table>\n</div>\n</details>\n</figure>\n");
    specs.add(chart.spec());
  }

  private String text() {
    try {
      return resource("page.html")
          .replace("CONTENTS", contents.toString().strip())
          .replace("SECTIONS", sections.toString().strip())
          .replace("CHARTS", JSON.writeValueAsString(specs).replace("</", "<\\/"))
          .replace("CONFIG", resource("config.json").strip())
          .replace("LIBRARY", library());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a chart cannot be written", e);
    }
  }

  /** Vega and Vega-Lite, without the last line, which names a file that is not here. */
  static String library() {
    return (resource("vega.min.js") + resource("vega-lite.min.js"))
        .replaceAll("//# sourceMappingURL=\\S+", "");
  }

  static String resource(String name) {
    try (InputStream in = Objects.requireNonNull(WebPage.class.getResourceAsStream(name), name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String escaped(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }
}
