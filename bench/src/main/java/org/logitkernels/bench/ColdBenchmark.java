package org.logitkernels.bench;

import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The first seconds of fresh JVMs, by {@link ColdStart}: what a service's first callers meet.
 *
 * <p>Backends take turns, so that a machine that changes its mind does so for all of them, and all
 * must give the same tokens.
 */
final class ColdBenchmark {
  static final List<String> WORKLOADS = List.of("chain", "draw");
  static final List<String> BACKENDS = List.of("scalar", "vector", "adaptive", "adaptive-aot");

  /** Those that are also measured in other settings than the first. */
  private static final List<String> ELSEWHERE = List.of("scalar", "adaptive");

  static final List<String> FLAGS = List.of("--add-modules", "jdk.incubator.vector", "-Xmx1g");

  /** Seconds in which a JVM that hangs is given up, besides those it measures. */
  private static final int PATIENCE = 60;

  /** A backend in a setting; its name is that of the backend alone in the first setting. */
  record Start(String name, String backend, Setting setting) {}

  private final int vocabulary;
  private final int jvms;
  private final double seconds;
  private final List<Start> starts;
  private final Path directory;
  private final Path rows;
  private final Map<String, Path> caches = new LinkedHashMap<>();
  private final Progress progress;
  private final List<ColdResult> results = new ArrayList<>();

  private ColdBenchmark(
      int vocabulary, int jvms, double seconds, List<Setting> settings, Path directory) {
    this.vocabulary = vocabulary;
    this.jvms = jvms;
    this.seconds = seconds;
    this.starts = starts(settings);
    this.directory = directory;
    this.rows = directory.resolve("rows.f32");
    this.progress = Progress.of((long) WORKLOADS.size() * (1 + jvms * starts.size()));
  }

  /** What is measured, by turns. */
  static List<Start> starts(List<Setting> settings) {
    List<Start> starts = new ArrayList<>();
    for (String backend : BACKENDS) {
      starts.add(new Start(backend, backend, settings.getFirst()));
    }
    for (Setting setting : settings.subList(1, settings.size())) {
      for (String backend : ELSEWHERE) {
        starts.add(new Start(backend + ", " + setting.name(), backend, setting));
      }
    }
    return starts;
  }

