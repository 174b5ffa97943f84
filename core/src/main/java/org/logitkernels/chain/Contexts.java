package org.logitkernels.chain;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;

/**
 * An index of contexts. The context of a place in the history is the few tokens before it. The
 * index tells where the same context stood first, and which tokens came behind it. It follows the
 * history. A token costs the same wherever it comes in or goes out.
 *
 * <p>Contexts are found by a hash and compared token by token. So no two contexts are taken for
 * one. Where a context follows one that has stood before, and by the same token, the place behind
 * that is known, and nothing is compared: a history that repeats itself costs no more than another.
 *
 * <p>Each context has a list of the places where another token came behind it for the first time.
 * Where the list is long, its tokens are kept as a set too.
 *
 * <p>A token takes 48 bytes, or up to 96 where arrays have grown and are not yet full. A set takes
 * up to 100 bytes for each of its tokens, or a bit for each token of the vocabulary.
 */
final class Contexts extends Following {
  /** No place. */
  static final int NONE = -1;

  /** Of a place that is not in the list of its context: this less the place that is. */
  private static final int UNLISTED = -2;

  /** A list longer than this has a set, until it is half as long. */
  static final int LISTED = 64;

  /** The largest power of two that is the length of an array. */
  private static final int MOST_SLOTS = 1 << 30;

  private static final TokenSet[] NO_SETS = {};
  private static final int[] NO_OWNERS = {};

  private static final int FIRST_ROOM = 64;

  /** The modulus of the hash, a prime: 2^61 - 1. */
  private static final long PRIME = (1L << 61) - 1;

  private static final long BASE = 0x0d6e8feb86659fd9L % PRIME;
  private static final long INVERSE = power(BASE, PRIME - 2);

  private static final int PAIR = 1;

  private final int width;

  /** How many tokens there are; 0 where no sets are kept. */
  private final int vocabulary;

  /** What a token weighs that has left the context. */
  private final long leaving;

  /** Of each place, the first place with its context. */
  private int[] first = new int[FIRST_ROOM];

  /** Of each such first place, the last one in the list of the context. */
  private int[] latest = new int[FIRST_ROOM];

  /** Of each place in a list, the one before it. */
  private int[] earlier = new int[FIRST_ROOM];

  /**
   * Of each first place of a context, the length of its list; if it has a set, the set's ~index.
   */
  private int[] lengths = new int[FIRST_ROOM];

  private TokenSet[] sets = NO_SETS;

  /** Of each set, the first place with its context. */
  private int[] owners = NO_OWNERS;

  private int setCount;

  /** Half a hash each, and below it a place and 1; or 0. */
  private long[] slots = new long[2 * FIRST_ROOM];

  private int taken;

  /** The hash of the tokens at the end of what is taken in. */
  private long hash;

  /**
   * The contexts are {@code width} tokens long, at least 1.
   *
   * @param vocabulary how many tokens there are; 0 if nobody asks for sets
   */
  Contexts(int width, int vocabulary) {
    this.width = width;
    this.vocabulary = vocabulary;
    this.leaving = power(BASE, width);
  }

  /** The same, on its own from now on. */
  Contexts(Contexts other) {
    super(other);
    width = other.width;
    vocabulary = other.vocabulary;
    leaving = other.leaving;
    int room = Math.max(FIRST_ROOM, other.to);
    first = Arrays.copyOf(other.first, room);
    latest = Arrays.copyOf(other.latest, room);
    earlier = Arrays.copyOf(other.earlier, room);
    lengths = Arrays.copyOf(other.lengths, room);
    sets = other.sets.clone();
    for (int i = 0; i < other.setCount; i++) {
      sets[i] = new TokenSet(sets[i]);
    }
    owners = other.owners.clone();
    setCount = other.setCount;
    slots = other.slots.clone();
    taken = other.taken;
    hash = other.hash;
  }

  @Override
  Contexts copy() {
    return new Contexts(this);
  }

  /** Whether contexts are so long. */
  boolean isOf(int width) {
    return this.width == width;
  }

  /** The first place whose context is the one at the end of the history; or {@link #NONE}. */
  int known(Tokens history) {
    return to < width ? NONE : find(history, to);
  }

  /** The first place with the context of a place, which has so many tokens before it. */
  int first(int place) {
    return first[place];
  }

  /** The first place with the context and the token of a place. */
  int pair(int place) {
    int before = earlier[place];
    return before > UNLISTED ? place : UNLISTED - before;
  }

