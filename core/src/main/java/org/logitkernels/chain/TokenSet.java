package org.logitkernels.chain;

/**
 * Some tokens of a vocabulary. Few are a list. Many are a bit for each token of the vocabulary, and
 * stay that.
 */
final class TokenSet {
  private static final long[] NO_BITS = {};

  private final int vocabulary;
  private TokenMap few;
  private long[] bits;
  private int size;

  /** None of a vocabulary. */
  TokenSet(int vocabulary) {
    this.vocabulary = vocabulary;
    this.few = new TokenMap();
    this.bits = NO_BITS;
  }

  /** The same, on its own from now on. */
  TokenSet(TokenSet other) {
    this.vocabulary = other.vocabulary;
    this.few = new TokenMap(other.few);
    this.bits = other.bits.clone();
    this.size = other.size;
  }

  /** How many tokens. */
  int size() {
    return size;
  }

  /** Whether the tokens are many. */
  boolean isMany() {
    return bits.length > 0;
  }

  /** The tokens, if they are few. */
  TokenMap few() {
    return few;
  }

  /** A bit for each token of the vocabulary, if they are many. */
  long[] bits() {
    return bits;
  }

  /** Whether a token is among them. */
  boolean contains(int token) {
    return isMany() ? (bits[token >> 6] >>> token & 1) != 0 : few.place(token) >= 0;
  }

  /** Takes in a token that is not among them. */
  void add(int token) {
    if (isMany()) {
      bits[token >> 6] |= 1L << token;
    } else {
      few.set(token, 1);
      if (few.size() > vocabulary / TokenCounts.SHARE_OF_MANY) {
        becomeMany();
      }
    }
    size++;
  }

  /** Lets go of a token that is among them. */
  void remove(int token) {
    if (isMany()) {
      bits[token >> 6] &= ~(1L << token);
    } else {
      few.subtract(token);
    }
    size--;
  }

  private void becomeMany() {
    long[] all = new long[(vocabulary + Long.SIZE - 1) / Long.SIZE];
    for (int i = 0; i < few.size(); i++) {
      all[few.token(i) >> 6] |= 1L << few.token(i);
    }
    few = new TokenMap();
    bits = all;
  }
}
