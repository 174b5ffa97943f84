package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.BatchSampler;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * A sequence of tokens: what becomes of a draw until it is accepted, and of what steps remember;
 * forks, later turns, tokens taken back, and rows that are only looked at.
 */
public interface SequenceContract extends KernelsUnderTest {
  /** Tokens in the vocabulary. */
  int VOCABULARY = 60;

  /** Every step that depends on what was accepted. */
  static List<Step> remembering() {
    return List.of(
        Step.repetitionPenalty(1.5f),
        Step.repetitionPenalty(1.5f, 3, false),
        Step.frequencyPenalty(0.7f),
        Step.presencePenalty(0.9f, 4, true),
        Step.dry(0.8f, 1.75f, 1, 64),
        Step.noRepeatNgram(2),
        Step.banned(new int[] {3, 5}, new int[] {5, 3}),
        Step.minLength(4, 2, 7),
        Step.mirostatV1(3, 0.3f, 20),
        Step.mirostatV2(3, 0.3f),
        Step.adaptiveP(0.4f, 0.9f));
  }

  /** Every step that learns from the tokens drawn. */
  static List<Step> steering() {
    return remembering().subList(8, 11);
  }

  private static float[] row(long seed) {
    return TestRows.of(TestRows.Distribution.NORMAL, VOCABULARY, 0, seed).logits();
  }

  private Sampler sampler(Step... steps) {
    return SamplerChain.of(steps).newSampler(VOCABULARY, 5, kernels());
  }

  /** What a sampler would do next, in every bit, as its fork tells. */
  private static List<Object> state(Sampler sampler) {
    List<Object> state = new ArrayList<>();
    Sampler fork = sampler.fork();
    float[] probabilities = new float[VOCABULARY];
    for (int n = 0; n < 4; n++) {
      fork.apply(row(90 + n));
      fork.probabilities(probabilities, 0);
      state.add(Arrays.toString(probabilities));
      state.add(fork.next(row(90 + n)));
    }
    return state;
  }

  // the life of a draw

  /** The table of the Javadoc: each event, for every step that learns. */
  @Example
  default void aDrawThatWaits() {
    float[] nan = {0, Float.NaN};
    for (Step step : steering()) {
      Consumer<Consumer<Sampler>> goesOnWaiting =
          event -> assertEquals(after(step, s -> {}, true), after(step, event, true), "" + step);
      Consumer<Consumer<Sampler>> isForgotten =
          event -> assertEquals(after(step, event, false), after(step, event, true), "" + step);
      assertNotEquals(after(step, s -> {}, true), after(step, s -> {}, false), step.toString());

      goesOnWaiting.accept(s -> assertThrows(RuntimeException.class, () -> s.sample(nan)));
      goesOnWaiting.accept(s -> assertThrows(RuntimeException.class, () -> s.next(nan)));
      goesOnWaiting.accept(s -> assertThrows(RuntimeException.class, () -> s.apply(nan)));
      goesOnWaiting.accept(s -> assertThrows(RuntimeException.class, () -> s.accept(VOCABULARY)));
      goesOnWaiting.accept(
          s -> assertThrows(RuntimeException.class, () -> s.acceptPrompt(1, VOCABULARY)));
      goesOnWaiting.accept(s -> assertThrows(RuntimeException.class, () -> s.rollback(9)));
      goesOnWaiting.accept(s -> s.apply(row(8)));
      goesOnWaiting.accept(s -> s.probabilities(new float[VOCABULARY], 0));
      goesOnWaiting.accept(s -> s.candidates().id(0));
      goesOnWaiting.accept(s -> s.position(s.position()));
      goesOnWaiting.accept(Sampler::fork);

      isForgotten.accept(s -> s.accept(59));
      isForgotten.accept(s -> s.acceptPrompt(3, 4));
      isForgotten.accept(Sampler::acceptPrompt);
      isForgotten.accept(s -> s.rollback(0));
      isForgotten.accept(s -> s.rollback(1));
      isForgotten.accept(Sampler::reset);
    }
  }

