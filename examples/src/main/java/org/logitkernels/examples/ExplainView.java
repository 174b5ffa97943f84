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
  private static final int BAR = 18;
  private static final int NAME = 17;

  /** What a row takes besides name and bars: two percentages, and blanks between. */
  private static final int REST = 22;

  /** The narrowest that a row with its names still fits in. */
  static final int LEAST_COLUMNS = 30;

  private final PrintStream out;
  private final int columns;
  private final int bar;
  private final int name;
  private final Chart chart;
  private final Kernels kernels;
  private final Tokenizer tokenizer;
  private final Workspace workspace;
  private final float[] probabilities;
  private final int[] leading = new int[ROWS];
  private final float[] leadingLogits = new float[ROWS];
  private final StringBuilder text = new StringBuilder();
  private int step;

  /** Lines of so many columns at most, at least {@link #LEAST_COLUMNS}. */
  ExplainView(PrintStream out, int columns, Kernels kernels, Tokenizer tokenizer) {
    this.out = out;
    this.columns = columns;
    bar = Math.clamp((columns - REST - NAME) / 2, 0, BAR);
    name = Math.min(NAME, columns - REST);
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

    String soFar = text.toString().replace('\n', ' ').replace('\t', ' ');
    String tail = Columns.tail(soFar, columns - REST);
    String cut = tail.length() < soFar.length() ? "..." : "";
    out.printf("step %d: %s%s%n", ++step, cut, tail);
    int before = bar + 11;
    String left = String.format(Locale.ROOT, "after: %,d", candidates.size());
    String of = String.format(Locale.ROOT, "%s of %,d left", left, n);
    out.println(
        "  "
            + " ".repeat(name + 1)
            + Columns.pad(longest(before - 1, "before the chain", "before"), before)
            + longest(columns - name - 3 - before, of, left, "after"));
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

  /** The first of some texts that fits, or the last of them. */
  private static String longest(int columns, String... texts) {
    int i = 0;
    while (i < texts.length - 1 && texts[i].length() > columns) {
      i++;
    }
    return texts[i];
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
            "%s %s %s   %s",
            token == drawn ? ">" : " ", Chart.quote(tokenizer.name(token), name), before, after);
    out.println(line.stripTrailing());
  }

  private String percent(float probability) {
    return String.format(Locale.ROOT, "%6.2f%% %s", 100 * probability, chart.bar(probability, bar));
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
