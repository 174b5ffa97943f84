package org.logitkernels.examples;

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

  // What the last line tells: of all tales.
  private int tokens;
  private long nanos;

  /** A story of {@code steps} forward passes in all, told as often as one likes. */
  Story(Tokenizer tokenizer, Transformer model, int[] prompt, int steps) {
    this.tokenizer = tokenizer;
    this.model = model;
    this.prompt = prompt;
    this.steps = steps;
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
      token = sampler.next(logits);
      tokens++;
      if (position == prompt.length - 1) { // not earlier: bad logits fail before anything is shown
        view.text(opening.toString());
      }
      view.drawn(token, logits, sampler);
      goOn = token != Tokenizer.BEGIN && token != Tokenizer.END && view.text(text.next(token));
    }
    view.text(text.end());
    nanos += System.nanoTime() - start;
  }

  /**
   * One line: how many tokens were drawn, and by what. A tale is over before its JVM is warm, so
   * the time is that of a cold start, and says so.
   */
  String figures(Kernels kernels, long seed) {
    String width = kernels.vectorBits() == 0 ? "" : " " + kernels.vectorBits() + " bits";
    return String.format(
        Locale.ROOT,
        "%d tokens in %.1f s by a JVM that is warming up, backend %s%s, seed %d",
        tokens,
        nanos / 1e9,
        kernels.name(),
        width,
        seed);
  }
}
