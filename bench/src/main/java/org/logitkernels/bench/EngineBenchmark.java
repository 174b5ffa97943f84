package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * An engine under load, {@link BusyEngine}, in fresh JVMs: on all processors, on one of them, and
 * with the compiler Graal if its jars are at hand. Backends take turns.
 */
final class EngineBenchmark {
  static final List<String> BACKENDS = List.of("scalar", "vector", EngineRun.ADAPTIVE);

  private EngineBenchmark() {}

  /** Measures. */
  static EngineRun run(int vocabulary, int jvms, List<Setting> settings)
      throws IOException, InterruptedException {
    Path directory = Files.createTempDirectory("engine");
    List<EngineRun.Engine> engines = new ArrayList<>();
    try (Progress progress = Progress.of((long) settings.size() * jvms * BACKENDS.size())) {
      long expected = 0;
      for (Setting setting : settings) {
        Map<String, List<List<Long>>> tokens = new LinkedHashMap<>();
        for (int i = 0; i < jvms * BACKENDS.size(); i++) {
          String backend = BACKENDS.get(i % BACKENDS.size());
          long[] written =
              ColdBenchmark.run(
                  setting.before(),
                  setting.flags(),
                  BusyEngine.class,
                  List.of(backend, String.valueOf(vocabulary), String.valueOf(EngineRun.SECONDS)),
                  directory,
                  EngineRun.SECONDS);
          if (written[EngineRun.SECONDS] >= BusyEngine.COMPARED) {
            expected = expected == 0 ? written[0] : expected;
            if (written[0] != expected) {
              throw new IllegalStateException(backend + " gave other tokens than scalar");
            }
          }
          tokens.computeIfAbsent(backend, b -> new ArrayList<>()).add(EngineRun.tokens(written));
          progress.step(setting.name() + ", " + backend + ": " + tokens.get(backend).getLast());
        }
        tokens.forEach(
            (backend, each) -> engines.add(new EngineRun.Engine(setting.name(), backend, each)));
      }
    } finally {
      ColdBenchmark.end(directory);
    }
    return new EngineRun(
        Machine.processor(),
        Machine.jdk(),
        ColdBenchmark.FLAGS,
        Machine.commit(),
        vocabulary,
        engines);
  }
}
