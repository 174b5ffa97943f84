package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;

/**
 * Finds the last token of a history that is one of a few. A token costs the same, wherever it
 * stands.
 */
final class Breakers extends Following {
  private final int[] tokens;

  /** Where they are, ascending. */
  private int[] places = new int[16];

  private int count;

  /** Of tokens in ascending order. */
  Breakers(int[] tokens) {
    this.tokens = tokens;
  }

  private Breakers(Breakers other) {
    super(other);
    tokens = other.tokens;
    places = other.places.clone();
    count = other.count;
  }

  @Override
  Breakers copy() {
    return new Breakers(this);
  }

  /** Whether it looks for these. */
  boolean isOf(int[] tokens) {
    return Arrays.equals(this.tokens, tokens);
  }

  /** Where the last one is; -1 if there is none. */
  int last() {
    return count == 0 ? -1 : places[count - 1];
  }

  @Override
  void clear() {
    super.clear();
    count = 0;
  }

  @Override
  void add(Tokens history) {
    if (Arrays.binarySearch(tokens, history.token(to)) >= 0) {
      if (count == places.length) {
        places = Arrays.copyOf(places, Room.of(count, count + 1L));
      }
      places[count++] = to;
    }
    to++;
  }

  @Override
  void removeLast(Tokens history) {
    to--;
    if (last() == to) {
      count--;
    }
  }
}
