package org.logitkernels.bench;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** What a result was measured on. */
final class Machine {
  private Machine() {}

  /** The processor's name, or at least its architecture. */
  static String processor() {
    try {
      for (String line : Files.readAllLines(Path.of("/proc/cpuinfo"))) {
        if (line.startsWith("model name")) {
          return line.substring(line.indexOf(':') + 1).strip();
        }
      }
    } catch (IOException e) {
      // Not Linux: the architecture has to do.
    }
    return System.getProperty("os.arch");
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
