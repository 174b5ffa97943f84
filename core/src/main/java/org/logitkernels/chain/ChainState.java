package org.logitkernels.chain;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Cutoffs;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.SoftCap;
import org.logitkernels.rows.ArrayPool;
import org.logitkernels.rows.Row;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * What the steps of a chain have made of a row so far.
 *
 * <p>At first all tokens of the row are left. The first filter narrows the row to survivors, and
 * the steps behind it work on these. Every method answers for both, so a step need not know which
 * it works on.
 */
public final class ChainState {
  /** Products of temperatures stay in a range where 1 / T and |x| / T are finite in double. */
  private static final double COLDEST = 0x1p-960;

  private static final double HOTTEST = 0x1p960;

  private final Backend backend;
  private final Survivors survivors;
  private final ChangedRow row;
  private final History history;

  /** Whether the survivors are all that is left. */
  private boolean narrowed;

  /** Whether the survivors are all tokens of a row that was not narrowed, for reading out. */
  private boolean readOut;

  private double temperature = 1;
  private double u;
  private long @Nullable [] mask;

  /** The state of rows up to a length. */
  public ChainState(Backend backend, int longestRow, History history) {
    this.backend = backend;
    this.survivors = new Survivors(ArrayPool.of(longestRow));
    this.row = new ChangedRow(backend, survivors);
    this.history = history;
  }

  /** Begins with a row. */
  public void open(Row<?> row) {
    survivors.take();
    this.row.open(row);
    narrowed = false;
    readOut = false;
    survivors.forgetWeights();
  }

  /** Begins again with the same row. */
  void reopen() {
    row.reopen();
    narrowed = false;
    survivors.forgetWeights();
  }

  /** No step has been applied yet. */
  void begin(double u, long @Nullable [] mask) {
    this.u = u;
    this.mask = mask;
    temperature = 1;
  }

  // What a step may read.

  /** Tokens in the row. */
  public int length() {
    return row.length();
  }

  /** The temperature that the steps come to. */
  public double temperature() {
    return temperature;
  }

  /** The tokens that are left, once the row was narrowed. Kernels leave their results there too. */
  public Survivors survivors() {
    return survivors;
  }

  /** The tokens that were accepted. */
  History history() {
    return history;
  }

  /** How often each token stands among the last few of the history. */
  TokenCounts counts(int last, boolean prompt) {
    return history.counts(last, prompt, survivors.capacity());
  }

  /** Where the last few tokens stood before, and which came behind them. */
  Contexts contexts(int width) {
    return history.contexts(width, survivors.capacity());
  }

  /** The uniform number that the token will be drawn with. */
  double u() {
    return u;
  }

  /** The tokens that the caller allows; null if the caller has not said. */
  long @Nullable [] mask() {
    return mask;
  }

  /** A token's logit; that of a token that is not left is masked. */
  public float get(int token) {
    if (narrowed) {
      int i = place(token);
      return i < 0 ? Float.NEGATIVE_INFINITY : survivors.values[i];
    }
    return row.get(token);
  }

  private int place(int token) {
    return Arrays.binarySearch(survivors.ids, 0, survivors.size, token);
  }

  /** How many tokens are left that are not masked. Token by token: for errors alone. */
  int unmasked() {
    return narrowed ? survivors.size : row.unmasked();
  }

  // Changes of a few tokens. A step that makes some ends with settle().

  /**
   * Changes a token's logit, which is known, to a finite one. What is masked stays masked, and what
   * is no logit stays an error.
   */
  void replace(int token, float old, float logit) {
    put(token, old, Math.clamp(logit, -Float.MAX_VALUE, Float.MAX_VALUE));
  }

  /** Masks a token. */
  void mask(int token) {
    put(token, get(token), Float.NEGATIVE_INFINITY);
  }

  /**
   * Adds a bias at the temperature so far to the logit of each token, by ascending id; -Infinity
   * masks it.
   */
  void bias(int[] tokens, float[] biases) {
    if (!narrowed) {
      row.bias(tokens, biases, temperature);
      return;
    }
    for (int i = 0; i < survivors.size; i++) {
      int place = Arrays.binarySearch(tokens, survivors.ids[i]);
      if (place >= 0) {
        survivors.replace(i, ChangedRow.biased(survivors.values[i], biases[place], temperature));
      }
    }
  }

  /** Masks the tokens that occurred. */
  void mask(TokenCounts counts) {
    if (narrowed) {
      for (int i = 0; i < survivors.size; i++) {
        if (counts.get(survivors.ids[i]) > 0) {
          survivors.replace(i, Float.NEGATIVE_INFINITY);
        }
      }
    } else if (counts.isMany()) {
      row.mask(counts.present());
    } else {
      row.mask(counts.few());
    }
  }

