package org.logitkernels.spi;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Deviation;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.WorkCrew;

/**
 * The tokens that a row's steps have left, by ascending id, with the scratch that kernels need to
 * find them.
 *
 * <p>Every step here keeps a best-first prefix of the survivors, so it finds the prefix's last key
 * and drops what lies behind. Arrays for survivors start small and grow once, to the capacity, when
 * a row first needs it; the arrays for ordering likewise. Fields are open because kernels fill
 * them.
 */
public final class Survivors {
  /** Enough for a narrow chain over any row that is not hostile. */
  private static final int FIRST_RESERVE = 4096;

  /** A vector may be stored whole although only a part of it survives. */
  private static final int SLACK = 16;

  /**
   * A strip is at least so many logits long; half as many again as there are strips serve the
   * levels above.
   */
  private static final int SHORTEST_STRIP = 8;

  private final int capacity;

  /** Survivors' ids, ascending. */
  public int[] ids;

  /** Survivors' logits. */
  public float[] values;

  /** Survivors' weights, once computed; a block's weights while a whole row is drawn from. */
  public float[] weights;

  /** How many survive. */
  public int size;

  /** The maximum, never -0, that weights are relative to. */
  public float max;

  /** The total weight, relative to the maximum's N: of the whole row, or of the survivors. */
  public double total;

  /** The entropy in nats, of either. */
  public double entropy;

  /** The standard deviation of the logits, of either. */
  public double deviation;

  /** How many of the row's tokens are not masked, where it was counted. */
  public int unmasked;

  /** Of each block of a row that was summed, its sum: a function of the block alone. */
  public final double[] sums;

  /**
   * Of each block, its maximum: -Infinity if all of it is masked, NaN if it holds what is no logit.
   */
  public final float[] tops;

  /** Scratch: running totals. */
  public final double[] prefixes;

  /** Tokens of the row that weigh nothing in a draw from the whole of it. */
  public int[] excluded = new int[4];

  /** How many they are. */
  public int excludedCount;

  /** Scratch: sums by lane, and sums of squares. */
  public final double[] lanes = new double[2 * Deviation.LANES];

  /** Scratch: maxima of the row's strips, and behind them of groups of strips. */
  public final float[] maxima;

  /**
   * Whether the maxima are those of the strips of the row's blocks, from the kernel that has just
   * been through it.
   */
  public boolean stripsOfBlocks;

  /**
   * Whether a kernel has looked at the row, or widened it, and left its extremes and its strips'
   * maxima: of blocks, and of what follows them.
   */
  public boolean looked;

  /** The extremes of a row that was looked at, as that backend packs them. */
  public long extremes;

  /** Of each part that was looked at, its extremes. */
  public final long[] partExtremes;

  /** Who shares the passes over a long row; null for nobody. */
  public @Nullable WorkCrew crew;

  /** Whether the row's blocks are summed already, at the temperature that is asked for. */
  public boolean summed;

  private long[] keys = new long[0];
  private long[] spare = keys;
  private int keyCount;
  private final int[] counts = new int[TokenOrder.counters()];

  /** For rows of up to {@code capacity} logits. */
  public Survivors(int capacity) {
    this.capacity = capacity;
    this.sums = new double[Lanes.blocks(capacity)];
    this.tops = new float[sums.length];
    this.prefixes = new double[sums.length];
    this.partExtremes = new long[sums.length];
    this.maxima = new float[capacity / SHORTEST_STRIP * 3 / 2 + 4 * SLACK];
    int first = Math.max(Lanes.BLOCK, Math.min(capacity, FIRST_RESERVE)) + SLACK;
    this.ids = new int[first];
    this.values = new float[first];
    this.weights = new float[first];
  }

  /** Rows this long fit. */
  public int capacity() {
    return capacity;
  }

  /** Makes room for {@code needed} survivors; those there are kept. */
  public void reserve(int needed) {
    if (needed + SLACK > ids.length) {
      int grown = capacity + SLACK;
      int[] moreIds = new int[grown];
      float[] moreValues = new float[grown];
      float[] moreWeights = new float[grown];
      System.arraycopy(ids, 0, moreIds, 0, size);
      System.arraycopy(values, 0, moreValues, 0, size);
      ids = moreIds;
      values = moreValues;
      weights = moreWeights;
    }
  }

  /** Every unmasked token of the row. */
  public void all(float[] x, int from, int to) {
    size = 0;
    reserve(to - from);
    for (int i = from; i < to; i++) {
      if (x[i] > Float.NEGATIVE_INFINITY) {
        add(i - from, x[i]);
      }
    }
  }

  /**
   * Fills what a last vector reads behind the survivors with masked logits of no weight; returns
   * where it ends.
   */
  public int pad(int vectorLength) {
    int padded = (size + vectorLength - 1) / vectorLength * vectorLength;
    for (int i = size; i < padded; i++) {
      values[i] = Float.NEGATIVE_INFINITY;
      weights[i] = 0;
    }
    return padded;
  }

