package org.logitkernels.bench;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.LongStream;

/**
 * How many tokens an engine made that keeps its processors busy, by the end of each second.
 *
 * @param processor the processor's name
 * @param jdk the JDK
 * @param flags of the measured JVMs
 * @param commit the commit of the library
 * @param vocabulary logits in a row
 * @param engines what was measured
 */
record EngineRun(
    String processor,
    String jdk,
    List<String> flags,
    String commit,
    int vocabulary,
    List<Engine> engines) {
  /** The backend that programs get who ask for none. */
  static final String ADAPTIVE = "adaptive";

  /** The seconds that are shown. */
  static final int[] SHOWN = {1, 2, 3, 5, 8};

  /** How long an engine is watched. */
  static final int SECONDS = SHOWN[SHOWN.length - 1];

  /**
   * A backend on some processors.
   *
   * @param setting how many processors, or which compiler
   * @param backend scalar, vector or adaptive
   * @param jvms of each JVM, the tokens that it had made by the end of each second
   */
  record Engine(String setting, String backend, List<List<Long>> jvms) {
    /** The median of the JVMs: tokens by the end of a second. */
    double tokens(int second) {
      return ColdResult.median(jvms.stream().mapToDouble(jvm -> jvm.get(second - 1)));
    }
  }

  /** The medians as a table, and how many times the better of the others the adaptive ones are. */
  String table() {
    StringBuilder table = new StringBuilder("| tokens after | backend |");
    Arrays.stream(SHOWN).forEach(second -> table.append(' ').append(second).append(" s |"));
    table.append("\n|---|---|").append("---:|".repeat(SHOWN.length)).append('\n');
    for (Engine engine : engines) {
      table.append("| ").append(engine.setting).append(" | ").append(engine.backend).append(" |");
      for (int second : SHOWN) {
        table.append(String.format(Locale.ROOT, " %,.0f |", engine.tokens(second)));
      }
      table.append('\n');
      if (engine.backend.equals(ADAPTIVE)) {
        table.append("| ").append(engine.setting).append(" | adaptive to the better of both |");
        for (int second : SHOWN) {
          table.append(String.format(Locale.ROOT, " %.2f |", toTheBetter(engine, second)));
        }
        table.append('\n');
      }
    }
    return table
        + String.format(
            Locale.ROOT,
            "%n%,d logits in a row, medians of %d JVMs, %s, %s, commit %s.%n",
            vocabulary,
            engines.getFirst().jvms.size(),
            processor,
            jdk,
            commit);
  }

  /** The tokens of the adaptive kernels, to those of the better of the other backends. */
  double toTheBetter(Engine adaptive, int second) {
    double better =
        engines.stream()
            .filter(other -> other.setting.equals(adaptive.setting))
            .filter(other -> !other.backend.equals(ADAPTIVE))
            .mapToDouble(other -> other.tokens(second))
            .max()
            .orElseThrow();
    return adaptive.tokens(second) / better;
  }

  /** Of what a JVM wrote: a hash, then the tokens by the end of each second. */
  static List<Long> tokens(long[] written) {
    return LongStream.of(written).skip(1).boxed().toList();
  }
}
