package org.logitkernels;

import java.util.Objects;
import java.util.StringJoiner;
import org.logitkernels.internal.Cutoffs;
import org.logitkernels.internal.Order;
import org.logitkernels.internal.RowKernels;
import org.logitkernels.internal.Surprisal;
import org.logitkernels.internal.Survivors;

/**
 * A chain at work on one sequence: rows of logits in, tokens out.
 *
 * <p><b>Randomness:</b> a stream addressed by seed and position. Draw number n is the n-th (from 0)
 * {@code nextLong()} of {@code new java.util.SplittableRandom(seed)}, its upper 53 bits as a
 * fraction in [0, 1). Every call of {@link #sample(float[])} that succeeds uses one position,
 * greedy chains too; a failed call uses none.
 *
 * <p>The token, the candidates and their probabilities have the same bits on every backend.
 *
 * <p><b>Allocation:</b> none in steady state: the scratch grows at most once (see {@link
 * Workspace}). The row is referred to, not copied, until the next call.
 *
 * <p>Not thread-safe: one per sequence.
 */
public final class Sampler {
  /** The row before the first success and after a failed call. */
  private static final float[] NONE = {};

  /** Products of temperatures stay in a range where 1 / T and |x| / T are finite in double. */
  private static final double COLDEST = 0x1p-960;

  private static final double HOTTEST = 0x1p960;

  private final SamplerChain chain;
  private final Step[] steps;
  private final int vocabularySize;
  private final long seed;
  private final RowKernels rows;
  private final Survivors survivors;
  private final View view = new View();

  private long position;

  // Of the last call.
  private float[] row = NONE;
  private int from;
  private int to;
  private double temperature;
  private boolean narrowed;
  private int token;

  /** The temperature that the survivors' weights are for; NaN if they have none. */
  private double weighed;

  Sampler(SamplerChain chain, int vocabularySize, long seed, Kernels kernels) {
    this.chain = chain;
    this.steps = chain.steps().toArray(new Step[0]);
    this.vocabularySize = vocabularySize;
    this.seed = seed;
    this.rows = kernels.rows;
    this.survivors = new Survivors(vocabularySize);
  }

  /**
   * Draws a token from a row, with the draw at {@link #position()}, which then grows by 1.
   *
   * @param logits the row
   * @return the token's id
   * @throws IllegalArgumentException if the row is empty or longer than {@link #vocabularySize()},
   *     or holds NaN or +Infinity (the message names the lowest offending index)
   * @throws IllegalStateException if every token is masked, or if the stream's last draw, number
   *     2^63 - 2, was used
   */
  public int sample(float[] logits) {
    row = NONE;
    return sample(logits, 0, logits.length);
  }

  /**
   * Draws a token from a range of an array, with the draw at {@link #position()}, which then grows
   * by 1.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return the token's id, counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if the range is empty or longer than {@link
   *     #vocabularySize()}, or holds NaN or +Infinity (the message names the lowest offending
   *     index, counted from {@code from})
   * @throws IllegalStateException if every token is masked, or if the stream's last draw, number
   *     2^63 - 2, was used
   */
  public int sample(float[] logits, int from, int to) {
    if (position == Long.MAX_VALUE) {
      row = NONE;
      throw new IllegalStateException("the stream has no draw left: position " + position);
    }
    int token = sample(logits, from, to, uniform(seed, position));
    position++;
    return token;
  }

  /**
   * Draws a token from a range of an array, with a given uniform number: a pure function, which
   * uses no position of the stream.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param u in [0, 1)
   * @return the token's id, counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if u is not in [0, 1), the range is empty or longer than
   *     {@link #vocabularySize()}, or holds NaN or +Infinity (the message names the lowest
   *     offending index, counted from {@code from})
   * @throws IllegalStateException if every token is masked
   */
  public int sample(float[] logits, int from, int to, double u) {
    row = NONE;
    Kernels.checkRange(logits, from, to);
    if (to - from > vocabularySize) {
      throw new IllegalArgumentException(
          "the row has " + (to - from) + " logits, but the vocabulary size is " + vocabularySize);
    }
    Kernels.checkUniform(u);
    run(logits, from, to, u);
    if (narrowed) {
      weigh();
      token = rows.draw(survivors, u);
    } else {
      token = rows.draw(logits, from, to, temperature, u, survivors);
    }
    view.reset();
    this.row = logits;
    this.from = from;
    this.to = to;
    return token;
  }

