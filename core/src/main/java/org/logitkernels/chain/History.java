package org.logitkernels.chain;

import java.util.Arrays;

/**
 * The tokens of a sequence so far: those of the prompt, and behind them those that were accepted.
 */
public final class History extends Tokens {
  private static final TokenCounts[] NOTHING_COUNTED = {};
  private static final Contexts[] NO_CONTEXTS = {};

  /** What steps count: each window once, from its first use on. */
  private TokenCounts[] counts = NOTHING_COUNTED;

  /** What steps look up: contexts of each kind once, from their first use on. */
  private Contexts[] contexts = NO_CONTEXTS;

  /** Empty; tokens are kept, or only counted. */
  public History(boolean kept) {
    super(kept);
  }

  private History(History other) {
    super(other);
    this.counts = other.counts.clone();
    for (int i = 0; i < counts.length; i++) {
      counts[i] = new TokenCounts(counts[i]);
    }
    this.contexts = other.contexts.clone();
    for (int i = 0; i < contexts.length; i++) {
      contexts[i] = new Contexts(contexts[i]);
    }
  }

  /** The same, on its own from now on. */
  public History copy() {
    return new History(this);
  }

  /** Forgets everything. */
  @Override
  public void clear() {
    super.clear();
    for (TokenCounts each : counts) {
      each.clear();
    }
    for (Contexts each : contexts) {
      each.clear();
    }
  }

  /** Takes back the last tokens, which must have come after the prompt. */
  @Override
  public void removeLast(int count) {
    int left = Math.max(0, size() - count); // tokens that are not kept count as none
    for (TokenCounts each : counts) {
      each.cut(this, left);
    }
    for (Contexts each : contexts) {
      each.cut(this, left);
    }
    super.removeLast(count);
  }

  /**
   * How often each token stands among the last few, of those in a vocabulary. Costs what has
   * changed since this was last asked.
   */
  TokenCounts counts(int last, boolean withPrompt, int vocabulary) {
    for (TokenCounts each : counts) {
      if (each.isOf(last, withPrompt)) {
        each.follow(this);
        return each;
      }
    }
    TokenCounts made = new TokenCounts(last, withPrompt, vocabulary);
    counts = Arrays.copyOf(counts, counts.length + 1);
    counts[counts.length - 1] = made;
    made.follow(this);
    return made;
  }

  /**
   * The contexts of a width, at least 1. Costs what has changed since this was last asked.
   *
   * @param distinct whether of the places of one context with the same token only the first is
   *     listed
   */
  Contexts contexts(int width, boolean distinct) {
    for (Contexts each : contexts) {
      if (each.isOf(width, distinct)) {
        each.follow(this);
        return each;
      }
    }
    Contexts made = new Contexts(width, distinct);
    contexts = Arrays.copyOf(contexts, contexts.length + 1);
    contexts[contexts.length - 1] = made;
    made.follow(this);
    return made;
  }
}
