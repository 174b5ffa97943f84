package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

/** The page of results: whole, self-contained, and of the numbers that were stored. */
class WebPageTest {
  private static final Path ROOT = Path.of("..");
  private static final Runs NONE = new Runs(List.of(), List.of(), List.of(), List.of(), List.of());

  @TempDir Path folder;

  @Test
  void theStoredPageIsThatOfTheStoredResults() throws IOException {
    assertTrue(
        Main.report(ROOT).equals(Files.readString(ROOT.resolve(Main.REPORT))),
        Main.REPORT + " does not say what the results say: run bin/benchmark --tables");
  }

  @Test
  void thePageLoadsNothing() throws IOException {
    String page = Main.report(ROOT);
    assertTrue(page.contains("content=\"default-src 'none'; "), "the browser is not told so");
    assertFalse(page.contains("sourceMappingURL"));
    String markup = page.replaceAll("(?s)<script.*?</script>", "");
    for (String loads :
        List.of("src=", "url(", "@import", "<link", "<iframe", "<object", "http:", "https:")) {
      assertFalse(markup.contains(loads), loads);
    }
    Matcher references = Pattern.compile("href=\"([^\"]*)\"").matcher(markup);
    while (references.find()) {
      assertTrue(references.group(1).startsWith("#"), references.group(1));
      assertTrue(markup.contains("id=\"" + references.group(1).substring(1) + "\""));
    }
  }

  @Test
  void everyChartHasATableWithACaptionAndHeads() throws Exception {
    String page = Main.report(ROOT);
    Document main = main(page);
    List<Element> figures = elements(main.getDocumentElement(), "figure");
    JsonNode charts = charts(page);
    assertEquals(charts.size(), figures.size());
    assertTrue(figures.size() >= 15, figures.size() + " charts");
    for (int i = 0; i < figures.size(); i++) {
      Element figure = figures.get(i);
      Element chart = elements(figure, "div").getFirst();
      assertEquals(String.valueOf(i), chart.getAttribute("data-chart"));
      assertEquals("img", chart.getAttribute("role"));
      assertFalse(chart.getAttribute("aria-label").isBlank());
      assertEquals(1, elements(figure, "details").size());
      assertFalse(elements(figure, "caption").getFirst().getTextContent().isBlank());
      int columns = elements(elements(figure, "thead").getFirst(), "th").size();
      for (Element row : elements(elements(figure, "tbody").getFirst(), "tr")) {
        assertEquals("row", elements(row, "th").getFirst().getAttribute("scope"));
        assertEquals(columns - 1, elements(row, "td").size());
      }
      String note = elements(figure, "figcaption").getFirst().getTextContent();
      for (String part :
          List.of("(AMD|Intel).*", ".*VM 25\\..*", ".*flags .*", ".*commit [0-9a-f]{9}.*")) {
        assertTrue(note.matches("(?s).*" + part), note);
      }
    }
  }

  @Test
  void tablesHoldTheStoredNumbers() throws Exception {
    List<List<String>> lines = lines(Main.report(ROOT));
    LimitRun limit = Runs.read(ROOT.resolve("docs/results-limit.json"), LimitRun.class);
    for (LimitRun.Line l : limit.lines()) {
      assertLine(
          lines,
          l.workload(),
          "%,d".formatted(l.logits()),
          LimitRun.time(l.ours()),
          "%.2f".formatted(l.ratio()));
    }
    Result.Run warm = Runs.read(ROOT.resolve("docs/results.json"), Result.Run.class);
    for (Result r : warm.results()) {
      if (r.backend().equals("vector")) {
        assertLine(lines, r.workload(), Tables.number(r.p99()), Tables.number(r.p999()));
      } else if (Charts.OTHERS.contains(r.backend())) {
        String theirs = Tables.number(r.median()) + " (";
        assertTrue(
            lines.stream()
                .anyMatch(
                    l ->
                        l.contains(r.workload()) && l.stream().anyMatch(c -> c.startsWith(theirs))),
            r::toString);
      }
    }
    Sweep.Run sweeps = Runs.read(ROOT.resolve("docs/results-sweeps.json"), Sweep.Run.class);
    for (Sweep.Series series : sweeps.sweeps()) {
      for (Sweep.Point p : series.points()) {
        assertLine(lines, "%,d".formatted(p.size()), Chart.digits(series.shown(p)));
      }
    }
    ColdResult.Run cold = Runs.read(ROOT.resolve("docs/cold-start.json"), ColdResult.Run.class);
    for (ColdResult r : cold.results()) {
      assertEquals(
          !ColdBenchmark.BACKENDS.contains(r.backend()), r.timeline().isEmpty(), r.backend());
      assertLine(lines, r.backend(), Tables.number(r.median(ColdResult.Jvm::first)));
    }
  }

