package org.logitkernels.chain;

import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.SoftCap;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.CappedRow;
import org.logitkernels.rows.MaskedRow;
import org.logitkernels.rows.Row;
import org.logitkernels.rows.WholeRowDraw;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A row with the changes that steps have made to it.
 *
 * <p>The row is the caller's and never written. Changes are kept beside it. A top-k takes them in
 * without a copy. Whatever else needs the whole row gets a copy, made once. Tokens that are
 * excluded from a row that was summed need no copy until another step asks for the whole row.
 */
final class ChangedRow {
  /** More tokens than this are better dropped than excluded. */
  private static final int MOST_EXCLUDED = 64;

  /** No row has it: temperatures are above 0. */
  private static final double NO_TEMPERATURE = 0;

  /** A top-k that is to ask for so many more tokens reads a copy instead. */
  private static final int MOST_SPARE = 512;

  private static final int LEAST_SPARE = 8;

  private static final float[] NONE = {};

  private final Backend backend;

  /** Where kernels leave what they find. */
  private final Survivors survivors;

  private final TokenMap changes = new TokenMap(); // to the bits of the logit

  /** The list whose tokens the changes were made of, if they were. */
  private @Nullable TokenMap patched;

  /** So many more of the best tokens than k a top-k asks for, as far as is known. */
  private int spare;

  private final Row.OfArray copied;
  private @Nullable MaskedRow masked;

  /** Whether the mask over the row is of tokens that the chain bans, and not the caller's. */
  private boolean banned;

  private @Nullable CappedRow capped;
  private Row<?> row;
  private int length;

  /** The row that the chain began with. */
  private Row<?> given;

  /**
   * The temperature of the sums of the row's blocks, without the tokens that are excluded; {@link
   * #NO_TEMPERATURE} if there are no such sums.
   */
  private double summedAt = NO_TEMPERATURE;

  ChangedRow(Backend backend, Survivors survivors) {
    this.backend = backend;
    this.survivors = survivors;
    this.copied = new Row.OfArray(backend);
    this.row = copied;
    this.given = copied;
  }

  /** Begins with a row. */
  void open(Row<?> row) {
    given = row;
    this.row = row;
    length = row.length();
    forgetSums();
    changes.clear();
    patched = null;
    survivors.excluded.clear();
  }

  /** Begins again with the same row. */
  void reopen() {
    survivors.row.forget();
    open(given);
  }

  /** Tokens in the row. */
  int length() {
    return length;
  }

  /**
   * Whether the logits, or the mask over them, lie in a copy, and not where the caller has them.
   */
  boolean isCopied() {
    CappedRow cap = capped;
    return row == copied || row == masked || cap != null && row == cap && cap.isWritten();
  }

  /** The arrays of the copy are given back. */
  void rest() {
    copied.at(NONE, 0, 0);
    if (masked != null) {
      masked.rest();
    }
    if (capped != null) {
      capped.rest();
    }
    given.rest();
  }

  /** A token's logit; that of a token that is not there is masked. */
  float get(int token) {
    if (token < 0 || token >= length()) {
      return Float.NEGATIVE_INFINITY;
    }
    int place = changes.place(token);
    return place < 0 ? row.get(token) : Float.intBitsToFloat(changes.number(place));
  }

  /** Changes a token's logit: in the copy, if there is one. */
  void set(int token, float logit) {
    forgetSums();
    if (changes.size() == 0 && isCopied() || changes.size() > mostPatches()) {
      copy()[token] = logit;
    } else {
      changes.set(token, Float.floatToRawIntBits(logit));
    }
  }

  /** More changes than this are written into a copy, which costs as much as a read of the row. */
  private int mostPatches() {
    return MOST_EXCLUDED + length / TokenCounts.SHARE_OF_MANY;
  }