  /** Measures: every backend in the first setting, and two of them in each other one. */
  static ColdResult.Run run(int vocabulary, int jvms, double seconds, List<Setting> settings)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("cold-start");
    ColdBenchmark benchmark = new ColdBenchmark(vocabulary, jvms, seconds, settings, directory);
    try {
      benchmark.writeRows();
      for (String workload : WORKLOADS) {
        benchmark.makeCache(workload);
        benchmark.measure(workload);
      }
      return new ColdResult.Run(
          Machine.processor(),
          Machine.jdk(),
          Runtime.getRuntime().availableProcessors(),
          seconds,
          FLAGS,
          Machine.commit(),
          benchmark.results);
    } finally {
      benchmark.progress.close();
      end(directory);
    }
  }

  /** Removes what the JVMs have left, and waits for those that still end. */
  static void end(Path directory) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
    Children.awaitEnd();
  }

  /** One line to a backend and workload: medians of the JVMs. */
  static String table(ColdResult.Run run) {
    return Tables.onConsole(
            2,
            List.of(
                "\nworkload",
                "\nbackend",
                "first\ncall, ms",
                "worst\ncall, ms",
                "worst but\nfirst, ms",
                "1,000\ncalls, ms",
                "steady\nafter, ms",
                "steady\nstate, us"),
            run.results().stream()
                .map(
                    r ->
                        List.of(
                            r.workload(),
                            r.backend(),
                            Tables.number(r.median(ColdResult.Jvm::first)),
                            Tables.number(r.median(ColdResult.Jvm::worst)),
                            Tables.number(r.median(ColdResult.Jvm::later)),
                            Tables.number(r.median(ColdResult.Jvm::total)),
                            Tables.number(r.median(ColdResult.Jvm::ready)),
                            Tables.number(r.median(ColdResult.Jvm::steady))))
                .toList())
        + String.format(
            Locale.ROOT,
            "%nMedians of %d JVMs, %,d logits in a row. Processor: %s, %d to the JVM; %s; commit %s%n",
            run.results().getFirst().jvms().size(),
            run.results().getFirst().vocabulary(),
            run.processor(),
            run.processors(),
            run.jdk(),
            run.commit());
  }

  private void writeRows() throws IOException {
    ByteBuffer buffer =
        ByteBuffer.allocate(Float.BYTES * BenchRows.COUNT * vocabulary)
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float[] row : BenchRows.of(BenchRows.Distribution.LLM, vocabulary)) {
      buffer.asFloatBuffer().put(row);
      buffer.position(buffer.position() + Float.BYTES * vocabulary);
    }
    Files.write(rows, buffer.array());
  }

  /** The two commands of an ahead-of-time cache: a run for training, which leaves the cache. */
  private void makeCache(String workload) throws IOException, InterruptedException {
    Path cache = directory.resolve(workload + ".aot");
    start(List.of(), List.of("-XX:AOTCacheOutput=" + cache), "adaptive", workload);
    if (!Files.exists(cache)) {
      throw new IOException("the JVM made no ahead-of-time cache");
    }
    caches.put(workload, cache);
    progress.step(workload + ": ahead-of-time cache");
  }

  private void measure(String workload) throws IOException, InterruptedException {
    Map<String, List<long[]>> ends = new LinkedHashMap<>();
    long expected = 0;
    for (int jvm = 1; jvm <= jvms; jvm++) {
      for (Start start : starts) {
        long[] written = start(start, workload);
        if (written.length <= ColdResult.FIRST_CALLS) {
          throw new IllegalArgumentException(
              "--seconds: in %s s %s did only %d calls of %s, where %d are looked at"
                  .formatted(
                      seconds, start.name, written.length - 1, workload, ColdResult.FIRST_CALLS));
        }
        expected = ends.isEmpty() ? written[0] : expected;
        if (written[0] != expected) {
          throw new IllegalStateException(start.name + " gave other tokens than scalar");
        }
        long[] calls = Arrays.copyOfRange(written, 1, written.length);
        ends.computeIfAbsent(start.name, b -> new ArrayList<>()).add(calls);
        progress.step(
            String.format(Locale.ROOT, "%s, %s: %.0f ms", workload, start.name, calls[0] / 1e6));
      }
    }
    ends.forEach(
        (name, calls) -> {
          ColdResult result = ColdResult.of(workload, name, vocabulary, calls);
          results.add(BACKENDS.contains(name) ? result : result.withoutTimeline());
        });
  }

  /** Runs a JVM, and returns what it wrote. */
  private long[] start(Start start, String workload) throws IOException, InterruptedException {
    boolean cached = start.backend.endsWith("-aot");
    List<String> flags = new ArrayList<>(start.setting.flags());
    if (cached) {
      flags.add("-XX:AOTCache=" + caches.get(workload));
    }
    String backend = cached ? "adaptive" : start.backend;
    return start(start.setting.before(), flags, backend, workload);
  }

  private long[] start(List<String> before, List<String> flags, String backend, String workload)
      throws IOException, InterruptedException {
    List<String> arguments =
        List.of(
            backend,
            workload,
            String.valueOf(vocabulary),
            String.valueOf(seconds),
            rows.toString());
    return run(before, flags, ColdStart.class, arguments, directory, seconds);
  }

  /**
   * Runs a JVM for some seconds, and returns the longs that it wrote.
   *
   * @param before what stands in front of the java command
   * @param flags beside those that all have
   * @param program the class, whose last argument is the file that it writes to
   * @param arguments the others
   * @param directory where that file may be
   */
  static long[] run(
      List<String> before,
      List<String> flags,
      Class<?> program,
      List<String> arguments,
      Path directory,
      double seconds)
      throws IOException, InterruptedException {
    Path times = directory.resolve("times");
    Path log = directory.resolve("log");
    List<String> command = new ArrayList<>(before);
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(FLAGS);
    command.addAll(flags);
    command.addAll(List.of("-cp", classPath(), program.getName()));
    command.addAll(arguments);
    command.add(times.toString());
    Files.deleteIfExists(times);
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile()).start();
    boolean ended = process.waitFor((long) seconds + PATIENCE, TimeUnit.SECONDS);
    process.destroyForcibly().waitFor();
    if (!ended || process.exitValue() != 0 || !Files.exists(times)) {
      throw new IOException(
          String.join(" ", command)
              + " failed: "
              + Files.readString(log, StandardCharsets.UTF_8).strip());
    }
    LongBuffer longs = ByteBuffer.wrap(Files.readAllBytes(times)).asLongBuffer();
    long[] written = new long[longs.remaining()];
    longs.get(written);
    return written;
  }

  /**
   * The library's own jars: an ahead-of-time cache takes jars alone, and the others are no part of
   * a service.
   */
  private static String classPath() throws IOException {
    List<String> jars =
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator))
            .filter(entry -> entry.matches(".*logit-kernels-\\w+-[^/]*(?<!-tests)\\.jar"))
            .toList();
    if (jars.size() < 3) {
      throw new IOException("core, vector and bench must be jars on the class path: " + jars);
    }
    return jars.stream().collect(Collectors.joining(File.pathSeparator));
  }
}
