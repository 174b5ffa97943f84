package org.logitkernels.examples;

import java.io.PrintStream;
import java.util.ArrayList;
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
  private static final int RIGHT = 53;

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

  void print(PrintStream out) {
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
    List<String> right = wrap(text.toString());
    for (int i = 0; i < Math.max(left.size(), right.size()); i++) {
      String line =
          String.format(
              "%-" + LEFT + "s   %s",
              i < left.size() ? left.get(i) : "",
              i < right.size() ? right.get(i) : "");
      out.println(line.stripTrailing());
    }
    out.println();
    out.flush();
  }

  private static List<String> wrap(String text) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.split("\n")) {
      StringBuilder line = new StringBuilder();
      for (String word : paragraph.split(" ")) {
        if (!line.isEmpty() && line.length() + 1 + word.length() > RIGHT) {
          lines.add(line.toString());
          line.setLength(0);
        }
        line.append(line.isEmpty() ? "" : " ").append(word);
      }
      lines.add(line.toString());
    }
    return lines;
  }
}
