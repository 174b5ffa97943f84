package org.logitkernels;

import java.lang.foreign.MemorySegment;
import java.nio.FloatBuffer;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.StringJoiner;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;
import org.logitkernels.chain.ChainState;
import org.logitkernels.chain.CompiledChain;
import org.logitkernels.chain.RandomStream;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.Row;
import org.logitkernels.rows.WorkCrew;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A chain at work on one sequence: rows of logits in, tokens out.
 *
 * <p>A program generates with {@link #next(float[])}, which draws a token and adds it to the
 * history, or with {@link #sample(float[])} and {@link #accept}, where it may choose another token
 * than the one drawn:
 *
 * {@snippet lang=java :
 * float[][] model = {{0, 3, 1, 0}, {1, 0, 3, 1}, {0, 1, 0, 3}, {1, 0, 0, 0}}; // a row by token
 * Sampler sampler = SamplerChain.parse("temperature=0.8, top_p=0.95").newSampler(4, 42);
 * sampler.acceptPrompt(0);
 * int end = 3;
 * for (int token = 0; token != end; ) {
 *   token = sampler.next(model[token]);
 *   System.out.println(token + " with probability " + sampler.probability());
 *   // 1 with probability 0.9241418
 *   // 2 with probability 0.8589811
 *   // 3 with probability 0.9241418
 * }
 * }
 *
 * <p><b>Randomness:</b> a stream addressed by seed and position. Draw number n is the n-th (from 0)
 * {@code nextLong()} of {@code new java.util.SplittableRandom(seed)}, its upper 53 bits as a
 * fraction in [0, 1): {@link #draw}. Every call of {@link #sample(float[])} that succeeds uses one
 * position, greedy chains too; a failed call uses none.
 *
 * <p>The token, the candidates and their probabilities have the same bits on every backend.
 *
 * <p><b>The life of a draw:</b> a token that was drawn waits to be accepted. Steps that steer
 * (mirostat, adaptive-p) learn of a token when it is accepted, and of no other.
 *
 * <table class="striped">
 * <caption>What becomes of the draw that waits</caption>
 * <thead><tr><th scope="col">event</th><th scope="col">the draw that waits</th></tr></thead>
 * <tbody>
 * <tr><td>{@code sample} gives a token</td><td>it waits, in the place of any that waited; of
 *     several tokens drawn at once the first waits</td></tr>
 * <tr><td>{@code accept} of its token, {@code next}</td><td>it is accepted: steps learn of
 *     it</td></tr>
 * <tr><td>{@code accept} of another token, {@code acceptPrompt}, {@code rollback}, {@code
 *     reset}</td><td>its place is taken: it is forgotten</td></tr>
 * <tr><td>{@code fork}</td><td>it waits in both, and each may accept it</td></tr>
 * <tr><td>a call that fails, {@code apply}, {@code position}, read-outs</td><td>it goes on
 *     waiting</td></tr>
 * </tbody>
 * </table>
 *
 * <p>A step that depends on what was accepted goes wrong if the caller forgets to accept. So the
 * second of two draws from the stream, with nothing accepted between them, is an {@link
 * IllegalStateException} for a chain with such a step. It is none after {@link #position(long)},
 * {@link #fork()}, {@link #acceptPrompt} (of no tokens too) or {@link #rollback} (of none too), and
 * none with a number of the caller's or after such a draw: whoever calls these means it.
 *
 * <p><b>Allocation:</b> none in steady state. <b>Footprint:</b> between calls about 35 KB, and
 * beside them the history and what the steps remember. The arrays as long as a row (see {@link
 * Workspace}) are shared by all samplers of a vocabulary: a call takes some and gives them back at
 * its end. They stay with the sampler until its next call if more than 2,048 candidates are left,
 * or if nothing was narrowed and the row was copied, changed or masked: candidates can be read
 * until then. So a sampler whose last row was like that holds up to 39 bytes for each token of the
 * vocabulary. Enforced by {@code FootprintContract}. The history doubles its room when it is used
 * up; it is kept only for chains that read it. A row in an array is referred to, not copied, until
 * the next call; what becomes of others is said where they are taken.
 *
 * <p><b>Rows that change:</b> candidates and probabilities are those of the row that was sampled.
 * After a filter nothing of the row is read again. A chain that narrows nothing reads the row again
 * when its candidates or probabilities are first asked for. If the caller has written to the row
 * before, that is an {@link IllegalStateException}, found by the sums of the row's blocks. A change
 * that no sum shows, of tokens that weigh next to nothing or only change places, may pass. No
 * probability is ever above 1.
 *
 * <p><b>Faults:</b> a call of {@code sample} that ends with an error, an {@link OutOfMemoryError}
 * or a {@link StackOverflowError} too, has used no position and no mask, and can be made again. If
 * another thread changes the row meanwhile, the call gives a token of the row or fails, with an
 * {@link IllegalArgumentException} or an {@link IllegalStateException}. Enforced by {@code
 * FaultsContract}.
 *
 * <p>Not thread-safe: one sampler per sequence. Most uses by two threads at the same time end in an
 * {@link IllegalStateException} that says so, and none without an end.
 */
public final class Sampler {
  /** Where the numbers of further draws, and of their race, begin among those hashed from u. */
  private static final long FURTHER = 1L << 32;

  private static final long RACE = 1L << 33;

  /** In the place of a token: there is none. */
  private static final int NONE = -1;

  /** Logits below which a row is done before others have begun to help. */
  static final int SHORTEST_SHARED = Row.SHORTEST_SPLIT;

  private final SamplerChain chain;
  private final int vocabularySize;
  private final long seed;
  private final Backend backend;
  private final RowSource source;
  private final CompiledChain compiled;
  private final ChainState state;
  private final Survivors survivors;
  private final View view = new View();

  private static final AtomicIntegerFieldUpdater<Sampler> BUSY =
      AtomicIntegerFieldUpdater.newUpdater(Sampler.class, "busy");

  private static final int FREE = 0;
  private static final int CALLED = 1;

  /**
   * Whether a call is under way. Written at its end without a call of a method, for which the stack
   * may have no room.
   */
  private volatile int busy;

  private long position;
  private long @Nullable [] mask;
  private long[] copiedMask = {};

  /** The token that was drawn and waits to be accepted, or none. */
  private int waiting = NONE;

  /** Whether another draw from the stream would be a mistake before a token is accepted. */
  private boolean owesAccept;

  // Of the last call.
  private boolean sampled;
  private float @Nullable [] array;
  private int token;
  private float tokenLogit;

  Sampler(SamplerChain chain, int vocabularySize, long seed, Kernels kernels) {
    this(chain, vocabularySize, seed, kernels.rows, compile(chain, vocabularySize, kernels.rows));
  }

  private Sampler(
      SamplerChain chain, int vocabularySize, long seed, Backend backend, CompiledChain compiled) {
    this.chain = chain;
    this.vocabularySize = vocabularySize;
    this.seed = seed;
    this.backend = backend;
    this.compiled = compiled;
    this.state = compiled.state();
    this.survivors = state.survivors();
    this.source = new RowSource(backend, survivors);
  }

  private static CompiledChain compile(SamplerChain chain, int vocabularySize, Backend backend) {
    return new CompiledChain(
        StepKinds.actions(chain.steps()), chain.steps(), vocabularySize, backend);
  }

  /**
   * The uniform number that a draw of a stream uses, as a pure function: for programs that need
   * numbers of their own beside the sampler's, addressed likewise, as {@link Speculative} does.
   *
   * <p><b>Definition:</b> the upper 53 bits of the {@code nextLong()} number {@code position}, from
   * 0, of {@code new java.util.SplittableRandom(seed)}, as a fraction in [0, 1). <b>Cost:</b> a few
   * nanoseconds at any position. <b>Allocation:</b> none. <b>Source:</b> Steele, Lea and Flood,
   * doi:10.1145/2660193.2660195.
   *
   * {@snippet lang=java :
   * System.out.println(Sampler.draw(42, 0));
   * // 0.7415648787718233
   * System.out.println((new SplittableRandom(42).nextLong() >>> 11) * 0x1p-53);
   * // 0.7415648787718233
   * }
   *
   * @param seed selects the stream
   * @param position the number of the draw, from 0
   * @return the number, in [0, 1)
   * @throws IllegalArgumentException if the position is negative
   */
  public static double draw(long seed, long position) {
    checkPosition(position);
    return RandomStream.draw(seed, position);
  }

  /**
   * A sampler that goes on from here on its own: the same chain, seed, position, history, draw that
   * waits, and mask for the next row.
   *
   * <p>It is for beams, and for trying something out and coming back: given the same rows, it draws
   * the same tokens as this one, until it accepts others or is moved to another position. For
   * parallel samples, which should differ, take {@link #fork(long)}.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of().newSampler(3, 42);
   * Sampler copy = sampler.fork(); // the same draws
   * Sampler other = sampler.fork(44); // draws of its own
   * System.out.println(sampler.sample(logits) + " " + copy.sample(logits) + " " + other.sample(logits));
   * // 1 1 2
   * }
   *
   * @return the copy; nothing can be read out of it yet
   */
  public Sampler fork() {
    return fork(seed);
  }

  /**
   * A sampler that goes on from here with another random stream: parallel samples of one prompt
   * begin so. Chain, position, history, the draw that waits and the mask are the same.
   *
   * <p>Streams of different seeds are independent; two forks with one seed draw the same tokens.
   *
   * @param seed selects the copy's stream
   * @return the copy; nothing can be read out of it yet
   */
  public Sampler fork(long seed) {
    begin();
    try {
      Sampler copy = new Sampler(chain, vocabularySize, seed, backend, compiled.fork());
      copy.position = position;
      copy.waiting = waiting;
      copy.mask = mask == copiedMask ? copiedMask.clone() : mask;
      owesAccept = false;
      return copy;
    } finally {
      busy = FREE;
    }
  }

  /**
   * Begins anew: no history, position 0, nothing sampled.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of().newSampler(3, 42);
   * int first = sampler.next(logits);
   * sampler.reset();
   * System.out.println(sampler.next(logits) == first);
   * // true
   * }
   */
  public void reset() {
    begin();
    try {
      compiled.reset();
      position = 0;
      mask = null;
      forgetDraw();
      sampled = false;
    } finally {
      busy = FREE;
    }
  }

  /**
   * Adds the prompt's tokens to the history, which steps such as penalties look at: all of them, or
   * none if the call ends with an error.
   *
   * <p>May be called again later, for a further turn of a conversation. Then all that was accepted
   * before counts as prompt from now on, as if the whole conversation had been one prompt: a
   * frequency penalty without the prompt begins to count anew, a minimum length counts the tokens
   * of the new answer, and {@link #rollback} reaches back to here. DRY, n-grams and penalties with
   * the prompt see one text. What mirostat and adaptive-p have learned stays.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1.9f, 0.5f};
   * Sampler sampler =
   *     SamplerChain.of(Step.repetitionPenalty(1.3), Step.temperature(0)).newSampler(3, 42);
   * sampler.acceptPrompt(0, 2);
   * System.out.println(sampler.next(logits)); // 0 was in the prompt: 2 / 1.3 is less than 1.9
   * // 1
   * }
   *
   * @param tokens their ids
   * @throws IllegalArgumentException if an id is not in [0, {@link #vocabularySize()}), or the
   *     history would be longer than an array
   */
  public void acceptPrompt(int... tokens) {
    begin();
    try {
      for (int i = 0; i < tokens.length; i++) {
        if (tokens[i] < 0 || tokens[i] >= vocabularySize) {
          throw new IllegalArgumentException("tokens[" + i + "]: " + noToken(tokens[i]));
        }
      }
      compiled.acceptPrompt(tokens);
      forgetDraw();
    } finally {
      busy = FREE;
    }
  }

  /**
   * Adds a token to the history: the one drawn last, of which steps that steer (mirostat,
   * adaptive-p) then learn, or another in its place. {@code sample} does not accept the token that
   * it draws, as the caller may choose another. {@link #next(float[])} does both.
   *
   * <p><b>Allocation:</b> the history doubles its room when it is used up; what steps that steer
   * remember, at most 16 bytes for each token, likewise.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1.9f, 0.5f};
   * Sampler sampler =
   *     SamplerChain.of(Step.repetitionPenalty(1.3), Step.temperature(0)).newSampler(3, 42);
   * int token = sampler.sample(logits);
   * sampler.accept(token);
   * System.out.println(token + ", then " + sampler.sample(logits));
   * // 0, then 1
   * }
   *
   * @param token its id
   * @throws IllegalArgumentException if it is not in [0, {@link #vocabularySize()}), or the history
   *     would be longer than an array
   */
  public void accept(int token) {
    begin();
    try {
      checkToken(token);
      compiled.reserve();
      add(token);
    } finally {
      busy = FREE;
    }
  }

  private void add(int token) {
    compiled.accept(token, token == waiting);
    forgetDraw();
  }

  private void forgetDraw() {
    waiting = NONE;
    owesAccept = false;
  }

  /**
   * Takes back the tokens that were accepted last, as if they never had been: for drafts that a
   * larger model has rejected. Penalties, n-grams and lengths count without them, and steps that
   * steer forget what they learned of them. The position stays; {@link #position(long)} moves it.
   *
   * <p><b>Cost:</b> that of accepting as many tokens. <b>Allocation:</b> none.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1.9f, 0.5f};
   * Sampler sampler =
   *     SamplerChain.of(Step.repetitionPenalty(1.3), Step.temperature(0)).newSampler(3, 42);
   * sampler.accept(0); // a draft
   * sampler.rollback(1); // was wrong
   * System.out.println(sampler.next(logits));
   * // 0
   * }
   *
   * @param tokens how many, at least 0, at most those accepted since the last {@link #acceptPrompt}
   * @throws IllegalArgumentException if it is another number
   */
  public void rollback(int tokens) {
    begin();
    try {
      if (tokens < 0 || tokens > compiled.generated()) {
        throw new IllegalArgumentException(
            "tokens must be in [0, "
                + compiled.generated()
                + "], as many as were accepted behind the prompt, but was "
                + tokens);
      }
      compiled.rollback(tokens);
      forgetDraw();
    } finally {
      busy = FREE;
    }
  }

  /** Begins a call. */
  private void begin() {
    if (!BUSY.compareAndSet(this, FREE, CALLED)) {
      throw RowErrors.shared();
    }
  }

  private void checkToken(int token) {
    if (token < 0 || token >= vocabularySize) {
      throw new IllegalArgumentException(noToken(token));
    }
  }

  private String noToken(int token) {
    return "token " + token + " is not in the vocabulary of " + vocabularySize;
  }

  /**
   * Gives the tokens that the next call may choose, for a chain with {@link Step#allowed}: token i
   * may if bit {@code i % 64} of word {@code i / 64} is set; ids behind the last word may not.
   * Logits of tokens that may not be chosen are not looked at, and may be NaN.
   *
   * <p>The mask waits for that call, which may be an {@link #apply(float[])} too, and is then used
   * up. A call that fails leaves it waiting, and so do {@code accept} and {@code rollback}; a fork
   * has it as well; {@code reset} forgets it.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of(Step.allowed(), Step.temperature(0)).newSampler(3, 42);
   * sampler.allow(new long[] {0b110}); // of a grammar: tokens 1 and 2
   * System.out.println(sampler.next(logits));
   * // 1
   * }
   *
   * @param mask a bit for each token; referred to, not copied, until that call has succeeded
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(long[] mask) {
    Objects.requireNonNull(mask, "mask");
    checkReadsMask();
    this.mask = mask;
  }

  /**
   * Gives the tokens that the next call may choose, as {@link #allow(long[])}, in a part of an
   * array: token i may if bit {@code i % 64} of word {@code from + i / 64} is set.
   *
   * <p>The mask is copied at once. <b>Cost:</b> a copy of a bit a token. <b>Allocation:</b> none in
   * steady state; a sampler that has once copied a mask keeps room for it. This holds of the other
   * methods below, too.
   *
   * @param mask holds the words
   * @param from the index of the first
   * @param words how many; tokens behind the last may not be chosen
   * @throws IndexOutOfBoundsException if the words do not lie in the array
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(long[] mask, int from, int words) {
    checkReadsMask();
    MaskWords.copy(mask, from, words, maskRoom());
    this.mask = maskRoom();
  }

  /**
   * Gives the tokens that the next call may choose, in words of 32 bits: token i may if bit {@code
   * i % 32} of word {@code i / 32} is set. XGrammar and llguidance make such masks.
   *
   * @param mask a bit for each token; copied at once
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(int[] mask) {
    allow(mask, 0, mask.length);
  }

  /**
   * The same in a part of an array.
   *
   * @param mask holds the words; copied at once
   * @param from the index of the first
   * @param words how many; tokens behind the last may not be chosen
   * @throws IndexOutOfBoundsException if the words do not lie in the array
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(int[] mask, int from, int words) {
    checkReadsMask();
    MaskWords.copy(mask, from, words, maskRoom());
    this.mask = maskRoom();
  }

  /**
   * Gives the tokens that the next call may choose, in memory: token i may if bit {@code i % 8} of
   * byte {@code i / 8} is set. On machines whose byte order is little-endian, words of any size in
   * memory are such a mask.
   *
   * @param mask native or on the heap; copied at once
   * @param byteOffset where the mask begins; any alignment
   * @param bytes how long it is; tokens behind it may not be chosen
   * @throws IndexOutOfBoundsException if the bytes do not lie in the segment
   * @throws IllegalStateException if the chain has no such step, or the segment's memory was
   *     released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public void allow(MemorySegment mask, long byteOffset, long bytes) {
    checkReadsMask();
    MaskWords.copy(mask, byteOffset, bytes, maskRoom());
    this.mask = maskRoom();
  }

  /**
   * Gives the tokens that the next call may choose, as {@link #allow(long[])}, in the words between
   * a buffer's position and its limit, which stay where they are.
   *
   * @param mask direct, or on the heap; copied at once
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(LongBuffer mask) {
    checkReadsMask();
    MaskWords.copy(mask, maskRoom());
    this.mask = maskRoom();
  }

  /**
   * Gives the tokens that the next call may choose, as {@link #allow(int[])}, in the words between
   * a buffer's position and its limit, which stay where they are.
   *
   * @param mask direct, or on the heap; copied at once
   * @throws IllegalStateException if the chain has no such step
   */
  public void allow(IntBuffer mask) {
    checkReadsMask();
    MaskWords.copy(mask, maskRoom());
    this.mask = maskRoom();
  }

  private void checkReadsMask() {
    if (!readsMask()) {
      throw new IllegalStateException(
          "the chain has no step allowed(), which would read the mask: add Step.allowed() to it");
    }
  }

  boolean readsMask() {
    return compiled.readsMask();
  }

  /** Room for a mask of the caller's: made when first needed. */
  private long[] maskRoom() {
    if (copiedMask.length == 0) {
      copiedMask = new long[MaskWords.count(vocabularySize)];
    }
    return copiedMask;
  }

  /**
   * Draws a token from a row, as {@link #sample(float[])}, and accepts it, as {@link #accept}: the
   * next token of the sequence.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of(Step.temperature(0.8)).newSampler(3, 42);
   * System.out.println(sampler.next(logits) + " " + sampler.next(logits) + " " + sampler.next(logits));
   * // 1 0 0
   * System.out.println(sampler.position());
   * // 3
   * }
   *
   * @param logits the row
   * @return the token's id
   * @throws IllegalArgumentException as for {@link #sample(float[])}, or if the history would be
   *     longer than an array
   * @throws IllegalStateException as for {@link #sample(float[])}
   */
  public int next(float[] logits) {
    return next(logits, 0, lengthOf(logits));
  }

  /**
   * Draws a token from a range of an array, as {@link #sample(float[], int, int)}, and accepts it,
   * as {@link #accept}.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return the token's id, counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException as for {@link #sample(float[], int, int)}, or if the history
   *     would be longer than an array
   * @throws IllegalStateException as for {@link #sample(float[], int, int)}
   */
  public int next(float[] logits, int from, int to) {
    beginCall();
    try {
      compiled.reserve();
      double u = streamDraw();
      open(logits, from, to);
      return addNext(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a row in a memory segment, as {@link #sample(MemorySegment, long, int,
   * ElementType)}, and accepts it, as {@link #accept}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @return the token's id
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException as for {@code sample}, or if the history would be longer than
   *     an array
   * @throws IllegalStateException as for {@code sample}
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int next(MemorySegment logits, long byteOffset, int length, ElementType type) {
    beginCall();
    try {
      compiled.reserve();
      double u = streamDraw();
      open(logits, byteOffset, length, type);
      return addNext(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a buffer, as {@link #sample(FloatBuffer)}, and accepts it, as {@link
   * #accept}.
   *
   * @param logits direct, or on the heap
   * @return the token's id
   * @throws IllegalArgumentException as for {@code sample}, or if the history would be longer than
   *     an array
   * @throws IllegalStateException as for {@code sample}
   */
  public int next(FloatBuffer logits) {
    beginCall();
    try {
      compiled.reserve();
      double u = streamDraw();
      open(logits);
      return addNext(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a row wherever it lies, as {@link #sample(Logits)}, and accepts it, as
   * {@link #accept}.
   *
   * @param logits where the row lies
   * @return the token's id
   * @throws IllegalArgumentException as for {@code sample}, or if the history would be longer than
   *     an array
   * @throws IllegalStateException as for {@code sample}
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int next(Logits logits) {
    beginCall();
    try {
      compiled.reserve();
      double u = streamDraw();
      open(logits);
      return addNext(u);
    } finally {
      busy = FREE;
    }
  }

  private int addNext(double u) {
    int token = drawFromStream(u);
    add(token);
    return token;
  }

  /**
   * Draws a token from a row, with the draw at {@link #position()}, which then grows by 1.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * int token = sampler.sample(logits);
   * System.out.println(token + " of " + sampler.candidates());
   * // 1 of [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param logits the row
   * @return the token's id
   * @throws IllegalArgumentException if the row is empty or longer than {@link #vocabularySize()},
   *     holds NaN or +Infinity (the message names the lowest offending index), or lacks a token
   *     that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, if the stream's last draw, number 2^63
   *     - 2, was used, or if the chain depends on what was accepted, and nothing was since the last
   *     draw
   */
  public int sample(float[] logits) {
    return sample(logits, 0, lengthOf(logits));
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
   *     #vocabularySize()}, holds NaN or +Infinity (the message names the lowest offending index,
   *     counted from {@code from}), or lacks a token that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, if the stream's last draw, number 2^63
   *     - 2, was used, or if the chain depends on what was accepted, and nothing was since the last
   *     draw
   */
  public int sample(float[] logits, int from, int to) {
    beginCall();
    try {
      double u = streamDraw();
      open(logits, from, to);
      return drawFromStream(u);
    } finally {
      busy = FREE;
    }
  }

  /** A missing row is a failed call, like any other bad row. */
  private int lengthOf(float[] logits) {
    if (logits == null) {
      beginCall();
      busy = FREE;
    }
    return logits.length;
  }

  /** Begins a call on a row: nothing can be read out until it has succeeded. */
  private void beginCall() {
    begin();
    sampled = false;
  }

  /** The number of the draw at the position. */
  private double streamDraw() {
    if (owesAccept) {
      throw new IllegalStateException(
          "token "
              + waiting
              + " was drawn before, and no token was accepted since, which the step "
              + compiled.dependentName()
              + " depends on: call accept(token) behind each draw, or next(row), which does both;"
              + " to draw again from one row, set position(long), fork, or give a number u");
    }
    if (position == Long.MAX_VALUE) {
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
   *     {@link #vocabularySize()}, holds NaN or +Infinity (the message names the lowest offending
   *     index, counted from {@code from}), or lacks a token that a bias, a ban or a minimum length
   *     names
   * @throws IllegalStateException if every token is masked
   */
  public int sample(float[] logits, int from, int to, double u) {
    beginCall();
    try {
      open(logits, from, to);
      return draw(u);
    } finally {
      busy = FREE;
    }
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
   *     holds NaN or +Infinity (the message names the lowest offending index), or lacks a token
   *     that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, the segment's memory was released, the
   *     stream's last draw was used, or the chain depends on what was accepted, and nothing was
   *     since the last draw
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(MemorySegment logits, long byteOffset, int length, ElementType type) {
    beginCall();
    try {
      double u = streamDraw();
      open(logits, byteOffset, length, type);
      return drawFromStream(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a row in a memory segment, with a given uniform number: the token, and all
   * that can be read out, have the bits of the row widened to a {@code float[]}.
   *
   * <p><b>Cost:</b> rows in a {@code float[]} are read where they lie, and native {@code FLOAT32}
   * rows too by vector kernels; scalar kernels copy those. Halves are widened in one read, into
   * memory that samplers share, 4 bytes per logit. Other rows on the heap (unaligned, read-only, in
   * arrays of other types) are copied. The segment is referred to until the next call, which {@link
   * #candidates()} may read it in.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @param u in [0, 1)
   * @return the token's id
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException if u is not in [0, 1), the row is empty or longer than {@link
   *     #vocabularySize()}, holds NaN or +Infinity (the message names the lowest offending index),
   *     or lacks a token that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(MemorySegment logits, long byteOffset, int length, ElementType type, double u) {
    beginCall();
    try {
      checkLength(length);
      Kernels.checkUniform(u);
      open(logits, byteOffset, length, type);
      return draw(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from the logits between a buffer's position and its limit, which stay where they
   * are, with the draw at {@link #position()}, which then grows by 1.
   *
   * @param logits direct, or on the heap
   * @return the token's id
   * @throws IllegalArgumentException if the buffer has no logits left or more than {@link
   *     #vocabularySize()}, is not in the machine's byte order, holds NaN or +Infinity, or lacks a
   *     token that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, the stream's last draw was used, or the
   *     chain depends on what was accepted, and nothing was since the last draw
   */
  public int sample(FloatBuffer logits) {
    beginCall();
    try {
      double u = streamDraw();
      open(logits);
      return drawFromStream(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * The same with a given uniform number, as {@link #sample(MemorySegment, long, int, ElementType,
   * double)}: a buffer of an array is read where it lies, and a direct one as a native segment is.
   *
   * @param logits direct, or on the heap
   * @param u in [0, 1)
   * @return the token's id
   * @throws IllegalArgumentException if u is not in [0, 1), or as above
   * @throws IllegalStateException if every token is masked
   */
  public int sample(FloatBuffer logits, double u) {
    beginCall();
    try {
      checkLength(logits.remaining());
      Kernels.checkUniform(u);
      open(logits);
      return draw(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a row wherever it lies, with the draw at {@link #position()}, which then
   * grows by 1: otherwise as {@link #sample(Logits, double)}.
   *
   * @param logits where the row lies
   * @return the token's id
   * @throws IllegalArgumentException if the row is longer than {@link #vocabularySize()}, holds NaN
   *     or +Infinity (the message names the lowest offending index), or lacks a token that a bias
   *     or ban names
   * @throws IllegalStateException if every token is masked, the segment's memory was released, the
   *     stream's last draw was used, or the chain depends on what was accepted, and nothing was
   *     since the last draw
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(Logits logits) {
    beginCall();
    try {
      double u = streamDraw();
      open(logits);
      return drawFromStream(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws a token from a row wherever it lies, with a given uniform number: the token, and all that
   * can be read out, have the bits of the row widened to a {@code float[]}.
   *
   * <p><b>Cost:</b> as {@link Logits} tells. The memory is referred to until the next call, which
   * {@link #candidates()} may read it in. The handle itself is not: it may be pointed elsewhere as
   * soon as this call has ended.
   *
   * @param logits where the row lies
   * @param u in [0, 1)
   * @return the token's id
   * @throws IllegalArgumentException if u is not in [0, 1), the row is longer than {@link
   *     #vocabularySize()}, holds NaN or +Infinity (the message names the lowest offending index),
   *     or lacks a token that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked, or the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sample(Logits logits, double u) {
    beginCall();
    try {
      checkLength(logits.length());
      Kernels.checkUniform(u);
      open(logits);
      return draw(u);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Applies the chain to a row and draws nothing: for the distribution itself, which {@link
   * #candidates()}, {@link #probabilities} and {@link #maskedLogits} then read out.
   *
   * <p>The distribution is the one that {@link #sample(float[])} would draw from now: XTC, whose
   * effect is random, decides by the draw at {@link #position()}. No position is used, a draw that
   * waits goes on waiting, and a mask given to {@link #allow} is used up. {@link #probability()} is
   * an error, as there is no token. Speculative decoding takes the target's rows so.
   *
   * <p><b>Cost:</b> that of a token. <b>Allocation:</b> none in steady state.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of(Step.topP(0.8)).newSampler(3, 42);
   * Candidates left = sampler.apply(logits); // the chain, without a draw
   * System.out.println(left);
   * // [0: 0.7310586, 1: 0.26894143]
   * System.out.println(sampler.position());
   * // 0
   * }
   *
   * @param logits the row
   * @return {@link #candidates()}
   * @throws IllegalArgumentException if the row is empty or longer than {@link #vocabularySize()},
   *     holds NaN or +Infinity (the message names the lowest offending index), or lacks a token
   *     that a bias, a ban or a minimum length names
   * @throws IllegalStateException if every token is masked
   */
  public Candidates apply(float[] logits) {
    return apply(logits, 0, lengthOf(logits));
  }

  /**
   * Applies the chain to a range of an array and draws nothing, as {@link #apply(float[])}.
   *
   * @param logits the array that holds the row
   * @param from index of the row's first logit
   * @param to index after its last
   * @return {@link #candidates()}, their ids counted from {@code from}
   * @throws IndexOutOfBoundsException if the range does not lie in the array
   * @throws IllegalArgumentException as for {@link #apply(float[])}
   * @throws IllegalStateException if every token is masked
   */
  public Candidates apply(float[] logits, int from, int to) {
    beginCall();
    try {
      open(logits, from, to);
      return apply();
    } finally {
      busy = FREE;
    }
  }

  /**
   * Applies the chain to a row in a memory segment and draws nothing, as {@link #apply(float[])}.
   *
   * @param logits holds the row: native or on the heap, read-only or not
   * @param byteOffset where in it the row begins; any alignment
   * @param length logits in the row
   * @param type how they are stored, in the machine's byte order
   * @return {@link #candidates()}
   * @throws IndexOutOfBoundsException if the row does not lie in the segment
   * @throws IllegalArgumentException as for {@link #apply(float[])}
   * @throws IllegalStateException if every token is masked, or the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public Candidates apply(MemorySegment logits, long byteOffset, int length, ElementType type) {
    beginCall();
    try {
      open(logits, byteOffset, length, type);
      return apply();
    } finally {
      busy = FREE;
    }
  }

  /**
   * Applies the chain to the logits between a buffer's position and its limit and draws nothing, as
   * {@link #apply(float[])}.
   *
   * @param logits direct, or on the heap
   * @return {@link #candidates()}
   * @throws IllegalArgumentException as for {@link #sample(FloatBuffer)}
   * @throws IllegalStateException if every token is masked
   */
  public Candidates apply(FloatBuffer logits) {
    beginCall();
    try {
      open(logits);
      return apply();
    } finally {
      busy = FREE;
    }
  }

  /**
   * Applies the chain to a row wherever it lies and draws nothing, as {@link #apply(float[])}.
   *
   * @param logits where the row lies
   * @return {@link #candidates()}
   * @throws IllegalArgumentException as for {@link #apply(float[])}
   * @throws IllegalStateException if every token is masked, or the segment's memory was released
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public Candidates apply(Logits logits) {
    beginCall();
    try {
      open(logits);
      return apply();
    } finally {
      busy = FREE;
    }
  }

  /** Whether its kernels can share a row among threads. */
  boolean isShareable() {
    return backend.parts() != null;
  }

  /** Shares the passes over rows from {@link #SHORTEST_SHARED} on with a crew, or with nobody. */
  void share(@Nullable WorkCrew crew) {
    source.share(crew);
  }

  private void open(float[] logits, int from, int to) {
    Kernels.checkRange(logits, from, to);
    checkLength(to - from);
    open(source.open(logits, from, to));
  }

  private void open(MemorySegment logits, long byteOffset, int length, ElementType type) {
    open(source.place().at(logits, byteOffset, length, type));
  }

  private void open(FloatBuffer logits) {
    open(source.place().at(logits));
  }

  private void open(Logits logits) {
    checkLength(logits.length());
    open(source.open(logits));
  }

  private void open(Row<?> row) {
    array = row instanceof Row.OfArray of ? of.array() : null;
    state.open(row);
  }

  private void checkLength(int length) {
    if (length > vocabularySize) {
      throw new IllegalArgumentException(
          "the row has " + length + " logits, but the vocabulary size is " + vocabularySize);
    }
  }

  private int drawFromStream(double u) {
    choose(u);
    succeed();
    position++;
    owesAccept = compiled.dependsOnAccepted();
    return token;
  }

  private int draw(double u) {
    choose(u);
    succeed();
    return token;
  }

  /** Applies the chain, and draws. */
  private void choose(double u) {
    Kernels.checkUniform(u);
    try {
      compiled.apply(u, mask);
      token = state.draw(u);
    } catch (IllegalStateException e) {
      throw compiled.explained(e, u, mask);
    }
    if (token < 0) {
      throw RowErrors.changed();
    }
    tokenLogit = state.get(token);
  }

  private Candidates apply() {
    double u = RandomStream.draw(seed, position);
    token = NONE;
    try {
      compiled.apply(u, mask);
      state.total();
    } catch (IllegalStateException e) {
      throw compiled.explained(e, u, mask);
    }
    if (!(survivors.total > 0)) {
      throw RowErrors.changed();
    }
    rest();
    view.reset();
    mask = null;
    sampled = true;
    return view;
  }

  /** At the very end: a call that fails has sampled nothing, and the mask is for the next one. */
  private void succeed() {
    rest();
    view.reset();
    forgetDraw();
    if (compiled.learns()) {
      compiled.drawn(token, logProbabilityOf(tokenLogit));
    }
    waiting = token;
    mask = null;
    sampled = true;
  }

  /** Gives back what only the work on a row needs. A call that fails leaves this to the next. */
  private void rest() {
    state.rest(source.isCopied());
  }

  /**
   * Draws several different tokens from a row, with the draw at {@link #position()}, which then
   * grows by 1: otherwise as {@link #sampleWithoutReplacement(float[], int, int, double, int,
   * int[], double[])}.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f, 0};
   * Sampler sampler = SamplerChain.of().newSampler(4, 42);
   * int[] tokens = new int[3];
   * double[] perturbed = new double[3];
   * int count = sampler.sampleWithoutReplacement(logits, 0, 4, 3, tokens, perturbed);
   * System.out.println(count + ": " + Arrays.toString(tokens)); // no token twice
   * // 3: [1, 0, 2]
   * }
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
    beginCall();
    try {
      double u = streamDraw();
      checkDraws(n, tokens, perturbed);
      open(logits, from, to);
      return drawFromStream(u, n, tokens, perturbed);
    } finally {
      busy = FREE;
    }
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
   * <p>{@link #candidates()} and {@link #probability()} are then about the first token and what it
   * was drawn from, and the first token is the one that waits to be accepted.
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
    beginCall();
    try {
      checkDraws(n, tokens, perturbed);
      open(logits, from, to);
      return draw(u, n, tokens, perturbed);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws several different tokens from a row wherever it lies, with the draw at {@link
   * #position()}, which then grows by 1: otherwise as {@link #sampleWithoutReplacement(float[],
   * int, int, double, int, int[], double[])}.
   *
   * @param logits where the row lies
   * @param n how many, at least 1
   * @param tokens where their ids go, in the order in which they are drawn
   * @param perturbed where their perturbed log-probabilities go, descending
   * @return how many were drawn
   * @throws IllegalArgumentException if n is below 1 or an output shorter, or as for {@link
   *     #sample(Logits)}
   * @throws IllegalStateException as for {@link #sample(Logits)}
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sampleWithoutReplacement(Logits logits, int n, int[] tokens, double[] perturbed) {
    beginCall();
    try {
      double u = streamDraw();
      checkDraws(n, tokens, perturbed);
      open(logits);
      return drawFromStream(u, n, tokens, perturbed);
    } finally {
      busy = FREE;
    }
  }

  /**
   * Draws several different tokens from a row wherever it lies, with a given uniform number:
   * otherwise as {@link #sampleWithoutReplacement(float[], int, int, double, int, int[],
   * double[])}.
   *
   * @param logits where the row lies
   * @param u in [0, 1)
   * @param n how many, at least 1
   * @param tokens where their ids go, in the order in which they are drawn
   * @param perturbed where their perturbed log-probabilities go, descending
   * @return how many were drawn
   * @throws IllegalArgumentException if n is below 1 or an output shorter, or as for {@link
   *     #sample(Logits, double)}
   * @throws IllegalStateException as for {@link #sample(Logits, double)}
   * @throws WrongThreadException if the segment is confined to another thread
   */
  public int sampleWithoutReplacement(
      Logits logits, double u, int n, int[] tokens, double[] perturbed) {
    beginCall();
    try {
      checkDraws(n, tokens, perturbed);
      open(logits);
      return draw(u, n, tokens, perturbed);
    } finally {
      busy = FREE;
    }
  }

  private static void checkDraws(int n, int[] tokens, double[] perturbed) {
    Kernels.checkCount("n", n);
    Kernels.checkOutput("tokens", tokens.length, n);
    Kernels.checkOutput("perturbed", perturbed.length, n);
  }

  private int drawFromStream(double u, int n, int[] tokens, double[] perturbed) {
    int drawn = draw(u, n, tokens, perturbed);
    position++;
    owesAccept = compiled.dependsOnAccepted();
    return drawn;
  }

  private int draw(double u, int n, int[] tokens, double[] perturbed) {
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
      state.exclude(next);
      next = state.draw(RandomStream.hashed(u, FURTHER + drawn));
    }
    survivors.total = total;
    succeed();
    return drawn;
  }

  /**
   * The tokens that survived the last call's chain, best first, with renormalised probabilities: a
   * live view, valid until the next call. A chain that narrows nothing reads the row for it, when
   * it is first asked: if the row was changed before, the view throws an {@link
   * IllegalStateException}.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * sampler.sample(new float[] {0.5f, 2, 1});
   * Candidates candidates = sampler.candidates();
   * for (int i = 0; i < candidates.size(); i++) {
   *   System.out.println(candidates.id(i) + ": " + candidates.probability(i));
   * }
   * // 1: 0.7310586
   * // 2: 0.26894143
   * }
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
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * int token = sampler.sample(new float[] {2, 1, 0.5f});
   * System.out.println(token + " with probability " + sampler.probability());
   * // 1 with probability 0.26894143
   * }
   *
   * @return the probability
   * @throws IllegalStateException before the first success, after a failed call and after {@code
   *     apply}
   */
  public float probability() {
    checkDrawn();
    return probabilityOf(tokenLogit);
  }

  /**
   * The logarithm of {@link #probability()}, computed in double from the logit: {@code (x - max) /
   * T - ln(Z)}, where Z is the total in weights of the maximum.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * int token = sampler.sample(new float[] {2, 1, 0.5f});
   * System.out.println(token + " with log-probability " + (float) sampler.logProbability());
   * // 1 with log-probability -1.3132617
   * }
   *
   * @return the logarithm, in nats
   * @throws IllegalStateException before the first success, after a failed call and after {@code
   *     apply}
   */
  public double logProbability() {
    checkDrawn();
    return logProbabilityOf(tokenLogit);
  }

  private double logProbabilityOf(float logit) {
    double logPartition = survivors.logPartition(state.temperature());
    return LogProbability.of(logit, survivors.max, state.temperature(), logPartition);
  }

  /**
   * Writes the logits as the last call's chain left them: those of the tokens that survived, and
   * {@code -Infinity} for all others.
   *
   * <p>Steps that change logits have their effect; temperatures, which scale without changing the
   * order, have none. <b>Cost:</b> linear in the row. <b>Allocation:</b> none.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * sampler.apply(new float[] {0.5f, 2, 1});
   * float[] masked = new float[3];
   * sampler.maskedLogits(masked, 0);
   * System.out.println(Arrays.toString(masked));
   * // [-Infinity, 2.0, 1.0]
   * }
   *
   * @param out where they go, as long as the row; not the row itself
   * @param outFrom the index of the first
   * @throws IndexOutOfBoundsException if they do not fit
   * @throws IllegalArgumentException if {@code out} is the array that holds the row
   * @throws IllegalStateException before the first success and after a failed call, and if the
   *     chain narrowed nothing and the row was changed since: then nothing was written
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
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(3, 42);
   * sampler.apply(new float[] {0.5f, 2, 1});
   * float[] p = new float[3];
   * sampler.probabilities(p, 0);
   * System.out.println(Arrays.toString(p));
   * // [0.0, 0.7310586, 0.26894143]
   * }
   *
   * @param out where they go, as long as the row; not the row itself
   * @param outFrom the index of the first
   * @throws IndexOutOfBoundsException if they do not fit
   * @throws IllegalArgumentException if {@code out} is the array that holds the row
   * @throws IllegalStateException before the first success and after a failed call, and if the
   *     chain narrowed nothing and the row was changed since: then nothing was written
   */
  public void probabilities(float[] out, int outFrom) {
    writeRow(out, outFrom, true);
  }

  private void writeRow(float[] out, int outFrom, boolean asProbabilities) {
    begin();
    try {
      checkSampled();
      int length = state.length();
      Objects.checkFromIndexSize(outFrom, length, out.length);
      if (out == array) {
        throw new IllegalArgumentException("out is the array that holds the row");
      }
      view.collect();
      Arrays.fill(out, outFrom, outFrom + length, asProbabilities ? 0 : Float.NEGATIVE_INFINITY);
      for (int i = 0; i < survivors.size; i++) {
        float logit = survivors.values[i];
        out[outFrom + survivors.ids[i]] = asProbabilities ? probabilityOf(logit) : logit;
      }
    } finally {
      busy = FREE;
    }
  }

  /**
   * {@return the number of the next draw in the stream, from 0}
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * Sampler sampler = SamplerChain.of().newSampler(3, 42);
   * int[] tokens = {sampler.next(logits), sampler.next(logits), sampler.next(logits)};
   * sampler.position(1); // the second draw once more
   * System.out.println(Arrays.toString(tokens) + ", and again " + sampler.next(logits));
   * // [1, 0, 0], and again 0
   * }
   */
  public long position() {
    return position;
  }

  /**
   * Moves to a position in the stream: the next call uses this draw. A draw may be repeated so,
   * with nothing accepted in between.
   *
   * @param position the number of the draw, from 0
   * @throws IllegalArgumentException if the position is negative
   */
  public void position(long position) {
    checkPosition(position);
    this.position = position;
    owesAccept = false;
  }

  private static void checkPosition(long position) {
    if (position < 0) {
      throw new IllegalArgumentException("position must be >= 0, but was " + position);
    }
  }

  /**
   * {@return the seed that selects the stream}
   *
   * {@snippet lang=java :
   * System.out.println(SamplerChain.greedy().newSampler(3, 42).seed());
   * // 42
   * }
   */
  public long seed() {
    return seed;
  }

  /**
   * {@return the chain}
   *
   * {@snippet lang=java :
   * System.out.println(SamplerChain.parse("top_k=40").newSampler(3, 42).chain());
   * // top_k=40
   * }
   */
  public SamplerChain chain() {
    return chain;
  }

  /**
   * {@return the length of the longest row it takes}
   *
   * {@snippet lang=java :
   * System.out.println(SamplerChain.greedy().newSampler(3, 42).vocabularySize());
   * // 3
   * }
   */
  public int vocabularySize() {
    return vocabularySize;
  }

  /**
   * As in {@code Sampler[chain=top_k=40, vocabulary=32000, backend=vector, seed=7, position=3]}.
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Sampler[chain=%s, vocabulary=%d, backend=%s, seed=%d, position=%d]",
        chain,
        vocabularySize,
        backend.name(),
        seed,
        position);
  }

  private void checkSampled() {
    if (!sampled) {
      throw new IllegalStateException(
          "no token has been sampled: the last call failed or there was none");
    }
  }

  private void checkDrawn() {
    checkSampled();
    if (token < 0) {
      throw new IllegalStateException("no token was drawn: the last call was apply(row)");
    }
  }

  private float probabilityOf(float logit) {
    return survivors.probability(logit, state.temperature());
  }

  /** The candidates of the last call, put in order when first asked for. */
  private final class View implements Candidates {
    private boolean collected;
    private boolean stale;
    private boolean ordered;
    private long[] few = {};
    private long[] best = few;

    void reset() {
      collected = false;
      stale = false;
      ordered = false;
      best = few;
    }

    /** Puts all tokens of a chain that narrowed nothing in the survivors' place, once. */
    void collect() {
      if (!collected && !stale) {
        stale = token >= 0 && state.get(token) != tokenLogit || !state.readOut();
        collected = !stale;
        rest();
      }
      if (stale) {
        throw new IllegalStateException(
            "the row was changed since it was sampled: read candidates and probabilities out before"
                + " the next row is written, or keep rows apart");
      }
    }

    @Override
    public int size() {
      begin();
      try {
        checkSampled();
        collect();
        return survivors.size;
      } finally {
        busy = FREE;
      }
    }

    @Override
    public int id(int i) {
      return TokenOrder.id(key(i));
    }

    @Override
    public float probability(int i) {
      return probabilityOf(TokenOrder.value(key(i)));
    }

    @Override
    public double logProbability(int i) {
      return logProbabilityOf(TokenOrder.value(key(i)));
    }

    /** The keys of few candidates are copied; those of many stay where their arrays stay. */
    private void order() {
      survivors.take();
      long[] keys = survivors.bestFirst();
      int size = survivors.size;
      if (!survivors.areFew()) {
        best = keys;
        return;
      }
      if (few.length < size) {
        few = new long[Room.of(few.length, size)];
      }
      System.arraycopy(keys, 0, few, 0, size);
      best = few;
      rest();
    }

    private long key(int i) {
      Objects.checkIndex(i, size());
      begin();
      try {
        if (!ordered) {
          order();
          ordered = true;
        }
        return best[i];
      } finally {
        busy = FREE;
      }
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