  /** A token is accepted, an event later; a draw of it waits, or none does. */
  private List<Object> after(Step step, Consumer<Sampler> event, boolean drawn) {
    Sampler sampler = sampler(step);
    sampler.acceptPrompt(1, 2);
    sampler.accept(6);
    int token = sampler.fork().sample(row(4), 0, VOCABULARY, 0.6);
    if (drawn) {
      assertEquals(token, sampler.sample(row(4), 0, VOCABULARY, 0.6));
    } else {
      sampler.apply(row(4)); // so that there is something to read out
    }
    event.accept(sampler);
    sampler.accept(token);
    return state(sampler);
  }

  /** A second draw takes the place of the first; of several tokens at once the first waits. */
  @Example
  default void theLastDrawWaits() {
    float[] x = row(4);
    for (int i = 0; i < x.length; i++) {
      x[i] /= 8; // so flat that numbers far apart draw different tokens
    }
    for (Step step : steering()) {
      Sampler twice = sampler(step);
      int first = twice.sample(x, 0, VOCABULARY, 0.2);
      int second = twice.sample(x, 0, VOCABULARY, 0.8);
      assertNotEquals(first, second);
      Sampler once = sampler(step);
      once.sample(x, 0, VOCABULARY, 0.8);
      Sampler never = sampler(step);
      List.of(twice, once, never).forEach(s -> s.accept(second));
      assertEquals(state(once), state(twice), step.toString());
      assertNotEquals(state(never), state(twice), step.toString());

      int[] tokens = new int[3];
      Sampler several = sampler(step);
      several.sampleWithoutReplacement(x, 0, VOCABULARY, 0.8, 3, tokens, new double[3]);
      assertEquals(second, tokens[0]);
      several.accept(second);
      assertEquals(state(once), state(several), step.toString());
      several = sampler(step);
      several.sampleWithoutReplacement(x, 0, VOCABULARY, 0.8, 3, tokens, new double[3]);
      several.accept(tokens[1]);
      never = sampler(step);
      never.accept(tokens[1]);
      assertEquals(state(never), state(several), step.toString());
    }
  }

  /** A draw that was replaced is not heard of later: mu stays at 2 bits, so two tokens are left. */
  @Example
  default void aReplacedDrawIsNotHeardOfLater() {
    float[] x = logarithms(0.5, 0.3, 0.15, 0.05);
    SamplerChain chain = SamplerChain.of(Step.mirostatV2(1, 5));
    for (int later : new int[] {1, 2}) {
      Sampler sampler = chain.newSampler(4, 1, kernels());
      assertEquals(1, sampler.sample(x, 0, 4, 0.7));
      sampler.accept(3);
      sampler.accept(later);
      sampler.sample(x, 0, 4, 0.5);
      assertArrayEquals(new int[] {0, 1}, Chains.ids(sampler.candidates()));
    }
  }

  /** A fork between draw and accept hears of the token as the original does. */
  @Example
  default void aForkHearsOfTheDrawThatWaits() {
    float[] x = logarithms(0.5, 0.3, 0.15, 0.05);
    Sampler sampler = SamplerChain.of(Step.mirostatV2(1, 5)).newSampler(4, 1, kernels());
    assertEquals(1, sampler.sample(x, 0, 4, 0.7));
    Sampler fork = sampler.fork();
    Sampler other = sampler.fork(8);
    for (Sampler each : List.of(sampler, fork, other)) {
      each.accept(1);
      each.sample(x, 0, 4, 0.5);
      assertArrayEquals(new int[] {0}, Chains.ids(each.candidates()));
    }
    fork = sampler.fork();
    Failures.illegalState(Failures.NOTHING_SAMPLED, fork::candidates);
  }

  private static float[] logarithms(double... p) {
    float[] x = new float[p.length];
    for (int i = 0; i < p.length; i++) {
      x[i] = (float) Math.log(p[i]);
    }
    return x;
  }

