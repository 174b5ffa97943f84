package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An engine under load, {@link BusyEngine}, in fresh JVMs: on all processors, on one of them, and
 * with the compiler Graal if its jars are at hand. Backends take turns.
 */
final class EngineBenchmark {
  static final List<String> BACKENDS = List.of("scalar", "vector", EngineRun.ADAPTIVE);

  private static final List<String> FLAGS =
      List.of("--add-modules", "jdk.incubator.vector", "-Xmx1g");

  private EngineBenchmark() {}

  /**
   * A way to start a JVM.
   *
   * @param name as the table has it
   * @param before what stands in front of the java command
   * @param flags of the JVM, beside those that all have
   */
  record Setting(String name, List<String> before, List<String> flags) {}

  /** The settings that this machine has. */
  static List<Setting> settings(@Nullable Path graal) throws IOException {
    List<Setting> settings = new ArrayList<>();
    int processors = Runtime.getRuntime().availableProcessors();
    settings.add(new Setting(processors + " processors", List.of(), List.of()));
    if (processors > 1 && Files.isExecutable(Path.of("/usr/bin/taskset"))) {
      settings.add(new Setting("1 processor", List.of("/usr/bin/taskset", "-c", "0"), List.of()));
    }
    if (graal != null) {
      try (Stream<Path> jars = Files.list(graal)) {
        if (jars.noneMatch(jar -> jar.getFileName().toString().startsWith("compiler-"))) {
          throw new IllegalArgumentException(
              "--graal: there is no compiler-*.jar in " + graal + "; -Pgraal copies the jars");
        }
      }
      settings.add(
          new Setting(
              processors + " processors, Graal",
              List.of("/usr/bin/env", "JVMCI_VERSION_CHECK=ignore"),
              List.of(
                  "-XX:+UnlockExperimentalVMOptions",
                  "-XX:+EnableJVMCI",
                  "-XX:+UseJVMCICompiler",
                  "--upgrade-module-path",
                  graal.toString())));
    }
    return settings;
  }

  /** Measures. */
  static EngineRun run(int vocabulary, int jvms, int seconds, List<Setting> settings)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("engine");
    List<EngineRun.Engine> engines = new ArrayList<>();
    try (Progress progress = Progress.of((long) settings.size() * jvms * BACKENDS.size())) {
      Path times = directory.resolve("times");
      long expected = 0;
      for (Setting setting : settings) {
        Map<String, List<List<Long>>> tokens = new LinkedHashMap<>();
        for (int jvm = 0; jvm < jvms; jvm++) {
          for (String backend : BACKENDS) {
            List<String> command = new ArrayList<>(setting.before);
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            command.addAll(FLAGS);
            command.addAll(setting.flags);
            command.addAll(
                List.of("-cp", ColdBenchmark.classPath(), BusyEngine.class.getName(), backend));
            command.addAll(
                List.of(String.valueOf(vocabulary), String.valueOf(seconds), times.toString()));
            long[] written = ColdBenchmark.run(command, directory, seconds, times);
            if (written[seconds] >= BusyEngine.COMPARED) {
              expected = expected == 0 ? written[0] : expected;
              if (written[0] != expected) {
                throw new IllegalStateException(backend + " gave other tokens than scalar");
              }
            }
            tokens.computeIfAbsent(backend, b -> new ArrayList<>()).add(EngineRun.tokens(written));
            progress.step(setting.name + ", " + backend + ": " + written[seconds] + " tokens");
          }
        }
        tokens.forEach(
            (backend, each) -> engines.add(new EngineRun.Engine(setting.name, backend, each)));
      }
    } finally {
      try (Stream<Path> files = Files.walk(directory)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
      Children.awaitEnd();
    }
    return new EngineRun(
        Machine.processor(), Machine.jdk(), FLAGS, Machine.commit(), vocabulary, engines);
  }
}
