package org.logitkernels.examples;

import java.io.Serializable;
import java.util.stream.IntStream;

/**
 * A text under way. This is all that moves from one executor to another: what a sampler and a model
 * know beside it follows from the tokens.
 *
 * @param number its place among all tales
 * @param seed of its draws; draw n is the number at position n of this seed's stream
 * @param prompt the tokens that it begins with
 * @param drawn those that have been drawn
 */
record Tale(int number, long seed, int[] prompt, int[] drawn) implements Serializable {
  private static final long serialVersionUID = 1;

  /** Whether the last token ends a tale, or begins the next. */
  boolean isOver() {
    int last = drawn.length == 0 ? -1 : drawn[drawn.length - 1];
    return last == Tokenizer.BEGIN || last == Tokenizer.END;
  }

  /** The tokens so far. */
  int[] tokens() {
    return IntStream.concat(IntStream.of(prompt), IntStream.of(drawn)).toArray();
  }

  /** The text of a tale that is told to the end. */
  String text(Tokenizer tokenizer) {
    TextStream stream = new TextStream(tokenizer);
    StringBuilder text = new StringBuilder();
    for (int token : tokens()) {
      text.append(stream.next(token));
    }
    return text.append(stream.end()).toString();
  }
}