  /** One call that samples and accepts is the two calls, on rows of every kind. */
  @Example
  default void nextSamplesAndAccepts() {
    try (Arena arena = Arena.ofConfined()) {
      for (Step step : remembering()) {
        Sampler two = sampler(step, Step.topP(0.9f));
        Sampler array = sampler(step, Step.topP(0.9f));
        Sampler range = sampler(step, Step.topP(0.9f));
        Sampler segment = sampler(step, Step.topP(0.9f));
        Sampler buffer = sampler(step, Step.topP(0.9f));
        for (int n = 0; n < 8; n++) {
          float[] x = row(n);
          int token = two.sample(x);
          two.accept(token);
          assertEquals(token, array.next(x));
          float[] longer = new float[VOCABULARY + 3];
          System.arraycopy(x, 0, longer, 2, VOCABULARY);
          assertEquals(token, range.next(longer, 2, VOCABULARY + 2));
          MemorySegment memory = arena.allocateFrom(ValueLayout.JAVA_FLOAT, longer);
          assertEquals(token, segment.next(memory, 8, VOCABULARY, ElementType.FLOAT32));
          assertEquals(token, buffer.next(FloatBuffer.wrap(x)));
          for (Sampler one : List.of(array, range, segment, buffer)) {
            assertEquals(two.position(), one.position());
            assertEquals(two.probability(), one.probability());
            assertEquals(state(two), state(one), step.toString());
          }
        }
      }
    }
  }

  /** The same for the rows of a batch; one that fails accepts nothing. */
  @Example
  default void nextOfABatchSamplesAndAccepts() {
    List<SamplerChain> chains = remembering().stream().map(SamplerChain::of).toList();
    long[] seeds = new long[chains.size()];
    Arrays.setAll(seeds, i -> i);
    Sampler[] alone = new Sampler[seeds.length];
    Sampler[] together = new Sampler[seeds.length];
    for (int i = 0; i < seeds.length; i++) {
      alone[i] = chains.get(i).newSampler(VOCABULARY, seeds[i], kernels());
      together[i] = chains.get(i).newSampler(VOCABULARY, seeds[i], kernels());
    }
    BatchSampler batch = BatchSampler.of(together);
    int[] tokens = new int[seeds.length];
    float[] rows = new float[seeds.length * VOCABULARY];
    for (int n = 0; n < 6; n++) {
      for (int i = 0; i < seeds.length; i++) {
        System.arraycopy(row(10L * n + i), 0, rows, i * VOCABULARY, VOCABULARY);
      }
      int bad = n % 3 == 1 ? 2 : -1;
      if (bad >= 0) {
        rows[bad * VOCABULARY + 1] = Float.NaN;
      }
      int failed =
          n % 2 == 0
              ? batch.next(rows, 0, VOCABULARY, seeds.length, VOCABULARY, tokens)
              : batch.next(
                  MemorySegment.ofArray(rows),
                  0,
                  4L * VOCABULARY,
                  seeds.length,
                  VOCABULARY,
                  ElementType.FLOAT32,
                  tokens);
      assertEquals(bad < 0 ? 0 : 1, failed);
      for (int i = 0; i < seeds.length; i++) {
        int from = i * VOCABULARY;
        assertEquals(i == bad ? -1 : alone[i].next(rows, from, from + VOCABULARY), tokens[i]);
        assertEquals(state(alone[i]), state(batch.row(i)));
      }
    }
  }

  // misuse

