package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;

/**
 * Subtracts {@code multiplier * base^(n - allowed)} from a token that would go on repeating the
 * last n tokens, n at least {@code allowed}; of several n the longest.
 */
public final class Dry extends TokenChange {
  private final double multiplier;
  private final double base;
  private final int allowed;
  private final int range;
  private final int[] breakers;

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
  void change(ChainState state) {
    if (!readsTokens()) {
      return; // nothing is subtracted, though a power may be Infinity
    }
    History history = state.history();
    int start = history.start(range, true);
    int limit = history.size() - start; // tokens at the end that a repetition may have
    if (breakers.length > 0) {
      limit = Math.min(limit, history.size() - 1 - history.breakers(breakers).last());
    }
    if (limit < allowed) {
      return;
    }
    int width = Math.max(allowed, 1);
    Repetitions repetitions = history.repetitions(width);
    if (allowed == 0) {
      penaliseAll(state, repetitions, start, limit);
      return;
    }
    int place = repetitions.latest(history);
    for (; place >= start + width; place = repetitions.earlier(place)) {
      int length = repetitions.longest(history, place, start);
      penalise(state, history.token(place), Math.min(length, limit));
    }
  }

  /** Every token that came behind another, if only behind a repetition of none. */
  private void penaliseAll(ChainState state, Repetitions repetitions, int start, int limit) {
    TokenCounts counts = state.counts(range, true);
    if (!counts.isMany()) {
      for (int i = 0; i < counts.few().size(); i++) {
        penalise(state, repetitions, counts, counts.few().token(i), start, limit);
      }
      return;
    }
    long[] present = counts.present();
    for (int word = 0; word < present.length; word++) {
      for (long rest = present[word]; rest != 0; rest &= rest - 1) {
        int token = (word << 6) + Long.numberOfTrailingZeros(rest);
        penalise(state, repetitions, counts, token, start, limit);
      }
    }
  }

  private void penalise(
      ChainState state,
      Repetitions repetitions,
      TokenCounts counts,
      int token,
      int start,
      int limit) {
    History history = state.history();
    if (token != history.token(start) || counts.get(token) > 1) {
      int place = repetitions.latest(history, token);
      int length = place > start ? repetitions.longest(history, place, start) : 0;
      penalise(state, token, Math.min(length, limit));
    }
  }

  /** A token would go on a repetition. */
  private void penalise(ChainState state, int token, int length) {
    if (Arrays.binarySearch(breakers, token) < 0) {
      double penalty = multiplier * Exponential.power(base, length - allowed);
      double most = Math.min(penalty * state.temperature(), Float.MAX_VALUE);
      float x = state.get(token);
      state.replace(token, x, (float) (x - most));
    }
  }
}
