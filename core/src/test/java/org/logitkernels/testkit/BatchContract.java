package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.RejectedExecutionException;
import java.util.stream.IntStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.jspecify.annotations.Nullable;
import org.logitkernels.BatchSampler;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** A batch is its rows, each sampled alone, whoever runs it and whatever becomes of the others. */
public interface BatchContract extends KernelsUnderTest {
  /** Of what is asked during a step. */
  String IN_A_STEP = "the batch is in a step: it serves one caller at a time";

  /** What an executor does with tasks. */
  enum Threads {
    /** Runs them at once, on the caller's thread. */
    DIRECT,
    /** Has three threads. */
    FIXED,
    /** Is the common pool. */
    COMMON,
    /** Starts a virtual thread for each. */
    VIRTUAL,
    /** Keeps them for good. */
    NEVER,
    /** Takes none. */
    REJECTING,
    /** Runs them when the step is over, beside the next. */
    LATE
  }

  /** What a row is sampled by. */
  record Plan(List<Step> steps, long seed, long position) {
    Sampler sampler(int vocabulary, BatchContract contract) {
      Sampler sampler =
          Chains.fitting(SamplerChain.of(steps.toArray(new Step[0])), vocabulary)
              .newSampler(vocabulary, seed, contract.kernels());
      sampler.position(position);
      sampler.acceptPrompt(IntStream.of(1, 2, 0, 1, 2).map(id -> id % vocabulary).toArray());
      return sampler;
    }

    boolean masks() {
      return steps.contains(Step.allowed());
    }
  }

  /** Up to nine rows. */
  @Provide
  default Arbitrary<List<Plan>> plans() {
    Arbitrary<Long> any = Arbitraries.longs().withDistribution(RandomDistribution.uniform());
    return Combinators.combine(remembering(), Chains.anySteps(), any, any)
        .as(
            (first, then, seed, bits) -> {
              List<Step> steps = new ArrayList<>(first);
              steps.addAll(then);
              return new Plan(steps, seed, bits >>> 2);
            })
        .list()
        .ofMaxSize(9)
        .withSizeDistribution(RandomDistribution.uniform())
        .withoutEdgeCases();
  }

  /** Steps by history and constraint, and those that steer. */
  private static Arbitrary<List<Step>> remembering() {
    return Arbitraries.of(
            Step.repetitionPenalty(1.3f),
            Step.frequencyPenalty(0.5f),
            Step.presencePenalty(1),
            Step.dry(0.8f, 1.75f, 1, 64),
            Step.noRepeatNgram(2),
            Step.logitBias(Map.of(0, 3f, 2, -1f, 2000, 1f)),
            Step.banned(new int[] {1}, new int[] {2, 0}),
            Step.minLength(3, 0, 4),
            Step.allowed(),
            Step.mirostatV1(3, 0.1f, 20),
            Step.mirostatV2(3, 0.1f),
            Step.adaptiveP(0.5f, 0.9f))
        .list()
        .ofMaxSize(2);
  }

  /**
   * Tokens, errors, positions, candidates and their logarithms, through steps with fewer rows or
   * all, with tokens accepted and masks given in between, and rows that fail among them.
   */
  @Property
  default void batchesAreTheirRowsAlone(
      @ForAll("plans") List<Plan> plans,
      @ForAll Threads threads,
      @ForAll("parallelisms") int parallelism,
      @ForAll("lengths") int length,
      @ForAll("seeds") long seed) {
    assertRowsAlone(plans, threads, parallelism, length, seed);
  }

  /** The same of long rows that are fewer than threads, which share each of them. */
  @Property(tries = 25)
  default void longRowsAreSharedByThreads(
      @ForAll("plans") List<Plan> plans,
      @ForAll Threads threads,
      @ForAll("longLengths") int length,
      @ForAll("seeds") long seed) {
    List<Plan> few = plans.subList(0, Math.min(plans.size(), 1 + (int) (seed >>> 62)));
    assertRowsAlone(few, threads, 2 + (int) (seed & 3), length, seed);
  }

