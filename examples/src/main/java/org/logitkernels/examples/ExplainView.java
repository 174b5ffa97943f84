package org.logitkernels.examples;

import java.io.PrintStream;
import java.util.Locale;
import org.logitkernels.Candidates;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.Workspace;

/**
 * Shows at each step what the chain makes of the model's distribution: the leading tokens before
 * and after, and which was drawn.
 */
final class ExplainView implements Story.View {
  private static final int ROWS = 5;
  private static final int WIDTH = 78;
  private static final int BAR = 18;

  private final PrintStream out;
  private final Chart chart;
  private final Kernels kernels;
  private final Tokenizer tokenizer;
  private final Workspace workspace;
  private final float[] probabilities;
  private final int[] leading = new int[ROWS];
  private final float[] leadingLogits = new float[ROWS];
  private final StringBuilder text = new StringBuilder();
  private int step;

  ExplainView(PrintStream out, Kernels kernels, Tokenizer tokenizer) {
    this.out = out;
    this.chart = new Chart(out);
    this.kernels = kernels;
    this.tokenizer = tokenizer;
    workspace = Workspace.of(tokenizer.size());
    probabilities = new float[tokenizer.size()];
  }

  @Override
  public void drawn(int token, float[] logits, Sampler sampler) {
    int n = logits.length;
    kernels.softmax(logits, 0, n, 1, probabilities, 0);
    int rows = kernels.topK(logits, 0, n, ROWS, workspace, leading, leadingLogits);
    Candidates candidates = sampler.candidates();

    String soFar = text.toString().replace('\n', ' ');
    int cut = Math.max(0, soFar.length() - (WIDTH - 20));
    out.printf("step %d: %s%s%n", ++step, cut > 0 ? "..." : "", soFar.substring(cut));
    out.printf(
        Locale.ROOT,
        "  %-17s %-" + (BAR + 10) + "s after: %,d of %,d left%n",
        "",
        "before the chain",
        candidates.size(),
        n);
    boolean shown = false;
    for (int i = 0; i < rows; i++) {
      row(leading[i], token, candidates);
      shown |= leading[i] == token;
    }
    if (!shown) {
      out.printf("    %s%n", "...");
      row(token, token, candidates);
    }
    out.println();
  }

  private void row(int token, int drawn, Candidates candidates) {
    String before = percent(probabilities[token]);
    String after = "      -";
    for (int i = 0; i < candidates.size(); i++) {
      if (candidates.id(i) == token) {
        after = percent(candidates.probability(i));
        break;
      }
    }
    String line =
        String.format(
            "%s %-17s %s   %s",
            token == drawn ? ">" : " ", Chart.quote(tokenizer.name(token), 17), before, after);
    out.println(line.stripTrailing());
  }

  private String percent(float probability) {
    return String.format(Locale.ROOT, "%6.2f%% %s", 100 * probability, chart.bar(probability, BAR));
  }

  @Override
  public boolean text(String more) {
    text.append(more);
    return !out.checkError();
  }

  /** The whole text, after the last step. */
  void end() {
    out.println(text);
    out.flush();
  }
}
