package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Room;

/**
 * Subtracts {@code multiplier * base^(n - allowed)} from a token that would go on repeating the
 * last n tokens, n at least {@code allowed}; of several n the longest.
 */
public final class Dry extends TokenChange {
  /** To look everywhere costs about as much as one step for so many tokens. */
  private static final int STEP = 4;

  private static final int LEAST_STEPS = 256;

  private final double multiplier;
  private final double base;
  private final int allowed;
  private final int range;
  private final int[] breakers;

  private final TokenMap repetitions = new TokenMap();
  private int[] matches = {};

  /** Looks at the last {@code range} tokens. Breakers, in ascending order, end a repetition. */
  public Dry(double multiplier, double base, int allowed, int range, int[] breakers) {
    this.multiplier = multiplier;
    this.base = base;
    this.allowed = allowed;
    this.range = range;
    this.breakers = breakers;
  }

  @Override
  public int highestToken() {
    return breakers.length == 0 ? -1 : breakers[breakers.length - 1];
  }

  /** A breaker is no token whose logit changes, so a row may lack it. */
  @Override
  public boolean needsNamedTokens() {
    return false;
  }

  @Override
  public boolean readsTokens() {
    return range > 0 && multiplier != 0;
  }

  @Override
  public Action fork() {
    return new Dry(multiplier, base, allowed, range, breakers);
  }

  @Override
  void change(ChainState state) {
    History history = state.history();
    int start = history.start(range, true);
    repetitions.clear();
    if (allowed == 0 || !findByContext(history, start)) {
      repetitions.clear();
      findAll(history, start);
    }
    for (int i = 0; i < repetitions.size(); i++) {
      int token = repetitions.token(i);
      if (!isBreaker(token)) {
        double penalty = multiplier * Exponential.power(base, repetitions.number(i) - allowed);
        double most = Math.min(penalty * state.temperature(), Float.MAX_VALUE);
        float x = state.get(token);
        state.replace(token, x, (float) (x - most));
      }
    }
  }

  /**
   * Looks where the last {@code allowed} tokens stood before, and how much longer the repetition is
   * there. Returns false if that is longer work than to look everywhere.
   */
  private boolean findByContext(History history, int start) {
    Contexts contexts = history.contexts(allowed, false);
    int end = history.size();
    int place = contexts.latest(history);
    if (place < start + allowed) {
      return true;
    }
    int plain = 0; // so many of the last tokens are no breakers
    while (plain < allowed) {
      if (isBreaker(history.token(end - 1 - plain))) {
        return true;
      }
      plain++;
    }
    int limit = end - start; // there is a breaker, or the history begins
    long steps = LEAST_STEPS + (end - start) / STEP;
    for (; place >= start + allowed; place = contexts.earlier(place)) {
      int most = Math.min(place - start, limit);
      int length = allowed;
      while (length < most
          && history.token(place - 1 - length) == history.token(end - 1 - length)) {
        if (length == plain) {
          if (isBreaker(history.token(end - 1 - length))) {
            limit = length;
            break;
          }
          plain++;
        }
        length++;
      }
      steps -= 1 + length - allowed;
      if (steps < 0) {
        return false;
      }
      note(history.token(place), length);
    }
    return true;
  }

  /** Looks everywhere. */
  private void findAll(History history, int start) {
    int end = history.size();
    int limit = 0; // tokens since the last breaker
    while (limit < end - start && !isBreaker(history.token(end - 1 - limit))) {
      limit++;
    }
    if (limit < allowed) {
      return;
    }
    measure(history, end, end - start);
    int last = -1;
    int longest = 0; // that of the last token
    for (int back = 1; back < end - start; back++) {
      int length = Math.min(matches[back], limit);
      int token = history.token(end - back);
      if (length >= allowed && (token != last || length > longest)) {
        note(token, length);
        last = token;
        longest = length;
      }
    }
  }

  /** Notes a repetition that a token would go on. */
  private void note(int token, int length) {
    int place = repetitions.place(token);
    if (place < 0 || length > repetitions.number(place)) {
      repetitions.set(token, length);
    }
  }

  /**
   * How many tokens before each place, counted from the end, are those at the end: the Z function
   * of the history read backwards, in linear time.
   */
  private void measure(History history, int end, int size) {
    if (matches.length < size) {
      matches = new int[Room.of(matches.length, size)];
    }
    int left = 0;
    int right = 0;
    for (int i = 1; i < size; i++) {
      int length = i < right ? Math.min(right - i, matches[i - left]) : 0;
      while (i + length < size
          && history.token(end - 1 - length) == history.token(end - 1 - i - length)) {
        length++;
      }
      matches[i] = length;
      if (i + length > right) {
        left = i;
        right = i + length;
      }
    }
  }

  private boolean isBreaker(int token) {
    return Arrays.binarySearch(breakers, token) >= 0;
  }
}