  /** Changes the logits of tokens that occurred. */
  void penalise(Penalty penalty, TokenCounts counts, double temperature) {
    if (counts.isMany()) {
      penaliseAll(penalty, counts, temperature);
      return;
    }
    TokenMap few = counts.few();
    if (isCopied() && changes.size() == 0) {
      float[] copy = copy();
      for (int i = 0; i < few.size(); i++) {
        int token = few.token(i);
        if (token < length) {
          copy[token] = penalty.of(copy[token], few.number(i), temperature);
        }
      }
    } else if (changes.size() == 0 || patched == few && changes.size() == few.size()) {
      forgetSums();
      patch(penalty, few, temperature);
    } else {
      for (int i = 0; i < few.size(); i++) {
        int token = few.token(i);
        if (token < length) {
          set(token, penalty.of(get(token), few.number(i), temperature));
        }
      }
    }
  }

  /** Adds a bias to the logit of each token. Many are written into a copy. */
  void bias(int[] tokens, float[] biases, double temperature) {
    if (tokens.length == 0) {
      return;
    }
    if (isCopied() && changes.size() == 0 || changes.size() + tokens.length > mostPatches()) {
      float[] copy = copy();
      for (int i = 0; i < tokens.length; i++) {
        copy[tokens[i]] = biased(copy[tokens[i]], biases[i], temperature);
      }
    } else {
      for (int i = 0; i < tokens.length; i++) {
        set(tokens[i], biased(get(tokens[i]), biases[i], temperature));
      }
    }
  }

  /** A logit with a bias. What is masked stays masked, and what is no logit stays an error. */
  static float biased(float x, float bias, double temperature) {
    if (!(Math.abs(x) < Float.POSITIVE_INFINITY)) {
      return x;
    }
    if (bias == Float.NEGATIVE_INFINITY) {
      return bias;
    }
    float changed = (float) (x + bias * temperature);
    return Math.clamp(changed, -Float.MAX_VALUE, Float.MAX_VALUE);
  }

  /** Masks the tokens of a list. */
  void mask(TokenMap few) {
    if (isCopied() && changes.size() == 0) {
      float[] copy = copy();
      for (int i = 0; i < few.size(); i++) {
        if (few.token(i) < length) {
          copy[few.token(i)] = masked(copy[few.token(i)]);
        }
      }
    } else if (changes.size() == 0) {
      forgetSums();
      int[] bits = take(few);
      for (int i = 0; i < few.size(); i++) {
        bits[i] = Float.floatToRawIntBits(masked(Float.intBitsToFloat(bits[i])));
      }
    } else {
      for (int i = 0; i < few.size(); i++) {
        if (few.token(i) < length) {
          set(few.token(i), masked(get(few.token(i))));
        }
      }
    }
  }

  /** A logit once it is masked. What is no logit stays an error. */
  private static float masked(float x) {
    return x < Float.POSITIVE_INFINITY ? Float.NEGATIVE_INFINITY : x;
  }

  /**
   * Masks the tokens whose bits are set. The mask is read with the row, unless a token that is to
   * be masked is no logit: then it must stay an error.
   */
  void mask(long[] bits) {
    MaskedRow known = maskedRow();
    if (row == known || changes.size() > 0) {
      copy();
    }
    if (known.without(row, bits)) {
      row = known;
      banned = true;
      survivors.excluded.clear();
      forgetSums();
      return;
    }
    float[] copy = copy();
    for (int at = 0; at < length; at += Long.SIZE) {
      for (long rest = word(bits, at >> 6); rest != 0; rest &= rest - 1) {
        int token = at + Long.numberOfTrailingZeros(rest);
        if (token < length) {
          copy[token] = masked(copy[token]);
        }
      }
    }
  }

  /** The changes are those of the very tokens of a list, or become that. */
  private void patch(Penalty penalty, TokenMap few, double temperature) {
    int[] bits = changes.size() == 0 ? take(few) : changes.numbers();
    int[] counts = few.numbers();
    int size = few.size();
    for (int i = 0; i < size; i++) {
      float x = Float.intBitsToFloat(bits[i]);
      bits[i] = Float.floatToRawIntBits(penalty.of(x, counts[i], temperature));
    }
  }

