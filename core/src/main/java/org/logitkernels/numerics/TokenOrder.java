package org.logitkernels.numerics;

/**
 * The order of tokens, by logit descending and then by ascending id, as an order of {@code long}
 * keys: ascending keys run from the best token to the worst, and no two tokens of a row share a
 * key.
 *
 * <p>The high half of a key is the complement of the logit's bits, with the magnitude bits of
 * negative floats flipped so that integers compare as the floats do; the low half is the id. -0
 * enters as +0, and leaves as such.
 */
public final class TokenOrder {
  /** So few keys are sorted by a network. */
  private static final int NETWORK = 8;

  /** Below this many keys an insertion sort beats counting digits. */
  private static final int SMALL = 48;

  /** So few keys are split bit by bit. */
  static final int FEW = 96;

  private static final int DIGIT_BITS = 8;

  /** Of so many keys, wider digits are sorted by. */
  private static final int MANY = 1024;

  private static final int WIDE_DIGIT_BITS = 10;

  /** Each round of a selection decides a bit at least, and keys have so many. */
  private static final int MOST_ROUNDS = Long.SIZE;

  private static final int DIGITS = 1 << DIGIT_BITS;

  private TokenOrder() {}

  /** The key of a token. */
  public static long key(float value, int id) {
    int bits = Float.floatToRawIntBits(value + 0f);
    int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
    return ((long) ~ascending << 32) | id;
  }

  /** The logit of a key. */
  public static float value(long key) {
    int ascending = ~(int) (key >> 32);
    return Float.intBitsToFloat(ascending ^ ((ascending >> 31) & 0x7fffffff));
  }

  /** The token of a key. */
  public static int id(long key) {
    return (int) key;
  }

  /**
   * The last key of the smallest best-first prefix whose mass reaches {@code need}; {@link
   * Long#MAX_VALUE}, above every key, if all of them together do not. Both arrays are rearranged,
   * and of many keys only those are kept that decide.
   *
   * <p>A selection, not a sort. Of many keys, each round adds up the masses by the highest digit in
   * which keys differ, and goes on with the keys of the digit at which the prefix ends. Of few, it
   * splits them at the highest bit in which they differ. Masses are integers, so the result depends
   * on no order of addition. At most 64 rounds, and about 2n steps in all for keys as they come.
   * Keys that are equal, or that change meanwhile, can only be another thread's work: they are an
   * error, and never a loop without an end.
   *
   * @param sums room for a sum for each digit
   */
  public static long prefixEnd(long[] keys, long[] masses, int size, long need, long[] sums) {
    int low = 0;
    int high = size;
    for (int round = 0; high - low > 1; round++) {
      long all = keys[low];
      long any = all;
      for (int i = low + 1; i < high; i++) {
        all &= keys[i];
        any |= keys[i];
      }
      // Signed order: of the sign bit, 1 comes first; of every other bit, 0 does.
      long bit = Long.highestOneBit(all ^ any);
      if (bit == 0 || round == MOST_ROUNDS) {
        throw RowErrors.shared();
      }
      if (high - low > FEW && need > 0) {
        int shift = Math.max(0, Long.SIZE - DIGIT_BITS - Long.numberOfLeadingZeros(bit));
        int sign = bit < 0 ? DIGITS / 2 : 0;
        addByDigit(keys, masses, low, high, shift, sign, sums);
        int digit = 0;
        long before = 0;
        while (digit < DIGITS && before + sums[digit] < need) {
          before += sums[digit];
          digit++;
        }
        if (digit == DIGITS) {
          return Long.MAX_VALUE;
        }
        need -= before;
        high = keepDigit(keys, masses, low, high, shift, digit ^ sign);
        continue;
      }
      long first = bit < 0 ? bit : 0;
      int split = low;
      int back = high;
      long mass = 0;
      while (split < back) {
        if ((keys[split] & bit) == first) {
          mass += masses[split];
          split++;
        } else {
          back--;
          long key = keys[split];
          keys[split] = keys[back];
          keys[back] = key;
          long its = masses[split];
          masses[split] = masses[back];
          masses[back] = its;
        }
      }
      if (mass >= need) {
        high = split;
      } else {
        need -= mass;
        low = split;
      }
    }
    return size > 0 && masses[low] >= need ? keys[low] : Long.MAX_VALUE;
  }

  private static void addByDigit(
      long[] keys, long[] masses, int low, int high, int shift, int sign, long[] sums) {
    for (int digit = 0; digit < DIGITS; digit++) {
      sums[digit] = 0;
    }
    for (int i = low; i < high; i++) {
      sums[(int) (keys[i] >>> shift) & (DIGITS - 1) ^ sign] += masses[i];
    }
  }

  /** Moves the keys with a digit to the front. Returns where they end. */
  private static int keepDigit(
      long[] keys, long[] masses, int low, int high, int shift, int digit) {
    int kept = low;
    for (int i = low; i < high; i++) {
      long key = keys[i];
      keys[kept] = key;
      masses[kept] = masses[i];
      // 1 if the digits are equal: a branch would be foreseen by no processor.
      kept += (((int) (key >>> shift) & (DIGITS - 1) ^ digit) - 1) >>> 31;
    }
    return kept;
  }