  /** A second draw where nothing was accepted is an error for steps that depend on it. */
  @Example
  default void aSecondDrawNeedsAnAcceptedToken() {
    float[] x = row(1);
    MemorySegment segment = MemorySegment.ofArray(x);
    for (Step step : remembering()) {
      Sampler sampler = sampler(Step.temperature(0.8f), step);
      sampler.acceptPrompt(1, 2, 3);
      int token = sampler.sample(x);
      String message =
          "token "
              + token
              + " was drawn before, and no token was accepted since, which the step "
              + step
              + " depends on: call accept(token) behind each draw, or next(row), which does both; to"
              + " draw again from one row, set position(long), fork, or give a number u";
      Failures.illegalState(message, () -> sampler.sample(x));
      Failures.illegalState(message, () -> sampler.sample(x, 0, VOCABULARY));
      Failures.illegalState(message, () -> sampler.sample(FloatBuffer.wrap(x)));
      Failures.illegalState(
          message, () -> sampler.sample(segment, 0, VOCABULARY, ElementType.FLOAT32));
      Failures.illegalState(message, () -> sampler.next(x));
      Failures.illegalState(
          message,
          () -> sampler.sampleWithoutReplacement(x, 0, VOCABULARY, 2, new int[2], new double[2]));
      assertEquals(1, sampler.position());

      sampler.accept(token); // the draw has gone on waiting
      Sampler right = sampler(Step.temperature(0.8f), step);
      right.acceptPrompt(1, 2, 3);
      assertEquals(token, right.next(x));
      assertEquals(state(right), state(sampler), step.toString());
      sampler.sample(x);

      sampler.position(0); // an intention, and so are the others
      sampler.sample(x);
      sampler.position(sampler.position());
      sampler.sample(x);
      sampler.fork().sample(x);
      sampler.sample(x);
      sampler.sample(x, 0, VOCABULARY, 0.5);
      sampler.sample(x);
      sampler.acceptPrompt();
      sampler.sample(x);
      sampler.rollback(0);
      sampler.sample(x);
      sampler.reset();
      sampler.sampleWithoutReplacement(x, 0, VOCABULARY, 2, new int[2], new double[2]);
      assertThrows(IllegalStateException.class, () -> sampler.sample(x));
    }
    for (Step step :
        List.of(
            Step.topK(3),
            Step.banned(new int[] {3}),
            Step.logitBias(Map.of(1, 2f)),
            Step.minLength(0, 3),
            Step.minLength(5),
            Step.repetitionPenalty(2, 0, true),
            Step.repetitionPenalty(1),
            Step.frequencyPenalty(0),
            Step.presencePenalty(0),
            Step.dry(1, 2, 2, 0),
            Step.dry(0, 2, 0, 64),
            Step.mirostatV2(3, 0))) {
      Sampler sampler = sampler(step);
      sampler.acceptPrompt(1, 2, 1, 2, 1);
      sampler.accept(2);
      for (int n = 0; n < 3; n++) {
        sampler.sample(x); // does not depend on it
      }
    }
  }

  /** Two threads with one sampler: a token, or an error that says what is wrong; and an end. */
  @Example
  default void samplersThatAreShared() throws InterruptedException {
    int length = 6_000;
    float[][] rows = new float[2][];
    for (int i = 0; i < 2; i++) {
      rows[i] = TestRows.of(TestRows.Distribution.NORMAL, length, 0, i).logits();
    }
    ConcurrentLinkedQueue<Throwable> others = new ConcurrentLinkedQueue<>();
    for (String chain : List.of("top_k=40", "top_p=0.95", "repetition_penalty=1.1, min_p=0.05")) {
      Sampler sampler = SamplerChain.parse(chain).newSampler(length, 1, kernels());
      Thread[] threads = new Thread[2];
      for (int i = 0; i < 2; i++) {
        float[] x = rows[i];
        threads[i] =
            Thread.ofPlatform()
                .daemon()
                .start(
                    () -> {
                      for (int n = 0; n < 400; n++) {
                        try {
                          sampler.next(x);
                        } catch (IllegalStateException | IllegalArgumentException said) {
                          // that two threads use it, or that a row has changed
                        } catch (IndexOutOfBoundsException | AssertionError found) {
                          // by a check of an array, or by an assertion, which tests have on
                        } catch (Throwable e) {
                          others.add(e);
                        }
                      }
                    });
      }
      for (Thread thread : threads) {
        thread.join(60_000);
        assertTrue(!thread.isAlive(), () -> chain + " hangs in " + thread.getStackTrace()[0]);
      }
    }
    assertEquals(List.of(), List.copyOf(others));
  }

  // forks

  /** Parallel samples of one prompt differ, and are those of samplers with their seeds. */
  @Example
  default void forksWithSeedsAreParallelSamples() {
    for (Step step : remembering()) {
      Sampler sampler = sampler(step);
      sampler.acceptPrompt(1, 2, 3);
      sampler.next(row(1));
      sampler.next(row(2));
      Set<List<Integer>> different = new HashSet<>();
      for (long seed = 10; seed < 14; seed++) {
        Sampler fork = sampler.fork(seed);
        assertEquals(seed, fork.seed());
        assertEquals(2, fork.position());
        assertEquals(sampler.chain(), fork.chain());
        different.add(tokens(fork, 12));
        Sampler again = sampler.fork(seed);
        assertTrue(different.contains(tokens(again, 12)));
      }
      assertEquals(4, different.size(), step.toString());
      assertEquals(tokens(sampler.fork(), 12), tokens(sampler.fork(sampler.seed()), 12));
      assertEquals(tokens(sampler.fork(), 12), tokens(sampler, 12));
    }
  }

