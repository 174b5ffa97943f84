package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/**
 * Where the tokens before each place of a history, so many of them, stood before: its context. The
 * index follows the history. A token costs the same wherever it comes in or goes out.
 *
 * <p>Contexts are found by a hash and compared token by token. So no two contexts are taken for
 * one. Where a context follows one that has stood before, and by the same token, the place behind
 * that is known, and nothing is compared: a history that repeats itself costs no more than another.
 */
final class Contexts {
  /** No place. */
  static final int NONE = -1;

  /** Of a place that is not in the list of its context. */
  private static final int UNLISTED = -2;

  private static final int FIRST_ROOM = 64;

  /** The modulus of the hash, a prime: 2^61 - 1. */
  private static final long PRIME = (1L << 61) - 1;

  private static final long BASE = 0x0d6e8feb86659fd9L % PRIME;
  private static final long INVERSE = power(BASE, PRIME - 2);

  private static final int PAIR = 1;

  private final int width;
  private final boolean distinct;

  /** What a token weighs that has left the context. */
  private final long leaving;

  /** Of each place, the first place with its context. */
  private int[] first = new int[FIRST_ROOM];

  /** Of each such first place, the last one in the list of the context. */
  private int[] latest = new int[FIRST_ROOM];

  /** Of each place in a list, the one before it. */
  private int[] earlier = new int[FIRST_ROOM];

  /** Half a hash each, and below it a place and 1; or 0. */
  private long[] slots = new long[2 * FIRST_ROOM];

  private int taken;

  /** Tokens up to here are in the index. */
  private int to;

  /** The hash of the tokens before that. */
  private long hash;

  /** Whether a change was begun and not ended, as where memory or the stack came to its end. */
  private boolean torn;

  /**
   * The contexts are {@code width} tokens long, at least 1.
   *
   * @param distinct whether of the places of one context with the same token only the first is
   *     listed
   */
  Contexts(int width, boolean distinct) {
    this.width = width;
    this.distinct = distinct;
    this.leaving = power(BASE, width);
  }

  /** The same, on its own from now on. */
  Contexts(Contexts other) {
    width = other.width;
    distinct = other.distinct;
    leaving = other.leaving;
    int room = Math.max(FIRST_ROOM, other.to);
    first = Arrays.copyOf(other.first, room);
    latest = Arrays.copyOf(other.latest, room);
    earlier = Arrays.copyOf(other.earlier, room);
    slots = other.slots.clone();
    taken = other.taken;
    to = other.to;
    hash = other.hash;
    torn = other.torn;
  }

  /** Whether these are such contexts. */
  boolean isOf(int width, boolean distinct) {
    return this.width == width && this.distinct == distinct;
  }

  /** The last place in the list of the context at the end of the history; or {@link #NONE}. */
  int latest(Tokens history) {
    if (to < width) {
      return NONE;
    }
    int known = find(history, to);
    return known < 0 ? NONE : latest[known];
  }

  /** The place before another one in a list; or {@link #NONE}. */
  int earlier(int place) {
    int before = earlier[place];
    if (before >= place) {
      throw RowErrors.shared();
    }
    return before;
  }

  /** Forgets all. */
  void clear() {
    if (taken > 0) {
      Arrays.fill(slots, 0);
    }
    taken = 0;
    to = 0;
    hash = 0;
  }

  /** Takes in what has come to the history. */
  void follow(Tokens history) {
    if (torn) {
      clear();
    }
    torn = true;
    while (to < history.size()) {
      add(history);
    }
    torn = false;
  }

  /** The history is about to forget its tokens from a place on. */
  void cut(Tokens history, int size) {
    if (!torn) {
      torn = true;
      while (to > size) {
        removeLast(history);
      }
      torn = false;
    }
  }

  private void add(Tokens history) {
    reserve();
    int place = to;
    int token = history.token(place);
    if (place >= width) {
      int known = find(history, place);
      if (known < 0) {
        known = place;
        put(half(hash), place);
        latest[place] = NONE;
      }
      first[place] = known;
      if (distinct && !putPair(history, known, token, place)) {
        earlier[place] = UNLISTED;
      } else {
        earlier[place] = latest[known];
        latest[known] = place;
      }
    }
    hash = sum(product(hash, BASE), token + 1);
    if (place >= width) {
      hash = sum(hash, PRIME - product(history.token(place - width) + 1, leaving));
    }
    to = place + 1;
  }

  private void removeLast(Tokens history) {
    int place = to - 1;
    int token = history.token(place);
    if (place >= width) {
      hash = sum(hash, product(history.token(place - width) + 1, leaving));
    }
    hash = product(sum(hash, PRIME - (token + 1)), INVERSE);
    to = place;
    if (place >= width) {
      int known = first[place];
      if (earlier[place] != UNLISTED) {
        latest[known] = earlier[place];
        if (distinct) {
          remove(halfOfPair(known, token), place);
        }
      }
      if (known == place) {
        remove(half(hash), place);
      }
    }
  }