  /**
   * Applies the steps. The first that narrows works on the row, those behind it on the survivors.
   */
  private void run(float[] logits, int from, int to, double u) {
    narrowed = false;
    weighed = Double.NaN;
    temperature = 1;
    int exclusions = 0;
    for (Step step : steps) {
      int minKeep = 1;
      if (step instanceof Step.MinKeep(Step filter, int n)) {
        step = filter;
        minKeep = n;
      }
      // Not a switch over patterns: it costs the first call of a JVM milliseconds.
      if (step instanceof Step.Temperature(float t)) {
        multiplyTemperature(t, logits, from, to);
      } else if (step instanceof Step.TopK(int k)) {
        topK(logits, from, to, Math.max(k, minKeep));
      } else if (step instanceof Step.TopP(float p)) {
        topP(logits, from, to, p, minKeep);
      } else if (step instanceof Step.MinP(float p)) {
        if (p > 0) {
          cut(logits, from, to, Cutoffs.minP(temperature, p), minKeep);
        }
      } else if (step instanceof Step.Typical(float p)) {
        if (p < 1) {
          widen(logits, from, to);
          weigh();
          Surprisal.typical(survivors, temperature, p, to - from, minKeep);
          weighed = Double.NaN;
        }
      } else if (step instanceof Step.TopNSigma(float n)) {
        widen(logits, from, to);
        cut(logits, from, to, Cutoffs.sigma(survivors, n), minKeep);
      } else if (step instanceof Step.Xtc(float probability, float threshold)) {
        if (uniform(Double.doubleToRawLongBits(u), exclusions++) < probability) {
          widen(logits, from, to);
          weigh();
          float cut = Cutoffs.probability(survivors, temperature, threshold);
          if (Cutoffs.dropTop(survivors, cut, minKeep)) {
            weighed = Double.NaN;
          }
        }
      } else if (step instanceof Step.EpsilonCutoff(float epsilon)) {
        if (epsilon > 0) {
          widen(logits, from, to);
          weigh();
          cut(logits, from, to, Cutoffs.epsilon(survivors, temperature, epsilon), minKeep);
        }
      } else if (step instanceof Step.EtaCutoff(float epsilon)) {
        if (epsilon > 0) {
          widen(logits, from, to);
          weigh();
          cut(logits, from, to, Cutoffs.eta(survivors, temperature, epsilon), minKeep);
        }
      } else if (step instanceof Step.TopH(float h, int n)) {
        topK(logits, from, to, n);
        widen(logits, from, to);
        weigh();
        Surprisal.topH(survivors, temperature, h);
      } else if (step instanceof Step.DynamicTemperature(float min, float max, float exponent)) {
        boolean wasNarrowed = narrowed;
        widen(logits, from, to);
        weigh();
        double t = Surprisal.dynamicTemperature(survivors, temperature, min, max, exponent);
        if (!wasNarrowed) { // nor is it now: nothing was dropped
          narrowed = false;
          weighed = Double.NaN;
        }
        multiplyTemperature(t, logits, from, to);
      } else {
        throw new AssertionError(step);
      }
    }
  }

  /** Makes survivors of all unmasked tokens, for a step without a kernel for whole rows. */
  private void widen(float[] logits, int from, int to) {
    if (!narrowed) {
      int best = rows.argMax(logits, from, to);
      survivors.all(logits, from, to);
      survivors.max = logits[from + best] + 0f;
      narrowed = true;
      weighed = Double.NaN;
    }
  }

  private void weigh() {
    if (weighed != temperature) {
      rows.weights(survivors, temperature);
      weighed = temperature;
    }
  }

  private void multiplyTemperature(double t, float[] logits, int from, int to) {
    if (t > 0) {
      temperature = Math.clamp(temperature * t, COLDEST, HOTTEST);
    } else {
      greedy(logits, from, to);
    }
  }

  private void greedy(float[] logits, int from, int to) {
    if (narrowed) {
      survivors.topK(1);
    } else {
      int id = rows.argMax(logits, from, to);
      survivors.only(id, logits[from + id]);
    }
    narrowed = true;
    weighed = Double.NaN;
  }

  private void topK(float[] logits, int from, int to, int k) {
    if (k >= to - from) {
      return;
    }
    if (narrowed) {
      survivors.topK(k);
    } else {
      rows.topK(logits, from, to, k, survivors);
    }
    narrowed = true;
    weighed = Double.NaN;
  }

