package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.Objects;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;
import org.logitkernels.internal.Backend;
import org.logitkernels.internal.Crew;
import org.logitkernels.internal.History;
import org.logitkernels.internal.Logits;
import org.logitkernels.internal.Order;
import org.logitkernels.internal.Row;
import org.logitkernels.internal.Rows;
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
 * <p><b>Faults:</b> a call of {@code sample} that ends with an error, an {@link OutOfMemoryError}
 * or a {@link StackOverflowError} too, has used no position and no mask, and can be made again. If
 * another thread changes the row meanwhile, the call gives a token of the row or fails, with an
 * {@link IllegalArgumentException} or an {@link IllegalStateException}. Enforced by {@code
 * FaultsContract}.
 *
 * <p>Not thread-safe: one per sequence.
 */
public final class Sampler {
  /** Where the numbers of further draws, and of their race, begin among those hashed from u. */
  private static final long FURTHER = 1L << 32;

  private static final long RACE = 1L << 33;

  /** Logits below which a row is done before others have begun to help. */
  static final int SHORTEST_SHARED = Row.SHORTEST_SPLIT;

  private final SamplerChain chain;
  private final int vocabularySize;
  private final long seed;
  private final Backend backend;
  private final RowSource source;
  private final AppliedChain applied;
  private final Survivors survivors;
  private final Logits logits;
  private final View view = new View();

  private long position;
  private History history = new History();
  private long @Nullable [] mask;

  // Of the last call.
  private boolean sampled;
  private float @Nullable [] array;
  private int token;
  private float tokenLogit;

  /** Whether the token is still to be accepted. */
  private boolean unheard;

  Sampler(SamplerChain chain, int vocabularySize, long seed, Kernels kernels) {
    this.chain = chain;
    this.vocabularySize = vocabularySize;
    this.seed = seed;
    this.backend = kernels.rows;
    this.applied = new AppliedChain(chain, vocabularySize, backend);
    this.survivors = applied.survivors;
    this.source = new RowSource(backend, survivors);
    this.logits = applied.logits;
  }

  /**
   * A sampler that goes on from here on its own: the same chain, seed, position and history. Beams
   * and parallel samples begin so.
   *
   * @return the copy; it has sampled nothing yet
   */
  public Sampler fork() {
    Sampler copy = new Sampler(chain, vocabularySize, seed, new Kernels(backend));
    copy.position = position;
    copy.history = history.copy();
    copy.applied.rememberAs(applied);
    return copy;
  }

  /** Begins anew: no history, position 0, nothing sampled. */
  public void reset() {
    history.clear();
    applied.forget();
    position = 0;
    mask = null;
    sampled = false;
  }

