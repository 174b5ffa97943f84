package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;

/**
 * The tokens of a {@link History}, in an array that grows.
 *
 * <p>Where no step reads the tokens, they are counted and not kept.
 */
abstract class Tokens {
  private static final int FIRST_ROOM = 64;

  private static final int[] NONE = {};

  private final boolean kept;
  private int[] tokens = NONE;
  private long size;
  private long prompt;

  /** None; they are kept, or only counted. */
  Tokens(boolean kept) {
    this.kept = kept;
  }

  /** The same. */
  Tokens(Tokens other) {
    this.kept = other.kept;
    this.tokens = Arrays.copyOf(other.tokens, kept ? (int) other.size : 0);
    this.size = other.size;
    this.prompt = other.prompt;
  }

  /** Forgets all. */
  void clear() {
    size = 0;
    prompt = 0;
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
  void removeLast(int count) {
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

  /** Whether the tokens from two places on are the same, so many of them. */
  boolean isSame(int one, int other, int count) {
    return Arrays.equals(tokens, one, one + count, tokens, other, other + count);
  }

  /** The token at a place, from 0. */
  public int token(int at) {
    return tokens[at];
  }
}
