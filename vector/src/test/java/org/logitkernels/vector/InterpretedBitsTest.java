package org.logitkernels.vector;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.GoldenRun;

/**
 * The scalar reference has its bits whether it is compiled or not.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class InterpretedBitsTest {
  /** Of the sections those that take an interpreter a few seconds. */
  @Test
  void interpreted() {
    Stream.of("SOFTMAX", "SUMS,TOP_K,ENTROPIES,BATCHES,BEAMS,SPECULATIVE,ERRORS")
        .parallel()
        .forEach(sections -> goldenBits("-Xint", sections));
  }

  @Test
  void compiledByTheFirstCompilerAlone() {
    goldenBits("-XX:TieredStopAtLevel=1", "");
  }

  /** Fails if they are not the frozen ones. */
  private static void goldenBits(String option, String sections) {
    Path testkit = ChildJvm.origin(GoldenRun.class);
    String classPath = ChildJvm.path(List.of(ChildJvm.CORE, testkit));
    ChildJvm.run(
        List.of(
            option,
            "-Dgolden.sections=" + sections,
            "-Dorg.logitkernels.backend=scalar",
            "-cp",
            classPath,
            GoldenRun.class.getName()),
        Duration.ofMinutes(5)); // on a busy machine
  }
}