  /** Masks some tokens. */
  void mask(TokenSet tokens) {
    if (narrowed) {
      for (int i = 0; i < survivors.size; i++) {
        if (tokens.contains(survivors.ids[i])) {
          survivors.replace(i, Float.NEGATIVE_INFINITY);
        }
      }
    } else if (tokens.isMany()) {
      row.mask(tokens.bits());
    } else {
      row.mask(tokens.few());
    }
  }

  private void put(int token, float old, float logit) {
    if (old > Float.NEGATIVE_INFINITY && old < Float.POSITIVE_INFINITY) {
      if (narrowed) {
        survivors.replace(place(token), logit);
      } else {
        row.set(token, logit);
      }
    }
  }

  /** Changes the logits of tokens that occurred. */
  void penalise(Penalty penalty, TokenCounts counts) {
    if (penalty.isNothing()) {
      return;
    }
    if (!narrowed) {
      row.penalise(penalty, counts, temperature);
      return;
    }
    for (int i = 0; i < survivors.size; i++) {
      int count = counts.get(survivors.ids[i]);
      if (count > 0) {
        survivors.replace(i, penalty.of(survivors.values[i], count, temperature));
      }
    }
  }

  /** Masks every token whose bit is 0, or that has none. */
  void allow(long[] mask) {
    if (narrowed) {
      for (int i = 0; i < survivors.size; i++) {
        int id = survivors.ids[i];
        if ((ChangedRow.word(mask, id >> 6) >>> id & 1) == 0) {
          survivors.replace(i, Float.NEGATIVE_INFINITY);
        }
      }
    } else {
      row.allow(mask);
    }
  }

  /** Caps every logit softly, at the temperature so far. */
  void softCap(float cap) {
    float scaled = (float) Math.clamp(cap * temperature, Float.MIN_VALUE, Float.MAX_VALUE);
    if (narrowed) {
      backend.softCap(survivors.values, 0, survivors.size, scaled, survivors.values, 0);
      survivors.max(SoftCap.of(survivors.max, scaled));
      survivors.forgetWeights();
    } else {
      row.softCap(scaled);
    }
  }

  /** After changes: drops the survivors that are masked now. */
  void settle() {
    if (narrowed) {
      survivors.dropMasked();
    }
  }

  // Temperatures.

  /** Multiplies the temperature; 0 leaves the best token alone. */
  void multiplyTemperature(double t) {
    if (t > 0) {
      temperature = Math.clamp(temperature * t, COLDEST, HOTTEST);
    } else {
      topK(1);
    }
  }

  /** The logits are those of temperature 1 from now on. */
  void resetTemperature() {
    temperature = 1;
  }

  // Measures.

  /** Leaves the maximum and the total weight. */
  void sums() {
    sums(temperature);
  }

  private void sums(double temperature) {
    if (narrowed) {
      weigh(temperature);
      survivors.total = survivors.sum();
    } else {
      row.sums(temperature);
    }
  }

  /**
   * The total in weights of the maximum at a temperature, which need not be that of the chain: then
   * a step asks for the chain's own behind it. Leaves what {@link #sums} does.
   */
  double partition(double temperature) {
    sums(temperature);
    return survivors.partition(temperature);
  }

  /** The total that was left, in weights of the maximum. */
  double partition() {
    return survivors.partition(temperature);
  }

  /** The entropy in nats. Leaves what {@link #sums} does, and how many tokens it counted. */
  double entropy() {
    if (narrowed) {
      sums();
      survivors.entropy = Surprisal.entropy(survivors, temperature);
      survivors.unmasked = survivors.size;
    } else {
      row.entropy(temperature);
    }
    return survivors.entropy;
  }

  /** How many tokens the entropy counted. */
  int counted() {
    return survivors.unmasked;
  }

  /**
   * The total weight that the entropy was taken of. For survivors that is the sum of their masses,
   * which are rounded to quanta.
   */
  double mass(double quantum) {
    return narrowed ? survivors.mass(quantum) / quantum : survivors.total;
  }

  /** The standard deviation of the logits. Leaves the maximum. */
  double deviation() {
    if (narrowed) {
      survivors.moments();
    } else {
      row.moments();
    }
    return survivors.deviation;
  }

  // Filters.

  /** Keeps the best k. */
  void topK(int k) {
    if (k >= length()) {
      return;
    }
    if (narrowed) {
      survivors.topK(k);
    } else {
      topKOfRow(k);
      narrowed = true;
    }
  }

  private void topKOfRow(int k) {
    row.topK(k);
    survivors.forgetWeights();
  }

  /** Keeps the nucleus of a mass below 1, and at least the best few. */
  void topP(float p, int minKeep) {
    if (narrowed) {
      weigh();
      survivors.topP(p, length(), minKeep);
    } else {
      row.whole().topP(temperature, p, survivors);
      survivors.weighed(temperature); // by the kernel
      narrowed = true;
      keepAtLeast(minKeep);
    }
  }