  /**
   * The changes become those of a list's tokens, with the logits as they are. Returns their bits.
   */
  private int[] take(TokenMap few) {
    changes.takeTokens(few);
    patched = few;
    int[] bits = changes.numbers();
    row.get(few.tokens(), few.size(), bits);
    return bits;
  }

  /** Reads the row once, and leaves a copy with the changes. */
  private void penaliseAll(Penalty penalty, TokenCounts counts, double temperature) {
    forgetSums();
    long[] present = counts.present();
    float[] copy;
    if (isCopied() || changes.size() > 0) {
      copy = copy();
      backend.penalise(
          copy, 0, length, present, counts.counts(), penalty, temperature, copy, survivors);
    } else {
      survivors.excluded.clear();
      copy = survivors.arrays().changed();
      row.penalise(backend, present, counts.counts(), penalty, temperature, copy, survivors);
      copied.shareAs(row);
      row = copied.at(copy, 0, length);
    }
  }

  /** How many tokens are not masked. Token by token: for errors alone. */
  int unmasked() {
    int count = 0;
    for (int token = 0; token < length(); token++) {
      count += get(token) > Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return count;
  }

  /** The row as it is without the changes. */
  Row<?> unchanged() {
    return row;
  }

  /** The row with the changes: a copy, if there are any. */
  Row<?> whole() {
    if (changes.size() > 0) {
      copy();
    }
    return row;
  }

  /** Makes the row a copy with the changes. Returns the array of the copy. */
  private float[] copy() {
    float[] copy = survivors.arrays().changed();
    if (row != copied) {
      copied.shareAs(row);
      row.copy(0, copy, 0, length);
      row = copied.at(copy, 0, length);
    }
    for (int i = 0; i < changes.size(); i++) {
      int token = changes.token(i);
      if (token < length) {
        copy[token] = Float.intBitsToFloat(changes.number(i));
      }
    }
    changes.clear();
    patched = null;
    survivors.excluded.clear();
    survivors.row.forget();
    forgetSums();
    return copy;
  }

  /** Masks every token whose bit is 0, or that has none. What it holds is not looked at. */
  void allow(long[] mask) {
    MaskedRow known = maskedRow();
    if (row == known && banned) {
      copy();
    }
    if (row == known) {
      return; // by the same mask, as a call has one
    }
    banned = false;
    row = known.at(row, mask);
    for (int i = 0; i < changes.size(); i++) {
      if (!known.allows(changes.token(i))) {
        changes.set(changes.token(i), Float.floatToRawIntBits(Float.NEGATIVE_INFINITY));
      }
    }
    survivors.excluded.clear();
    forgetSums();
  }

  private MaskedRow maskedRow() {
    MaskedRow known = masked;
    if (known == null) {
      known = new MaskedRow(backend, survivors);
      masked = known;
    }
    return known;
  }

  /** Caps every logit softly. */
  void softCap(float cap) {
    CappedRow known = capped;
    if (known == null) {
      known = new CappedRow(backend, survivors);
      capped = known;
    }
    if (row == known || row == masked) {
      copy();
    }
    row = known.at(row, cap);
    int[] bits = changes.numbers();
    for (int i = 0; i < changes.size(); i++) {
      bits[i] = Float.floatToRawIntBits(SoftCap.of(Float.intBitsToFloat(bits[i]), cap));
    }
    survivors.excluded.clear();
    forgetSums();
  }

  /** The bits of 64 tokens. */
  static long word(long[] mask, int word) {
    return word < mask.length ? mask[word] : 0;
  }

  /**
   * Keeps the best k. The changes are taken in: a few more than k of the best tokens of the
   * unchanged row mostly hold the best k of those that were not changed. How many more that are is
   * learned from row to row, as it changes nothing but the time.
   */
  void topK(int k) {
    if (changes.size() > 0) {
      int most = (int) Math.min((long) k + changes.size(), length);
      for (; spare <= MOST_SPARE; spare = 2 * spare + LEAST_SPARE) {
        int asked = (int) Math.min(most, (long) k + spare);
        row.topK(asked, survivors);
        if (takeIn(k, asked, asked == most)) {
          return;
        }
      }
    }
    spare -= spare / 8;
    whole().topK(k, survivors);
  }

  /**
   * Makes the best k of the changed row of the best few of the unchanged one. Returns false if
   * these may be too few.
   */
  private boolean takeIn(int k, int asked, boolean enough) {
    boolean all = survivors.size < asked || asked == length; // unmasked tokens of the row
    float bar = all ? Float.NEGATIVE_INFINITY : survivors.lowest();
    dropChanged();
    int above = survivors.size;
    int[] bits = changes.numbers();
    int size = changes.size();
    for (int i = 0; i < size; i++) {
      above += Float.intBitsToFloat(bits[i]) > bar ? 1 : 0;
    }
    if (!all && !enough && above < k) {
      return false;
    }
    if (!all) { // what was too much, a quarter of which is kept
      spare = Math.max(0, Math.min(spare, asked - k - (above - k) * 3 / 4));
    }
    survivors.topK(k);
    if (!all && survivors.size == k) {
      bar = survivors.lowest();
    }
    survivors.startKeys();
    for (int i = 0; i < size; i++) {
      float logit = Float.intBitsToFloat(bits[i]);
      if (logit >= bar && logit > Float.NEGATIVE_INFINITY) {
        survivors.addKey((long) changes.token(i) << Integer.SIZE | bits[i] & 0xffffffffL, 0);
      }
    }
    survivors.insertKeys();
    survivors.dropMasked();
    survivors.topK(k);
    return true;
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

  /** Leaves the maximum and the total weight. */
  void sums(double temperature) {
    whole();
    sumOnce(temperature);
  }

  private void sumOnce(double temperature) {
    if (summedAt != temperature) {
      WholeRowDraw.sums(backend, row, temperature, survivors);
      summedAt = temperature;
    }
  }

  /** The next draw sums the row's blocks again. */
  private void forgetSums() {
    summedAt = NO_TEMPERATURE;
  }

  /** Leaves the maximum, the total weight, the entropy and the number of unmasked tokens. */
  void entropy(double temperature) {
    forgetSums(); // the kernel has its own use for them
    whole().entropy(temperature, survivors);
  }

  /** Leaves the maximum and the deviation. */
  void moments() {
    forgetSums();
    whole().moments(survivors);
  }

  /**
   * XTC on the whole row: excludes all tokens from a cut on but the last of them in order. Returns
   * false, and has done nothing, if they are more than a few.
   */
  boolean excludeTop(float cut, double temperature) {
    row.collect(cut, survivors);
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
  void exclude(int token, double temperature) {
    WholeRowDraw.exclude(backend, row, temperature, token, survivors);
  }

  /** Draws from the whole row. */
  int draw(double temperature, double u) {
    sumForDraw(temperature);
    return WholeRowDraw.draw(backend, row, temperature, u, survivors);
  }

  /** Leaves the total that a draw from the whole row would leave. */
  void total(double temperature) {
    sumForDraw(temperature);
    WholeRowDraw.prefixes(row, temperature, survivors);
  }

  private void sumForDraw(double temperature) {
    if (changes.size() > survivors.excluded.count()) {
      copy();
    }
    sumOnce(temperature);
  }

  /**
   * Puts the row's unmasked tokens, without those excluded, in the place of the survivors. Returns
   * false if the row is not the one that was summed at this temperature: the caller has written to
   * it since. Then the survivors mean nothing.
   */
  boolean readOut(double temperature) {
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
    long before = Lanes.hash(survivors.row.sums, survivors.row.tops, blocks);
    float max = survivors.max;
    double total = survivors.total;
    survivors.row.forget();
    row.shareAs(given); // the crew that shared the row may be at another by now
    try {
      WholeRowDraw.blockSums(backend, row, temperature, survivors);
      return before == Lanes.hash(survivors.row.sums, survivors.row.tops, blocks);
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
