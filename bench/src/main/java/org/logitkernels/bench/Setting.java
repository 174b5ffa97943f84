package org.logitkernels.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A way to start a JVM whose first seconds are measured.
 *
 * @param name as tables have it
 * @param before what stands in front of the java command
 * @param flags of the JVM, beside those that all have
 */
record Setting(String name, List<String> before, List<String> flags) {
  /**
   * What this machine has: all processors, one of them, and all with Graal if the jars of that are
   * in a folder.
   */
  static List<Setting> all(@Nullable Path graal) throws IOException {
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
}
