package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.testkit.AccuracyPage;
import org.logitkernels.testkit.RowAccuracy;
import org.logitkernels.testkit.SoftCapErrors;
import org.logitkernels.testkit.Sweep;
import org.logitkernels.testkit.WeightErrors;

/**
 * Makes the tables of docs/accuracy.md, in core/target, and holds the page against them: every
 * digit must be there. What they say of the scalar backend holds for the vector backend, of which
 * {@code ExhaustiveBitsTest} shows that it has the same bits.
 */
@Tag("exhaustive")
class ExhaustiveAccuracyTest {
  private static final ScalarKernels SCALAR = new ScalarKernels();

  @Test
  void weights() throws IOException {
    List<String> lines = new ArrayList<>();
    for (String temperature : WeightErrors.TEMPERATURES) {
      lines.add(WeightErrors.at(SCALAR, temperature, 1).line());
    }
    assertOnPage("accuracy-weights.md", WeightErrors.TEMPERATURES, lines);
  }

  @Test
  void rows() throws IOException {
    List<String> labels = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (RowAccuracy.Kind kind : RowAccuracy.Kind.values()) {
      labels.add(kind.label());
      lines.add(
          Sweep.run(
                  "accuracy of " + RowAccuracy.COUNT + " " + kind.label(),
                  RowAccuracy.COUNT,
                  () -> new RowAccuracy(SCALAR, kind),
                  RowAccuracy::add)
              .stream()
              .reduce(RowAccuracy::plus)
              .orElseThrow()
              .line());
    }
    assertOnPage("accuracy-rows.md", labels, lines);
  }

  @Test
  void softCaps() throws IOException {
    List<String> labels = new ArrayList<>();
    List<String> lines = new ArrayList<>();
    for (String cap : SoftCapErrors.CAPS) {
      labels.add("cap " + cap);
      lines.add(SoftCapErrors.at(Kernels.scalar(), cap, 1).line());
    }
    assertOnPage("accuracy-soft-caps.md", labels, lines);
  }

  private static void assertOnPage(String file, List<String> labels, List<String> lines)
      throws IOException {
    Files.write(Path.of("target", file), lines);
    AccuracyPage page = new AccuracyPage();
    assertEquals(lines, labels.stream().map(page::line).toList());
  }
}