  /**
   * Adds the prompt's tokens to the history, which steps such as penalties look at: all of them, or
   * none if the call ends with an error.
   *
   * @param tokens their ids
   * @throws IllegalArgumentException if an id is not in [0, {@link #vocabularySize()})
   * @throws IllegalStateException if tokens were accepted already
   */
  public void acceptPrompt(int... tokens) {
    if (history.generated() > 0) {
      throw new IllegalStateException("the prompt comes before the tokens that are accepted");
    }
    for (int token : tokens) {
      checkToken(token);
    }
    history.addPrompt(tokens);
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
    if (sampled && unheard && token == this.token) {
      unheard = false;
      applied.observe(token, logProbability());
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
    for (Step step : chain.steps()) {
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
    sampled = false;
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
    int token = sample(logits, from, to, next());
    position++;
    return token;
  }

  /** The draw at the position. */
  private double next() {
    if (position == Long.MAX_VALUE) {
      sampled = false;
      throw new IllegalStateException("the stream has no draw left: position " + position);
    }
    return RandomStream.draw(seed, position);
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
    open(logits, from, to);
    return draw(u);
  }

  /**
   * Draws a token from a row in a memory segment, with the draw at {@link #position()}, which then
   * grows by 1: otherwise as {@link #sample(MemorySegment, long, int, ElementType, double)}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @return the token's id
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException if the row is empty or longer than {@link #vocabularySize()},
   *     or holds NaN or +Infinity (the message names the lowest offending index)
   * @throws IllegalStateException if every token is masked, the segment's memory was released, or
   *     the stream's last draw was used
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(MemorySegment logits, long byteOffset, int length, ElementType type) {
    int token = sample(logits, byteOffset, length, type, next());
    position++;
    return token;
  }

  /**
   * Draws a token from a row in a memory segment, with a given uniform number: the token, and all
   * that can be read out, have the bits of the row widened to a {@code float[]}.
   *
   * <p><b>Cost:</b> native {@code FLOAT32} rows, and rows in a {@code float[]}, are read where they
   * lie. Halves are widened in one read, into memory of this sampler's, which grows to 4 bytes per
   * logit once. Other rows on the heap (unaligned, read-only, in arrays of other types) are copied.
   * The segment is referred to until the next call, which {@link #candidates()} may read it in.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param u in [0, 1)
   * @return the token's id
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException if the row is empty or longer than {@link #vocabularySize()},
   *     or holds NaN or +Infinity (the message names the lowest offending index)
   * @throws IllegalStateException if every token is masked, the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(MemorySegment logits, long byteOffset, int length, ElementType type, double u) {
    sampled = false;
    RowSource.checkPlace(logits, byteOffset, length, type);
    checkLength(length);
    Kernels.checkUniform(u);
    open(source.open(logits, byteOffset, length, type));
    return draw(u);
  }

  /**
   * Draws a token from the logits between a buffer's position and its limit, which stay where they
   * are, with the draw at {@link #position()}, which then grows by 1.
   *
   * @param logits direct, or on the heap
   * @return the token's id
   * @throws IllegalArgumentException if the buffer has no logits left or more than {@link
   *     #vocabularySize()}, is not in the machine's byte order, or holds NaN or +Infinity
   * @throws IllegalStateException if every token is masked, or the stream's last draw was used
   */
  public int sample(FloatBuffer logits) {
    int token = sample(logits, next());
    position++;
    return token;
  }

  /**
   * The same with a given uniform number, as {@link #sample(MemorySegment, long, int, ElementType,
   * double)}: direct buffers and those of an array are read where they lie.
   *
   * @param logits direct, or on the heap
   * @param u in [0, 1)
   * @return the token's id
   * @throws IllegalArgumentException if u is not in [0, 1), or as above
   * @throws IllegalStateException if every token is masked
   */
  public int sample(FloatBuffer logits, double u) {
    sampled = false;
    checkLength(logits.remaining());
    Kernels.checkUniform(u);
    open(source.open(logits));
    return draw(u);
  }

  /** Whether its kernels can share a row among threads. */
  boolean isShareable() {
    return backend.parts() != null;
  }

  /** Shares the passes over rows from {@link #SHORTEST_SHARED} on with a crew, or with nobody. */
  void share(@Nullable Crew crew) {
    survivors.crew = crew;
  }

  /** Points at a row. Nothing counts as sampled until a token was drawn. */
  private void open(float[] logits, int from, int to) {
    sampled = false;
    Kernels.checkRange(logits, from, to);
    checkLength(to - from);
    open(source.open(logits, from, to));
  }

  private void open(Row<?> row) {
    array = row instanceof Row.OfArray of ? of.array() : null;
    logits.open(row);
  }

  private void checkLength(int length) {
    if (length > vocabularySize) {
      throw new IllegalArgumentException(
          "the row has " + length + " logits, but the vocabulary size is " + vocabularySize);
    }
  }

  private int draw(double u) {
    choose(u);
    succeed();
    return token;
  }

  /** Applies the chain, and draws. */
  private void choose(double u) {
    Kernels.checkUniform(u);
    applied.apply(u, history, mask);
    token = applied.draw(u);
    if (token < 0) {
      throw Rows.changed();
    }
    tokenLogit = logits.get(token);
  }

  /** At the very end: a call that fails has sampled nothing, and the mask is for the next one. */
  private void succeed() {
    view.reset();
    mask = null;
    unheard = true;
    sampled = true;
  }

  /**
   * Draws several different tokens from a row, with the draw at {@link #position()}, which then
   * grows by 1: otherwise as {@link #sampleWithoutReplacement(float[], int, int, double, int,
   * int[], double[])}.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param n how many, at least 1
   * @param tokens where their ids go, in the order in which they are drawn
   * @param perturbed where their perturbed log-probabilities go, descending
   * @return how many were drawn
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if n is below 1 or an output shorter, or as for {@link
   *     #sample(float[], int, int)}
   * @throws IllegalStateException as for {@link #sample(float[], int, int)}
   */
  public int sampleWithoutReplacement(
      float[] logits, int from, int to, int n, int[] tokens, double[] perturbed) {
    double u = next();
    int drawn = sampleWithoutReplacement(logits, from, to, u, n, tokens, perturbed);
    position++;
    return drawn;
  }

  /**
   * Draws several different tokens from a row: without replacement, each from what those before it
   * have left; with a given uniform number, a pure function.
   *
   * <p><b>Definition:</b> the first token is that of {@link #sample(float[], int, int, double)};
   * each further one is drawn likewise, without the tokens drawn before, by a number that is a hash
   * of u and of its place. Tokens of no weight are never drawn, so there may be fewer than n.
   * Beside each goes its perturbed log-probability, {@code ln p + G} with G from a Gumbel
   * distribution, as if every token had been perturbed and the n largest were taken (the Gumbel
   * top-k trick): here the times of an exponential race, {@code t_i = t_(i-1) + E_i / (1 - p_1 -
   * ... - p_(i-1))}, as {@code -ln t_i}.
   *
   * <p>{@link #candidates()}, {@link #probability()} and {@link #accept} are then about the first
   * token and what it was drawn from.
   *
   * <p><b>Cost:</b> that of one token, and for each further one that of summing a block of the row
   * again, or of a pass over the tokens that the chain left. <b>Allocation:</b> none in steady
   * state. The distribution is tested by {@code WithoutReplacementContract}.
   *
   * <p><b>Source:</b> Kool et al., Stochastic Beams and Where to Find Them, arXiv:1903.06059;
   * Maddison et al., A* Sampling, arXiv:1411.0030.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @param u in [0, 1)
   * @param n how many, at least 1
   * @param tokens where their ids go, in the order in which they are drawn
   * @param perturbed where their perturbed log-probabilities go, descending
   * @return how many were drawn
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException if n is below 1 or an output shorter, or as for {@link
   *     #sample(float[], int, int, double)}
   * @throws IllegalStateException if every token is masked
   */
  public int sampleWithoutReplacement(
      float[] logits, int from, int to, double u, int n, int[] tokens, double[] perturbed) {
    sampled = false;
    Kernels.checkCount("n", n);
    Kernels.checkOutput("tokens", tokens.length, n);
    Kernels.checkOutput("perturbed", perturbed.length, n);
    open(logits, from, to);
    choose(u);
    double total = survivors.total;
    double time = 0;
    int next = token;
    int drawn = 0;
    while (next >= 0) {
      double waiting = -StrictMath.log(RandomStream.hashed(u, RACE + drawn) + 0x1p-54);
      time += waiting / (survivors.total / total);
      tokens[drawn] = next;
      perturbed[drawn] = -StrictMath.log(time);
      drawn++;
      if (drawn == n) {
        break;
      }
      applied.exclude(next);
      next = applied.draw(RandomStream.hashed(u, FURTHER + drawn));
    }
    survivors.total = total;
    succeed();
    return drawn;
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
    return difference / applied.temperature - StrictMath.log(survivors.total) + 0.0; // no -0
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
    int length = logits.length();
    Objects.checkFromIndexSize(outFrom, length, out.length);
    if (out == array) {
      throw new IllegalArgumentException("out is the array that holds the row");
    }
    if (logits.narrowed) {
      Arrays.fill(out, outFrom, outFrom + length, asProbabilities ? 0 : Float.NEGATIVE_INFINITY);
      for (int i = 0; i < survivors.size; i++) {
        float logit = survivors.values[i];
        out[outFrom + survivors.ids[i]] = asProbabilities ? probabilityOf(logit) : logit;
      }
    } else {
      logits.copyTo(out, outFrom);
      for (int i = outFrom; asProbabilities && i < outFrom + length; i++) {
        out[i] = probabilityOf(out[i]);
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
    if (!sampled) {
      throw new IllegalStateException(
          "no token has been sampled: the last call failed or there was none");
    }
  }

  private float probabilityOf(float logit) {
    return survivors.weight(logit, applied.temperature) * (float) (1 / survivors.total);
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
        logits.all();
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