  /** The first place with the context of a place whose hash this is; or {@link #NONE}. */
  private int find(Tokens history, int place) {
    if (place > width) {
      int before = first[place - 1];
      if (before < place - 1 && history.token(before) == history.token(place - 1)) {
        return first[before + 1];
      }
    }
    int half = half(hash);
    int tries = 0;
    for (int slot = slot(half); slots[slot] != 0; slot = next(slot)) {
      checkTries(tries++);
      int other = (int) slots[slot] - 1;
      if (halfIn(slot) == half && history.isSame(other - width, place - width, width)) {
        return other;
      }
    }
    return NONE;
  }

  /** Puts a place with a context and a token; false, and nothing done, if another one has both. */
  private boolean putPair(Tokens history, int known, int token, int place) {
    int half = halfOfPair(known, token);
    int tries = 0;
    for (int slot = slot(half); slots[slot] != 0; slot = next(slot)) {
      checkTries(tries++);
      int other = (int) slots[slot] - 1;
      if (halfIn(slot) == half
          && other < place
          && first[other] == known
          && history.token(other) == token) {
        return false;
      }
    }
    put(half, place);
    return true;
  }

  private void put(int half, int place) {
    int slot = slot(half);
    for (int tries = 0; slots[slot] != 0; tries++) {
      checkTries(tries);
      slot = next(slot);
    }
    slots[slot] = entry(half, place);
    taken++;
  }

  private void remove(int half, int place) {
    int gap = slot(half);
    for (int tries = 0; slots[gap] != entry(half, place); tries++) {
      checkTries(tries);
      gap = next(gap);
    }
    slots[gap] = 0;
    taken--;
    int mask = slots.length - 1;
    int tries = 0;
    for (int at = next(gap); slots[at] != 0; at = next(at)) {
      checkTries(tries++);
      int wanted = slot(halfIn(at));
      if ((at - wanted & mask) >= (at - gap & mask)) { // else it would not be found any more
        slots[gap] = slots[at];
        slots[at] = 0;
        gap = at;
      }
    }
  }

  /** Makes room for one more token. */
  private void reserve() {
    if (to == earlier.length) {
      int room = Room.of(to, to + 1L);
      first = Arrays.copyOf(first, room); // all are there, or as they were
      latest = Arrays.copyOf(latest, room);
      earlier = Arrays.copyOf(earlier, room);
    }
    if (2 * (taken + 2) > slots.length) {
      long[] old = slots;
      slots = new long[2 * old.length];
      taken = 0;
      for (long entry : old) {
        if (entry != 0) {
          put((int) (entry >>> Integer.SIZE), (int) entry - 1);
        }
      }
    }
  }

  // Halves of hashes. The last bit tells those of pairs, of a context and a token, from the others.

  private static int half(long hash) {
    return mixed(hash) & -2;
  }

  private static int halfOfPair(int known, int token) {
    return mixed((long) known << Integer.SIZE | token) | PAIR;
  }

  private static int mixed(long bits) {
    long mixed = bits * 0x9e3779b97f4a7c15L;
    mixed = (mixed ^ mixed >>> 32) * 0xd6e8feb86659fd93L;
    return (int) (mixed >>> 32);
  }

  private static long entry(int half, int place) {
    return (long) half << Integer.SIZE | place + 1;
  }

  private int halfIn(int slot) {
    return (int) (slots[slot] >>> Integer.SIZE);
  }

  /** A search ends, unless another thread is at the same history. */
  private void checkTries(int tries) {
    if (tries >= slots.length) {
      throw RowErrors.shared();
    }
  }

  private int slot(int half) {
    return half >>> 1 & slots.length - 1;
  }

  private int next(int slot) {
    return slot + 1 & slots.length - 1;
  }

  // Arithmetic modulo the prime.

  private static long sum(long a, long b) {
    long sum = a + b;
    return sum >= PRIME ? sum - PRIME : sum;
  }

  private static long product(long a, long b) {
    long low = a * b;
    long high = Math.multiplyHigh(a, b);
    long folded = (low & PRIME) + (low >>> 61 | high << 3);
    return folded >= PRIME ? folded - PRIME : folded;
  }

  private static long power(long base, long exponent) {
    long power = 1;
    long square = base;
    for (long rest = exponent; rest != 0; rest >>= 1) {
      if ((rest & 1) != 0) {
        power = product(power, square);
      }
      square = product(square, square);
    }
    return power;
  }
}
