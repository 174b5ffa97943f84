package org.logitkernels.rows;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A row of which a mask allows some tokens: in every bit the row with -Infinity written over all
 * others, which are not looked at.
 *
 * <p>Where few are allowed, they are gathered one by one, and the rest of the row is not read.
 * Otherwise the best token and the sums of blocks are found with the mask in the loads. Whatever
 * else needs the row gets it written out, once.
 */
public final class MaskedRow extends Row<float[]> {
  private static final float[] NONE = {};

  /** If fewer than one token in so many is allowed, few are. */
  private static final int FEW = 64;

  /** If fewer than one word of the mask in so many can have a bit, most have none. */
  private static final int RARE = 16;

  /** Blocks that are copied at a time from a row that is in no array. */
  private static final int CHUNK = 16 * Lanes.BLOCK;

  private final Backend backend;
  private final Survivors survivors;

  /** Sums of a block's groups, lane by lane, and the lanes. */
  private final float[] groups = new float[Lanes.GROUPS * Lanes.COUNT];

  private final double[] lanes = new double[Lanes.COUNT];

  private Row<?> row;
  private long[] mask = {};

  /** Tokens that are allowed, perhaps some too many. */
  private int allowed;

  private boolean written;

  /** Nowhere yet. */
  public MaskedRow(Backend backend, Survivors survivors) {
    super(backend, NONE);
    this.backend = backend;
    this.survivors = survivors;
    this.row = this;
  }

  /**
   * Sets what row it is, and which tokens of it are allowed: those whose bit is 1. The mask is
   * copied.
   */
  public MaskedRow at(Row<?> row, long[] bits) {
    set(row, bits);
    return this;
  }

  /**
   * Sets what row it is, and which tokens are not allowed: those whose bit is 1. Returns false, and
   * is nowhere, if one of these is NaN or +Infinity, which would not be looked at any more.
   */
  public boolean without(Row<?> row, long[] banned) {
    set(row, banned);
    pass(0);
    boolean free = Lanes.max(survivors.row.tops, Lanes.blocks(to)) < Float.POSITIVE_INFINITY;
    survivors.row.forget();
    if (!free) {
      rest();
      return false;
    }
    int words = to + Long.SIZE - 1 >> 6;
    for (int i = 0; i < words; i++) {
      mask[i] = ~mask[i];
    }
    cutMask();
    allowed = 0;
    for (int i = 0; i < words; i++) {
      allowed += Long.bitCount(mask[i]);
    }
    return true;
  }

  /** Sets the row and its mask, and counts. */
  private void set(Row<?> row, long[] bits) {
    this.row = row;
    shareAs(row);
    to = row.length();
    mask = survivors.arrays().mask();
    int count = 0;
    int words = Math.min(bits.length, to + Long.SIZE - 1 >> 6);
    for (int i = 0; i < words; i++) {
      long word = bits[i];
      mask[i] = word;
      count += Long.bitCount(word);
    }
    Arrays.fill(mask, words, Lanes.blocks(to) * Lanes.WORDS, 0);
    cutMask();
    written = false;
    survivors.row.forget();
    allowed = count;
  }

  /** Bits behind the row's end are 0. */
  private void cutMask() {
    if ((to & Long.SIZE - 1) != 0) {
      mask[to >> 6] &= (1L << to) - 1;
    }
  }

  /** Whether so few are allowed that they are gathered. */
  private boolean isFew() {
    return allowed <= to / FEW;
  }

  /** Whether a token is allowed. */
  public boolean allows(int token) {
    return (mask[token >> 6] >>> token & 1) != 0;
  }

  @Override
  public float get(int i) {
    return written ? x[i] : allows(i) ? row.get(i) : Float.NEGATIVE_INFINITY;
  }

  @Override
  public void copy(int at, float[] target, int targetFrom, int length) {
    assert at % Lanes.BLOCK == 0 : "part at " + at;
    if (!written) {
      row.copy(at, target, targetFrom, length);
      int block = at / Lanes.BLOCK;
      backend.writeMasked(target, targetFrom, targetFrom + length, mask, block, target, targetFrom);
    } else if (target != x) {
      System.arraycopy(x, at, target, targetFrom, length);
    }
  }

  @Override
  public void rest() {
    x = NONE;
    row = this;
    written = false;
  }

  /** Writes the row out. */
  @Override
  void prepare() {
    if (!written) {
      float[] all = survivors.arrays().changed();
      row.prepare();
      if (row.x instanceof float[] array) {
        backend.writeMasked(array, row.from, row.to, mask, 0, all, 0);
      } else {
        copy(0, all, 0, to);
      }
      survivors.row.forget();
      x = all;
      written = true;
    }
  }

  /** Whether the row is better written out, if it is not. */
  private boolean isWhole() {
    return written || isShared() && to >= SHORTEST_SPLIT;
  }

