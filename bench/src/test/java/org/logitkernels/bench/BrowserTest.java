package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.logitkernels.testkit.Browser;
import org.xml.sax.InputSource;

/** Pages in headless Chromium: in the profile {@code browser}. */
@Tag("browser")
class BrowserTest {
  private static final Path ROOT = Path.of("..");

  private final Browser browser = Browser.find();

  @TempDir Path folder;

  /** What the other tests say does not happen is seen where it does. */
  @Test
  void errorsAndRequestsAreSeen() throws Exception {
    Path page =
        Files.writeString(
            folder.resolve("page.html"),
            """
            <!doctype html><title>page</title><p>shown</p><p id="dark"></p>
            <script>
            document.getElementById("dark").textContent = matchMedia("(prefers-color-scheme: dark)").matches;
            console.error("first\\nsecond");
            </script>
            <img src="http://example.com/picture.png" alt="none">
            <script>throw new Error("third");</script>
            """);
    Browser.Page opened = browser.open(page, new Browser.Screen(1000, 800, true));
    assertTrue(opened.dom().contains("<p id=\"dark\">true</p>"), opened.dom());
    assertEquals(List.of("http://example.com/picture.png"), opened.requests());
    String console = String.join("\n", opened.console());
    assertTrue(console.contains("first\nsecond"), console);
    assertTrue(console.contains("Uncaught Error: third"), console);
    assertEquals(2, opened.console().stream().filter(line -> !line.contains("net::")).count());
  }

  @Test
  void aPhoneIsAsNarrowAsAPhone() throws Exception {
    Path page =
        Files.writeString(folder.resolve("page.html"), "<!doctype html><title>page</title>");
    Path png = folder.resolve("page.png");
    browser.photograph(page, new Browser.Screen(390, 844, false), png);
    assertTrue(ImageIO.read(png.toFile()).getWidth() >= 390);
  }

  /** Wide and narrow, by day and by night: every chart is drawn, and nobody complains. */
  @ParameterizedTest
  @CsvSource({"1200, false", "500, true"})
  void thePageOfResultsIsDrawn(int width, boolean dark) throws Exception {
    Path page = Files.writeString(folder.resolve("page.html"), Main.report(ROOT));
    Browser.Page opened = browser.open(page, new Browser.Screen(width, 900, dark));
    assertEquals(List.of(), opened.console());
    assertEquals(List.of(), opened.requests());
    String[] charts = opened.dom().split("class=\"chart\"");
    assertTrue(charts.length > 15, charts.length + " charts");
    for (int i = 1; i < charts.length; i++) {
      String chart = charts[i].substring(0, charts[i].indexOf("</div>"));
      assertTrue(chart.contains("<svg"), chart);
      assertTrue(count(chart, "<path") > 5, chart);
      assertTrue(count(chart, "<text") > 5, chart);
      assertFalse(chart.contains(">undefined<") || chart.contains("NaN"), chart);
    }
  }

  @Test
  void picturesAreDrawnFromStoredResults() throws Exception {
    for (String file :
        List.of(
            "results.json", "results-limit.json", "results-limit-avx2.json", "cold-start.json")) {
      Files.copy(ROOT.resolve("docs").resolve(file), folder.resolve(file));
    }
    Result.Run warm = Runs.read(folder.resolve("results.json"), Result.Run.class);
    ColdResult.Run ofCold = Runs.read(folder.resolve("cold-start.json"), ColdResult.Run.class);
    List<Path> pictures = Pictures.draw(folder);
    assertEquals(3, pictures.size());
    for (Path file : pictures) {
      String svg = Files.readString(file);
      DocumentBuilderFactory.newInstance()
          .newDocumentBuilder()
          .parse(new InputSource(new StringReader(svg)));
      boolean cold = file.endsWith("cold-start.svg");
      assertTrue(svg.contains("commit " + (cold ? ofCold.commit() : warm.commit())), svg);
      assertTrue(svg.contains(cold ? ofCold.processor() : warm.processor()), svg);
      assertFalse(svg.contains("currentColor") || svg.contains("NaN"), svg);
      assertTrue(count(svg, "<path") > 20, svg);
      assertTrue(Files.exists(ROOT.resolve("docs").resolve(file.getFileName())));
    }
  }

  private static int count(String text, String part) {
    return text.split(part, -1).length - 1;
  }
}