  /** What a chart draws is what its table says. */
  @Test
  void chartsHoldTheNumbersOfTheirTables() throws Exception {
    Result.Run run =
        new Result.Run(
            "a processor",
            "a JDK",
            List.of("-Xa"),
            "abc",
            List.of(result("chain", "vector", 20), result("chain", "naive", 70)));
    String page = WebPage.of(Runs.of(run), null);
    JsonNode value = charts(page).get(0).at("/data/values/0");
    assertEquals("chain", value.get("line").asText());
    assertEquals("naive", value.get("by").asText());
    assertEquals(3.5, value.get("ratio").asDouble());
    assertLine(lines(page), "chain", "20.0", "70.0 (3.50 ×)");
    assertTrue(page.contains("a processor; a JDK; flags -Xa; commit abc."));
  }

  @Test
  void aSectionWithoutResultsSaysWhatMeasuresThem() throws Exception {
    String page = WebPage.of(NONE, null);
    Document main = main(page);
    List<Element> sections = elements(main.getDocumentElement(), "section");
    assertEquals(9, sections.size());
    for (Element section : sections) {
      assertTrue(elements(section, "code").getFirst().getTextContent().startsWith("bin/"));
    }
    assertEquals(0, charts(page).size());
  }

  @Test
  void whatMovedIsShown() throws Exception {
    Result.Run before = run("abc", result("chain", "vector", 20), result("draw", "vector", 20));
    Result.Run now = run("def", result("chain", "vector", 30), result("draw", "vector", 20));
    String page = WebPage.of(Runs.of(now), before);
    assertLine(lines(page), "chain", "+50.0%", "slower");
    assertLine(lines(page), "draw", "+0.0%", "within the noise");
    assertTrue(page.contains("From commit abc to commit def"));
    assertFalse(WebPage.of(Runs.of(now), null).contains("From commit"));
  }

  @Test
  void namesAreNoMarkup() throws Exception {
    Result.Run run =
        run("</script><b>", result("a<b>&\"c\"", "vector", 20), result("a<b>&\"c\"", "naive", 40));
    String page = WebPage.of(Runs.of(run), null);
    assertLine(lines(page), "a<b>&\"c\"", "20.0");
    assertEquals("a<b>&\"c\"", charts(page).get(0).at("/data/values/0/line").asText());
  }

  @Test
  void aFileIsWrittenWholeOrNotAtAll() throws Exception {
    Path file = folder.resolve("page.html");
    WebPage.write(file, "first");
    WebPage.write(file, "second");
    assertEquals("second", Files.readString(file));
    assertThrows(IOException.class, () -> WebPage.write(folder.resolve("none/page.html"), "third"));
    try (Stream<Path> files = Files.list(folder)) {
      assertEquals(1, files.count());
    }
  }

  @Test
  void aFileOfNoResultsIsNamed() throws Exception {
    Path file = Files.writeString(folder.resolve("other.json"), "{\"a\": 1}");
    String message =
        assertThrows(IllegalArgumentException.class, () -> Runs.read(List.of(file))).getMessage();
    assertTrue(message.startsWith(file + " holds no results"), message);
    Files.writeString(file, "no JSON");
    assertThrows(IllegalArgumentException.class, () -> Runs.read(List.of(file)));
  }

  private static Result.Run run(String commit, Result... results) {
    return new Result.Run("a processor", "a JDK", List.of(), commit, List.of(results));
  }

  private static Result result(String workload, String backend, double median) {
    return new Result(
        workload,
        backend,
        128_256,
        "llm",
        false,
        median,
        0.1,
        median,
        0.01,
        0,
        0,
        2 * median,
        3 * median,
        0,
        10);
  }

  /** The page without its head and scripts, which is XML too. */
  private static Document main(String page) throws Exception {
    String main =
        page.substring(page.indexOf("<main>"), page.indexOf("</main>") + "</main>".length());
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new InputSource(new StringReader(main)));
  }

  private static JsonNode charts(String page) throws IOException {
    Matcher charts =
        Pattern.compile(
                "<script type=\"application/json\" id=\"charts\">(.*?)</script>", Pattern.DOTALL)
            .matcher(page);
    assertTrue(charts.find());
    return new ObjectMapper().readTree(charts.group(1));
  }

  private static List<List<String>> lines(String page) throws Exception {
    List<List<String>> lines = new ArrayList<>();
    for (Element row : elements(main(page).getDocumentElement(), "tr")) {
      lines.add(
          Stream.concat(elements(row, "th").stream(), elements(row, "td").stream())
              .map(Element::getTextContent)
              .toList());
    }
    return lines;
  }

  private static void assertLine(List<List<String>> lines, String... cells) {
    assertTrue(
        lines.stream().anyMatch(line -> line.containsAll(List.of(cells))),
        () -> "no line has " + List.of(cells));
  }

  private static List<Element> elements(Element in, String name) {
    return IntStream.range(0, in.getElementsByTagName(name).getLength())
        .mapToObj(i -> (Element) in.getElementsByTagName(name).item(i))
        .toList();
  }
}
