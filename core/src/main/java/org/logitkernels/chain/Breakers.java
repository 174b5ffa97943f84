package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;

/** Where a history's last token is that is one of a few. A token costs the same anywhere. */
final class Breakers implements Following {
  private final int[] tokens;

  /** Where they are, ascending. */
  private int[] places = new int[16];

  private int count;

  /** Tokens up to here were looked at. */
  private int to;

  /** Of tokens in ascending order. */
  Breakers(int[] tokens) {
    this.tokens = tokens;
  }

  @Override
  public Breakers copy() {
    Breakers copy = new Breakers(tokens);
    copy.places = places.clone();
    copy.count = count;
    copy.to = to;
    return copy;
  }

  /** Whether it looks for these. */
  boolean isOf(int[] tokens) {
    return Arrays.equals(this.tokens, tokens);
  }

  /** Whether a token is one. */
  boolean has(int token) {
    return Arrays.binarySearch(tokens, token) >= 0;
  }

  /** Where the last one is; -1 if there is none. */
  int last() {
    return count == 0 ? -1 : places[count - 1];
  }

  @Override
  public void clear() {
    count = 0;
    to = 0;
  }

  /** Looks at what has come to the history. */
  void follow(Tokens history) {
    for (; to < history.size(); to++) {
      if (has(history.token(to))) {
        if (count == places.length) {
          places = Arrays.copyOf(places, Room.of(count, count + 1L));
        }
        places[count++] = to;
      }
    }
  }

  @Override
  public void cut(Tokens history, int size) {
    to = Math.min(to, size);
    while (count > 0 && places[count - 1] >= size) {
      count--;
    }
  }
}
