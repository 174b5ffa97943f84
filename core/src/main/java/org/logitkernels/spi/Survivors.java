package org.logitkernels.spi;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;

/**
 * The tokens that the steps of a chain have left of a row, by ascending id.
 *
 * <p>Every step here keeps a best-first prefix of the survivors, so it finds the last key of the
 * prefix and drops what lies behind. Fields are open because kernels fill them.
 *
 * <p>Few survivors lie in arrays of their own. For many, and for what kernels need beside them,
 * there are arrays as long as the row, which a sequence has only while its row is worked on.
 */
public final class Survivors {
  /** So many survivors are kept without arrays as long as the row. */
  private static final int FEW = 2048;

  /** So many weights are added four at a time where a draw looks for its place. */
  private static final int STRETCH = 64;

  private static final float[] NONE = {};

  /** No row has it: temperatures are above 0. */
  private static final double NO_TEMPERATURE = 0;

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

  /** What kernels have found out about the row. */
  public final RowScratch row;

  /** Tokens of the row that weigh nothing in a draw from the whole of it. */
  public final Excluded excluded;

  /** The temperature that the weights are for; {@link #NO_TEMPERATURE} if there are none. */
  private double weighedAt = NO_TEMPERATURE;

  /** The maximum that the weights are relative to. */
  private float weighedMax;

  private final int[] fewIds;
  private final float[] fewValues;
  private final float[] fewWeights;

  /** Where the arrays come from while a row is worked on; null if they are these survivors' own. */
  private final RowArrays.@Nullable Lender lender;

  private @Nullable RowArrays arrays;

  /** For rows of up to {@code capacity} logits, with arrays of their own for good. */
  public Survivors(int capacity) {
    this(capacity, null);
    lend(new RowArrays(capacity));
  }

  /** For rows as long as a lender says, whose arrays they have between {@link #take} and rest. */
  public Survivors(RowArrays.Lender lender) {
    this(lender.capacity(), lender);
  }

  private Survivors(int capacity, RowArrays.@Nullable Lender lender) {
    this.capacity = capacity;
    this.lender = lender;
    this.row = new RowScratch(capacity);
    this.excluded = new Excluded(capacity);
    int few = Math.max(Lanes.BLOCK, Math.min(capacity, FEW)) + RowArrays.SLACK;
    this.fewIds = new int[few];
    this.fewValues = new float[few];
    this.fewWeights = new float[few];
    this.ids = fewIds;
    this.values = fewValues;
    this.weights = fewWeights;
  }

  private void lend(RowArrays lent) {
    row.lend(lent.maxima);
    arrays = lent; // at last: where the stack ends before, they are taken again
  }

  /** Takes arrays for a row, unless they are here. */
  public void take() {
    if (arrays == null && lender != null) {
      lend(lender.take());
    }
  }

  /**
   * Gives the arrays back. Where the survivors are to be kept and are too many, the arrays stay
   * until a later call of this method.
   *
   * @param kept whether the survivors are to be kept
   * @return whether arrays were given back
   */
  public boolean rest(boolean kept) {
    RowArrays lent = arrays;
    if (lent == null || lender == null) {
      return false;
    }
    if (ids != fewIds) {
      if (kept && !areFew()) {
        return false;
      }
      if (kept) {
        System.arraycopy(ids, 0, fewIds, 0, size);
        System.arraycopy(values, 0, fewValues, 0, size);
        System.arraycopy(weights, 0, fewWeights, 0, size);
      }
      ids = fewIds;
      values = fewValues;
      weights = fewWeights;
    }
    size = kept ? size : 0;
    arrays = null;
    row.lend(NONE);
    lender.give(lent);
    return true;
  }

  /** Whether these survivors can be kept without the arrays. */
  public boolean areFew() {
    return size <= fewIds.length - RowArrays.SLACK;
  }

  /** The arrays for the row at hand. */
  public RowArrays arrays() {
    RowArrays lent = arrays;
    if (lent == null) {
      throw RowErrors.shared(); // another thread has given them back
    }
    return lent;
  }

  /** Rows this long fit. */
  public int capacity() {
    return capacity;
  }

