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
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every target, on the inputs that a long search found to reach all it saw, and on those that a
 * search guided by coverage makes of them: with {@code -Pfuzz} in minutes for each target, else in
 * seconds for one, which shows that a search would work.
 *
 * <p>The search is that of Jazzer, in a JVM of its own, whose log and corpus stay in {@code
 * target/fuzz}. It goes on from what it finds there, and leaves an input that fails there too.
 *
 * <p>The inputs kept, a line of Base64 each, are a minimal corpus: that of {@code -merge=1}. Most
 * that failed are kept as tests of their own, beside those of the class that was wrong.
 */
class FuzzTest {
  private static final List<Class<?>> TARGETS =
      List.of(
          KernelsTarget.class,
          SamplerTarget.class,
          BatchTarget.class,
          BeamsTarget.class,
          SpeculativeTarget.class,
          TextTarget.class,
          SerialTarget.class,
          EvaluationTarget.class,
          AttentionTarget.class,
          RoutingTarget.class);

  /** The seconds that the POM has without a profile. */
  private static final int SHORT_SEARCH = 2;

  private static final Path WORK = Path.of("target", "fuzz").toAbsolutePath();
  private static final int SECONDS = Integer.getInteger("logitkernels.fuzz.seconds", SHORT_SEARCH);
  private static final String NO_INSTRUMENTATION = "--instrumentation_includes=none.**";
  private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in \\d+ second");
  private static final Pattern COVERAGE = Pattern.compile("cov: (\\d+) ft: (\\d+) corp: (\\d+)");

  static List<Class<?>> targets() {
    return TARGETS;
  }

  static List<Class<?>> searched() {
    return SECONDS > SHORT_SEARCH ? TARGETS : List.of(SpeculativeTarget.class);
  }

  /** Every input that is kept. Without instrumentation, which a search alone needs. */
  @ParameterizedTest
  @MethodSource("targets")
  void keptInputsHold(Class<?> target) throws IOException, InterruptedException {
    String name = target.getSimpleName();
    Path corpus = WORK.resolve(name + "-kept");
    int kept = keep(name, corpus);
    String text =
        jazzer(target, corpus, name + "-kept.log", "--hooks=false", NO_INSTRUMENTATION, "-runs=0");
    assertEquals(kept + 1, runs(text), () -> text); // and one of no byte
  }

  /** Nothing that is found fails, and the search sees the library's branches. */
  @ParameterizedTest
  @MethodSource("searched")
  void searchHolds(Class<?> target) throws IOException, InterruptedException {
    String name = target.getSimpleName();
    Path corpus = WORK.resolve(name);
    keep(name, corpus);
    String text =
        jazzer(
            target,
            corpus,
            name + ".log",
            "--instrumentation_includes=org.logitkernels.**",
            "--instrumentation_excludes=org.logitkernels.fuzz.**:org.logitkernels.testkit.**",
            "--disabled_hooks=com.code_intelligence.jazzer.sanitizers.*",
            "-max_total_time=" + SECONDS);
    assertTrue(runs(text) > 50, () -> "hardly ran: " + text);
    Matcher coverage = COVERAGE.matcher(text);
    int edges = 0;
    while (coverage.find()) {
      edges = Math.max(edges, Integer.parseInt(coverage.group(1)));
    }
    int seen = edges;
    assertTrue(edges > 30, () -> "only " + seen + " edges were seen: " + text);
  }

  private static int runs(String text) {
    Matcher done = DONE.matcher(text);
    assertTrue(done.find(), () -> "no end: " + text);
    return Integer.parseInt(done.group(1));
  }

  /** What Jazzer prints about a target. Fails if it does. */
  private static String jazzer(Class<?> target, Path corpus, String logName, String... options)
      throws IOException, InterruptedException {
    String name = target.getSimpleName();
    Path log = WORK.resolve(logName);
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
            "--reproducer_path=" + WORK,
            corpus.toString(),
            "-artifact_prefix=" + WORK.resolve(name + "-"),
            "-max_len=2000",
            "-len_control=0",
            "-rss_limit_mb=0",
            "-timeout=60"));
    command.addAll(List.of(options));
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
    return text;
  }

  /** Writes the inputs that are kept in the project to a folder; returns how many there are. */
  private static int keep(String name, Path corpus) throws IOException {
    Files.createDirectories(corpus);
    try (InputStream kept = FuzzTest.class.getResourceAsStream(name + ".txt")) {
      List<String> lines =
          new String(kept.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
      for (int i = 0; i < lines.size(); i++) {
        Files.write(corpus.resolve("kept-" + i), Base64.getDecoder().decode(lines.get(i)));
      }
      return lines.size();
    }
  }

  private static String tail(String text) {
    int failure = text.indexOf("== Java Exception");
    String rest = failure >= 0 ? text.substring(failure) : text;
    int from = failure >= 0 ? 0 : Math.max(0, rest.length() - 3000);
    return rest.substring(from, Math.min(rest.length(), from + 6000));
  }
}