  private static List<Integer> tokens(Sampler sampler, int count) {
    List<Integer> tokens = new ArrayList<>();
    for (int n = 0; n < count; n++) {
      tokens.add(sampler.next(row(n)));
    }
    return tokens;
  }

  // later turns, and tokens taken back

  /** A later turn makes all before it prompt: as if the conversation had been one prompt. */
  @Property
  default void laterTurnsCountAsPrompt(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (Step step : remembering().subList(0, 8)) {
      Sampler turns = sampler(step);
      List<Integer> all = new ArrayList<>();
      for (int turn = 0; turn < 3; turn++) {
        int[] said = random.ints(random.nextInt(5), 0, 8).toArray();
        turns.acceptPrompt(said);
        Arrays.stream(said).forEach(all::add);
        Sampler once = sampler(step);
        once.acceptPrompt(all.stream().mapToInt(i -> i).toArray());
        for (int n = 0; n < 6; n++) {
          assertEquals(state(once).get(0), state(turns).get(0), step + " after " + all);
          int token = random.nextInt(8);
          once.accept(token);
          turns.accept(token);
          all.add(token);
        }
      }
    }
  }

  /** Tokens that are taken back never were, drawn or not, for every step with a memory. */
  @Property
  default void tokensAreTakenBack(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (Step step : remembering()) {
      Sampler sampler = sampler(step);
      Sampler never = sampler(step);
      for (Sampler each : List.of(sampler, never)) {
        each.acceptPrompt(1, 2, 3);
      }
      for (int round = 0; round < 3; round++) {
        for (int n = random.nextInt(3); n > 0; n--) {
          assertEquals(never.next(row(n)), sampler.next(row(n)));
        }
        int drafted = random.nextInt(70); // beyond any room that grows
        long position = sampler.position();
        for (int n = 0; n < drafted; n++) {
          if (random.nextBoolean()) {
            sampler.next(row(n));
          } else {
            sampler.accept(random.nextInt(VOCABULARY));
          }
        }
        Sampler fork = sampler.fork();
        int first = random.nextInt(drafted + 1);
        sampler.rollback(first);
        sampler.rollback(drafted - first);
        fork.rollback(drafted);
        sampler.position(position);
        fork.position(position);
        assertEquals(state(never), state(sampler), step.toString());
        assertEquals(state(never), state(fork), step.toString());
      }
    }
  }

