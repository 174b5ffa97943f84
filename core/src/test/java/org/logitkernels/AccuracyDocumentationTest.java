package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.Test;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.testkit.Accuracy;
import org.logitkernels.testkit.AccuracyPage;
import org.logitkernels.testkit.RowAccuracy;
import org.logitkernels.testkit.WeightErrors;

/**
 * The Javadoc and docs/numerics.md have the numbers of docs/accuracy.md, which keeps the bounds.
 */
class AccuracyDocumentationTest {
  private static final AccuracyPage PAGE = new AccuracyPage();
  private static final String USUAL = RowAccuracy.Kind.USUAL.label();

  @Test
  void errorOfWeights() throws IOException {
    String found =
        "over every float, at %d temperatures, at most %s * 2^-24 or %s ULP"
            .formatted(WeightErrors.TEMPERATURES.size(), largest(5), largest(4));
    assertSays("core/src/main/java/org/logitkernels/Kernels.java", "2 * 2^-24", found);
    assertSays("core/src/main/java/org/logitkernels/numerics/Exponential.java", "2 * 2^-24", found);
    assertSays("docs/numerics.md", "`2 * 2^-24`", found);
    assertSays("README.md", "relative error at most 2 * 2^-24");
  }

  @Test
  void errorOfTotals() throws IOException {
    String one = PAGE.cell(USUAL, 4);
    String all = PAGE.cell(USUAL, 5);
    String found =
        "99 of 100 rows as they come are within %se-7, all of %s measured within %se-7"
            .formatted(one, PAGE.cell(USUAL, 1), all);
    assertSays("core/src/main/java/org/logitkernels/Kernels.java", "6 * 2^-24", found);
    assertSays("core/src/main/java/org/logitkernels/numerics/Lanes.java", "6 * 2^-24");
    assertSays("docs/numerics.md", "6 * 2^-24", found);
    assertSays(
        "README.md",
        "relative error at most 6 * 2^-24; %se-7 for 99 of 100 rows as they come".formatted(one));
  }

  @Test
  void thePageKeepsTheBounds() {
    for (String temperature : WeightErrors.TEMPERATURES) {
      assertTrue(number(temperature, 6) <= 1, temperature);
    }
    for (RowAccuracy.Kind kind : RowAccuracy.Kind.values()) {
      for (int column : new int[] {6, 8, 10, 11, 12}) {
        assertTrue(number(kind.label(), column) <= 1, kind.label());
      }
    }
    assertTrue(number(USUAL, 5) * 1e-7 <= Accuracy.USUAL_TOTAL);
  }

  /** No floats but their products with powers of two are worse temperatures. */
  @Test
  void theWorstTemperaturesAreTheWorst() {
    assertEquals(WeightErrors.WORST_HEAD, worst(s -> (float) s - s));
    assertEquals(WeightErrors.WORST_TAIL, worst(s -> Exponential.tail(s)));
    assertEquals(
        WeightErrors.WORST_REST, worst(s -> s - Exponential.head(s) - Exponential.tail(s)));
  }

  /** The temperature whose scale loses the most, relative to itself. */
  private static String worst(DoubleUnaryOperator lost) {
    double most = 0;
    float worst = 0;
    for (float t = 1; t < 2; t = Math.nextUp(t)) {
      double scale = Exponential.scale(t);
      double part = Math.abs(lost.applyAsDouble(scale)) / scale;
      if (part > most) {
        most = part;
        worst = t;
      }
    }
    return Float.toString(worst);
  }

  private static double number(String label, int column) {
    return Double.parseDouble(PAGE.cell(label, column));
  }

  /** The largest of a column of the table of weights, as it stands there. */
  private static String largest(int column) {
    return WeightErrors.TEMPERATURES.stream()
        .map(temperature -> PAGE.cell(temperature, column))
        .max(Comparator.comparing(Double::parseDouble))
        .orElseThrow();
  }

  /** A file says all of this, wherever its lines break. */
  private static void assertSays(String file, String... sentences) throws IOException {
    String text =
        Files.readString(Path.of("..", file))
            .replaceAll("\\s*\\n\\s*\\*? *", " ")
            .replace("{@code ", "")
            .replace("}", "");
    for (String sentence : sentences) {
      assertTrue(text.contains(sentence), () -> file + " does not say: " + sentence);
    }
  }
}