  /** The first place with a context and a token; or {@link #NONE}. */
  int pair(Tokens history, int known, int token) {
    int half = halfOfPair(known, token);
    int tries = 0;
    for (int slot = slot(half); slots[slot] != 0; slot = next(slot)) {
      checkTries(tries++);
      int place = (int) slots[slot] - 1;
      if (halfIn(slot) == half
          && place < to
          && first[place] == known
          && history.token(place) == token) {
        return place;
      }
    }
    return NONE;
  }

  /** The last place in the list of a context. */
  int latest(int known) {
    return latest[known];
  }

  /** The place before another one in a list; or {@link #NONE}. */
  int earlier(int place) {
    int before = earlier[place];
    if (before >= place || before < NONE) {
      throw RowErrors.shared();
    }
    return before;
  }

  /** The tokens that came behind a context, if they are so many that a set of them is kept. */
  @Nullable TokenSet set(int known) {
    int length = lengths[known];
    return length < 0 ? sets[~length] : null;
  }

  @Override
  void clear() {
    super.clear();
    if (taken > 0) {
      Arrays.fill(slots, 0);
    }
    taken = 0;
    hash = 0;
    sets = NO_SETS;
    owners = NO_OWNERS;
    setCount = 0;
  }

  @Override
  void add(Tokens history) {
    reserve();
    int place = to;
    int token = history.token(place);
    if (place >= width) {
      int known = find(history, place);
      if (known < 0) {
        known = place;
        put(half(hash), place);
        latest[place] = NONE;
        lengths[place] = 0;
      }
      int other = pair(history, known, token);
      first[place] = known;
      if (other < 0) {
        put(halfOfPair(known, token), place);
        earlier[place] = latest[known];
        latest[known] = place;
        lengthen(history, known, token);
      } else {
        earlier[place] = UNLISTED - other;
      }
    }
    hash = sum(product(hash, BASE), token + 1);
    if (place >= width) {
      hash = sum(hash, PRIME - product(history.token(place - width) + 1, leaving));
    }
    to = place + 1;
  }

  @Override
  void removeLast(Tokens history) {
    int place = to - 1;
    int token = history.token(place);
    if (place >= width) {
      hash = sum(hash, product(history.token(place - width) + 1, leaving));
    }
    hash = product(sum(hash, PRIME - (token + 1)), INVERSE);
    to = place;
    if (place >= width) {
      int known = first[place];
      if (earlier[place] > UNLISTED) {
        latest[known] = earlier[place];
        remove(halfOfPair(known, token), place);
        shorten(known, token);
      }
      if (known == place) {
        remove(half(hash), place);
      }
    }
  }

  /** A token has come to the list of a context. */
  private void lengthen(Tokens history, int known, int token) {
    int length = lengths[known];
    if (length < 0) {
      sets[~length].add(token);
    } else if (length < LISTED || vocabulary == 0) {
      lengths[known] = length + 1;
    } else {
      TokenSet set = new TokenSet(vocabulary);
      for (int place = latest[known]; place != NONE; place = earlier(place)) {
        set.add(history.token(place));
      }
      if (setCount == sets.length) {
        int room = Room.of(setCount, setCount + 1L);
        owners = Arrays.copyOf(owners, room);
        sets = Arrays.copyOf(sets, room);
      }
      sets[setCount] = set;
      owners[setCount] = known;
      lengths[known] = ~setCount;
      setCount++;
    }
  }

  /** A token has left the list of a context. A set that is dropped leaves its index to the last. */
  private void shorten(int known, int token) {
    if (lengths[known] >= 0) {
      lengths[known]--;
      return;
    }
    int index = ~lengths[known];
    TokenSet set = sets[index];
    set.remove(token);
    if (set.size() <= LISTED / 2) {
      lengths[known] = set.size();
      setCount--;
      if (index < setCount) {
        sets[index] = sets[setCount];
        owners[index] = owners[setCount];
        lengths[owners[index]] = ~index;
      }
    }
  }

  /** The first place with the context of a place whose hash this is; or {@link #NONE}. */
  private int find(Tokens history, int place) {
    if (place > width) {
      int before = pair(place - 1);
      if (before < place - 1) {
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
      lengths = Arrays.copyOf(lengths, room);
    }
    int wanted = slotsFor(taken, slots.length);
    if (wanted > slots.length) {
      long[] old = slots;
      slots = new long[wanted];
      taken = 0;
      for (long entry : old) {
        if (entry != 0) {
          put((int) (entry >>> Integer.SIZE), (int) entry - 1);
        }
      }
    }
  }

  /** How many slots there must be before two more are taken: at most half of them are. */
  static int slotsFor(int taken, int slots) {
    if (taken + 2 <= slots / 2) {
      return slots;
    }
    if (slots >= MOST_SLOTS) {
      throw new OutOfMemoryError(
          taken + " contexts, and tokens behind them, are all that a table holds");
    }
    return 2 * slots;
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
