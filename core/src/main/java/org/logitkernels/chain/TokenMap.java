package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/** A number for each of a few tokens, in a list without order. */
final class TokenMap {
  /** The largest power of two that is the length of an array. */
  private static final int MOST_SLOTS = 1 << 30;

  /** If fewer than one in so many slots are taken, they are emptied one by one. */
  private static final int SPARSE = 32;

  private int[] tokens = new int[16];
  private int[] numbers = new int[16];
  private int[] slots = new int[64]; // a place in the list and 1, or 0
  private int size;

  TokenMap() {}

  /** The same, on its own from now on. */
  TokenMap(TokenMap other) {
    tokens = other.tokens.clone();
    numbers = other.numbers.clone();
    slots = other.slots.clone();
    size = other.size;
  }

  void clear() {
    if (size > slots.length / SPARSE) {
      Arrays.fill(slots, 0);
    } else { // from each token's first slot on, up to the next that is empty: all go in the end
      for (int i = 0; i < size; i++) {
        for (int slot = first(tokens[i]); slots[slot] != 0; slot = slot + 1 & slots.length - 1) {
          slots[slot] = 0;
        }
      }
    }
    size = 0;
  }

  /**
   * Takes over the tokens of another list, in its order, where there are none. The numbers are for
   * the caller to set. Room that is there stays: a list that takes over few tokens and grows later
   * would else be made anew each time.
   */
  void takeTokens(TokenMap other) {
    if (tokens.length < other.size || slots.length < other.slots.length) {
      int[] moreTokens = new int[other.tokens.length];
      int[] moreNumbers = new int[other.tokens.length];
      slots = new int[other.slots.length]; // all are there, or as they were
      tokens = moreTokens;
      numbers = moreNumbers;
    }
    System.arraycopy(other.tokens, 0, tokens, 0, other.size);
    if (slots.length == other.slots.length) {
      System.arraycopy(other.slots, 0, slots, 0, slots.length);
      size = other.size;
    } else {
      for (int i = 0; i < other.size; i++) {
        slots[slot(tokens[i])] = i + 1;
        size = i + 1;
      }
    }
  }

  int size() {
    return size;
  }

  int token(int i) {
    return tokens[i];
  }

  int number(int i) {
    return numbers[i];
  }

  /** The tokens, for a loop over the list. */
  int[] tokens() {
    return tokens;
  }

  /** Their numbers. */
  int[] numbers() {
    return numbers;
  }

  /** The place of a token in the list, or -1. */
  int place(int token) {
    return slots[slot(token)] - 1;
  }

  /** Sets a token's number. */
  void set(int token, int number) {
    int slot = slot(token);
    if (slots[slot] == 0) {
      if (size == tokens.length) {
        grow();
        slot = slot(token);
      }
      tokens[size] = token;
      slots[slot] = ++size;
    }
    numbers[slots[slot] - 1] = number;
  }

  /** Adds 1 to a token's number. */
  void add(int token) {
    int place = place(token);
    if (place < 0) {
      set(token, 1);
    } else {
      numbers[place]++;
    }
  }

  /** Subtracts 1 from the number of a token that is there. Drops a token whose number is 0 then. */
  void subtract(int token) {
    int slot = slot(token);
    int place = slots[slot] - 1;
    if (--numbers[place] == 0) {
      int last = size - 1; // takes the place
      slots[slot(tokens[last])] = place + 1;
      tokens[place] = tokens[last];
      numbers[place] = numbers[last];
      size = last;
      empty(slot);
    }
  }

  /** Empties a slot, and closes the gap, so that what was put behind it is found. */
  private void empty(int slot) {
    int mask = slots.length - 1;
    int gap = slot;
    slots[gap] = 0;
    int tries = 0;
    for (int at = gap + 1 & mask; slots[at] != 0; at = at + 1 & mask) {
      if (tries++ == mask) {
        throw RowErrors.shared();
      }
      int first = first(tokens[slots[at] - 1]);
      if ((at - first & mask) >= (at - gap & mask)) {
        slots[gap] = slots[at];
        slots[at] = 0;
        gap = at;
      }
    }
  }

  /** A token's number; 0 if it has none. */
  int get(int token) {
    int place = place(token);
    return place < 0 ? 0 : numbers[place];
  }

  /** Where a token is, or would go. A quarter of the slots at most are taken. */
  private int slot(int token) {
    int slot = first(token);
    for (int tries = 0; slots[slot] != 0 && tokens[slots[slot] - 1] != token; tries++) {
      if (tries == slots.length) {
        throw RowErrors.shared();
      }
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
  }

  /** Where the search for a token begins. */
  private int first(int token) {
    return token * 0x9e3779b9 >>> Integer.numberOfLeadingZeros(slots.length - 1);
  }

  private void grow() {
    if (size >= MOST_SLOTS / 2) { // a table that is full is searched for ever
      throw new OutOfMemoryError("more than " + size + " different tokens");
    }
    int room = Room.of(size, size + 1L);
    int[] moreTokens = Arrays.copyOf(tokens, room);
    int[] moreNumbers = Arrays.copyOf(numbers, room);
    slots = new int[(int) Math.min(8L * size, MOST_SLOTS)]; // all are there, or as they were
    tokens = moreTokens;
    numbers = moreNumbers;
    for (int i = 0; i < size; i++) {
      slots[slot(tokens[i])] = i + 1;
    }
  }
}