  @Override
  public int argMax(Survivors survivors) {
    if (isFew()) {
      gather();
      return survivors.ids[first(survivors.values, survivors.size, survivors.max)];
    }
    if (isWhole()) {
      return super.argMax(survivors);
    }
    pass(0);
    float max = checkedMax();
    int block = 0;
    while (survivors.row.tops[block] != max) {
      block++;
    }
    int at = block * Lanes.BLOCK;
    int length = Math.min(to - at, Lanes.BLOCK);
    copy(at, survivors.values, 0, length);
    return at + first(survivors.values, length, max);
  }

  /** Where a maximum comes first; the last place if another thread has changed the row. */
  private static int first(float[] values, int size, float max) {
    int i = 0;
    while (values[i] != max && i < size - 1) {
      i++;
    }
    return i;
  }

  @Override
  public void topK(int k, Survivors survivors) {
    if (isFew()) {
      gather();
      survivors.topK(k);
    } else {
      super.topK(k, survivors);
    }
  }

  @Override
  public void topP(double temperature, float p, Survivors survivors) {
    if (isFew()) {
      sums(temperature, survivors);
      gather();
      backend.weights(survivors, temperature);
      double quantum = Survivors.quantum(to);
      survivors.keepMass(Survivors.need(p, survivors.total, quantum), quantum);
    } else {
      super.topP(temperature, p, survivors);
    }
  }

  @Override
  public void minP(float threshold, Survivors survivors) {
    if (isFew()) {
      gather();
      survivors.minP(threshold, 1);
    } else {
      super.minP(threshold, survivors);
    }
  }

  @Override
  public void collect(float threshold, Survivors survivors) {
    if (isFew()) {
      float max = survivors.max;
      gather();
      survivors.max = max;
      survivors.minP(threshold, 1);
    } else {
      super.collect(threshold, survivors);
    }
  }

  @Override
  public void sums(double temperature, Survivors survivors) {
    if (isFew()) {
      gather();
      sumGathered(temperature);
    } else if (isWhole()) {
      super.sums(temperature, survivors);
      return;
    } else {
      pass(temperature);
    }
    survivors.total(checkedMax(), Lanes.blocks(to), temperature);
    survivors.row.forget();
  }

  /** Leaves the maxima of the blocks, and at a temperature above 0 their sums. */
  private void pass(double temperature) {
    row.prepare();
    if (row.x instanceof float[] array) {
      pass(array, row.from, row.to, 0, temperature);
      return;
    }
    float[] chunk = survivors.arrays().changed();
    for (int at = 0; at < to; at += CHUNK) {
      int length = Math.min(to - at, CHUNK);
      row.copy(at, chunk, 0, length);
      pass(chunk, 0, length, at / Lanes.BLOCK, temperature);
    }
  }

  private void pass(float[] array, int from, int end, int block, double temperature) {
    if (temperature > 0) {
      backend.maskedSums(array, from, end, mask, block, temperature, survivors);
    } else {
      backend.maskedTops(array, from, end, mask, block, survivors);
    }
  }

