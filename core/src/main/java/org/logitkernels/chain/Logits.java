package org.logitkernels.chain;

import java.util.Arrays;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.Row;
import org.logitkernels.rows.WholeRowDraw;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * The logits that a chain is at: the row's with the changes so far, or the survivors' own; token by
 * token for steps that change a few of them, and for kernels as a row.
 *
 * <p>The row is the caller's and never written. Changes are kept beside it; a top-k takes them in
 * without a copy, and whatever else needs the whole row gets one, made once. Tokens excluded from a
 * row that was summed need no copy until another step asks for the whole row.
 */
public final class Logits {
  /** How much nearer to the entropy than all that was not collected a token must be for sure. */
  private static final double MARGIN = 1e-5;

  /** More tokens than this are better dropped than excluded. */
  private static final int MOST_EXCLUDED = 64;

  private static final float[] NONE = {};

  private final Backend backend;
  private final Survivors survivors;
  private final TokenMap changes = new TokenMap(); // to the bits of the logit
  private final Row.OfArray copied;
  private float[] copy = NONE;
  private Row<?> row;

  /** The row that the chain began with. */
  private Row<?> given;

  /** The temperature that the row's blocks were summed at, without those excluded; or NaN. */
  private double summed;

  /** Whether it is the survivors' logits that are meant. */
  public boolean narrowed;

  /** Of rows whose survivors are these. */
  public Logits(Backend backend, Survivors survivors) {
    this.backend = backend;
    this.survivors = survivors;
    this.copied = new Row.OfArray(backend);
    this.row = copied;
    this.given = copied;
  }

  /** Begins with a row. */
  public void open(Row<?> row) {
    given = row;
    this.row = row;
    narrowed = false;
    summed = Double.NaN;
    changes.clear();
    survivors.excludedCount = 0;
  }

  /** Begins again with the row that it was opened with. */
  public void reopen() {
    survivors.forgetStrips();
    open(given);
  }

  /** How many tokens are left that are not masked. Token by token: for errors alone. */
  public int unmasked() {
    if (narrowed) {
      return survivors.size;
    }
    int count = 0;
    for (int token = 0; token < length(); token++) {
      count += get(token) > Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return count;
  }

  /** Tokens in the row. */
  public int length() {
    return row.length();
  }

  /** A token's logit; that of a token that is not there is masked. */
  public float get(int token) {
    if (narrowed) {
      int i = Arrays.binarySearch(survivors.ids, 0, survivors.size, token);
      return i < 0 ? Float.NEGATIVE_INFINITY : survivors.values[i];
    }
    if (token < 0 || token >= length()) {
      return Float.NEGATIVE_INFINITY;
    }
    int place = changes.place(token);
    return place < 0 ? row.get(token) : Float.intBitsToFloat(changes.number(place));
  }

  /**
   * Changes a token's logit, which is known, to a finite one. What is masked stays masked, and what
   * is no logit stays an error.
   */
  public void replace(int token, float old, float logit) {
    put(token, old, Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE));
  }

  /** Masks a token. */
  public void mask(int token) {
    put(token, get(token), Float.NEGATIVE_INFINITY);
  }

  private void put(int token, float old, float logit) {
    if (old > Float.NEGATIVE_INFINITY && old < Float.POSITIVE_INFINITY) {
      if (narrowed) {
        int i = Arrays.binarySearch(survivors.ids, 0, survivors.size, token);
        survivors.values[i] = logit;
      } else {
        summed = Double.NaN;
        changes.set(token, Float.floatToRawIntBits(logit));
      }
    }
  }

  /** After changes: of survivors, drops those that are masked now. */
  public void settle() {
    if (narrowed) {
      survivors.dropMasked();
    }
  }

  /** Puts a copy with the changes in the row's place, if there are any. */
  private void whole() {
    if (changes.size() > 0) {
      copy();
    }
  }

  private void copy() {
    int length = length();
    if (row != copied) {
      if (copy.length < length) {
        copy = new float[survivors.capacity()];
      }
      row.copy(0, copy, 0, length);
      row = copied.at(copy, 0, length);
    }
    for (int i = 0; i < changes.size(); i++) {
      copy[changes.token(i)] = Float.intBitsToFloat(changes.number(i));
    }
    changes.clear();
    survivors.excludedCount = 0;
    survivors.forgetStrips();
    summed = Double.NaN;
  }

