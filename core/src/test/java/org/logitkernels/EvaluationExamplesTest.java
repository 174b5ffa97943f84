package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** The examples in the Javadoc of the evaluation print what stands there. */
class EvaluationExamplesTest {
  private final StringBuilder out = new StringBuilder();

  /** The code is that of a snippet, line by line, and the last line is what was printed. */
  private void assertStandsIn(String type) throws IOException {
    String page = plain(Files.readString(Path.of("src/main/java/org/logitkernels", type)));
    String own =
        plain(
            Files.readString(
                Path.of("src/test/java/org/logitkernels/EvaluationExamplesTest.java")));
    String printed = "// " + out.toString().strip();
    int end = page.indexOf(plain(printed));
    assertTrue(end > 0, () -> type + " has no line " + printed);
    int start = page.lastIndexOf("{@snippet :", end) + "{@snippet :".length();
    String snippet = page.substring(start, end).replace("System.out.printf(", "printf(").strip();
    assertTrue(own.contains(snippet), () -> "no test runs " + snippet);
  }

  private static String plain(String source) {
    return source.replaceAll("\n *\\* ?", " ").replaceAll("\\s+", " ").replace("( ", "(");
  }

  private void printf(Locale locale, String format, Object... values) {
    out.append(String.format(locale, format, values));
  }

  @Test
  void perplexityOfTwoParts() throws IOException {
    float[][] rows = {{2, 1, 0}, {0, 3, 0}, {1, 1, 1}, {4, 0, 2}};
    int[] targets = {0, 1, 2, 2};
    Perplexity first = Perplexity.of(3);
    Perplexity second = Perplexity.of(3);
    for (int i = 0; i < rows.length; i++) {
      (i % 2 == 0 ? first : second).add(Logits.of(rows[i]), targets[i]);
    }
    Perplexity all = Perplexity.parse(second.toString()).merge(first);
    printf(Locale.ROOT, "%.4f +/- %.4f%n", all.perplexity(), all.perplexityError());
    assertStandsIn("Perplexity.java");
  }

  @Test
  void comparisonOfTwoModels() throws IOException {
    float[][] base = {{2, 1, 0}, {0, 3, 0}, {1, 1, 2}};
    float[][] smaller = {{2, 1.25f, 0}, {0, 2.5f, 0}, {1, 2, 1}};
    int[] targets = {0, 1, 2};
    ModelComparison comparison = ModelComparison.of(3, 1000);
    for (int i = 0; i < base.length; i++) {
      comparison.add(Logits.of(base[i]), Logits.of(smaller[i]), targets[i]);
    }
    printf(
        Locale.ROOT,
        "KL %.4f, largest %.4f, same best %.3f, PPL ratio %.4f%n",
        comparison.meanDivergence(),
        comparison.divergenceQuantile(1),
        comparison.sameBest(),
        comparison.perplexityRatio());
    assertStandsIn("ModelComparison.java");
  }

  @Test
  void logProbabilitiesOfLabels() throws IOException {
    Workspace workspace = Workspace.of(4);
    double[] logs = new double[2];
    Logits row = Logits.of(new float[] {1, 2, 3, 4});
    Kernels.best().logProbabilities(row, 1, new int[] {3, 0}, workspace, logs);
    printf(Locale.ROOT, "%.4f %.4f%n", logs[0], logs[1]);
    assertStandsIn("Kernels.java");
  }

  @Test
  void divergenceFromTheUniformDistribution() throws IOException {
    Workspace workspace = Workspace.of(3);
    Logits p = Logits.of(new float[] {2, 1, 0});
    Logits q = Logits.of(new float[] {1, 1, 1});
    printf(Locale.ROOT, "%.4f%n", Kernels.best().klDivergence(p, q, workspace));
    assertStandsIn("Kernels.java");
  }
}
