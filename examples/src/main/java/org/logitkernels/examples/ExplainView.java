package org.logitkernels.examples;

import java.io.PrintStream;
import java.util.Locale;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;

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
  private final Tokenizer tokenizer;
  private final Sampler model; // without a step: the distribution before the chain
  private final StringBuilder text = new StringBuilder();
  private int step;

  /** Lines of so many columns at most, at least {@link #LEAST_COLUMNS}. */
  ExplainView(PrintStream out, int columns, Kernels kernels, Tokenizer tokenizer) {
    this.out = out;
    this.columns = columns;
    bar = Math.clamp((columns - REST - NAME) / 2, 0, BAR);
    name = Math.min(NAME, columns - REST);
    this.chart = new Chart(out);
    this.tokenizer = tokenizer;
    model = SamplerChain.of().newSampler(tokenizer.size(), 0, kernels);
  }

  @Override
  public void drawn(int token, float[] logits, Sampler sampler) {
    Distribution before = Distribution.of(model.apply(logits));
    Distribution after = Distribution.of(sampler.candidates());

    String soFar = text.toString().replace('\n', ' ').replace('\t', ' ');
    String tail = Columns.tail(soFar, columns - REST);
    String cut = tail.length() < soFar.length() ? "..." : "";
    out.printf("step %d: %s%s%n", ++step, cut, tail);
    int width = bar + 11; // of a percentage and its bar
    String left = String.format(Locale.ROOT, "after: %,d", after.size());
    String of = String.format(Locale.ROOT, "%s of %,d left", left, before.size());
    out.println(
        "  "
            + " ".repeat(name + 1)
            + Columns.pad(longest(width - 1, "before the chain", "before"), width)
            + longest(columns - name - 3 - width, of, left, "after"));
    int rows = Math.min(ROWS, before.size());
    for (int i = 0; i < rows; i++) {
      row(before.id(i), token, before, after);
    }
    if (before.rank(token) >= rows) {
      out.printf("    %s%n", "...");
      row(token, token, before, after);
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

  private void row(int token, int drawn, Distribution before, Distribution after) {
    String line =
        String.format(
            "%s %s %s   %s",
            token == drawn ? ">" : " ",
            Chart.quote(tokenizer.name(token), name),
            percent(before, token),
            percent(after, token));
    out.println(line.stripTrailing());
  }

  private String percent(Distribution distribution, int token) {
    int rank = distribution.rank(token);
    if (rank < 0) {
      return "      -" + " ".repeat(bar + 1);
    }
    float probability = distribution.probability(rank);
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
