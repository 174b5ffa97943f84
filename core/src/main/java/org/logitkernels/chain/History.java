package org.logitkernels.chain;

import java.util.Arrays;

/**
 * The tokens of a sequence so far: those of the prompt, and behind them those that were accepted.
 */
public final class History extends Tokens {
  private static final Following[] NOBODY = {};

  /** What steps count and look up: of each kind one, from its first use on. */
  private Following[] following = NOBODY;

  /** Empty; tokens are kept, or only counted. */
  public History(boolean kept) {
    super(kept);
  }

  private History(History other) {
    super(other);
    this.following = other.following.clone();
    for (int i = 0; i < following.length; i++) {
      following[i] = following[i].copy();
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
    for (Following each : following) {
      each.clear();
    }
  }

  /** Takes back the last tokens, which must have come after the prompt. */
  @Override
  public void removeLast(int count) {
    int left = Math.max(0, size() - count); // tokens that are not kept count as none
    for (Following each : following) {
      each.cut(this, left);
    }
    super.removeLast(count);
  }

  private <T extends Following> T added(T made) {
    following = Arrays.copyOf(following, following.length + 1);
    following[following.length - 1] = made;
    return made;
  }

  private <T extends Following> T followed(T known) {
    known.follow(this);
    return known;
  }

  // Each of these costs what has changed since it was last asked for.

  /** How often each token stands among the last few, of those in a vocabulary. */
  TokenCounts counts(int last, boolean withPrompt, int vocabulary) {
    for (Following each : following) {
      if (each instanceof TokenCounts counts && counts.isOf(last, withPrompt)) {
        return followed(counts);
      }
    }
    return followed(added(new TokenCounts(last, withPrompt, vocabulary)));
  }

  /** The contexts of a width, at least 1, of tokens of a vocabulary. */
  Contexts contexts(int width, int vocabulary) {
    for (Following each : following) {
      if (each instanceof Contexts contexts && contexts.isOf(width)) {
        return followed(contexts);
      }
    }
    return followed(added(new Contexts(width, vocabulary)));
  }

  /** The repetitions of a width, at least 1, and more. */
  Repetitions repetitions(int width) {
    for (Following each : following) {
      if (each instanceof Repetitions repetitions && repetitions.isOf(width)) {
        return followed(repetitions);
      }
    }
    return followed(added(new Repetitions(width)));
  }

  /** Where the last of some tokens is, which are in ascending order. */
  Breakers breakers(int[] tokens) {
    for (Following each : following) {
      if (each instanceof Breakers breakers && breakers.isOf(tokens)) {
        return followed(breakers);
      }
    }
    return followed(added(new Breakers(tokens)));
  }
}
