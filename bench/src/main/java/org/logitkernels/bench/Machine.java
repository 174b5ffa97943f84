package org.logitkernels.bench;

import java.io.IOException;
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
}