  private void assertRowsAlone(
      List<Plan> plans, Threads threads, int parallelism, int length, long seed) {
    Sampler[] alone =
        plans.stream().map(plan -> plan.sampler(length, this)).toArray(Sampler[]::new);
    Sampler[] samplers =
        plans.stream().map(plan -> plan.sampler(length, this)).toArray(Sampler[]::new);
    List<Runnable> late = new ArrayList<>();
    BatchSampler batch =
        BatchSampler.of(samplers)
            .on(threads == Threads.LATE ? late::add : executor(threads), parallelism);
    SplittableRandom random = new SplittableRandom(seed);
    int[] tokens = new int[plans.size() + 1];
    for (int step = 0; step < 4; step++) {
      int rows = random.nextInt(4) == 0 ? random.nextInt(plans.size() + 1) : plans.size();
      int stride = new int[] {length, length + 3, length / 2, 0}[random.nextInt(4)];
      int from = random.nextInt(20);
      float[] made = logits(random, from, stride, rows, length);
      ElementType type = ElementType.values()[random.nextInt(ElementType.values().length)];
      MemorySegment segment = memory(random.nextInt(3), (long) made.length * type.bytes());
      float[] logits = segment == null ? made : SegmentContract.store(made, type, segment);
      for (int i = 0; i < rows; i++) {
        if (plans.get(i).masks()) {
          long[] mask = random.longs((length + 63) / 64).toArray();
          mask[0] |= 1;
          batch.row(i).allow(mask);
          alone[i].allow(mask);
        }
      }
      Arrays.fill(tokens, 77);
      int size = type.bytes();
      int failed =
          segment == null
              ? batch.sample(logits, from, stride, rows, length, tokens)
              : batch.sample(
                  segment, (long) from * size, (long) stride * size, rows, length, type, tokens);
      late.forEach(Pools.FIXED::execute);
      late.clear();
      int expected = 0;
      for (int i = 0; i < plans.size(); i++) {
        @Nullable RuntimeException error = null;
        int token = -1;
        if (i < rows) {
          try {
            int start = from + i * stride;
            token = alone[i].sample(logits, start, start + length);
          } catch (RuntimeException e) {
            error = e;
            expected++;
          }
          assertEquals(token, tokens[i]);
        }
        assertSameError(error, batch.error(i));
        assertEquals(alone[i].position(), batch.row(i).position());
        if (token >= 0) {
          assertArrayEquals(told(alone[i]), told(batch.row(i)));
          int accepted = random.nextInt(3) == 0 ? random.nextInt(length) : token;
          alone[i].accept(accepted);
          batch.row(i).accept(accepted);
        } else if (i < rows) {
          Failures.illegalState(Failures.NOTHING_SAMPLED, batch.row(i)::candidates);
        }
      }
      assertEquals(expected, failed);
      assertEquals(77, tokens[rows], "behind the last row");
    }
  }

  /** Native memory or the heap's, or none. */
  private static @Nullable MemorySegment memory(int which, long bytes) {
    return switch (which) {
      case 0 -> null;
      case 1 -> Arena.ofAuto().allocate(bytes, 4);
      default -> MemorySegment.ofArray(new byte[(int) bytes]);
    };
  }

  /** Threads. */
  @Provide
  default Arbitrary<Integer> parallelisms() {
    return Arbitraries.of(1, 2, 3, 4);
  }

  /** Logits in a row, short ones mostly. */
  @Provide
  default Arbitrary<Integer> lengths() {
    return Arbitraries.of(1, 2, 3, 7, 50, 64, 65, 100, 1000, 1025, 3000);
  }

  /** Logits in a row that is shared, and in one that is just not. */
  @Provide
  default Arbitrary<Integer> longLengths() {
    return Arbitraries.of(65_535, 65_536, 65_537, 66_000, 70_143, 98_311);
  }

  /** Seeds of what is in the rows. */
  @Provide
  default Arbitrary<Long> seeds() {
    return Arbitraries.longs().withDistribution(RandomDistribution.uniform());
  }

  /** Rows of any distribution; one in eight has a NaN, one in eight is masked. */
  private static float[] logits(
      SplittableRandom random, int from, int stride, int rows, int length) {
    float[] logits = new float[from + rows * stride + length];
    Arrays.fill(logits, Float.NaN);
    TestRows.Distribution[] all = TestRows.Distribution.values();
    for (int i = 0; i < rows; i++) {
      int start = from + i * stride;
      TestRow row = TestRows.of(all[random.nextInt(all.length)], length, 0, random.nextLong());
      System.arraycopy(row.array(), 0, logits, start, length);
      switch (random.nextInt(8)) {
        case 0 -> logits[start + random.nextInt(length)] = Float.NaN;
        case 1 -> Arrays.fill(logits, start, start + length, Float.NEGATIVE_INFINITY);
        default -> {
          // good
        }
      }
    }
    return logits;
  }

  private static void assertSameError(
      @Nullable RuntimeException expected, @Nullable RuntimeException actual) {
    if (expected == null || actual == null) {
      assertSame(expected, actual);
    } else {
      assertEquals(expected.getClass(), actual.getClass());
      assertEquals(expected.getMessage(), actual.getMessage());
    }
  }

  /** All that a sampler tells of its last call, in bits. */
  private static long[] told(Sampler sampler) {
    Candidates candidates = sampler.candidates();
    long[] told = new long[3 * candidates.size() + 2];
    int n = 0;
    for (int i = 0; i < candidates.size(); i++) {
      told[n++] = candidates.id(i);
      told[n++] = Float.floatToRawIntBits(candidates.probability(i));
      told[n++] = Double.doubleToRawLongBits(candidates.logProbability(i));
    }
    told[n++] = Float.floatToRawIntBits(sampler.probability());
    told[n] = Double.doubleToRawLongBits(sampler.logProbability());
    return told;
  }

