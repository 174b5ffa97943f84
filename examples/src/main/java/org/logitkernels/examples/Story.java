package org.logitkernels.examples;

import java.util.Arrays;
import java.util.Locale;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;

/** Writes a text token by token: the model's logits, a draw by the sampler, and again. */
final class Story {

  /** Whoever shows the text. */
  interface View {
    /** A token has been drawn from the logits; its text follows. */
    default void drawn(int token, float[] logits, Sampler sampler) {}

    /** More text, the prompt first. Returns false if nobody reads it any more. */
    boolean text(String text);
  }

  private final Tokenizer tokenizer;
  private final Transformer model;
  private final int[] prompt;
  private final int steps;

  // What the last line tells; a sweep adds up several tales.
  private final long[] sampling;
  private int tokens;
  private long nanos;

  /** A story of {@code steps} forward passes in all, {@code tales} times. */
  Story(Tokenizer tokenizer, Transformer model, int[] prompt, int steps, int tales) {
    this.tokenizer = tokenizer;
    this.model = model;
    this.prompt = prompt;
    this.steps = steps;
    sampling = new long[tales * (steps - prompt.length + 1)];
  }

  /**
   * Tells the story to the end: the last step, or the token that ends a tale or begins the next.
   */
  void tell(Sampler sampler, View view) {
    TextStream text = new TextStream(tokenizer);
    StringBuilder opening = new StringBuilder();
    for (int token : prompt) {
      opening.append(text.next(token));
    }
    sampler.acceptPrompt(prompt);
    int position = 0;
    for (; position < prompt.length - 1; position++) {
      model.forward(prompt[position], position);
    }
    int token = prompt[position];
    boolean goOn = true;
    long start = System.nanoTime();
    for (; position < steps && goOn; position++) {
      float[] logits = model.forward(token, position);
      long before = System.nanoTime();
      token = sampler.sample(logits);
      sampling[tokens++] = System.nanoTime() - before;
      sampler.accept(token);
      if (position == prompt.length - 1) { // not earlier: bad logits fail before anything is shown
        view.text(opening.toString());
      }
      view.drawn(token, logits, sampler);
      goOn = token != Tokenizer.BEGIN && token != Tokenizer.END && view.text(text.next(token));
    }
    view.text(text.end());
    nanos += System.nanoTime() - start;
  }

  /** One line: how many tokens were drawn, how fast, and by what. */
  String figures(Kernels kernels, long seed) {
    long[] sorted = Arrays.copyOf(sampling, tokens);
    Arrays.sort(sorted);
    String width = kernels.vectorBits() == 0 ? "" : " " + kernels.vectorBits() + " bits";
    return String.format(
        Locale.ROOT,
        "%d tokens, %.0f tokens/s, sampling %.1f us/token (median) %.1f us (p99), "
            + "backend %s%s, seed %d",
        tokens,
        tokens * 1e9 / nanos,
        quantile(sorted, 0.5),
        quantile(sorted, 0.99),
        kernels.name(),
        width,
        seed);
  }

  /** The nearest-rank quantile, in microseconds. */
  private static double quantile(long[] sorted, double q) {
    return sorted[(int) Math.ceil(q * sorted.length) - 1] / 1e3;
  }
}
