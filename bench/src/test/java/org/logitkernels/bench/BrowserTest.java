package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.logitkernels.testkit.Browser;

/** Pages in headless Chromium: in the profile {@code browser}. */
@Tag("browser")
class BrowserTest {
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
}