  private static Executor executor(Threads threads) {
    return switch (threads) {
      case DIRECT -> Runnable::run;
      case FIXED -> Pools.FIXED;
      case COMMON -> ForkJoinPool.commonPool();
      case VIRTUAL -> Pools.VIRTUAL;
      case NEVER, LATE -> task -> {};
      case REJECTING ->
          task -> {
            throw new RejectedExecutionException("full");
          };
    };
  }

  /** Pools that all tests share; their threads do not keep the JVM alive. */
  final class Pools {
    static final ExecutorService FIXED =
        Executors.newFixedThreadPool(3, Thread.ofPlatform().daemon().factory());
    static final ExecutorService VIRTUAL = Executors.newVirtualThreadPerTaskExecutor();

    private Pools() {}
  }

  /** A token is a matter of its seed and position, wherever and beside whomever it is drawn. */
  @Example
  default void requestsWithOneSeedAndPositionAgree() {
    float[] row = TestRows.of(TestRows.Distribution.NORMAL, 2000, 0, 3).logits();
    int[][] tokens = new int[5][];
    for (int size = 1; size <= 5; size++) {
      long[] seeds = IntStream.range(0, size).mapToLong(i -> 1000 + i).toArray();
      seeds[size - 1] = 42;
      BatchSampler batch = BatchSampler.of(SamplerChain.of(), 2000, seeds).on(Pools.FIXED, 3);
      assertEquals(size, batch.rows());
      tokens[size - 1] = new int[20];
      int[] out = new int[size];
      for (int n = 0; n < 20; n++) {
        for (int i = 0; i < size; i++) {
          batch.row(i).position(i == size - 1 ? n : 7 * n);
        }
        assertEquals(0, batch.sample(row, 0, 0, size, 2000, out));
        tokens[size - 1][n] = out[size - 1];
      }
      assertArrayEquals(tokens[0], tokens[size - 1]);
    }
    assertTrue(Arrays.stream(tokens[0]).distinct().count() > 10);
  }

  /** A chain to a row, or one for all. */
  @Example
  default void rowsHaveChainsOfTheirOwn() {
    SamplerChain narrow = SamplerChain.of(Step.topK(2));
    BatchSampler batch =
        BatchSampler.of(List.of(SamplerChain.greedy(), narrow), 4, new long[] {5, -6});
    assertEquals(SamplerChain.greedy(), batch.row(0).chain());
    assertEquals(narrow, batch.row(1).chain());
    assertEquals(5, batch.row(0).seed());
    assertEquals(-6, batch.row(1).seed());
    int[] tokens = new int[2];
    assertEquals(0, batch.sample(new float[] {1, 4, 2, 3, 9, 0, 8, 7}, 0, 4, 2, 4, tokens));
    assertEquals(1, tokens[0]);
    assertEquals(1, batch.row(0).candidates().size());
    assertArrayEquals(new int[] {0, 2}, Chains.ids(batch.row(1).candidates()));
    BatchSampler shared = BatchSampler.of(narrow, 4, new long[] {1, 2, 3});
    assertEquals(3, shared.rows());
    assertEquals(narrow, shared.row(2).chain());
    assertEquals(4, shared.row(2).vocabularySize());
    assertEquals(0, BatchSampler.of(narrow, 4, new long[0]).rows());
  }

  /** A sequence ends and another takes its row. */
  @Example
  default void rowsCanBeGivenToOthers() {
    float[] x = {1, Float.NaN};
    BatchSampler batch = batch(2);
    assertEquals(2, batch.sample(x, 0, 0, 2, 2, new int[2]));
    Sampler next = SamplerChain.greedy().newSampler(2, 9, kernels());
    batch.row(1, next);
    assertSame(next, batch.row(1));
    assertNotNull(batch.error(0));
    assertNull(batch.error(1), "it was not in the step");
    batch.row(1, next);
    Failures.illegalArgument("the sampler has row 1", () -> batch.row(0, next));
    assertThrows(IndexOutOfBoundsException.class, () -> batch.row(2, next));
    Failures.expect(NullPointerException.class, "sampler", () -> batch.row(0, null));
    x[1] = 5;
    int[] tokens = new int[2];
    assertEquals(0, batch.sample(x, 0, 0, 2, 2, tokens));
    assertEquals(1, tokens[1]);
    assertEquals(1, next.position());
  }

