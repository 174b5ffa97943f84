package org.logitkernels.examples;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.Workspace;

/**
 * Shows a text beside two means over its steps: the entropy of the model's distribution at this
 * temperature, and the size of its nucleus, the tokens among which top-p would draw.
 */
final class SweepView implements Story.View {
  private static final int LEFT = 24;
  private static final int GAP = 3;

  /** Text narrower than this goes below, not beside. */
  private static final int LEAST_RIGHT = 20;

  private final float temperature;
  private final float topP;
  private final Kernels kernels;
  private final Workspace workspace;
  private final float[] probabilities;
  private final float[] logProbabilities;
  private final int[] ids;
  private final StringBuilder text = new StringBuilder();
  private double entropies;
  private long nuclei;
  private int steps;

  SweepView(float temperature, float topP, Kernels kernels, int vocabularySize) {
    this.temperature = temperature;
    this.topP = topP;
    this.kernels = kernels;
    workspace = Workspace.of(vocabularySize);
    probabilities = new float[vocabularySize];
    logProbabilities = new float[vocabularySize];
    ids = new int[vocabularySize];
  }

  @Override
  public void drawn(int token, float[] logits, Sampler sampler) {
    steps++;
    if (temperature == 0) { // one token has it all
      nuclei++;
      return;
    }
    int n = logits.length;
    kernels.softmax(logits, 0, n, temperature, probabilities, 0);
    kernels.logSoftmax(logits, 0, n, temperature, logProbabilities, 0);
    for (int i = 0; i < n; i++) {
      if (probabilities[i] > 0) {
        entropies -= (double) probabilities[i] * logProbabilities[i];
      }
    }
    nuclei += kernels.topP(logits, 0, n, temperature, topP, workspace, ids, probabilities);
  }

  @Override
  public boolean text(String more) {
    text.append(more);
    return true;
  }

  /** Writes it in lines of so many columns at most, at least as many as the bars have. */
  void print(PrintStream out, int columns) {
    Chart chart = new Chart(out);
    double entropy = entropies / steps;
    double nucleus = (double) nuclei / steps;
    List<String> left =
        List.of(
            String.format(Locale.ROOT, "temperature %s", temperature),
            "",
            String.format(Locale.ROOT, "entropy %.2f nats", entropy),
            chart.bar(entropy / Math.log(ids.length), LEFT),
            String.format(Locale.ROOT, "nucleus %.1f tokens", nucleus),
            // logarithmic, as the entropy is
            chart.bar(Math.log(nucleus) / Math.log(ids.length), LEFT));
    int beside = columns - LEFT - GAP;
    boolean below = beside < LEAST_RIGHT;
    List<String> right = Columns.wrap(text.toString(), below ? columns : beside);
    int rows = Math.max(left.size(), right.size());
    for (int i = 0; i < (below ? left.size() : rows); i++) {
      String line = Columns.pad(i < left.size() ? left.get(i) : "", LEFT + GAP);
      out.println((line + (i < right.size() && !below ? right.get(i) : "")).stripTrailing());
    }
    if (below) {
      out.println();
      right.forEach(out::println);
    }
    out.println();
    out.flush();
  }
}