  /** Masks every token whose bit is 0, or that has none. NaN and +Infinity stay errors. */
  public void allow(long[] mask) {
    if (narrowed) {
      for (int i = 0; i < survivors.size; i++) {
        if ((word(mask, survivors.ids[i] >> 6) >>> survivors.ids[i] & 1) == 0) {
          survivors.values[i] = Float.NEGATIVE_INFINITY;
        }
      }
      return; // settle() drops them
    }
    copy();
    row.argMax(survivors); // for its errors, which masking would hide
    survivors.forgetStrips();
    int to = length();
    for (int at = 0; at < to; at += Long.SIZE) {
      int end = Math.min(to, at + Long.SIZE);
      long allowed = word(mask, at >> 6);
      if (Long.bitCount(allowed) > Long.SIZE / 2) {
        for (long rest = ~allowed; rest != 0; rest &= rest - 1) {
          int i = at + Long.numberOfTrailingZeros(rest);
          if (i < end) {
            copy[i] = Float.NEGATIVE_INFINITY;
          }
        }
      } else {
        allow(at, end, allowed);
      }
    }
  }

  /** Masks all but a few of {@code copy[at, end)}. */
  private void allow(int at, int end, long allowed) {
    int kept = 0;
    for (long rest = allowed; rest != 0; rest &= rest - 1) {
      int i = at + Long.numberOfTrailingZeros(rest);
      survivors.values[kept++] = i < end ? copy[i] : 0;
    }
    Arrays.fill(copy, at, end, Float.NEGATIVE_INFINITY);
    kept = 0;
    for (long rest = allowed; rest != 0; rest &= rest - 1) {
      int i = at + Long.numberOfTrailingZeros(rest);
      if (i < end) {
        copy[i] = survivors.values[kept++];
      }
    }
  }

  private static long word(long[] mask, int word) {
    return word < mask.length ? mask[word] : 0;
  }

  /**
   * The best k of the changed row: they are among the best of the row as it was, one more for each
   * change, and the changed ones.
   */
  public void topK(int k) {
    narrowed = true;
    int more = (int) Math.min((long) k + changes.size(), length());
    row.topK(more, survivors);
    if (changes.size() > 0) {
      dropChanged();
      survivors.topK(k);
      // Of the changed ones, those that the best k of the others leave room for.
      float bar = survivors.size < k ? Float.NEGATIVE_INFINITY : survivors.lowest();
      survivors.reserve(survivors.size + changes.size());
      for (int i = 0; i < changes.size(); i++) {
        float logit = Float.intBitsToFloat(changes.number(i));
        if (logit >= bar) {
          survivors.insert(changes.token(i), logit);
        }
      }
      survivors.dropMasked();
      survivors.topK(k);
    }
  }

  private void dropChanged() {
    int kept = 0;
    for (int i = 0; i < survivors.size; i++) {
      if (changes.place(survivors.ids[i]) < 0) {
        survivors.move(i, kept++);
      }
    }
    survivors.size = kept;
  }

  /** The nucleus. */
  public void topP(double temperature, float p) {
    whole();
    row.topP(temperature, p, survivors);
    narrowed = true;
  }

  /** Those within a distance of the maximum. */
  public void minP(float threshold) {
    whole();
    row.minP(threshold, survivors);
    narrowed = true;
  }

  /** Leaves the maximum and the total weight. */
  public void sums(double temperature) {
    whole();
    sumOnce(temperature);
  }

  private void sumOnce(double temperature) {
    if (summed != temperature) {
      WholeRowDraw.sums(backend, row, temperature, survivors);
      summed = temperature;
    }
  }

  /** Leaves the maximum, the total weight, the entropy and the number of unmasked tokens. */
  public void entropy(double temperature) {
    whole();
    summed = Double.NaN;
    row.entropy(temperature, survivors);
  }

  /** Leaves the maximum and the deviation. */
  public void moments() {
    whole();
    summed = Double.NaN;
    row.moments(survivors);
  }

  /** Narrows to those within a distance of the maximum, which one of the three above has left. */
  public void collect(float threshold) {
    row.collect(threshold, survivors);
    narrowed = true;
  }

