package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Room;

/**
 * Steps by what a sequence holds already. Each looks at a part of the history, and touches only
 * tokens in it.
 */
public final class Penalties {
  private static final int NOT_COUNTED = -1;

  private final TokenMap counts = new TokenMap();
  private final TokenMap repetitions = new TokenMap();
  private int counted = NOT_COUNTED;
  private int[] matches = {};

  /** Scratch. */
  public Penalties() {}

  /** The history may have changed. */
  public void begin() {
    counted = NOT_COUNTED;
  }

  /** Counts tokens from a place on; several penalties of a chain mostly look at the same. */
  private void count(History history, int start) {
    if (start == counted) {
      return;
    }
    counts.clear();
    for (int i = start; i < history.size(); i++) {
      counts.add(history.token(i));
    }
    counted = start;
  }

  /** Divides the logits above 0 of tokens that occurred, and multiplies the others. */
  public void repetition(Logits logits, History history, int start, float penalty) {
    count(history, start);
    for (int i = 0; i < counts.size(); i++) {
      int token = counts.token(i);
      float x = logits.get(token);
      logits.replace(token, x, x > 0 ? x / penalty : x * penalty);
    }
  }

  /** Subtracts {@code count * each + once} from tokens that occurred, at the temperature so far. */
  public void occurrence(
      Logits logits, History history, int start, double each, double once, double temperature) {
    count(history, start);
    for (int i = 0; i < counts.size(); i++) {
      int token = counts.token(i);
      double penalty = counts.number(i) * each + once;
      float x = logits.get(token);
      logits.replace(token, x, (float) (x - penalty * temperature));
    }
  }

  /** Masks what would end a run of n tokens that occurred before. */
  public void noRepeat(Logits logits, History history, int n) {
    int size = history.size();
    for (int i = n - 1; i < size; i++) {
      boolean same = true;
      for (int j = 1; j < n && same; j++) {
        same = history.token(i - j) == history.token(size - j);
      }
      if (same) {
        logits.mask(history.token(i));
      }
    }
  }

  /** Masks the last token of a sequence whose others end the history. */
  public static void ban(Logits logits, History history, int[] sequence) {
    int before = sequence.length - 1;
    boolean same = before <= history.size();
    for (int j = 0; j < before && same; j++) {
      same = sequence[j] == history.token(history.size() - before + j);
    }
    if (same) {
      logits.mask(sequence[before]);
    }
  }

  /**
   * Subtracts {@code multiplier * base^(n - allowed)} from a token that would go on repeating the
   * last n tokens, n at least {@code allowed}; of several n the longest.
   */
  public void dry(
      Logits logits,
      History history,
      int start,
      double multiplier,
      double base,
      int allowed,
      int[] breakers,
      double temperature) {
    int end = history.size();
    int limit = 0; // tokens since the last breaker
    while (limit < end - start && !isBreaker(breakers, history.token(end - 1 - limit))) {
      limit++;
    }
    if (limit < allowed) {
      return;
    }
    measure(history, end, end - start);
    repetitions.clear();
    for (int back = 1; back < end - start; back++) {
      int length = Math.min(matches[back], limit);
      int next = history.token(end - back);
      int longest = repetitions.place(next) < 0 ? -1 : repetitions.get(next);
      if (length >= allowed && length > longest) {
        repetitions.set(next, length);
      }
    }
    for (int i = 0; i < repetitions.size(); i++) {
      int token = repetitions.token(i);
      if (!isBreaker(breakers, token)) {
        double penalty = multiplier * Exponential.power(base, repetitions.number(i) - allowed);
        double most = Math.min(penalty * temperature, Float.MAX_VALUE);
        float x = logits.get(token);
        logits.replace(token, x, (float) (x - most));
      }
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

  private static boolean isBreaker(int[] breakers, int token) {
    return Arrays.binarySearch(breakers, token) >= 0;
  }
}
