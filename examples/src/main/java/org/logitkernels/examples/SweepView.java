package org.logitkernels.examples;

import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Shows a text beside two means over its steps: the entropy of the model's distribution at this
 * temperature, and the size of its nucleus, the tokens among which top-p would draw.
 */
final class SweepView implements Story.View {
  private static final int LEFT = 24;
  private static final int GAP = 3;

  /** Text narrower than this goes below, not beside. */
  private static final int LEAST_RIGHT = 20;

  private final Step.Temperature temperature;
  private final int vocabularySize;

  // Both draw nothing: their candidates count.
  private final Sampler tempered;
  private final Sampler nucleus;
  private final StringBuilder text = new StringBuilder();
  private double entropies;
  private long nuclei;
  private int steps;

  SweepView(Step.Temperature temperature, Step.TopP topP, Kernels kernels, int vocabularySize) {
    this.temperature = temperature;
    this.vocabularySize = vocabularySize;
    tempered = SamplerChain.of(temperature).newSampler(vocabularySize, 0, kernels);
    nucleus = SamplerChain.of(temperature, topP).newSampler(vocabularySize, 0, kernels);
  }

  @Override
  public void drawn(int token, float[] logits, Sampler sampler) {
    steps++;
    entropies += Distribution.of(tempered.apply(logits)).entropy();
    nuclei += nucleus.apply(logits).size();
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
    double tokens = (double) nuclei / steps;
    List<String> left =
        List.of(
            String.format(Locale.ROOT, "temperature %s", temperature.t()),
            "",
            String.format(Locale.ROOT, "entropy %.2f nats", entropy),
            chart.bar(entropy / Math.log(vocabularySize), LEFT),
            String.format(Locale.ROOT, "nucleus %.1f tokens", tokens),
            // logarithmic, as the entropy is
            chart.bar(Math.log(tokens) / Math.log(vocabularySize), LEFT));
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