  /** The largest of the blocks' maxima. Throws for NaN and +Infinity, and where all is masked. */
  private float checkedMax() {
    float max = Lanes.max(survivors.row.tops, Lanes.blocks(to));
    if (!(max < Float.POSITIVE_INFINITY)) {
      prepare();
      throw RowErrors.invalid(x, 0, to);
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    return max;
  }

  /** Leaves the allowed tokens that are not masked as survivors, and their maximum. */
  private void gather() {
    survivors.forgetWeights();
    survivors.size = 0;
    survivors.reserve(Math.max(to / FEW, 1));
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    int words = to + Long.SIZE - 1 >> 6;
    int count = list(mask, 0, words, allowed < words / RARE, ids);
    read(ids, values, count);
    float max = Float.NEGATIVE_INFINITY;
    int kept = 0;
    for (int i = 0; i < count; i++) {
      float logit = values[i];
      if (!(logit < Float.POSITIVE_INFINITY)) {
        throw RowErrors.invalid(ids[i], logit);
      }
      if (logit > Float.NEGATIVE_INFINITY) {
        ids[kept] = ids[i];
        values[kept++] = logit;
        if (logit > max) { // seldom, so no call that waits for the maximum before
          max = logit;
        }
      }
    }
    if (kept == 0) {
      throw RowErrors.allMasked();
    }
    survivors.size = kept;
    survivors.max(max);
  }

  /**
   * Leaves the allowed tokens of a block as survivors, if few of the row are: to draw from them is
   * to draw from the block, as all others weigh nothing.
   */
  @Override
  boolean list(int block, Survivors survivors) {
    if (!isFew()) {
      return false;
    }
    int first = block * Lanes.WORDS;
    survivors.size = list(mask, first, first + Lanes.WORDS, false, survivors.ids);
    read(survivors.ids, survivors.values, survivors.size);
    return true;
  }

  /**
   * Lists the bits that are 1. Most words have two or fewer, and these are written whether they are
   * there or not: a branch for each would be foreseen by no processor, as each mask is another.
   *
   * @param rare whether most words have none, which a processor does foresee
   */
  private static int list(long[] mask, int from, int to, boolean rare, int[] ids) {
    int count = 0;
    for (int i = from; i < to; i++) {
      long word = mask[i];
      if (rare && word == 0) {
        continue;
      }
      int bits = Long.bitCount(word);
      int first = i << 6;
      ids[count] = first + Long.numberOfTrailingZeros(word);
      word &= word - 1;
      ids[count + 1] = first + Long.numberOfTrailingZeros(word);
      if (bits > 2) {
        int at = count + 2;
        for (word &= word - 1; word != 0; word &= word - 1) {
          ids[at++] = first + Long.numberOfTrailingZeros(word);
        }
      }
      count += bits;
    }
    return count;
  }

  /** Reads the logits of some tokens. */
  private void read(int[] ids, float[] values, int count) {
    if (row instanceof OfArray array) {
      read(array.x, array.from, ids, values, count);
    } else {
      for (int i = 0; i < count; i++) {
        values[i] = row.get(ids[i]);
      }
    }
  }

  /** Reads some logits: misses of the cache overlap, as nothing depends on what is read. */
  private static void read(float[] x, int from, int[] ids, float[] values, int count) {
    for (int i = 0; i < count; i++) {
      values[i] = x[from + ids[i]];
    }
  }

  /**
   * Leaves the sums and the maxima of the blocks, from the survivors, which are all tokens.
   *
   * <p>The weights are those by the row's N, if none of them is too small for that: by a block's N
   * they would have another exponent, and so would its sum.
   */
  private void sumGathered(double temperature) {
    float[] tops = survivors.row.tops;
    double[] sums = survivors.row.sums;
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    int size = survivors.size;
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    backend.weights(survivors, temperature);
    boolean near = !Exponential.isFar(survivors.max * stretch, scale) && allWeigh(size);
    int exponent = Exponential.exponent(survivors.max * stretch, scale);
    int blocks = Lanes.blocks(to);
    Arrays.fill(tops, 0, blocks, Float.NEGATIVE_INFINITY);
    Arrays.fill(sums, 0, blocks, 0);
    int i = 0;
    while (i < size) {
      int first = i;
      int block = ids[i] / Lanes.BLOCK;
      int behind = (block + 1) * Lanes.BLOCK;
      long best = Long.MAX_VALUE;
      for (; i < size && ids[i] < behind; i++) {
        best = Math.min(best, TokenOrder.key(values[i], 0));
      }
      float top = TokenOrder.value(best);
      tops[block] = top;
      if (near && !Exponential.isFar(top * stretch, scale)) {
        int above = exponent - Exponential.exponent(top * stretch, scale);
        sums[block] = sum(first, i) * Math.scalb(1.0, above);
      } else {
        sums[block] = sum(first, i, top, scale, stretch);
      }
    }
  }

  /** Whether no weight is 0. */
  private boolean allWeigh(int size) {
    float[] weights = survivors.weights;
    int least = Integer.MAX_VALUE; // bits of floats that are not negative order as the floats do
    for (int i = 0; i < size; i++) {
      least = Math.min(least, Float.floatToRawIntBits(weights[i]));
    }
    return least > 0;
  }

  /** The sum of a block's weights: all others would add 0. */
  private double sum(int from, int end) {
    int[] ids = survivors.ids;
    float[] weights = survivors.weights;
    float one = weights[from];
    if (end - from == 1) {
      return one;
    }
    if (end - from == 2) {
      float other = weights[from + 1];
      boolean sameLane = (ids[from] - ids[from + 1]) % Lanes.COUNT == 0;
      return sameLane ? one + other : (double) one + other;
    }
    Arrays.fill(groups, 0);
    for (int i = from; i < end; i++) {
      groups[place(ids[i])] += weights[i];
    }
    return Lanes.sum(groups, lanes);
  }

  /** The sum of a block by its own N, with terms that are too small for a weight. */
  private double sum(int from, int end, float top, double scale, float stretch) {
    float origin = Exponential.origin(top, scale, stretch);
    int exponent = Exponential.exponent(top * stretch, scale);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    Arrays.fill(groups, 0);
    for (int i = from; i < end; i++) {
      int place = place(survivors.ids[i]);
      float v = (survivors.values[i] - origin) * stretch;
      groups[place] = Exponential.addTo(groups[place], v, head, tail, exponent);
    }
    return Lanes.sum(groups, lanes);
  }

  /** Where the group and the lane of a token are summed. */
  private static int place(int token) {
    int inBlock = token % Lanes.BLOCK;
    return inBlock / Lanes.GROUP * Lanes.COUNT + inBlock % Lanes.COUNT;
  }
}
