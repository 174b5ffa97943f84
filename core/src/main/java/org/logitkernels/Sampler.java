package org.logitkernels;

import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.logitkernels.internal.Cutoffs;
import org.logitkernels.internal.Feedback;
import org.logitkernels.internal.History;
import org.logitkernels.internal.Logits;
import org.logitkernels.internal.Order;
import org.logitkernels.internal.Penalties;
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
  private final Logits logits;
  private final Penalties penalties = new Penalties();
  private final View view = new View();

  /** The ids that each step names, and its biases for them, or the sequences that it bans. */
  private final int[][] named;

  private final float[][] biases;
  private final int[][][] banned;

  /** What steps remember of the tokens drawn; null for those that remember nothing. */
  private final @Nullable Feedback[] feedback;

  private long position;
  private History history = new History();
  private long @Nullable [] mask;

  // Of the last call.
  private float[] row = NONE;
  private float[] given = NONE;
  private int from;
  private int to;
  private double temperature;
  private int token;
  private float tokenLogit;

  /** Whether the token is still to be accepted. */
  private boolean unheard;

  /** The temperature that the survivors' weights are for; NaN if they have none. */
  private double weighed;

  Sampler(SamplerChain chain, int vocabularySize, long seed, Kernels kernels) {
    this.chain = chain;
    this.steps = chain.steps().toArray(new Step[0]);
    this.vocabularySize = vocabularySize;
    this.seed = seed;
    this.rows = kernels.rows;
    this.survivors = new Survivors(vocabularySize);
    this.logits = new Logits(survivors);
    this.named = new int[steps.length][];
    this.biases = new float[steps.length][];
    this.banned = new int[steps.length][][];
    this.feedback = new Feedback[steps.length];
    for (int i = 0; i < steps.length; i++) {
      unpack(steps[i], i);
    }
  }

  /** Takes a step's collections apart, which would make objects of their numbers at every call. */
  private void unpack(Step step, int i) {
    if (step instanceof Step.LogitBias(SortedMap<Integer, Float> bias)) {
      named[i] = ints(bias.keySet());
      biases[i] = new float[bias.size()];
      for (int j = 0; j < named[i].length; j++) {
        biases[i][j] = bias.getOrDefault(named[i][j], 0f);
      }
    } else if (step instanceof Step.MinLength end) {
      named[i] = ints(end.ends());
    } else if (step instanceof Step.Dry dry) {
      named[i] = ints(dry.breakers());
      Arrays.sort(named[i]);
    } else if (step instanceof Step.Banned ban) {
      banned[i] = ban.sequences().stream().map(Sampler::ints).toArray(int[][]::new);
    } else if (step instanceof Step.MirostatV1 m) {
      feedback[i] = Feedback.mirostat(m.tau());
    } else if (step instanceof Step.MirostatV2 m) {
      feedback[i] = Feedback.mirostat(m.tau());
    } else if (step instanceof Step.AdaptiveP p) {
      feedback[i] = Feedback.adaptiveP(p.target(), p.decay());
    }
  }

  private static int[] ints(Collection<Integer> numbers) {
    return numbers.stream().mapToInt(Integer::intValue).toArray();
  }

  /**
   * A sampler that goes on from here on its own: the same chain, seed, position and history. Beams
   * and parallel samples begin so.
   *
   * @return the copy; it has sampled nothing yet
   */
  public Sampler fork() {
    Sampler copy = new Sampler(chain, vocabularySize, seed, new Kernels(rows));
    copy.position = position;
    copy.history = history.copy();
    for (int i = 0; i < feedback.length; i++) {
      Feedback own = feedback[i];
      copy.feedback[i] = own == null ? null : own.copy();
    }
    return copy;
  }

  /** Begins anew: no history, position 0, nothing sampled. */
  public void reset() {
    history.clear();
    for (Feedback own : feedback) {
      if (own != null) {
        own.reset();
      }
    }
    position = 0;
    mask = null;
    row = NONE;
  }

  /**
   * Adds the prompt's tokens to the history, which steps such as penalties look at.
   *
   * @param tokens their ids
   * @throws IllegalArgumentException if an id is not in [0, {@link #vocabularySize()}); then none
   *     was added
   * @throws IllegalStateException if tokens were accepted already
   */
  public void acceptPrompt(int... tokens) {
    if (history.generated() > 0) {
      throw new IllegalStateException("the prompt comes before the tokens that are accepted");
    }
    for (int token : tokens) {
      checkToken(token);
    }
    for (int token : tokens) {
      history.addPrompt(token);
    }
  }

  /**
   * Adds a token to the history, and tells steps that steer (mirostat, adaptive-p) of it if it is
   * the one drawn last. No call of {@code sample} does: the caller may choose another.
   *
   * <p><b>Allocation:</b> the history doubles its room when it is used up.
   *
   * @param token its id
   * @throws IllegalArgumentException if it is not in [0, {@link #vocabularySize()})
   */
  public void accept(int token) {
    checkToken(token);
    history.add(token);
    if (row != NONE && unheard && token == this.token) {
      unheard = false;
      observe();
    }
  }

  /** Tells the steps that steer of the token drawn last. */
  private void observe() {
    for (int i = 0; i < steps.length; i++) {
      Feedback own = feedback[i];
      if (own == null) {
        continue;
      }
      if (steps[i] instanceof Step.MirostatV1 m) {
        own.observe(logProbability(), m.tau(), m.eta());
      } else if (steps[i] instanceof Step.MirostatV2 m) {
        own.observe(logProbability(), m.tau(), m.eta());
      } else {
        own.observe(token);
      }
    }
  }

  private void checkToken(int token) {
    if (token < 0 || token >= vocabularySize) {
      throw new IllegalArgumentException(
          "token " + token + " is not in the vocabulary of " + vocabularySize);
    }
  }

  /**
   * Gives the tokens that the next call may choose, for a chain with {@link Step#allowed}: token i
   * may if bit {@code i % 64} of word {@code i / 64} is set; ids behind the last word may not.
   *
   * @param mask a bit for each token; referred to, not copied, until that call has succeeded
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(long[] mask) {
    for (Step step : steps) {
      if (step instanceof Step.Allowed) {
        this.mask = mask;
        return;
      }
    }
    throw new IllegalStateException("the chain has no step allowed(), which would read the mask");
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
    this.logits.open(logits, from, to);
    run(u);
    if (this.logits.narrowed) {
      weigh();
      token = rows.draw(survivors, u);
      tokenLogit = this.logits.get(token);
    } else {
      this.logits.whole();
      float[] whole = this.logits.row();
      int at = this.logits.from();
      token = rows.draw(whole, at, this.logits.to(), temperature, u, survivors);
      tokenLogit = whole[at + token];
    }
    mask = null;
    unheard = true;
    view.reset();
    this.row = this.logits.row();
    this.given = logits;
    this.from = this.logits.from();
    this.to = this.logits.to();
    return token;
  }

  /**
   * Applies the steps. The first that narrows works on the row, those behind it on the survivors.
   */
  private void run(double u) {
    weighed = Double.NaN;
    temperature = 1;
    int exclusions = 0;
    for (int n = 0; n < steps.length; n++) {
      Step step = steps[n];
      int minKeep = 1;
      if (step instanceof Step.MinKeep(Step filter, int least)) {
        step = filter;
        minKeep = least;
      }
      // Not a switch over patterns: it costs the first call of a JVM milliseconds.
      if (step instanceof Step.Temperature(float t)) {
        multiplyTemperature(t);
      } else if (step instanceof Step.TopK(int k)) {
        topK(Math.max(k, minKeep));
      } else if (step instanceof Step.TopP(float p)) {
        topP(p, minKeep);
      } else if (step instanceof Step.MinP(float p)) {
        if (p > 0) {
          cut(Cutoffs.minP(temperature, p), minKeep);
        }
      } else if (step instanceof Step.Typical(float p)) {
        if (p < 1) {
          widen();
          weigh();
          Surprisal.typical(survivors, temperature, p, logits.length(), minKeep);
          weighed = Double.NaN;
        }
      } else if (step instanceof Step.TopNSigma(float sigmas)) {
        widen();
        cut(Cutoffs.sigma(survivors, sigmas), minKeep);
      } else if (step instanceof Step.Xtc(float probability, float threshold)) {
        if (uniform(Double.doubleToRawLongBits(u), exclusions++) < probability) {
          widen();
          weigh();
          float cut = Cutoffs.xtc(survivors, temperature, threshold);
          if (Cutoffs.dropTop(survivors, cut, minKeep)) {
            weighed = Double.NaN;
          }
        }
      } else if (step instanceof Step.EpsilonCutoff(float epsilon)) {
        if (epsilon > 0) {
          widen();
          weigh();
          cut(Cutoffs.epsilon(survivors, temperature, epsilon), minKeep);
        }
      } else if (step instanceof Step.EtaCutoff(float epsilon)) {
        if (epsilon > 0) {
          widen();
          weigh();
          cut(Cutoffs.eta(survivors, temperature, epsilon), minKeep);
        }
      } else if (step instanceof Step.TopH(float h, int best)) {
        topK(best);
        widen();
        weigh();
        Surprisal.topH(survivors, temperature, h);
      } else if (step instanceof Step.DynamicTemperature(float min, float max, float exponent)) {
        boolean wasNarrowed = logits.narrowed;
        widen();
        weigh();
        double t = Surprisal.dynamicTemperature(survivors, temperature, min, max, exponent);
        if (!wasNarrowed) { // nor is it now: nothing was dropped
          logits.narrowed = false;
          weighed = Double.NaN;
        }
        multiplyTemperature(t);
      } else if (feedback[n] != null) {
        steer(step, feedback[n]);
      } else {
        adjust(step, n);
      }
    }
  }

  /** A step that depends on what was drawn before. */
  private void steer(Step step, Feedback own) {
    if (step instanceof Step.MirostatV1(float tau, float eta, int m)) {
      if (!logits.narrowed) {
        logits.topK(rows, m);
      }
      int k = own.topK(survivors, temperature, m, logits.length());
      if (logits.narrowed || k <= m) {
        survivors.topK(k);
      } else {
        logits.topK(rows, k);
      }
      logits.narrowed = true;
      weighed = Double.NaN;
    } else if (step instanceof Step.MirostatV2) {
      widen();
      weigh();
      cut(Cutoffs.epsilon(survivors, temperature, own.leastProbability()), 1);
    } else if (step instanceof Step.AdaptiveP(float target, float decay)) {
      widen();
      weigh();
      own.adapt(survivors, target);
      temperature = 1;
      weighed = Double.NaN;
    }
  }

  /** A step that changes the logits of a few tokens. */
  private void adjust(Step step, int n) {
    if (step instanceof Step.RepetitionPenalty(float penalty, int last, boolean prompt)) {
      penalties.repetition(logits, history, history.start(last, prompt), penalty);
    } else if (step instanceof Step.FrequencyPenalty(float penalty, int last, boolean prompt)) {
      int start = history.start(last, prompt);
      penalties.occurrence(logits, history, start, penalty, 0, temperature);
    } else if (step instanceof Step.PresencePenalty(float penalty, int last, boolean prompt)) {
      int start = history.start(last, prompt);
      penalties.occurrence(logits, history, start, 0, penalty, temperature);
    } else if (step instanceof Step.Dry dry) {
      penalties.dry(
          logits,
          history,
          history.start(dry.range(), true),
          dry.multiplier(),
          dry.base(),
          dry.allowed(),
          named[n],
          temperature);
    } else if (step instanceof Step.NoRepeatNgram(int length)) {
      penalties.noRepeat(logits, history, length);
    } else if (step instanceof Step.LogitBias) {
      for (int i = 0; i < named[n].length; i++) {
        bias(named[n][i], biases[n][i]);
      }
    } else if (step instanceof Step.Banned) {
      for (int[] sequence : banned[n]) {
        Penalties.ban(logits, history, sequence);
      }
    } else if (step instanceof Step.MinLength(int least, List<Integer> ends)) {
      if (history.generated() < least) {
        for (int end : named[n]) {
          logits.mask(end);
        }
      }
    } else if (step instanceof Step.Allowed) {
      if (mask == null) {
        throw new IllegalStateException("the chain has a step allowed(), but no mask was given");
      }
      logits.allow(mask);
    } else {
      throw new AssertionError(step);
    }
    logits.settle();
    weighed = Double.NaN;
  }

  private void bias(int token, float bias) {
    if (bias == Float.NEGATIVE_INFINITY) {
      logits.mask(token);
    } else {
      logits.set(token, (float) (logits.get(token) + bias * temperature));
    }
  }

  /** Makes survivors of all unmasked tokens, for a step without a kernel for whole rows. */
  private void widen() {
    if (!logits.narrowed) {
      logits.whole();
      int best = rows.argMax(logits.row(), logits.from(), logits.to());
      survivors.all(logits.row(), logits.from(), logits.to());
      survivors.max = logits.get(best) + 0f;
      logits.narrowed = true;
      weighed = Double.NaN;
    }
  }

  private void weigh() {
    if (weighed != temperature) {
      rows.weights(survivors, temperature);
      weighed = temperature;
    }
  }

  private void multiplyTemperature(double t) {
    if (t > 0) {
      temperature = Math.clamp(temperature * t, COLDEST, HOTTEST);
    } else {
      greedy();
    }
  }

  private void greedy() {
    if (logits.narrowed) {
      survivors.topK(1);
    } else {
      logits.topK(rows, 1);
    }
    logits.narrowed = true;
    weighed = Double.NaN;
  }

  private void topK(int k) {
    if (k >= logits.length()) {
      return;
    }
    if (logits.narrowed) {
      survivors.topK(k);
    } else {
      logits.topK(rows, k);
    }
    logits.narrowed = true;
    weighed = Double.NaN;
  }

  private void topP(float p, int minKeep) {
    if (p == 1) {
      return;
    }
    if (logits.narrowed) {
      weigh();
      survivors.topP(p, logits.length(), minKeep);
      return;
    }
    logits.whole();
    rows.topP(logits.row(), logits.from(), logits.to(), temperature, p, survivors);
    if (survivors.size < minKeep) {
      logits.topK(rows, minKeep);
      weighed = Double.NaN;
    } else {
      weighed = temperature;
    }
    logits.narrowed = true;
  }

  /** Keeps {@code x - max >= threshold}. */
  private void cut(float threshold, int minKeep) {
    if (logits.narrowed) {
      survivors.minP(threshold, minKeep);
    } else {
      logits.whole();
      rows.minP(logits.row(), logits.from(), logits.to(), threshold, survivors);
      if (survivors.size < minKeep) {
        logits.topK(rows, minKeep);
      }
    }
    logits.narrowed = true;
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
    return probabilityOf(tokenLogit);
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
    return logProbabilityOf(tokenLogit);
  }

  private double logProbabilityOf(float logit) {
    double difference = (double) logit - survivors.max;
    return difference / temperature - StrictMath.log(survivors.total) + 0.0; // no -0
  }

  /**
   * Writes the logits as the last call's chain left them: those of the tokens that survived, and
   * {@code -Infinity} for all others.
   *
   * <p>Steps that change logits have their effect; temperatures, which scale without changing the
   * order, have none. <b>Cost:</b> linear in the row. <b>Allocation:</b> none.
   *
   * @param out where they go, as long as the row; not the row itself
   * @param outFrom the index of the first
   * @throws IndexOutOfBoundsException if they do not fit
   * @throws IllegalArgumentException if {@code out} is the array that holds the row
   * @throws IllegalStateException before the first success and after a failed call
   */
  public void maskedLogits(float[] out, int outFrom) {
    writeRow(out, outFrom, false);
  }

  /**
   * Writes the probabilities of the last call: those of the tokens that survived, renormalised, and
   * 0 for all others. Each has the bits of {@link Candidates#probability}.
   *
   * <p><b>Cost:</b> linear in the row. <b>Allocation:</b> none.
   *
   * @param out where they go, as long as the row; not the row itself
   * @param outFrom the index of the first
   * @throws IndexOutOfBoundsException if they do not fit
   * @throws IllegalArgumentException if {@code out} is the array that holds the row
   * @throws IllegalStateException before the first success and after a failed call
   */
  public void probabilities(float[] out, int outFrom) {
    writeRow(out, outFrom, true);
  }

  private void writeRow(float[] out, int outFrom, boolean asProbabilities) {
    checkSampled();
    int length = to - from;
    Objects.checkFromIndexSize(outFrom, length, out.length);
    if (out == row || out == given) {
      throw new IllegalArgumentException("out is the array that holds the row");
    }
    if (logits.narrowed) {
      Arrays.fill(out, outFrom, outFrom + length, asProbabilities ? 0 : Float.NEGATIVE_INFINITY);
      for (int i = 0; i < survivors.size; i++) {
        float logit = survivors.values[i];
        out[outFrom + survivors.ids[i]] = asProbabilities ? probabilityOf(logit) : logit;
      }
    } else {
      for (int i = 0; i < length; i++) {
        float logit = row[from + i];
        out[outFrom + i] = asProbabilities ? probabilityOf(logit) : logit;
      }
    }
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
      counted = logits.narrowed;
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

    @Override
    public double logProbability(int i) {
      return logProbabilityOf(Order.value(key(i)));
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