  /** Those behind the last prompt, and no others. */
  @Example
  default void whatCanBeTakenBack() {
    for (Step step : List.of(Step.topK(3), Step.presencePenalty(1), Step.mirostatV2(3, 0.1f))) {
      Sampler sampler = sampler(step);
      sampler.acceptPrompt(1, 2);
      for (int token = 0; token < 5; token++) {
        sampler.accept(token);
      }
      for (int wrong : new int[] {-1, 6, Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        Failures.illegalArgument(
            "tokens must be in [0, 5], as many as were accepted behind the prompt, but was "
                + wrong,
            () -> sampler.rollback(wrong));
      }
      sampler.rollback(2);
      sampler.rollback(0);
      sampler.acceptPrompt(4);
      Failures.illegalArgument(
          "tokens must be in [0, 0], as many as were accepted behind the prompt, but was 1",
          () -> sampler.rollback(1));
      sampler.accept(1);
      sampler.rollback(1);
      sampler.reset();
      assertThrows(IllegalArgumentException.class, () -> sampler.rollback(1));
    }
  }

  // rows without a draw

  /** Rows that are sampled. */
  @Provide
  default Arbitrary<TestRow> sequenceRows() {
    return TestRows.upTo(3000);
  }

  /** Chains of any steps. */
  @Provide
  default Arbitrary<List<Step>> sequenceSteps() {
    return Chains.anySteps();
  }

  /** The distribution is the one that a draw is from, in every bit, and nothing has moved. */
  @Property
  default void applyGivesTheDistributionOfADraw(
      @ForAll("sequenceRows") TestRow row, @ForAll("sequenceSteps") List<Step> steps) {
    float[] x = row.logits();
    SamplerChain chain = SamplerChain.of(steps.toArray(new Step[0]));
    Sampler draws = chain.newSampler(x.length, 3, kernels());
    Sampler looks = chain.newSampler(x.length, 3, kernels());
    draws.position(7);
    looks.position(7);
    looks.apply(x);
    assertEquals(7, looks.position());
    String message = "no token was drawn: the last call was apply(row)";
    Failures.illegalState(message, looks::probability);
    Failures.illegalState(message, looks::logProbability);
    int token = draws.sample(x);
    assertSameReadOuts(draws, looks, x.length);
    looks.apply(row.array(), row.from(), row.to());
    assertSameReadOuts(draws, looks, x.length);
    looks.apply(FloatBuffer.wrap(x));
    assertSameReadOuts(draws, looks, x.length);
    looks.apply(MemorySegment.ofArray(x), 0, x.length, ElementType.FLOAT32);
    assertSameReadOuts(draws, looks, x.length);
    assertEquals(token, looks.sample(x));
    assertEquals(draws.probability(), looks.probability());
    assertEquals(8, looks.position());
  }

  private static void assertSameReadOuts(Sampler expected, Sampler actual, int length) {
    float[] a = new float[length];
    float[] b = new float[length];
    assertArrayEquals(Chains.ids(expected.candidates()), Chains.ids(actual.candidates()));
    expected.probabilities(a, 0);
    actual.probabilities(b, 0);
    assertArrayEquals(EntryPoint.bits(a), EntryPoint.bits(b));
    expected.maskedLogits(a, 0);
    actual.maskedLogits(b, 0);
    assertArrayEquals(EntryPoint.bits(a), EntryPoint.bits(b));
    assertEquals(expected.candidates().logProbability(0), actual.candidates().logProbability(0));
  }

  /** A mask that was given for the next row is a fork's too. */
  @Example
  default void forksHaveTheMask() {
    Sampler sampler = sampler(Step.allowed());
    sampler.allow(new long[] {1L << 7});
    Sampler fork = sampler.fork(9);
    assertEquals(7, fork.sample(new float[VOCABULARY]));
    assertEquals(7, sampler.sample(new float[VOCABULARY]));
    assertThrows(IllegalStateException.class, () -> fork.sample(new float[VOCABULARY]));
  }

  /** A mask is for one call, drawn or not. */
  @Example
  default void applyUsesTheMask() {
    Sampler sampler = sampler(Step.allowed());
    sampler.allow(new long[] {0b1010});
    assertThrows(IllegalArgumentException.class, () -> sampler.apply(new float[] {0, Float.NaN}));
    assertEquals("[1: 0.5, 3: 0.5]", sampler.apply(new float[VOCABULARY]).toString());
    assertThrows(IllegalStateException.class, () -> sampler.apply(new float[VOCABULARY]));
    Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::candidates);
  }

  /** The numbers of the stream are SplittableRandom's, and are those that draws use. */
  @Property
  default void numbersAreAddressed(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    Sampler sampler = SamplerChain.of().newSampler(VOCABULARY, seed, kernels());
    Sampler given = SamplerChain.of().newSampler(VOCABULARY, ~seed, kernels());
    for (int n = 0; n < 20; n++) {
      double u = Sampler.draw(seed, n);
      assertEquals((random.nextLong() >>> 11) * 0x1p-53, u);
      assertEquals(given.sample(row(n), 0, VOCABULARY, u), sampler.sample(row(n)));
    }
    assertTrue(Sampler.draw(seed, Long.MAX_VALUE) < 1);
    Failures.illegalArgument("position must be >= 0, but was -1", () -> Sampler.draw(seed, -1));
  }

  // rows that change after the call