  /** Keeps the tokens within a distance of the maximum, and at least the best few. */
  void minP(float threshold, int minKeep) {
    if (narrowed) {
      survivors.minP(threshold, minKeep);
    } else {
      row.whole().minP(threshold, survivors);
      survivors.forgetWeights();
      narrowed = true;
      keepAtLeast(minKeep);
    }
  }

  /** As {@link #minP}, where a measure has left the maximum. */
  void cut(float threshold, int minKeep) {
    if (narrowed) {
      survivors.minP(threshold, minKeep);
    } else {
      collect(threshold);
      narrowed = true;
      keepAtLeast(minKeep);
    }
  }

  /** Where a filter of the whole row has left too few: the best instead. */
  private void keepAtLeast(int minKeep) {
    if (survivors.size < minKeep) {
      topKOfRow(minKeep);
    }
  }

  /** Keeps the tokens of a probability, and at least the best few. */
  void epsilonCutoff(double epsilon, int minKeep) {
    if (epsilon > 0) {
      sums();
      cut(Cutoffs.epsilon(partition(), temperature, epsilon), minKeep);
    }
  }

  /**
   * Drops the tokens from a cut on but the last of them in order, if at least {@code minKeep} are
   * left. {@link #sums} has left the maximum.
   */
  void dropTop(float cut, int minKeep) {
    if (!narrowed && minKeep == 1 && row.excludeTop(cut, temperature)) {
      return;
    }
    narrow();
    survivors.dropTop(cut, minKeep);
  }

  /** Makes survivors of all tokens that are left, for a step that has no kernel for rows. */
  void narrow() {
    if (!narrowed) {
      Row<?> whole = row.whole();
      survivors.max(whole.get(whole.argMax(survivors)));
      collect(Float.NEGATIVE_INFINITY);
      narrowed = true;
    }
  }

  /** Makes sure that the survivors have their weights. */
  void weigh() {
    weigh(temperature);
  }

  private void weigh(double temperature) {
    if (!survivors.isWeighed(temperature)) {
      if (!(Math.abs(survivors.max) < Float.POSITIVE_INFINITY)) { // a survivor was read again
        throw RowErrors.changed();
      }
      backend.weights(survivors, temperature);
      survivors.weighed(temperature);
    }
  }

  private void collect(float threshold) {
    row.unchanged().collect(threshold, survivors);
    survivors.forgetWeights();
  }

  // A step may look at a part of a whole row before it decides. Then the survivors are that part,
  // and the row stays whole until the step keeps something. Where survivors are left already, they
  // are looked at, all of them.

  /** Looks at the best few tokens. */
  void lookAtBest(int count) {
    if (!narrowed) {
      topKOfRow(count);
    }
  }

  /** Keeps the best k, after a look at the best few. */
  void keepBest(int k, int looked) {
    if (!narrowed && k > looked) {
      topKOfRow(k);
    } else {
      survivors.topK(k);
    }
    narrowed = true;
  }

  /** Looks at the tokens within a distance of the maximum, which a measure has left, and weighs. */
  void look(float threshold) {
    if (!narrowed) {
      collect(threshold);
    }
    weigh();
  }

  /** Keeps what was looked at last. */
  void keepLooked() {
    narrowed = true;
  }

  // The draw.

  /** Draws a token from what is left; returns -1 if nothing has a weight. */
  public int draw(double u) {
    if (narrowed) {
      weigh();
      return backend.draw(survivors, u);
    }
    return row.draw(temperature, u);
  }

  /** Leaves the total of what is left, as a draw does. */
  public void total() {
    if (narrowed) {
      sums();
    } else {
      row.total(temperature);
    }
  }

  /**
   * Takes out a token that was drawn, so that the next draw is from the others. The token weighs 0
   * until the next row.
   */
  public void exclude(int token) {
    if (narrowed) {
      survivors.weights[place(token)] = 0;
    } else {
      row.exclude(token, temperature);
    }
  }

  /**
   * Makes survivors of all tokens that are left, for reading out. Returns false if the row is not
   * the one that was drawn from: the caller has written to it since.
   */
  public boolean readOut() {
    if (!narrowed && !readOut) {
      survivors.take();
      readOut = row.readOut(temperature);
    }
    return narrowed || readOut;
  }

  /**
   * Gives back the arrays that the row needed, unless what is left of it lies in them.
   *
   * @param copied whether the row that was opened lies in these arrays
   */
  public void rest(boolean copied) {
    boolean set = narrowed || readOut;
    if (!set && (copied || row.isCopied())) {
      return;
    }
    if (survivors.rest(set)) {
      row.rest();
    }
  }
}
