package org.logitkernels.internal;

import java.util.Arrays;

/** The tokens of a sequence so far: the prompt's, and behind them those that were accepted. */
public final class History {
  private int[] tokens;
  private int size;
  private int prompt;

  /** Empty. */
  public History() {
    this.tokens = new int[64];
  }

  private History(History other) {
    this.tokens = other.tokens.clone();
    this.size = other.size;
    this.prompt = other.prompt;
  }

  /** The same, on its own from now on. */
  public History copy() {
    return new History(this);
  }

  /** Forgets everything. */
  public void clear() {
    size = 0;
    prompt = 0;
  }

  /** Adds tokens of the prompt, before any other: all, or none if there is no memory for them. */
  public void addPrompt(int[] added) {
    if (tokens.length - size < added.length) {
      tokens = Arrays.copyOf(tokens, Math.max(2 * size, size + added.length));
    }
    System.arraycopy(added, 0, tokens, size, added.length);
    size += added.length;
    prompt = size;
  }

  /** Adds a token. Room doubles when it is used up. */
  public void add(int token) {
    if (size == tokens.length) {
      tokens = Arrays.copyOf(tokens, 2 * size);
    }
    tokens[size++] = token;
  }

  /** How many tokens there are. */
  public int size() {
    return size;
  }

  /** How many of them came after the prompt. */
  public int generated() {
    return size - prompt;
  }

  /** Where the last {@code last} tokens begin, the prompt among them or not. */
  public int start(int last, boolean withPrompt) {
    return Math.max(withPrompt ? 0 : prompt, size - Math.min(last, size));
  }

  /** The token at a place, from 0. */
  public int token(int at) {
    return tokens[at];
  }
}