  /**
   * Every chain that begins with a kernel of its own, at temperatures of any kind, on a row with
   * its best token, or what is none, anywhere.
   */
  @Example
  default void sharedRowsAreTheRowAlone() {
    int length = 66_111;
    Step[][] chains = {
      {},
      {Step.topK(1)},
      {Step.topK(40), Step.topP(0.9f)},
      {Step.topK(5000)},
      {Step.temperature(0.7f), Step.topP(0.9f)},
      {Step.topP(1)},
      {Step.minP(0.05f)},
      {Step.typical(0.9f)},
      {Step.xtc(1, 0.05f)},
      {Step.temperature(0.7f), Step.pLess()},
      {Step.temperature(Float.MIN_VALUE)},
      {Step.temperature(Float.MAX_VALUE)},
      {Step.logitBias(Map.of(3, 2f)), Step.topP(0.9f), Step.topK(3)}
    };
    SplittableRandom random = new SplittableRandom(3);
    float[] x = new float[length];
    for (int n = 0; n < 24; n++) {
      float low = n % 3 == 0 ? Float.NEGATIVE_INFINITY : -3;
      for (int i = 0; i < length; i++) {
        x[i] = n % 4 == 3 ? low : (float) (2 * random.nextGaussian());
      }
      for (float odd : n % 2 == 0 ? new float[] {11, 11} : new float[] {9, Float.NaN}) {
        int at = random.nextInt(6) == 0 ? length - 1 : random.nextInt(length);
        x[at] = n < 20 && !(odd < 20) ? 10 : odd;
      }
      Step[] chain = chains[n % chains.length];
      Sampler alone = SamplerChain.of(chain).newSampler(length, n, kernels());
      Sampler shared = SamplerChain.of(chain).newSampler(length, n, kernels());
      BatchSampler batch = BatchSampler.of(shared).on(Pools.FIXED, 2 + n % 3);
      for (int step = 0; step < 3; step++) {
        int[] token = new int[1];
        batch.sample(x, 0, 0, 1, length, token);
        assertAlone(alone, x, 0, length, batch, token[0]);
      }
    }
  }

  /**
   * A long history makes a pass over the row of its penalties. The pass is one thread's and leaves
   * what a look leaves; steps behind it share the row among threads again.
   */
  @Example
  default void sharedRowsWithLongHistoriesAreTheRowAlone() {
    int length = 66_111;
    Step repetition = Step.repetitionPenalty(1.3f);
    Step[][] chains = {
      {repetition, Step.temperature(0)},
      {repetition, Step.topK(1)},
      {repetition, Step.adaptiveP(0.3f, 0.9f)},
      {repetition, Step.topK(40)},
      {repetition, Step.topP(0.9f)},
      {repetition, Step.topH(0.4f)},
      {Step.frequencyPenalty(0.5f, 100_000, true), Step.minP(0.1f)},
      {
        Step.presencePenalty(0.5f, 100_000, true),
        Step.logitBias(Map.of(3, 2f)),
        Step.temperature(0)
      }
    };
    SplittableRandom random = new SplittableRandom(5);
    int[] prompt = new int[3000];
    float[] x = new float[length];
    for (Step[] chain : chains) {
      Sampler alone = SamplerChain.of(chain).newSampler(length, 1, kernels());
      Sampler shared = SamplerChain.of(chain).newSampler(length, 1, kernels());
      BatchSampler batch = BatchSampler.of(shared).on(Pools.FIXED, 2);
      for (int i = 0; i < prompt.length; i++) {
        prompt[i] = random.nextInt(length);
      }
      alone.acceptPrompt(prompt);
      shared.acceptPrompt(prompt);
      for (int step = 0; step < 4; step++) {
        for (int i = 0; i < length; i++) {
          x[i] = (float) (2 * random.nextGaussian());
        }
        x[random.nextInt(length)] = 20;
        x[prompt[step]] = 21; // the best but for the penalty
        int[] token = new int[1];
        batch.sample(x, 0, 0, 1, length, token);
        assertAlone(alone, x, 0, length, batch, token[0]);
        alone.accept(token[0]);
        shared.accept(token[0]);
      }
    }
  }

  /** What is read out of a row after the step is the reader's work alone. */
  @Example
  default void sharedRowsAreReadOutByOneThread() {
    int length = 66_111;
    float[] x = TestRows.of(TestRows.Distribution.NORMAL, length, 0, 9).logits();
    long[] mask = new long[(length + Long.SIZE - 1) / Long.SIZE];
    Arrays.fill(mask, -2);
    for (Step[] chain :
        new Step[][] {{}, {Step.allowed()}, {Step.logitBias(Map.of(3, 2f)), Step.allowed()}}) {
      int[] tasks = {0};
      Sampler sampler = SamplerChain.of(chain).newSampler(length, 5, kernels());
      BatchSampler batch =
          BatchSampler.of(sampler)
              .on(
                  task -> {
                    tasks[0]++;
                    task.run();
                  },
                  3);
      if (chain.length > 0) {
        sampler.allow(mask);
      }
      assertEquals(0, batch.sample(x, 0, 0, 1, length, new int[1]));
      int before = tasks[0];
      batch.on(Runnable::run, 1); // the batch's threads are no more
      assertTrue(sampler.candidates().size() > length / 2);
      assertEquals(before, tasks[0], () -> sampler.chain() + " was read out by a task");
    }
  }

