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
  /** Below this many keys an insertion sort beats counting digits. */
  private static final int SMALL = 48;

  private static final int DIGIT_BITS = 8;

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
   * Long#MAX_VALUE}, above every key, if all of them together do not. Both arrays are rearranged
   * alike.
   *
   * <p>A selection, not a sort: each round splits what is left at the highest bit in which its keys
   * differ and goes on with the side where the prefix ends. Masses are integers, so the result
   * depends on no order of addition. At most 64 rounds, and about 2n steps in all for keys as they
   * come. Keys that are equal, or that change meanwhile, can only be another thread's work: they
   * are an error, and never a loop without an end.
   */
  public static long prefixEnd(long[] keys, long[] masses, int size, long need) {
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

  /**
   * Sorts keys that stand by ascending id, best first.
   *
   * <p>Ids are in place already and counting digits is stable, so only the four bytes of the logit
   * are looked at, and a byte that all keys share is passed over.
   *
   * @return the array that holds the result: {@code keys} or {@code spare}
   */
  public static long[] sort(long[] keys, long[] spare, int size, int[] counts) {
    if (size <= SMALL) {
      insertionSort(keys, size);
      return keys;
    }
    long all = -1;
    long any = 0;
    for (int i = 0; i < size; i++) {
      all &= keys[i];
      any |= keys[i];
    }
    long[] source = keys;
    long[] target = spare;
    for (int shift = 32; shift < 64; shift += DIGIT_BITS) {
      if ((((all ^ any) >>> shift) & (DIGITS - 1)) == 0) {
        continue;
      }
      int sign = shift == 64 - DIGIT_BITS ? DIGITS / 2 : 0; // the top digit is signed
      countingPass(source, target, size, shift, sign, counts);
      long[] swap = source;
      source = target;
      target = swap;
    }
    return source;
  }

  private static void countingPass(
      long[] source, long[] target, int size, int shift, int sign, int[] counts) {
    for (int digit = 0; digit < DIGITS; digit++) {
      counts[digit] = 0;
    }
    for (int i = 0; i < size; i++) {
      counts[(int) (source[i] >>> shift) & (DIGITS - 1) ^ sign]++;
    }
    int at = 0;
    for (int digit = 0; digit < DIGITS; digit++) {
      int count = counts[digit];
      counts[digit] = at;
      at += count;
    }
    for (int i = 0; i < size; i++) {
      target[counts[(int) (source[i] >>> shift) & (DIGITS - 1) ^ sign]++] = source[i];
    }
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
    return DIGITS;
  }
}
