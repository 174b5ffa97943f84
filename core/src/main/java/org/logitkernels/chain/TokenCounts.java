package org.logitkernels.chain;

import java.util.Arrays;

/**
 * How often each token stands among the last tokens of a history. The counts follow the history: a
 * token costs the same wherever it comes in or goes out.
 *
 * <p>Few different tokens are a list. Many are an array of counts by id, and a bit for each token
 * that occurred. Once they were many, they stay an array until the history is forgotten.
 */
final class TokenCounts implements Following {
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

  /** The tokens that are counted: those of the history from here ... */
  private int from;

  /** ... to here. */
  private int to;

  /** Whether a change was begun and not ended, as where memory or the stack came to its end. */
  private boolean torn;

  /** Counts the last few tokens. Those of the prompt may be among them. */
  TokenCounts(int last, boolean prompt, int vocabulary) {
    this.last = last;
    this.prompt = prompt;
    this.vocabulary = vocabulary;
    this.few = new TokenMap();
  }

  /** The same, on its own from now on. */
  TokenCounts(TokenCounts other) {
    this.last = other.last;
    this.prompt = other.prompt;
    this.vocabulary = other.vocabulary;
    this.few = new TokenMap(other.few);
    this.present = other.isMany() ? other.present.clone() : NO_BITS;
    this.counts = other.isMany() ? other.counts.clone() : NO_COUNTS;
    this.from = other.from;
    this.to = other.to;
    this.torn = other.torn;
  }

  @Override
  public TokenCounts copy() {
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
  public void clear() {
    few.clear();
    present = NO_BITS;
    counts = NO_COUNTS;
    from = 0;
    to = 0;
  }

  /** Takes in what has come to the history, and lets go of what is no more among the last. */
  void follow(Tokens history) {
    if (torn) {
      clear();
    }
    torn = true;
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
      add(history.token(from - 1));
      from--;
    }
    while (from < start) {
      remove(history.token(from));
      from++;
    }
    while (to < end) {
      add(history.token(to));
      to++;
    }
    torn = false;
  }

  @Override
  public void cut(Tokens history, int size) {
    if (torn) {
      return; // all is counted anew
    }
    torn = true;
    while (to > size && to > from) {
      to--;
      remove(history.token(to));
    }
    from = Math.min(from, size);
    to = Math.min(to, size);
    torn = false;
  }

  private void empty() {
    few.clear();
    Arrays.fill(present, 0);
    Arrays.fill(counts, 0);
  }

  private void add(int token) {
    if (!isMany()) {
      few.add(token);
      if (few.size() > vocabulary / SHARE_OF_MANY) {
        becomeMany();
      }
    } else if (counts[token]++ == 0) {
      present[token >> 6] |= 1L << token;
    }
  }

  private void remove(int token) {
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