  /**
   * The best token of a shared row, or what is none, at its end: in the part of the last thread,
   * behind the last whole run; with all before it masked; in parts of a block, and of a logit.
   */
  @Example
  default void aSharedRowsBestMayLieAtItsEnd() {
    int from = 1030; // more than a block of what is not the row
    int longest = 66_111;
    float[] normal = TestRows.of(TestRows.Distribution.NORMAL, longest, 0, 9).logits();
    MemorySegment memory = Arena.ofAuto().allocate(4L * longest, 4);
    SplittableRandom random = new SplittableRandom(9);
    Step[] firsts = {Step.topK(1), Step.topK(40), Step.topP(0.9f), Step.minP(0.05f)};
    for (Step first : firsts) {
      for (int threads : new int[] {2, 3, 33}) {
        Sampler alone = SamplerChain.of(first).newSampler(longest, 1, kernels());
        Sampler shared = SamplerChain.of(first).newSampler(longest, 1, kernels());
        BatchSampler batch =
            BatchSampler.of(shared).on(threads == 33 ? Runnable::run : Pools.FIXED, threads);
        for (int length : new int[] {threads == 3 ? 65_537 : longest}) {
          for (int back : new int[] {1, 70, 600, 2000, length}) {
            int best = length - back;
            float[] x = new float[from + length + from];
            Arrays.fill(x, Float.NaN);
            for (int kind = 0; kind < (back == 1 ? 4 : 3); kind++) {
              System.arraycopy(normal, 0, x, from, length);
              x[from + best] = kind == 1 ? Float.NaN : 25;
              if (kind > 1) {
                int masked = kind == 2 ? best : length;
                Arrays.fill(x, from, from + masked, Float.NEGATIVE_INFINITY);
              }
              int[] token = new int[1];
              batch.sample(x, from, 0, 1, length, token);
              assertAlone(alone, x, from, length, batch, token[0]);

              ElementType type = ElementType.values()[random.nextInt(ElementType.values().length)];
              float[] row = Arrays.copyOfRange(x, from, from + length);
              float[] widened = SegmentContract.store(row, type, memory);
              batch.sample(memory, 0, 0, 1, length, type, token);
              assertAlone(alone, widened, 0, length, batch, token[0]);
            }
          }
        }
      }
    }
  }

  /** The batch's only row has what a sampler alone says of it. */
  private static void assertAlone(
      Sampler alone, float[] x, int from, int length, BatchSampler batch, int token) {
    @Nullable RuntimeException error = null;
    try {
      assertEquals(alone.sample(x, from, from + length), token);
      assertArrayEquals(told(alone), told(batch.row(0)));
    } catch (IllegalArgumentException | IllegalStateException e) {
      error = e;
    }
    assertSameError(error, batch.error(0));
  }

  /** Memory of the caller's alone: the others do not touch it. */
  @Example
  default void confinedRowsAreTheCallersAlone() {
    int length = 70_000;
    try (Arena confined = Arena.ofConfined()) {
      MemorySegment row = confined.allocate(4L * length, 4);
      Sampler sampler = SamplerChain.greedy().newSampler(length, 1, kernels());
      BatchSampler batch = BatchSampler.of(sampler).on(Pools.FIXED, 3);
      for (int n = 0; n < 50; n++) {
        int[] token = new int[1];
        assertEquals(0, batch.sample(row, 0, 0, 1, length, ElementType.FLOAT32, token));
        assertEquals(0, token[0]);
      }
    }
  }

  // rows that fail

  /** The message is the sampler's, the place is the row's own, the neighbours have their tokens. */
  @Example
  default void rowsFailAlone() {
    float masked = Float.NEGATIVE_INFINITY;
    float[] x = {1, 2, Float.NaN, 3, masked, masked, 4, 3, 1, Float.POSITIVE_INFINITY};
    for (Threads threads : Threads.values()) {
      BatchSampler batch = batch(5).on(executor(threads), 3);
      int[] tokens = {9, 9, 9, 9, 9};
      assertEquals(3, batch.sample(x, 0, 2, 5, 2, tokens));
      assertArrayEquals(new int[] {1, -1, -1, 0, -1}, tokens);
      assertNull(batch.error(0));
      Failures.illegalArgument("logit 0 is NaN", () -> rethrow(batch.error(1)));
      Failures.illegalState(Failures.ALL_MASKED, () -> rethrow(batch.error(2)));
      Failures.illegalArgument("logit 1 is Infinity", () -> rethrow(batch.error(4)));
      for (int i = 0; i < 5; i++) {
        assertEquals(tokens[i] < 0 ? 0 : 1, batch.row(i).position());
      }
      assertEquals(0, batch.sample(x, 0, 2, 1, 2, tokens));
      for (int i = 0; i < 5; i++) {
        assertNull(batch.error(i), "of a step before the last");
      }
    }
  }

