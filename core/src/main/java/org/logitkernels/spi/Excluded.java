package org.logitkernels.spi;

import java.util.Arrays;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Room;

/**
 * Tokens of a row that weigh nothing in draws from the whole of it.
 *
 * <p>They are found by their block. So a draw looks at those of the block that it draws from, and
 * not at all there are.
 */
public final class Excluded {
  /** Of each block, how many tokens had been excluded with its last one; 0 if none is in it. */
  private final int[] last;

  private int[] tokens = new int[4];

  /** Of each token, the same for the one of its block before it. */
  private int[] before = new int[4];

  private int count;

  Excluded(int capacity) {
    last = new int[Lanes.blocks(capacity)];
  }

  /** How many there are. */
  public int count() {
    return count;
  }

  /** Excludes none. */
  public void clear() {
    if (count > 0) {
      Arrays.fill(last, 0);
      count = 0;
    }
  }

  /** Excludes a token. */
  public void add(int token) {
    if (count == tokens.length) {
      int room = Room.of(count, count + 1L);
      tokens = Arrays.copyOf(tokens, room);
      before = Arrays.copyOf(before, room);
    }
    int block = token / Lanes.BLOCK;
    tokens[count] = token;
    before[count] = last[block];
    last[block] = ++count;
  }

  /** Whether a block holds some. */
  public boolean isIn(int block) {
    return last[block] > 0;
  }

  /** Masks them in a block's logits, which begin at 0. */
  public void mask(int block, float[] values) {
    for (int i = last[block]; i > 0; i = before[i - 1]) {
      values[tokens[i - 1] % Lanes.BLOCK] = Float.NEGATIVE_INFINITY;
    }
  }
}
