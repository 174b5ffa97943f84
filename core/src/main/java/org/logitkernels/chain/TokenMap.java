package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/** A number for each of a few tokens, in the order in which they were first named. */
final class TokenMap {
  /** The largest power of two that is the length of an array. */
  private static final int MOST_SLOTS = 1 << 30;

  private int[] tokens = new int[16];
  private int[] numbers = new int[16];
  private int[] slots = new int[64]; // a place in the list and 1, or 0
  private int size;

  void clear() {
    if (size > 0) {
      Arrays.fill(slots, 0);
      size = 0;
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

  /** A token's number; 0 if it has none. */
  int get(int token) {
    int place = place(token);
    return place < 0 ? 0 : numbers[place];
  }

  /** Where a token is, or would go. A quarter of the slots at most are taken. */
  private int slot(int token) {
    int slot = token * 0x9e3779b9 >>> Integer.numberOfLeadingZeros(slots.length - 1);
    for (int tries = 0; slots[slot] != 0 && tokens[slots[slot] - 1] != token; tries++) {
      if (tries == slots.length) {
        throw RowErrors.shared();
      }
      slot = slot + 1 & slots.length - 1;
    }
    return slot;
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
