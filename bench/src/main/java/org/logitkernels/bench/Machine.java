package org.logitkernels.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What a result was measured on. */
final class Machine {
  private Machine() {}

  /** The processor's name, or at least its architecture. */
  static String processor() {
    try {
      return processor(Files.readAllLines(Path.of("/proc/cpuinfo")));
    } catch (IOException e) {
      return processor(List.of()); // not Linux: the architecture has to do
    }
  }

  /**
   * The name out of the lines of /proc/cpuinfo. Virtual machines cut it short ("AMD EPYC"), so the
   * family and the model stand beside it, and the widest vectors.
   */
  static String processor(List<String> cpuinfo) {
    Map<String, String> first = new HashMap<>();
    for (String line : cpuinfo) {
      int colon = line.indexOf(':');
      if (colon > 0) {
        first.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
      }
    }
    String name = first.getOrDefault("model name", System.getProperty("os.arch"));
    String family = first.get("cpu family");
    String model = first.get("model");
    if (family == null || model == null) {
      return name;
    }
    List<String> flags = List.of(first.getOrDefault("flags", "").split(" "));
    String vectors =
        flags.contains("avx512f") ? ", AVX-512" : flags.contains("avx2") ? ", AVX2" : "";
    return name + " (family " + family + ", model " + model + vectors + ")";
  }

  /** The flags of this JVM, but for properties: those hold paths. */
  static List<String> flags() {
    return List.of(
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
            .filter(flag -> !flag.startsWith("-D"))
            .collect(Collectors.joining(" ")));
  }

  /** The flags that a file tells: none if it is from before they were kept. */
  static List<String> known(@Nullable List<String> flags) {
    return flags == null ? List.of() : flags;
  }

  static String jdk() {
    return System.getProperty("java.vm.name") + " " + Runtime.version();
  }

  /** The commit the benchmark was built from, with a mark if files were changed since. */
  static String commit() {
    String root = System.getProperty("logitkernels.root", ".");
    try {
      Process git =
          new ProcessBuilder("git", "-C", root, "describe", "--always", "--dirty", "--abbrev=9")
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      String commit =
          new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
      return commit.isEmpty() ? "unknown" : commit;
    } catch (IOException e) {
      return "unknown"; // no git here
    }
  }
}