  /** Read-outs give the last call's numbers, or say that the row was changed. */
  @Example
  default void rowsThatChangeAfterTheCall() {
    SamplerChain[] chains = {
      SamplerChain.of(),
      SamplerChain.of(Step.temperature(0.5f)),
      SamplerChain.of(Step.xtc(1, 0.02f)),
      SamplerChain.of(Step.dynamicTemperature(0.5f, 2, 1)),
      SamplerChain.of(Step.topK(40)),
      SamplerChain.of(Step.topP(0.9f)),
      SamplerChain.of(Step.presencePenalty(1, 64, true)), // which changes logits of the prompt
      SamplerChain.greedy()
    };
    List<Consumer<FloatBuffer>> changes =
        List.of(
            row -> row.put(0, Float.NaN),
            row -> row.put(2_499, Float.POSITIVE_INFINITY),
            row -> row.put(77, 12),
            row -> row.put(0, row(5), 0, VOCABULARY),
            row -> row.put(2_499 - VOCABULARY, row(5), 0, VOCABULARY),
            row -> row.put(0, new float[2_500]),
            row -> IntStream.range(0, 2_500).forEach(i -> row.put(i, Float.NEGATIVE_INFINITY)));
    for (SamplerChain chain : chains) {
      for (Consumer<FloatBuffer> change : changes) {
        rowChangesAfterTheCall(chain, true, change, Sampler::sample);
        rowChangesAfterTheCall(chain, true, change, Sampler::apply);
        rowChangesAfterTheCall(chain, false, change, Sampler::sample);
        rowChangesAfterTheCall(chain, false, change, Sampler::apply);
        rowChangesAfterTheCall(chain, false, change, SequenceContract::drawSeveral);
      }
    }
  }

  private static void drawSeveral(Sampler sampler, FloatBuffer row) {
    int length = row.remaining();
    sampler.sampleWithoutReplacement(row.array(), 0, length, 4, new int[4], new double[4]);
  }

  private void rowChangesAfterTheCall(
      SamplerChain chain,
      boolean direct,
      Consumer<FloatBuffer> change,
      BiConsumer<Sampler, FloatBuffer> call) {
    float[] x = TestRows.of(TestRows.Distribution.NORMAL, 2_500, 0, 3).logits();
    ByteBuffer bytes = ByteBuffer.allocateDirect(4 * x.length).order(ByteOrder.nativeOrder());
    FloatBuffer row = direct ? bytes.asFloatBuffer().put(0, x) : FloatBuffer.wrap(x.clone());
    Sampler sampler = chain.newSampler(x.length, 1, kernels());
    sampler.acceptPrompt(1, 2, 3);
    Sampler untouched = sampler.fork();
    call.accept(sampler, row);
    call.accept(untouched, FloatBuffer.wrap(x));
    float[] before = new float[x.length];
    untouched.probabilities(before, 0);
    change.accept(row);
    float[] out = new float[x.length];
    if (chain.steps().stream().anyMatch(SequenceContract::keepsItsOwn)) {
      sampler.probabilities(out, 0);
      assertArrayEquals(EntryPoint.bits(before), EntryPoint.bits(out), chain.toString());
      return;
    }
    String message =
        "the row was changed since it was sampled: read candidates and probabilities out before"
            + " the next row is written, or keep rows apart";
    Failures.illegalState(message, () -> sampler.probabilities(out, 0));
    Failures.illegalState(message, () -> sampler.maskedLogits(out, 0));
    Failures.illegalState(message, () -> sampler.candidates().size());
    Failures.illegalState(message, () -> sampler.candidates().probability(0));
    assertArrayEquals(new float[x.length], out, "half-written");
    call.accept(sampler, FloatBuffer.wrap(x)); // and the next call is as good as any
    sampler.probabilities(out, 0);
  }

  /** Filters leave survivors, and changes of the logits a copy. */
  private static boolean keepsItsOwn(Step step) {
    return step instanceof Step.TopK
        || step instanceof Step.TopP
        || step instanceof Step.PresencePenalty
        || step instanceof Step.Temperature(float t) && t == 0;
  }

  /** Once they were read, candidates stay, whatever becomes of the row. */
  @Example
  default void candidatesThatWereReadStay() {
    float[] x = {1, 2, 3, 4};
    Sampler sampler = SamplerChain.of().newSampler(4, 1, kernels());
    sampler.sample(x);
    String text = sampler.candidates().toString();
    float[] before = new float[4];
    sampler.probabilities(before, 0);
    Arrays.fill(x, 9);
    x[0] = 12;
    float[] out = new float[4];
    sampler.probabilities(out, 0);
    assertArrayEquals(before, out);
    assertEquals(text, sampler.candidates().toString());
  }
}