  /**
   * Sorts keys that stand by ascending id, best first.
   *
   * <p>Ids are in place already and counting digits is stable, so only the logit's half of a key is
   * looked at. How far it lies behind that of the best key takes few bits where logits are near to
   * each other, and so few digits.
   *
   * @return the array that holds the result: {@code keys} or {@code spare}
   */
  public static long[] sort(long[] keys, long[] spare, int size, int[] counts) {
    if (size <= NETWORK && keys.length >= NETWORK) {
      network(keys, size);
      return keys;
    }
    if (size <= SMALL) {
      insertionSort(keys, size);
      return keys;
    }
    long best = keys[0];
    long worst = best;
    for (int i = 1; i < size; i++) {
      best = Math.min(best, keys[i]);
      worst = Math.max(worst, keys[i]);
    }
    int base = (int) (best >> 32);
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros((int) (worst >> 32) - base);
    int most = size < MANY ? DIGIT_BITS : WIDE_DIGIT_BITS;
    int passes = (bits + most - 1) / most;
    long[] source = keys;
    long[] target = spare;
    for (int pass = 0; pass < passes; pass++) {
      int width = (bits + passes - 1) / passes;
      countingPass(source, target, size, base, pass * width, width, counts);
      long[] swap = source;
      source = target;
      target = swap;
    }
    return source;
  }

  /** Sorts by one digit of how far the logit's half of a key lies behind a base. */
  private static void countingPass(
      long[] source, long[] target, int size, int base, int shift, int width, int[] counts) {
    int digits = 1 << width;
    int mask = digits - 1;
    for (int digit = 0; digit < digits; digit++) {
      counts[digit] = 0;
    }
    for (int i = 0; i < size; i++) {
      counts[(int) (source[i] >> 32) - base >>> shift & mask]++;
    }
    int at = 0;
    for (int digit = 0; digit < digits; digit++) {
      int count = counts[digit];
      counts[digit] = at;
      at += count;
    }
    for (int i = 0; i < size; i++) {
      long key = source[i];
      target[counts[(int) (key >> 32) - base >>> shift & mask]++] = key;
    }
  }

  /**
   * Sorts up to eight keys, by comparisons that are the same for all keys: a branch would be
   * foreseen by no processor.
   */
  private static void network(long[] keys, int size) {
    long a = size > 0 ? keys[0] : Long.MAX_VALUE;
    long b = size > 1 ? keys[1] : Long.MAX_VALUE;
    long c = size > 2 ? keys[2] : Long.MAX_VALUE;
    long d = size > 3 ? keys[3] : Long.MAX_VALUE;
    long e = size > 4 ? keys[4] : Long.MAX_VALUE;
    long f = size > 5 ? keys[5] : Long.MAX_VALUE;
    long g = size > 6 ? keys[6] : Long.MAX_VALUE;
    long h = size > 7 ? keys[7] : Long.MAX_VALUE;
    long low;
    low = Math.min(a, c);
    c = Math.max(a, c);
    a = low;
    low = Math.min(b, d);
    d = Math.max(b, d);
    b = low;
    low = Math.min(e, g);
    g = Math.max(e, g);
    e = low;
    low = Math.min(f, h);
    h = Math.max(f, h);
    f = low;
    low = Math.min(a, e);
    e = Math.max(a, e);
    a = low;
    low = Math.min(b, f);
    f = Math.max(b, f);
    b = low;
    low = Math.min(c, g);
    g = Math.max(c, g);
    c = low;
    low = Math.min(d, h);
    h = Math.max(d, h);
    d = low;
    low = Math.min(a, b);
    b = Math.max(a, b);
    a = low;
    low = Math.min(c, d);
    d = Math.max(c, d);
    c = low;
    low = Math.min(e, f);
    f = Math.max(e, f);
    e = low;
    low = Math.min(g, h);
    h = Math.max(g, h);
    g = low;
    low = Math.min(c, e);
    e = Math.max(c, e);
    c = low;
    low = Math.min(d, f);
    f = Math.max(d, f);
    d = low;
    low = Math.min(b, e);
    e = Math.max(b, e);
    b = low;
    low = Math.min(d, g);
    g = Math.max(d, g);
    d = low;
    low = Math.min(b, c);
    c = Math.max(b, c);
    b = low;
    low = Math.min(d, e);
    e = Math.max(d, e);
    d = low;
    low = Math.min(f, g);
    g = Math.max(f, g);
    f = low;
    keys[0] = a;
    keys[1] = b;
    keys[2] = c;
    keys[3] = d;
    keys[4] = e;
    keys[5] = f;
    keys[6] = g;
    keys[7] = h;
  }

  private static void insertionSort(long[] keys, int size) {
    for (int i = 1; i < size; i++) {
      long key = keys[i];
      int j = i;
      while (j > 0 && keys[j - 1] > key) {
        keys[j] = keys[j - 1];
        j--;
      }
      keys[j] = key;
    }
  }

  /** How many counters {@link #sort} needs. */
  public static int counters() {
    return 1 << WIDE_DIGIT_BITS;
  }

  /** How many sums {@link #prefixEnd} needs. */
  public static int sums() {
    return DIGITS;
  }
}
