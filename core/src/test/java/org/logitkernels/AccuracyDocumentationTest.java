package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Accuracy;
import org.logitkernels.testkit.AccuracyPage;
import org.logitkernels.testkit.RowErrors;
import org.logitkernels.testkit.WeightErrors;

/**
 * The Javadoc and docs/numerics.md have the numbers of docs/accuracy.md, which keeps the bounds.
 */
class AccuracyDocumentationTest {
  private static final AccuracyPage PAGE = new AccuracyPage();
  private static final String USUAL = RowErrors.Kind.USUAL.label();

  @Test
  void javadocOfWeights() throws IOException {
    assertSays(
        "core/src/main/java/org/logitkernels/Kernels.java",
        "at T = 1 at most %s ULP down to e^-1, %s down to e^-8, %s down to e^-32 and %s at last;"
            .formatted(maxima("1")),
        "at the worst T there is %s, %s, %s and %s.".formatted(maxima(WeightErrors.WORST)));
  }

  @Test
  void javadocOfTotals() throws IOException {
    assertSays(
        "core/src/main/java/org/logitkernels/Kernels.java",
        "99 of 100 rows as they come are within %se-7, all of %s measured within %se-7."
            .formatted(PAGE.cell(USUAL, 4), PAGE.cell(USUAL, 1), PAGE.cell(USUAL, 5)));
    assertSays(
        "docs/numerics.md",
        "99 of 100 rows as they come stay below %se-7, all of %s measured below %se-7"
            .formatted(PAGE.cell(USUAL, 4), PAGE.cell(USUAL, 1), PAGE.cell(USUAL, 5)));
  }

  @Test
  void javadocOfTheExponential() throws IOException {
    assertSays(
        "core/src/main/java/org/logitkernels/internal/Exponential.java",
        "stays below 1.5 * 2^-24, at most %s * 2^-24 over every float".formatted(apartFromScale()));
    assertSays(
        "docs/numerics.md",
        "stays below 1.5 * 2^-24, at most %s * 2^-24 over every float".formatted(apartFromScale()));
  }

  @Test
  void thePageKeepsTheBounds() {
    for (String temperature : WeightErrors.TEMPERATURES) {
      assertTrue(Double.parseDouble(PAGE.cell(temperature, 10)) <= 1, temperature);
    }
    assertTrue(apartFromScale() < 1.5);
    for (RowErrors.Kind kind : RowErrors.Kind.values()) {
      for (int column : new int[] {7, 9, 10}) {
        assertTrue(Double.parseDouble(PAGE.cell(kind.label(), column)) <= 1, kind.label());
      }
      assertTrue(
          Double.parseDouble(PAGE.cell(kind.label(), 5)) * 1e-7 <= Accuracy.TOTAL, kind.label());
    }
    assertTrue(Double.parseDouble(PAGE.cell(USUAL, 5)) * 1e-7 <= Accuracy.USUAL_TOTAL);
  }

  /** No float but its products with powers of two rounds the scale more. */
  @Test
  void theWorstTemperatureIsTheWorst() {
    double most = 0;
    float worst = 0;
    for (float t = 0.75f; t < 1.5f; t = Math.nextUp(t)) {
      double rounding = Math.abs(WeightErrors.roundingOfScale(t));
      if (rounding > most) {
        most = rounding;
        worst = t;
      }
    }
    assertEquals(WeightErrors.WORST, Float.toString(worst));
  }

  private static Object[] maxima(String temperature) {
    return new Object[] {
      PAGE.cell(temperature, 2),
      PAGE.cell(temperature, 3),
      PAGE.cell(temperature, 4),
      PAGE.cell(temperature, 5)
    };
  }

  private static double apartFromScale() {
    return WeightErrors.TEMPERATURES.stream()
        .mapToDouble(temperature -> Double.parseDouble(PAGE.cell(temperature, 11)))
        .max()
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