  private void topP(float[] logits, int from, int to, float p, int minKeep) {
    if (p == 1) {
      return;
    }
    if (narrowed) {
      weigh();
      survivors.topP(p, to - from, minKeep);
      return;
    }
    rows.topP(logits, from, to, temperature, p, survivors);
    if (survivors.size < minKeep) {
      rows.topK(logits, from, to, Math.min(minKeep, to - from), survivors);
      weighed = Double.NaN;
    } else {
      weighed = temperature;
    }
    narrowed = true;
  }

  /** Keeps {@code x - max >= threshold}. */
  private void cut(float[] logits, int from, int to, float threshold, int minKeep) {
    if (narrowed) {
      survivors.minP(threshold, minKeep);
    } else {
      rows.minP(logits, from, to, threshold, survivors);
      if (survivors.size < minKeep) {
        rows.topK(logits, from, to, Math.min(minKeep, to - from), survivors);
      }
    }
    narrowed = true;
    weighed = Double.NaN;
  }

  /**
   * The tokens that survived the last call's chain, best first, with renormalised probabilities: a
   * live view, valid until the next call or a change of the row.
   *
   * @return the view, the same at every call
   * @throws IllegalStateException before the first success and after a failed call
   */
  public Candidates candidates() {
    checkSampled();
    return view;
  }

  /**
   * The probability of the last token among the tokens that survived: the bits of its {@link
   * Candidates#probability}.
   *
   * @return the probability
   * @throws IllegalStateException before the first success and after a failed call
   */
  public float probability() {
    checkSampled();
    return probabilityOf(row[from + token]);
  }

  /**
   * The logarithm of {@link #probability()}, computed in double from the logit: {@code (x - max) /
   * T - ln(total)}.
   *
   * @return the logarithm, in nats
   * @throws IllegalStateException before the first success and after a failed call
   */
  public double logProbability() {
    checkSampled();
    double difference = (double) row[from + token] - survivors.max;
    return difference / temperature - StrictMath.log(survivors.total) + 0.0; // no -0
  }

  /** {@return the number of the next draw in the stream, from 0} */
  public long position() {
    return position;
  }

  /**
   * Moves to a position in the stream: the next call uses this draw.
   *
   * @param position the number of the draw, from 0
   * @throws IllegalArgumentException if the position is negative
   */
  public void position(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position must be >= 0, but was " + position);
    }
    this.position = position;
  }

  /** {@return the seed that selects the stream} */
  public long seed() {
    return seed;
  }

  /** {@return the chain} */
  public SamplerChain chain() {
    return chain;
  }

  /** {@return the length of the longest row it takes} */
  public int vocabularySize() {
    return vocabularySize;
  }

  private void checkSampled() {
    if (row == NONE) {
      throw new IllegalStateException(
          "no token has been sampled: the last call failed or there was none");
    }
  }

  private float probabilityOf(float logit) {
    return survivors.weight(logit, temperature) * (float) (1 / survivors.total);
  }

  /**
   * Draw number n of a seed's stream: SplitMix64's state after n + 1 additions of its constant,
   * mixed.
   *
   * <p>Source: Steele, Lea and Flood, Fast Splittable Pseudorandom Number Generators,
   * doi:10.1145/2660193.2660195.
   */
  private static double uniform(long seed, long n) {
    long z = seed + (n + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    z = z ^ (z >>> 31);
    return (z >>> 11) * 0x1p-53;
  }

  /** The candidates of the last call, put in order when first asked for. */
  private final class View implements Candidates {
    private boolean counted;
    private boolean ordered;
    private long[] best = {};

    void reset() {
      counted = narrowed;
      ordered = false;
    }

    @Override
    public int size() {
      checkSampled();
      if (!counted) {
        survivors.all(row, from, to);
        counted = true;
      }
      return survivors.size;
    }

    @Override
    public int id(int i) {
      return Order.id(key(i));
    }

    @Override
    public float probability(int i) {
      return probabilityOf(Order.value(key(i)));
    }

    private long key(int i) {
      Objects.checkIndex(i, size());
      if (!ordered) {
        best = survivors.bestFirst();
        ordered = true;
      }
      return best[i];
    }

    /** The candidates, each with its probability. */
    @Override
    public String toString() {
      StringJoiner text = new StringJoiner(", ", "[", "]");
      for (int i = 0; i < size(); i++) {
        text.add(id(i) + ": " + probability(i));
      }
      return text.toString();
    }
  }
}
