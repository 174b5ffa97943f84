package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;

/**
 * The tokens of a sequence so far: those of the prompt, and behind them those that were accepted.
 *
 * <p>Where no step reads the tokens, they are counted and not kept.
 */
public final class History {
  private static final int FIRST_ROOM = 64;

  private static final int[] NONE = {};
  private static final TokenCounts[] NOTHING_COUNTED = {};
  private static final Contexts[] NO_CONTEXTS = {};

  private final boolean kept;
  private int[] tokens = NONE;
  private long size;
  private long prompt;

  /** What steps count: each window once, from its first use on. */
  private TokenCounts[] counts = NOTHING_COUNTED;

  /** What steps look up: contexts of each kind once, from their first use on. */
  private Contexts[] contexts = NO_CONTEXTS;

  /** Empty; tokens are kept, or only counted. */
  public History(boolean kept) {
    this.kept = kept;
  }

  private History(History other) {
    this.kept = other.kept;
    this.tokens = Arrays.copyOf(other.tokens, kept ? (int) other.size : 0);
    this.size = other.size;
    this.prompt = other.prompt;
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
  public void clear() {
    size = 0;
    prompt = 0;
    for (TokenCounts each : counts) {
      each.clear();
    }
    for (Contexts each : contexts) {
      each.clear();
    }
  }

  /**
   * Makes room for more tokens: all that is needed so that they can be added without an error.
   *
   * @throws IllegalArgumentException if there would be more tokens than an array holds
   */
  public void reserve(int more) {
    if (kept && more > tokens.length - size) {
      tokens = Arrays.copyOf(tokens, room((int) size, more));
    }
  }

  /** The same for what is remembered beside the tokens. */
  static double[] grown(double[] numbers, int size, int more) {
    return more > numbers.length - size ? Arrays.copyOf(numbers, room(size, more)) : numbers;
  }

  /** Twice the room, or what is needed if that is more. */
  private static int room(int size, int more) {
    if (more > Room.LONGEST - size) {
      throw new IllegalArgumentException(
          "the history is full: " + size + " and " + more + " more are more than an array holds");
    }
    return Room.of(size, Math.max(FIRST_ROOM, (long) size + more));
  }

  /** Adds tokens of a prompt, all or none: with them, all tokens so far count as prompt. */
  public void addPrompt(int[] added) {
    reserve(added.length);
    if (kept) {
      System.arraycopy(added, 0, tokens, (int) size, added.length);
    }
    size += added.length;
    prompt = size;
  }

  /** Adds a token. Room doubles when it is used up. */
  public void add(int token) {
    reserve(1);
    if (kept) {
      tokens[(int) size] = token;
    }
    size++;
  }

  /** Takes back the last tokens, which must have come after the prompt. */
  public void removeLast(int count) {
    int left = size() - count;
    for (TokenCounts each : counts) {
      each.cut(this, left);
    }
    for (Contexts each : contexts) {
      each.cut(this, left);
    }
    size -= count;
  }

  /** How many tokens can be read: none where they are only counted. */
  public int size() {
    return kept ? (int) size : 0;
  }

  /** How many of them came after the prompt. */
  public long generated() {
    return size - prompt;
  }

  /** Where the last {@code last} tokens begin, the prompt among them or not. */
  public int start(int last, boolean withPrompt) {
    return kept ? (int) Math.max(withPrompt ? 0 : prompt, size - Math.min(last, size)) : 0;
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

  /** Whether the tokens from two places on are the same, so many of them. */
  boolean isSame(int one, int other, int count) {
    return Arrays.equals(tokens, one, one + count, tokens, other, other + count);
  }

  /** The token at a place, from 0. */
  public int token(int at) {
    return tokens[at];
  }
}
