package org.logitkernels.testkit;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Chromium without a window. It opens pages of this machine, each in a profile of its own that is
 * thrown away, and no name of a host leads anywhere.
 */
public final class Browser {
  /** What says where Chromium is, if that is not the PATH. */
  private static final String VARIABLE = "CHROMIUM";

  private static final List<String> NAMES =
      List.of("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome");

  private static final List<String> OPTIONS =
      List.of(
          "--headless",
          "--no-sandbox", // which Chromium cannot have as root; it opens our own pages alone
          "--disable-gpu",
          "--disable-quic",
          "--disable-background-networking",
          "--disable-component-update",
          "--disable-sync",
          "--no-first-run",
          "--hide-scrollbars",
          "--host-resolver-rules=MAP * ~NOTFOUND",
          "--enable-logging=stderr",
          "--virtual-time-budget=20000"); // timers run at once, but no longer than this

  private static final int PATIENCE_SECONDS = 90;

  /** A window is no narrower than this; a page that shall be is put into a frame. */
  private static final int NARROWEST = 500;

  private static final Pattern CONSOLE =
      Pattern.compile(":CONSOLE[:(]\\d+\\)?\\] (.*?)(?=\\n\\[\\d+:\\d+:|\\z)", Pattern.DOTALL);

  /** A request whose sender is a page of this machine, not Chromium itself. */
  private static final Pattern REQUEST =
      Pattern.compile("\"network_isolation_key\":\"file:.{0,400}?\"url\":\"([^\"]+)\"");

  private final Path program;

  private Browser(Path program) {
    this.program = program;
  }

  /**
   * A page after its scripts have run.
   *
   * @param dom the elements, as HTML
   * @param console what scripts wrote to the console, and the errors that they did not catch
   * @param requests the addresses that the page asked a network for
   */
  public record Page(String dom, List<String> console, List<String> requests) {}

  /** What a page is shown on. */
  public record Screen(int width, int height, boolean dark) {}

  /** The Chromium that the variable CHROMIUM names, or else the first one on the PATH. */
  public static Browser find() {
    String named = System.getenv(VARIABLE);
    Stream<Path> candidates =
        named != null
            ? Stream.of(Path.of(named))
            : Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name)));
    return candidates
        .filter(file -> Files.isRegularFile(file) && Files.isExecutable(file))
        .findFirst()
        .map(Browser::new)
        .orElseThrow(
            () ->
                new IllegalStateException(
                    (named != null
                            ? VARIABLE + " is " + named + ", which is no program"
                            : "No Chromium is here")
                        + ": install the package chromium, or set "
                        + VARIABLE
                        + " to the path of a Chromium or Chrome"));
  }

  /** Opens a page. */
  public Page open(Path page, Screen screen) throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("browser");
    try {
      Path requests = folder.resolve("requests.json");
      Path dom = folder.resolve("dom");
      String log =
          run(folder, dom, page, screen, List.of("--dump-dom", "--log-net-log=" + requests));
      return new Page(
          Files.readString(dom), groups(CONSOLE, log), groups(REQUEST, Files.readString(requests)));
    } finally {
      remove(folder);
    }
  }

  /** Writes a PNG file of what a screen shows of a page. */
  public void photograph(Path page, Screen screen, Path png)
      throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("browser");
    try {
      Path shown = page;
      if (screen.width < NARROWEST) {
        String frame =
            "<body style='margin:0'><iframe src='%s' style='border:0;width:%dpx;height:%dpx'></iframe>"
                .formatted(page.toUri(), screen.width, screen.height);
        shown = Files.writeString(folder.resolve("frame.html"), frame);
      }
      run(
          folder,
          folder.resolve("out"),
          shown,
          screen,
          List.of("--screenshot=" + png.toAbsolutePath()));
      if (!Files.exists(png)) {
        throw new IOException(program + " made no picture of " + page);
      }
    } finally {
      remove(folder);
    }
  }

  /** Runs Chromium to its end, and returns its log. */
  private String run(Path folder, Path out, Path page, Screen screen, List<String> options)
      throws IOException, InterruptedException {
    Path log = folder.resolve("log");
    List<String> command = new ArrayList<>(List.of(program.toString()));
    command.addAll(OPTIONS);
    command.addAll(options);
    command.add("--user-data-dir=" + folder.resolve("profile"));
    command.add("--window-size=" + screen.width + "," + screen.height);
    command.add("--blink-settings=preferredColorScheme=" + (screen.dark ? 0 : 1));
    command.add(page.toUri().toString());
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(log.toFile())
            .start();
    boolean ended = process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
    if (!ended || process.exitValue() != 0) {
      throw new IOException(
          String.join(" ", command)
              + (ended ? " failed: " : " did not end: ")
              + Files.readString(log).strip());
    }
    return Files.readString(log).strip();
  }

  private static List<String> groups(Pattern pattern, String text) {
    return pattern.matcher(text).results().map((MatchResult m) -> m.group(1)).distinct().toList();
  }

  private static void remove(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }
}
