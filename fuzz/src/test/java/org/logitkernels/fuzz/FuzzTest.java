package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every target, on the inputs that a long search found to reach all it saw, and on those that a
 * search guided by coverage makes of them in a while: seconds, or with {@code -Pfuzz} minutes. A
 * search of seconds begins with some of these inputs.
 *
 * <p>The search is that of Jazzer, in a JVM of its own, whose log and corpus stay in {@code
 * target/fuzz}. It goes on from what it finds there, and leaves an input that fails there too.
 *
 * <p>The inputs kept, a line of Base64 each, are a minimal corpus: that of {@code -merge=1}. Most
 * that failed are kept as tests of their own, beside those of the class that was wrong.
 */
class FuzzTest {
  /** Of the inputs that are kept, a short search takes so many at most, evenly spread. */
  private static final int FEW = 700;

  /** The seconds that the POM has without a profile. */
  private static final int SHORT_SEARCH = 2;

  private static final Path WORK = Path.of("target", "fuzz").toAbsolutePath();
  private static final int SECONDS = Integer.getInteger("logitkernels.fuzz.seconds", SHORT_SEARCH);
  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in \\d+ second");
  private static final Pattern COVERAGE = Pattern.compile("cov: (\\d+) ft: (\\d+) corp: (\\d+)");

  /** Nothing that is found fails, and the search sees the library's branches. */
  @ParameterizedTest
  @ValueSource(
      classes = {
        KernelsTarget.class,
        SamplerTarget.class,
        BatchTarget.class,
        BeamsTarget.class,
        SpeculativeTarget.class,
        TextTarget.class,
        SerialTarget.class,
        EvaluationTarget.class,
        AttentionTarget.class,
        RoutingTarget.class
      })
  void holds(Class<?> target) throws IOException, InterruptedException {
    String name = target.getSimpleName();
    Path corpus = seeds(name);
    Path log = WORK.resolve(name + ".log");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx1g",
            "--add-modules=jdk.incubator.vector",
            "--enable-native-access=ALL-UNNAMED",
            "-XX:+EnableDynamicAgentLoading",
            "-cp",
            System.getProperty("java.class.path"),
            "com.code_intelligence.jazzer.Jazzer",
            "--target_class=" + target.getName(),
            "--instrumentation_includes=org.logitkernels.**",
            "--instrumentation_excludes=org.logitkernels.fuzz.**:org.logitkernels.testkit.**",
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.*",
            "--reproducer_path=" + WORK,
            corpus.toString(),
            "-artifact_prefix=" + WORK.resolve(name + "-"),
            "-max_total_time=" + SECONDS,
            "-max_len=2000",
            "-len_control=0",
            "-rss_limit_mb=0",
            "-timeout=60"));
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"));
    Process process = builder.redirectErrorStream(true).redirectOutput(log.toFile()).start();
    // It ends with this JVM, should that be ended meanwhile: a search may take hours.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    boolean ended = process.waitFor(SECONDS + 120L, TimeUnit.SECONDS);
    process.destroyForcibly().waitFor();
    String text = Files.readString(log);
    assertEquals(0, ended ? process.exitValue() : -1, () -> log + ":\n" + tail(text));
    Matcher done = DONE.matcher(text);
    assertTrue(done.find(), () -> "no end in " + log);
    assertTrue(Long.parseLong(done.group(1)) > 50, () -> "hardly ran: " + log);
    Matcher coverage = COVERAGE.matcher(text);
    int edges = 0;
    while (coverage.find()) {
      edges = Math.max(edges, Integer.parseInt(coverage.group(1)));
    }
    int seen = edges;
    assertTrue(edges > 30, () -> "only " + seen + " edges were seen: " + log);
  }

  /**
   * The inputs that a search begins with: those kept in the project, or some of them, and of
   * searches before.
   */
  private static Path seeds(String name) throws IOException {
    Path corpus = Files.createDirectories(WORK.resolve(name));
    try (InputStream kept = FuzzTest.class.getResourceAsStream(name + ".txt")) {
      List<String> lines =
          new String(kept.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
      int step = SECONDS > SHORT_SEARCH ? 1 : (lines.size() + FEW - 1) / FEW;
      for (int i = 0; i < lines.size(); i += step) {
        Files.write(corpus.resolve("kept-" + i), Base64.getDecoder().decode(lines.get(i)));
      }
    }
    return corpus;
  }

  private static String tail(String text) {
    int failure = text.indexOf("== Java Exception");
    String rest = failure >= 0 ? text.substring(failure) : text;
    int from = failure >= 0 ? 0 : Math.max(0, rest.length() - 3000);
    return rest.substring(from, Math.min(rest.length(), from + 6000));
  }
}