  private static void rethrow(@Nullable RuntimeException error) {
    assertNotNull(error);
    throw error;
  }

  /** A row that is too long for its sampler fails as one, as samplers may differ. */
  @Example
  default void rowsMayHaveVocabulariesOfTheirOwn() {
    BatchSampler batch =
        BatchSampler.of(
            SamplerChain.greedy().newSampler(2, 1, kernels()),
            SamplerChain.greedy().newSampler(3, 1, kernels()));
    int[] tokens = new int[2];
    assertEquals(1, batch.sample(new float[] {1, 2, 3}, 0, 0, 2, 3, tokens));
    assertArrayEquals(new int[] {-1, 2}, tokens);
    Failures.illegalArgument(
        "the row has 3 logits, but the vocabulary size is 2", () -> rethrow(batch.error(0)));
  }

  // calls that fail

  /** Before anything is done: no token, no position, no error of an earlier step is lost. */
  @Example
  default void badCallsDoNothing() {
    BatchSampler batch = batch(3);
    float[] x = {1, Float.NaN, 3, 2, 5, 4};
    int[] tokens = new int[3];
    assertEquals(1, batch.sample(x, 0, 2, 3, 2, tokens));
    Failures.illegalArgument(
        "stride must be >= 0, but was -1", () -> batch.sample(x, 0, -1, 3, 2, tokens));
    Failures.illegalArgument(
        "rows must be in [0, 3], but was 4", () -> batch.sample(x, 0, 0, 4, 2, new int[4]));
    Failures.illegalArgument(
        "rows must be in [0, 3], but was -1", () -> batch.sample(x, 0, 0, -1, 2, tokens));
    for (int length : new int[] {0, -1, Integer.MIN_VALUE}) {
      Failures.illegalArgument(
          "length must be >= 1, but was " + length, () -> batch.sample(x, 0, 2, 3, length, tokens));
    }
    Failures.illegalArgument(
        "tokens has length 2, but 3 are needed", () -> batch.sample(x, 0, 2, 3, 2, new int[2]));
    int[][] outside = { // from, stride, length
      {1, 2, 2},
      {-1, 2, 2},
      {0, 3, 2},
      {0, 2, 3},
      {0, 0, 7},
      {6, 0, 1},
      {Integer.MAX_VALUE, 0, 1},
      {0, Integer.MAX_VALUE, 2},
      {0, 1 << 30, 1},
      {0, 0, Integer.MAX_VALUE}
    };
    for (int[] bad : outside) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> batch.sample(x, bad[0], bad[1], 3, bad[2], tokens),
          Arrays.toString(bad));
    }
    assertThrows(NullPointerException.class, () -> batch.sample(null, 0, 2, 3, 2, tokens));
    assertThrows(NullPointerException.class, () -> batch.sample(x, 0, 2, 3, 2, null));
    assertArrayEquals(new int[] {-1, 0, 0}, tokens);
    assertNotNull(batch.error(0));
    for (int i = 0; i < 3; i++) {
      assertEquals(i == 0 ? 0 : 1, batch.row(i).position());
      assertEquals(i > 0, batch.error(i) == null);
    }
    assertThrows(IndexOutOfBoundsException.class, () -> batch.row(3));
    assertThrows(IndexOutOfBoundsException.class, () -> batch.error(-1));
    assertEquals(0, batch.sample(new float[0], 5, 2, 0, 2, tokens), "no row, wherever");
    assertNull(batch.error(0));
  }

  /** What a batch is not made of. */
  @Example
  default void batchesNeedARowsWorthOfEach() {
    SamplerChain chain = SamplerChain.of();
    Failures.illegalArgument(
        "there are 2 chains, but 1 seeds",
        () -> BatchSampler.of(List.of(chain, chain), 3, new long[1]));
    Failures.illegalArgument(
        "vocabularySize must be >= 1, but was 0", () -> BatchSampler.of(chain, 0, new long[1]));
    Sampler sampler = chain.newSampler(3, 1, kernels());
    Sampler other = chain.newSampler(3, 1, kernels());
    Failures.illegalArgument(
        "the sampler of row 2 has row 0 already", () -> BatchSampler.of(sampler, other, sampler));
    Failures.expect(
        NullPointerException.class,
        "the sampler of row 1 is null",
        () -> BatchSampler.of(sampler, null));
    Failures.expect(
        NullPointerException.class,
        "the chain of row 1 is null",
        () -> BatchSampler.of(Arrays.asList(chain, null), 3, new long[2]));
    Failures.illegalArgument(
        "parallelism must be >= 1, but was 0", () -> batch(1).on(Runnable::run, 0));
    Failures.expect(NullPointerException.class, "executor", () -> batch(1).on(null, 2));
    Sampler[] given = {sampler};
    BatchSampler batch = BatchSampler.of(given);
    given[0] = other;
    assertSame(sampler, batch.row(0));
  }

  /** Neither a step nor a look is possible in the middle of a step; afterwards both are. */
  @Example
  default void aBatchServesOneCallerAtATime() {
    float[] x = {1, 2, 3};
    BatchSampler batch = batch(3);
    int[] tokens = new int[3];
    int[] met = {0};
    batch.on(
        task -> {
          met[0]++;
          Failures.illegalState(IN_A_STEP, () -> batch.sample(x, 0, 0, 3, 3, new int[3]));
          Failures.illegalState(
              IN_A_STEP,
              () ->
                  batch.sample(
                      MemorySegment.ofArray(x), 0, 0, 3, 3, ElementType.FLOAT32, new int[3]));
          Failures.illegalState(IN_A_STEP, () -> batch.row(0));
          Failures.illegalState(
              IN_A_STEP, () -> batch.row(0, SamplerChain.of().newSampler(3, 1, kernels())));
          Failures.illegalState(IN_A_STEP, () -> batch.error(0));
          Failures.illegalState(IN_A_STEP, () -> batch.on(Runnable::run, 1));
          task.run();
        },
        2);
    for (int n = 1; n <= 3; n++) {
      assertEquals(0, batch.sample(x, 0, 0, 3, 3, tokens));
      assertArrayEquals(new int[] {2, 2, 2}, tokens);
      assertEquals(n, batch.row(0).position());
      assertEquals(n, met[0]);
    }
  }

  // executors

  /** At most one task less than threads, or than rows; none for the caller alone. */
  @Example
  default void tasksAreOneLessThanThreadsOrRows() {
    int[][] cases = {{1, 5, 0}, {2, 5, 1}, {4, 5, 3}, {9, 5, 4}, {9, 1, 0}, {9, 0, 0}};
    for (int[] c : cases) {
      List<Runnable> queue = new ArrayList<>();
      BatchSampler batch = batch(5).on(queue::add, c[0]);
      batch.sample(new float[] {1, 2}, 0, 0, c[1], 2, new int[5]);
      assertEquals(c[2], queue.size(), Arrays.toString(c));
    }
  }

  /** A queue that nobody serves does not grow; one that is served gets the tasks again. */
  @Example
  default void tasksThatHaveNotRunAreNotHandedOverAgain() {
    List<Runnable> queue = new ArrayList<>();
    BatchSampler batch = batch(5).on(queue::add, 3);
    int[] tokens = new int[5];
    for (int n = 0; n < 10; n++) {
      assertEquals(0, batch.sample(new float[] {1, 2}, 0, 0, 5, 2, tokens));
      assertEquals(2, queue.size());
    }
    int[] before = {7, 7, 7, 7, 7};
    System.arraycopy(before, 0, tokens, 0, 5);
    queue.removeFirst().run();
    assertArrayEquals(before, tokens, "a late task finds nothing");
    assertEquals(10, batch.row(0).position());
    batch.sample(new float[] {1, 2}, 0, 0, 5, 2, tokens);
    assertEquals(2, queue.size());
  }

  /** A task of an earlier step is as good as one of this step. */
  @Example
  default void lateTasksServeLaterSteps() {
    List<Runnable> queue = new ArrayList<>();
    List<Thread> ran = new ArrayList<>();
    BatchSampler batch = batch(4).on(queue::add, 2);
    int[] tokens = new int[4];
    batch.sample(new float[] {1, 2}, 0, 0, 4, 2, tokens);
    Runnable late = queue.removeFirst();
    batch.on(
        task -> {
          late.run(); // takes all rows
          ran.add(Thread.currentThread());
          task.run(); // finds none
        },
        2);
    assertEquals(0, batch.sample(new float[] {1, 2, 3, 0}, 0, 1, 2, 3, tokens));
    assertArrayEquals(new int[] {2, 1, 1, 1}, tokens);
    assertEquals(1, ran.size());
    assertEquals(2, batch.row(0).position());
    assertEquals(1, batch.row(3).position());
  }

  /** A task that was rejected is offered again at the next step. */
  @Example
  default void rejectedTasksAreOfferedAgain() {
    int[] offered = {0, 0};
    BatchSampler batch =
        batch(5)
            .on(
                task -> {
                  offered[0]++;
                  if (offered[0] <= 3) {
                    throw new RejectedExecutionException("full");
                  }
                  offered[1]++;
                  task.run();
                },
                4);
    int[] tokens = new int[5];
    for (int n = 1; n <= 3; n++) {
      assertEquals(0, batch.sample(new float[] {1, 2}, 0, 0, 5, 2, tokens));
      assertEquals(n, offered[0], "the first rejection ends it");
    }
    batch.sample(new float[] {1, 2}, 0, 0, 5, 2, tokens);
    assertEquals(1, offered[1], "the first task has done it all");
    assertArrayEquals(new int[] {1, 1, 1, 1, 1}, tokens);
  }

  /** Whatever else an executor throws reaches the caller, behind the last row. */
  @Example
  default void whatExecutorsThrowComesWhenTheStepIsDone() {
    for (Throwable thrown :
        new Throwable[] {new IllegalCallerException("odd"), new OutOfMemoryError("no thread")}) {
      BatchSampler batch =
          batch(3)
              .on(
                  task -> {
                    if (thrown instanceof Error error) {
                      throw error;
                    }
                    throw (RuntimeException) thrown;
                  },
                  2);
      for (int n = 1; n <= 2; n++) {
        int[] tokens = new int[3];
        assertSame(
            thrown,
            assertThrows(
                Throwable.class, () -> batch.sample(new float[] {1, 2}, 0, 0, 3, 2, tokens)));
        assertArrayEquals(new int[] {1, 1, 1}, tokens);
        assertEquals(n, batch.row(2).position());
      }
    }
  }

  /** An interrupt before a step is there behind it, and the step is whole. */
  @Example
  default void interruptsOutliveAStep() {
    float[] x = TestRows.of(TestRows.Distribution.NORMAL, 4000, 0, 4).logits();
    for (Threads threads : Threads.values()) {
      BatchSampler batch = batch(8).on(executor(threads), 4);
      Sampler alone = SamplerChain.of(Step.topK(1)).newSampler(4000, 1, kernels());
      int best = alone.sample(x, 0, 4000);
      for (int n = 0; n < 20; n++) {
        int[] tokens = new int[8];
        Thread.currentThread().interrupt();
        int failed = batch.sample(x, 0, 0, 8, 4000, tokens);
        assertTrue(Thread.interrupted(), "the interrupt is lost");
        assertEquals(0, failed);
        for (int token : tokens) {
          assertEquals(best, token);
        }
      }
    }
  }

  /** Greedy rows on the kernels under test. */
  private BatchSampler batch(int rows) {
    return BatchSampler.of(
        IntStream.range(0, rows)
            .mapToObj(i -> SamplerChain.greedy().newSampler(5000, i, kernels()))
            .toArray(Sampler[]::new));
  }

  /** Unhappy paths of segments. */
  @Example
  default void badSegmentsOfRows() {
    BatchSampler batch =
        BatchSampler.of(
            SamplerChain.of().newSampler(4, 1, kernels()),
            SamplerChain.of().newSampler(4, 2, kernels()));
    MemorySegment segment = MemorySegment.ofArray(new float[8]);
    ElementType type = ElementType.FLOAT32;
    int[] tokens = new int[2];
    Failures.illegalArgument(
        "byteStride must be >= 0, but was -4",
        () -> batch.sample(segment, 0, -4, 2, 4, type, tokens));
    assertThrows(
        IndexOutOfBoundsException.class, () -> batch.sample(segment, 0, 17, 2, 4, type, tokens));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> batch.sample(segment, 0, Long.MAX_VALUE, 2, 4, type, tokens));
    BatchSampler many = batch(5);
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> many.sample(segment, 0, 1L << 62, 5, 4, type, new int[5]),
        "four strides are 2^64");
    assertEquals(
        0, many.sample(segment, 0, 2, 5, 1, ElementType.FLOAT16, new int[5]), "rows of one logit");
    assertEquals(
        0,
        many.sample(segment.asSlice(0, 10), 0, 2, 5, 1, ElementType.FLOAT16, new int[5]),
        "which fill their segment");
    long[][] outside = { // offset, stride, rows
      {4, 16, 2},
      {1, 16, 2},
      {-1, 16, 2},
      {20, 16, 1},
      {17, 0, 2},
      {32, 0, 1},
      {Long.MAX_VALUE, 16, 2}
    };
    for (long[] bad : outside) {
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> batch.sample(segment, bad[0], bad[1], (int) bad[2], 4, type, tokens),
          Arrays.toString(bad));
    }
    Failures.illegalArgument(
        "rows must be in [0, 2], but was 3",
        () -> batch.sample(segment, 0, 0, 3, 4, type, new int[3]));
    Failures.illegalArgument(
        "length must be >= 1, but was 0", () -> batch.sample(segment, 0, 16, 2, 0, type, tokens));
    Failures.illegalArgument(
        "tokens has length 1, but 2 are needed",
        () -> batch.sample(segment, 0, 16, 2, 4, type, new int[1]));
    assertEquals(0, batch.sample(segment, 0, 16, 2, 4, type, tokens));
    assertEquals(0, batch.sample(segment, 16, 16, 1, 4, type, tokens));
    assertEquals(0, batch.sample(segment, 16, 0, 2, 4, type, tokens));
    assertEquals(0, batch.sample(segment, 40, 16, 0, 4, type, tokens), "no row, wherever");
  }
}
