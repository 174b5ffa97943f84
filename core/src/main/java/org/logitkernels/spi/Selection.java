package org.logitkernels.spi;

import org.logitkernels.numerics.TokenOrder;

/** Keys of tokens, each with a mass, of which a best-first prefix is looked for. */
final class Selection {
  /** Enough for a narrow chain over any row that is not hostile. */
  private static final int FIRST_RESERVE = 4096;

  private static final long[] NONE = {};

  private final int most;
  private final int[] counts = new int[TokenOrder.counters()];
  private final long[] sums = new long[TokenOrder.sums()];
  private long[] keys = NONE;
  private long[] masses = NONE;
  private int size;
  private long total;

  /** For up to so many keys. */
  Selection(int most) {
    this.most = most;
  }

  /** Begins a selection. */
  void start() {
    size = 0;
    total = 0;
  }

  /** How many keys there are. */
  int size() {
    return size;
  }

  /** The mass of all keys. */
  long total() {
    return total;
  }

  /** Adds a key, and its mass. */
  void add(long key, long mass) {
    if (size == keys.length) {
      reserve(size + 1);
    }
    keys[size] = key;
    masses[size] = mass;
    total += mass;
    size++;
  }

  /** The keys of tokens that stand by ascending id, without masses. */
  void keys(int[] ids, float[] values, int count) {
    start();
    reserve(count);
    long[] own = keys; // room for eight or more
    for (int i = 0; i < count; i++) {
      own[i] = TokenOrder.key(values[i], ids[i]);
    }
    size = count;
  }

  /** The keys of tokens that stand by ascending id, with the places in place of the ids. */
  void places(float[] values, int count) {
    start();
    reserve(count);
    long[] own = keys;
    for (int i = 0; i < count; i++) {
      own[i] = TokenOrder.key(values[i], i);
    }
    size = count;
  }

  /** Makes room; what is there is kept. */
  void reserve(int needed) {
    if (needed > keys.length) {
      int grown = needed <= FIRST_RESERVE ? FIRST_RESERVE : most;
      long[] moreKeys = new long[grown];
      long[] moreMasses = new long[grown]; // both are there, or as they were
      System.arraycopy(keys, 0, moreKeys, 0, size);
      System.arraycopy(masses, 0, moreMasses, 0, size);
      keys = moreKeys;
      masses = moreMasses;
    }
  }

  /** The last key of the smallest prefix that holds a mass. */
  long last(long need) {
    return TokenOrder.prefixEnd(keys, masses, size, need, sums);
  }

  /** The keys, best first: valid until the next selection. They were added by ascending id. */
  long[] sorted() {
    return TokenOrder.sort(keys, masses, size, counts);
  }
}