  /** Narrows to all unmasked tokens. */
  public void widen() {
    whole();
    survivors.max(row.get(row.argMax(survivors)));
    collect(Float.NEGATIVE_INFINITY);
  }

  /**
   * Narrows to the most typical tokens of the row, whose entropy is known, and weighs them: those
   * within a distance of the entropy, further and further, until they are enough.
   */
  public void typical(double temperature, float p, int minKeep) {
    double quantum = Survivors.quantum(length());
    long need = Survivors.need(p, survivors.total, quantum);
    double logPartition = survivors.logPartition(temperature);
    double distance = Math.max(1, logPartition - survivors.entropy); // reaches the best token
    boolean enough = false;
    survivors.size = 0;
    while (!enough) {
      double lowest = (logPartition - survivors.entropy - distance) * temperature;
      boolean all = survivors.size > length() / 16 || !(lowest > -Float.MAX_VALUE / 2);
      collect(all ? Float.NEGATIVE_INFINITY : (float) lowest);
      backend.weights(survivors, temperature);
      double sure = distance - MARGIN * (1 + distance + survivors.entropy);
      enough =
          all
              || survivors.size == survivors.unmasked
              || Surprisal.holds(survivors, temperature, sure, need, quantum, minKeep);
      distance *= 1.5;
    }
    Surprisal.typical(survivors, temperature, need, quantum, minKeep);
  }

  /**
   * XTC on the whole row: excludes all tokens from a cut on but the last of them in order. Returns
   * false, and has done nothing, if they are more than a few.
   */
  public boolean excludeTop(float cut, double temperature) {
    collect(cut);
    narrowed = false;
    if (survivors.size > MOST_EXCLUDED) {
      return false;
    }
    int count = survivors.size;
    long[] best = survivors.bestFirst();
    for (int i = 0; i < count - 1; i++) {
      int token = TokenOrder.id(best[i]);
      changes.set(token, Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));
      exclude(token, temperature);
    }
    if (count > 1) {
      WholeRowDraw.renewTotal(row, temperature, survivors);
    }
    return true;
  }

  /** Excludes a token from draws from the whole row, whose blocks were summed. */
  public void exclude(int token, double temperature) {
    WholeRowDraw.exclude(backend, row, temperature, token, survivors);
  }

  /** Draws from the whole row. */
  public int draw(double temperature, double u) {
    sumForDraw(temperature);
    return WholeRowDraw.draw(backend, row, temperature, u, survivors);
  }

  /** Leaves the total that a draw from the whole row would leave. */
  public void total(double temperature) {
    sumForDraw(temperature);
    WholeRowDraw.prefixes(row, temperature, survivors);
  }

  private void sumForDraw(double temperature) {
    if (changes.size() > survivors.excludedCount) {
      copy();
    }
    sumOnce(temperature);
  }

  /**
   * Puts the row's unmasked tokens, without those excluded, in the place of the survivors. Returns
   * false, and has done nothing, if the row is not the one that was summed at this temperature: the
   * caller has written to it since.
   */
  public boolean all(double temperature) {
    if (row != copied && !isAsSummed(temperature)) {
      return false;
    }
    int length = length();
    survivors.size = 0;
    survivors.reserve(length);
    row.copy(0, survivors.values, 0, length);
    survivors.all(survivors.values, 0, length);
    dropChanged();
    for (int i = 0; i < survivors.size; i++) {
      if (!(survivors.values[i] <= survivors.max)) {
        return false;
      }
    }
    return true;
  }

  /** Sums the row again: other logits have other sums, unless their weights are lost in them. */
  private boolean isAsSummed(double temperature) {
    int blocks = Lanes.blocks(length());
    long before = Lanes.hash(survivors.sums, survivors.tops, blocks);
    float max = survivors.max;
    double total = survivors.total;
    survivors.forgetStrips();
    try {
      WholeRowDraw.blockSums(backend, row, temperature, survivors);
      return before == Lanes.hash(survivors.sums, survivors.tops, blocks);
    } catch (IllegalArgumentException notLogits) {
      return false;
    } catch (IllegalStateException e) {
      if (RowErrors.isAllMasked(e)) {
        return false;
      }
      throw e;
    } finally {
      survivors.max = max;
      survivors.total = total;
    }
  }
}
