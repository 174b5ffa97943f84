package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.GoldenBits;

/**
 * The scalar reference has its bits whether it is compiled or not.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class InterpretedBitsTest {
  @Test
  void interpreted() {
    assertEquals(GoldenBits.SHA_256, sha256("-Xint"));
  }

  @Test
  void compiledByTheFirstCompilerAlone() {
    assertEquals(GoldenBits.SHA_256, sha256("-XX:TieredStopAtLevel=1"));
  }

  private static String sha256(String option) {
    Path testkit = ChildJvm.origin(GoldenBits.class);
    return ChildJvm.run(
            List.of(
                option,
                "-cp",
                ChildJvm.path(List.of(ChildJvm.CORE, testkit)),
                GoldenBits.class.getName(),
                "scalar"))
        .strip();
  }
}