  /** Makes room for {@code needed} survivors; those there are kept, but not their weights. */
  public void reserve(int needed) {
    if (needed + RowArrays.SLACK > ids.length) {
      RowArrays lent = arrays();
      lent.reserve();
      System.arraycopy(ids, 0, lent.ids(), 0, size);
      System.arraycopy(values, 0, lent.values(), 0, size);
      ids = lent.ids();
      values = lent.values();
      weights = lent.weights();
      forgetWeights();
    }
  }

  /** Every unmasked token of the row. */
  public void all(float[] x, int from, int to) {
    size = 0;
    forgetWeights();
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

  /**
   * The weights have been computed from the logits, relative to the maximum, at a temperature.
   *
   * <p>They hold until a logit, the maximum or the set changes. Survivors that move take their
   * weights along, so a set that shrinks keeps them. A kernel over a whole row fills the arrays
   * itself, and whoever runs it calls {@link #forgetWeights}.
   */
  public void weighed(double temperature) {
    weighedAt = temperature;
    weighedMax = max;
  }

  /** Whether each survivor has its weight at a temperature. */
  public boolean isWeighed(double temperature) {
    return weighedAt == temperature && weighedMax == max;
  }

  /** Other tokens or other logits stand here now: none has a weight. */
  public void forgetWeights() {
    weighedAt = NO_TEMPERATURE;
  }

  /** Gives the i-th survivor another logit. The maximum stays as it was. */
  public void replace(int i, float logit) {
    values[i] = logit;
    forgetWeights();
  }

  /**
   * Adds a token, with an id above all others, to a set that is being filled and has no weights;
   * there must be room.
   */
  public void add(int id, float value) {
    ids[size] = id;
    values[size] = value;
    size++;
  }

  /** Moves the i-th survivor to a place in front of it, or leaves it where it is. */
  public void move(int i, int place) {
    ids[place] = ids[i];
    values[place] = values[i];
    weights[place] = weights[i];
  }

  /**
   * Adds the tokens of the choice, each wherever its id belongs. Their keys are ids, and below
   * these the bits of the logits. None of them may be here yet.
   */
  public void insertKeys() {
    Selection selection = arrays().selection;
    int i = size - 1;
    int added = selection.size() - 1;
    reserve(size + added + 1);
    forgetWeights();
    long[] keys = selection.sorted();
    size += added + 1;
    for (int at = size - 1; added >= 0; at--) {
      int id = (int) (keys[added] >> Integer.SIZE);
      if (i >= 0 && ids[i] > id) {
        ids[at] = ids[i];
        values[at] = values[i];
        i--;
      } else {
        ids[at] = id;
        values[at] = Float.intBitsToFloat((int) keys[added]);
        added--;
      }
    }
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
    if (k == 1 && size > 1) {
      keepBest();
    } else if (k < size) {
      keepThrough(order(false, 0).last(k));
    }
  }

  /** Keeps the best of two or more, the first of equal ones: without their keys. */
  private void keepBest() {
    int best = 0;
    float most = values[0];
    for (int i = 1; i < size; i++) {
      if (values[i] > most) {
        most = values[i];
        best = i;
      }
    }
    move(best, 0);
    size = 1;
  }

  /** One survivor alone. */
  public void only(int id, float value) {
    forgetWeights();
    size = 0;
    add(id, value);
    max(value);
  }

  /** After all blocks were summed: leaves the largest of their maxima, and the total. */
  public void total(float best, int blocks, double temperature) {
    max(best);
    total = Lanes.total(row.sums, row.tops, blocks, max, temperature);
  }

  /** The log-probability of a logit of the row whose maximum and total were left. */
  public double logProbability(float logit, double temperature) {
    return LogProbability.of(logit, max, temperature, logPartition(temperature));
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
    Selection selection = order(true, quantum);
    long last = selection.last(need(p, selection.total() / quantum, quantum));
    if (minKeep > 1) {
      last = Math.max(last, order(false, 0).last(minKeep));
    }
    keepThrough(last);
  }

  /**
   * Keeps the smallest prefix that holds a mass; all of them if together they do not. Needs their
   * weights.
   */
  public void keepMass(long need, double quantum) {
    keepThrough(order(true, quantum).last(need));
  }

  /** Begins a choice of survivors, whose keys and masses are then looked at alone. */
  public void startKeys() {
    arrays().selection.start();
  }

  /** Adds the i-th survivor to the choice. */
  public void addKey(int i, double quantum) {
    addKey(TokenOrder.key(values[i], ids[i]), mass(weights[i], quantum));
  }

  /** Adds a key of any kind, and its mass. */
  public void addKey(long key, long mass) {
    arrays().selection.add(key, mass);
  }

  /** The last key of the choice's smallest prefix that holds a mass. */
  public long lastKey(long need) {
    return arrays().selection.last(need);
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

  /**
   * Drops those with {@code x - max >= cut} but for the last of them in order, if they are two or
   * more and {@code minKeep} survivors are left. Renews the maximum.
   */
  public void dropTop(float cut, int minKeep) {
    long last = Long.MIN_VALUE;
    int count = 0;
    for (int i = 0; i < size; i++) {
      if (values[i] - max >= cut) {
        last = Math.max(last, TokenOrder.key(values[i], ids[i]));
        count++;
      }
    }
    if (count < 2 || size - (count - 1) < minKeep) {
      return;
    }
    int kept = 0;
    for (int i = 0; i < size; i++) {
      if (TokenOrder.key(values[i], ids[i]) >= last) {
        move(i, kept++);
      }
    }
    size = kept;
    renewMax();
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
   *
   * <p>The additions of that sum wait for each other. So the place is looked for by sums of
   * stretches first, whose additions do not. As each addition rounds by 2^-53 at most, the two sums
   * differ by 2^-52 for each weight. Only if the target lies that near to one of them, the sum is
   * taken in order.
   */
  public static int drawIndex(float[] weights, int at, int end, double before, double target) {
    double error = (end - at) * 0x1p-51; // twice as much, for the products below
    double low = target * (1 - error);
    double sum = before;
    int i = at;
    for (; i < end - STRETCH; i += STRETCH) {
      double next = sum + stretch(weights, i);
      if (next >= low) {
        break;
      }
      sum = next;
    }
    for (; i < end; i++) {
      sum += weights[i];
      if (sum >= low) {
        break;
      }
    }
    return i < end && weights[i] > 0 && sum > target * (1 + error)
        ? i
        : drawIndexInOrder(weights, at, end, before, target);
  }

  /** The sum of a stretch of weights, in no order. */
  private static double stretch(float[] weights, int at) {
    double a = 0;
    double b = 0;
    double c = 0;
    double d = 0;
    for (int i = at; i < at + STRETCH; i += 4) {
      a += weights[i];
      b += weights[i + 1];
      c += weights[i + 2];
      d += weights[i + 3];
    }
    return a + b + (c + d);
  }

  private static int drawIndexInOrder(
      float[] weights, int at, int end, double before, double target) {
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
    Selection selection = arrays().selection;
    selection.keys(ids, values, size);
    return selection.sorted();
  }

  /** Ids and probabilities under the total, best first. Needs the weights. */
  public void probabilities(int[] bestIds, float[] probabilities) {
    float first = Exponential.first(total);
    float second = Exponential.second(total);
    Selection selection = arrays().selection;
    selection.places(values, size);
    long[] best = selection.sorted();
    for (int i = 0; i < size; i++) {
      int place = TokenOrder.id(best[i]);
      bestIds[i] = ids[place];
      probabilities[i] = Exponential.probability(weights[place], first, second);
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

  /** The keys of all survivors, and beside them their masses, or 1 each for counting. */
  private Selection order(boolean byMass, double quantum) {
    Selection selection = arrays().selection;
    selection.start();
    selection.reserve(size);
    for (int i = 0; i < size; i++) {
      long mass = byMass ? mass(weights[i], quantum) : 1;
      selection.add(TokenOrder.key(values[i], ids[i]), mass);
    }
    return selection;
  }

  /** Drops what comes behind a key. */
  public void keepThrough(long lastKey) {
    int kept = 0;
    for (int i = 0; i < size; i++) {
      long key = TokenOrder.key(values[i], ids[i]);
      move(i, kept); // whether it stays or not: a branch would be foreseen by no processor
      kept += key <= lastKey ? 1 : 0;
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
