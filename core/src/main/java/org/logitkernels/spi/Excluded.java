package org.logitkernels.spi;

import java.util.Arrays;
import org.logitkernels.numerics.Lanes;

/**
 * Tokens of a row that weigh nothing in draws from the whole of it: a bit for each.
 *
 * <p>They are found by their block. So a draw looks at those of the block that it draws from, and
 * not at all there are.
 */
public final class Excluded {
  private static final long[] NOBODY = {};

  /** Of each block, whether one is in it. */
  private final boolean[] held;

  /** There is none before the first token is excluded. */
  private long[] bits = NOBODY;

  private int count;

  Excluded(int capacity) {
    held = new boolean[Lanes.blocks(capacity)];
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** Excludes none. */
  public void clear() {
    if (count == 0) {
      return;
    }
    for (int block = 0; block < held.length; block++) {
      if (held[block]) {
        Arrays.fill(bits, block * Lanes.WORDS, (block + 1) * Lanes.WORDS, 0);
        held[block] = false;
      }
    }
    count = 0;
  }

  /** Excludes a token, which was not excluded before. */
  public void add(int token) {
    if (bits == NOBODY) {
      bits = new long[held.length * Lanes.WORDS];
    }
    count++; // before anything else, so that a call that ends here is cleared up after
    held[token / Lanes.BLOCK] = true;
    bits[token / Long.SIZE] |= 1L << token;
  }

  /** Whether a block holds some. */
  public boolean isIn(int block) {
    return held[block];
  }

  /** Masks them in a block's logits, which begin at 0. */
  public void mask(int block, float[] values) {
    if (!held[block]) {
      return;
    }
    int first = block * Lanes.WORDS;
    for (int i = 0; i < Lanes.WORDS; i++) {
      for (long word = bits[first + i]; word != 0; word &= word - 1) {
        values[i * Long.SIZE + Long.numberOfTrailingZeros(word)] = Float.NEGATIVE_INFINITY;
      }
    }
  }
}