  /** Adds a token, with an id above all others; there must be room. */
  public void add(int id, float value) {
    ids[size] = id;
    values[size] = value;
    size++;
  }

  /** What the maxima are of is another row from now on. */
  public void forgetStrips() {
    stripsOfBlocks = false;
    looked = false;
  }

  /** Moves the i-th survivor to a place in front of it, or leaves it where it is. */
  public void move(int i, int place) {
    ids[place] = ids[i];
    values[place] = values[i];
    weights[place] = weights[i];
  }

  /** Adds a token wherever its id belongs; there must be room, and it must not be there. */
  public void insert(int id, float value) {
    int i = size++;
    for (; i > 0 && ids[i - 1] > id; i--) {
      ids[i] = ids[i - 1];
      values[i] = values[i - 1];
    }
    ids[i] = id;
    values[i] = value;
  }

  /** Drops what a step has masked. */
  public void dropMasked() {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (values[i] > Float.NEGATIVE_INFINITY) {
        move(i, kept++);
      }
    }
    size = kept;
    if (kept == 0) {
      throw RowErrors.allMasked();
    }
    renewMax();
  }

  /** Keeps the best k. */
  public void topK(int k) {
    if (k < size) {
      order(false, 0);
      keepThrough(TokenOrder.prefixEnd(keys, spare, size, k));
    }
  }

  /** One survivor alone. */
  public void only(int id, float value) {
    size = 0;
    add(id, value);
    max(value);
  }

  /** After all blocks were summed: leaves the largest of their maxima, and the total. */
  public void total(float best, int blocks, double temperature) {
    max(best);
    total = Lanes.total(sums, tops, blocks, max, temperature);
  }

  /** The logarithm of the total, in weights of the maximum. */
  public double logPartition(double temperature) {
    return LogProbability.ofPartition(total, max, temperature);
  }

  /** The total, in weights of the maximum. */
  public double partition(double temperature) {
    return total / weight(max, temperature);
  }

  /** Sets the maximum: not finite only where a row has changed since it was checked. */
  public void max(float best) {
    if (!(Math.abs(best) < Float.POSITIVE_INFINITY)) {
      throw RowErrors.changed();
    }
    max = best + 0f;
  }

  /** The lowest logit that survives. */
  public float lowest() {
    float lowest = Float.POSITIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      lowest = Math.min(lowest, values[i]);
    }
    return lowest;
  }

  /**
   * Keeps the nucleus of the survivors, renormalised, and at least the best {@code minKeep}: the
   * base is their own mass. Needs their weights.
   */
  public void topP(float p, int rowLength, int minKeep) {
    double quantum = quantum(rowLength);
    long mass = order(true, quantum);
    long last = TokenOrder.prefixEnd(keys, spare, size, need(p, mass / quantum, quantum));
    if (minKeep > 1) {
      order(false, 0);
      last = Math.max(last, TokenOrder.prefixEnd(keys, spare, size, minKeep));
    }
    keepThrough(last);
  }

  /**
   * Keeps the smallest prefix that holds a mass; all of them if together they do not. Needs their
   * weights.
   */
  public void keepMass(long need, double quantum) {
    order(true, quantum);
    keepThrough(TokenOrder.prefixEnd(keys, spare, size, need));
  }

  /** Begins a choice of survivors, whose keys and masses are then looked at alone. */
  public void startKeys() {
    keyCount = 0;
  }

  /** Adds the i-th survivor to the choice. */
  public void addKey(int i, double quantum) {
    addKey(TokenOrder.key(values[i], ids[i]), mass(weights[i], quantum));
  }

  /** Adds a key of any kind, and its mass. */
  public void addKey(long key, long mass) {
    if (keyCount == keys.length) {
      long[] less = keys;
      long[] lessSpare = spare;
      reserveKeys(keyCount + 1);
      System.arraycopy(less, 0, keys, 0, keyCount);
      System.arraycopy(lessSpare, 0, spare, 0, keyCount);
    }
    keys[keyCount] = key;
    spare[keyCount] = mass;
    keyCount++;
  }

  /** The last key of the choice's smallest prefix that holds a mass. */
  public long lastKey(long need) {
    return TokenOrder.prefixEnd(keys, spare, keyCount, need);
  }

  /** Keeps those with {@code x >= bar}. */
  public void atLeast(float bar) {
    reach(0, bar);
  }

  /** Keeps those with {@code x - max >= threshold}, and at least the best {@code minKeep}. */
  public void minP(float threshold, int minKeep) {
    if (minKeep > 1 && reaching(threshold) < minKeep) {
      topK(minKeep);
    } else {
      reach(max, threshold);
    }
  }

  /** The survivors' mass, as an integer. Needs their weights. */
  public long mass(double quantum) {
    long mass = 0;
    for (int i = 0; i < size; i++) {
      mass += mass(weights[i], quantum);
    }
    return mass;
  }

  /** The maximum of what is left, after a step that may have dropped the best. */
  public void renewMax() {
    float best = Float.NEGATIVE_INFINITY;
    for (int i = 0; i < size; i++) {
      best = Math.max(best, values[i]);
    }
    max(best);
  }

  /** Leaves the standard deviation of the survivors: in two passes by ascending id. */
  public void moments() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += values[i];
    }
    double mean = sum / size;
    double squares = 0;
    for (int i = 0; i < size; i++) {
      double difference = values[i] - mean;
      squares += difference * difference;
    }
    deviation = Math.sqrt(squares / size);
  }

  /** How many have {@code x - max >= threshold}. */
  int reaching(float threshold) {
    int count = 0;
    for (int i = 0; i < size; i++) {
      count += values[i] - max >= threshold ? 1 : 0;
    }
    return count;
  }

  private void reach(float base, float bar) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (values[i] - base >= bar) {
        move(i, kept++);
      }
    }
    size = kept;
  }

  /**
   * Draws by ascending id: the first survivor whose running sum of weights exceeds {@code u *
   * total}; -1 if none has a weight. Needs the weights; leaves their total.
   */
  public int draw(double u) {
    total = sum();
    int i = drawIndex(weights, 0, size, 0, u * total);
    return i < 0 ? -1 : ids[i];
  }

  /** The weights' sum, in order and in double. */
  public double sum() {
    double sum = 0;
    for (int i = 0; i < size; i++) {
      sum += weights[i];
    }
    return sum;
  }

  /**
   * Index of the first of the weights {@code [at, end)} at which a sum, continued in order and in
   * double, exceeds a target; of the last weight above 0 if rounding leaves none, and -1 if there
   * is no such weight. A weight of 0 is never drawn.
   */
  public static int drawIndex(float[] weights, int at, int end, double before, double target) {
    double sum = before;
    int last = -1;
    for (int i = at; i < end; i++) {
      if (weights[i] > 0) {
        sum += weights[i];
        last = i;
        if (sum > target) {
          break;
        }
      }
    }
    return last;
  }

  /** The survivors' keys, best first: valid until the next step. */
  public long[] bestFirst() {
    order(false, 0);
    return TokenOrder.sort(keys, spare, size, counts);
  }

  /** Ids and probabilities under the total, best first. */
  public void probabilities(double temperature, int[] bestIds, float[] probabilities) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    float origin = Exponential.origin(max, scale, stretch);
    int exponent = Exponential.exponent(max * stretch, scale);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float first = Exponential.first(total);
    float second = Exponential.second(total);
    long[] best = bestFirst();
    for (int i = 0; i < size; i++) {
      bestIds[i] = TokenOrder.id(best[i]);
      float v = (TokenOrder.value(best[i]) - origin) * stretch;
      float weight = Exponential.weight(v, head, tail, exponent);
      probabilities[i] = Exponential.probability(weight, first, second);
    }
  }

  /** The weight of one logit. */
  public float weight(float value, double temperature) {
    return Exponential.weight(value, max, temperature);
  }

  /** Its probability under the total. */
  public float probability(float value, double temperature) {
    return Exponential.probability(
        weight(value, temperature), Exponential.first(total), Exponential.second(total));
  }

  /** Fills the keys, and beside them the masses, or 1 each for counting; returns their sum. */
  private long order(boolean byMass, double quantum) {
    if (size > keys.length) {
      reserveKeys(size);
    }
    long sum = 0;
    for (int i = 0; i < size; i++) {
      long mass = byMass ? mass(weights[i], quantum) : 1;
      keys[i] = TokenOrder.key(values[i], ids[i]);
      spare[i] = mass;
      sum += mass;
    }
    return sum;
  }

  private void reserveKeys(int needed) {
    int grown = needed + SLACK <= FIRST_RESERVE ? FIRST_RESERVE : capacity + SLACK;
    long[] moreKeys = new long[grown];
    spare = new long[grown]; // both are there, or as they were
    keys = moreKeys;
  }

  /** Drops what comes behind a key. */
  public void keepThrough(long lastKey) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (TokenOrder.key(values[i], ids[i]) <= lastKey) {
        move(i, kept++);
      }
    }
    size = kept;
  }

  /**
   * Units of mass in a weight of 1: 2^44, or so many fewer that a longer row's masses cannot
   * overflow.
   */
  public static double quantum(int rowLength) {
    int excess = Math.max(0, 32 - Integer.numberOfLeadingZeros(rowLength - 1) - 18);
    return Math.scalb(1.0, 44 - excess);
  }

  /** The mass of a weight. */
  public static long mass(float weight, double quantum) {
    return (long) Math.rint(weight * quantum);
  }

  /**
   * The mass that a nucleus of p must reach: {@code p * total - total * 2^-21}, so that decimal
   * cases land where expected.
   */
  public static long need(float p, double total, double quantum) {
    return (long) Math.ceil((p * total - total * 0x1p-21) * quantum);
  }
}
