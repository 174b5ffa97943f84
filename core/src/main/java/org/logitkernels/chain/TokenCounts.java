package org.logitkernels.chain;

import java.util.Arrays;

/**
 * How often each token stands among the last tokens of a history. The counts follow the history: a
 * token costs the same wherever it comes in or goes out.
 *
 * <p>Few different tokens are a list. Many are an array of counts by id, and a bit for each token
 * that occurred. Once they were many, they stay an array until the history is forgotten.
 */
final class TokenCounts extends Following {
  /** More than one in so many tokens of the vocabulary are many. */
  static final int SHARE_OF_MANY = 64;

  private static final long[] NO_BITS = {};
  private static final int[] NO_COUNTS = {};

  private final int last;
  private final boolean prompt;
  private final int vocabulary;
  private final TokenMap few;
  private long[] present = NO_BITS;
  private int[] counts = NO_COUNTS;

  /** Tokens from here to {@link #to} are counted. */
  private int from;

  /** Counts the last few tokens. Those of the prompt may be among them. */
  TokenCounts(int last, boolean prompt, int vocabulary) {
    this.last = last;
    this.prompt = prompt;
    this.vocabulary = vocabulary;
    this.few = new TokenMap();
  }

  /** The same, on its own from now on. */
  TokenCounts(TokenCounts other) {
    super(other);
    this.last = other.last;
    this.prompt = other.prompt;
    this.vocabulary = other.vocabulary;
    this.few = new TokenMap(other.few);
    this.present = other.isMany() ? other.present.clone() : NO_BITS;
    this.counts = other.isMany() ? other.counts.clone() : NO_COUNTS;
    this.from = other.from;
  }

  @Override
  TokenCounts copy() {
    return new TokenCounts(this);
  }

  /** Whether it counts these tokens. */
  boolean isOf(int last, boolean prompt) {
    return this.last == last && this.prompt == prompt;
  }

  /** Whether the tokens are many. */
  boolean isMany() {
    return counts != NO_COUNTS;
  }

  /** The tokens with their counts, if they are few. */
  TokenMap few() {
    return few;
  }

  /** A bit for each token that occurred, if they are many. */
  long[] present() {
    return present;
  }

  /** The counts by id, if they are many. */
  int[] counts() {
    return counts;
  }

  /** How often a token occurred. */
  int get(int token) {
    return isMany() ? counts[token] : few.get(token);
  }

  @Override
  void clear() {
    super.clear();
    few.clear();
    present = NO_BITS;
    counts = NO_COUNTS;
    from = 0;
  }

  /** Takes in all tokens, and lets go of what is no more among the last. */
  @Override
  void takeIn(Tokens history) {
    int start = history.start(last, prompt);
    int end = history.size();
    if (start >= to || end <= from) {
      if (from < to) {
        empty();
      }
      from = start;
      to = start;
    }
    while (from > start) {
      count(history.token(from - 1));
      from--;
    }
    while (from < start) {
      discount(history.token(from));
      from++;
    }
    super.takeIn(history);
  }

  @Override
  void letGo(Tokens history, int size) {
    super.letGo(history, Math.max(size, from));
    from = Math.min(from, size);
    to = Math.min(to, size);
  }

  @Override
  void add(Tokens history) {
    count(history.token(to));
    to++;
  }

  @Override
  void removeLast(Tokens history) {
    to--;
    discount(history.token(to));
  }

  private void empty() {
    few.clear();
    Arrays.fill(present, 0);
    Arrays.fill(counts, 0);
  }

  private void count(int token) {
    if (!isMany()) {
      few.add(token);
      if (few.size() > vocabulary / SHARE_OF_MANY) {
        becomeMany();
      }
    } else if (counts[token]++ == 0) {
      present[token >> 6] |= 1L << token;
    }
  }

  private void discount(int token) {
    if (!isMany()) {
      few.subtract(token);
    } else if (--counts[token] == 0) {
      present[token >> 6] &= ~(1L << token);
    }
  }

  private void becomeMany() {
    long[] bits = new long[(vocabulary + Long.SIZE - 1) / Long.SIZE];
    int[] all = new int[vocabulary]; // both are there, or as they were
    for (int i = 0; i < few.size(); i++) {
      int token = few.token(i);
      all[token] = few.number(i);
      bits[token >> 6] |= 1L << token;
    }
    present = bits;
    counts = all;
    few.clear();
  }
}
