package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.math.BigInteger;
import java.nio.FloatBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** A sampler's stream, its position, and what it tells of the last call. */
public interface SamplerContract extends KernelsUnderTest {
  /** Rows that are sampled over and over. */
  @Provide
  default Arbitrary<TestRow> samplerRows() {
    return TestRows.upTo(5000);
  }

  /** Chains of any steps. */
  @Provide
  default Arbitrary<List<Step>> samplerSteps() {
    return Chains.anySteps();
  }

  /** Numbers for the draw. */
  @Provide
  default Arbitrary<Double> samplerDraws() {
    return Chains.draws();
  }

  /** Seeds, with those whose arithmetic carries or overflows. */
  @Provide
  default Arbitrary<Long> seeds() {
    return Arbitraries.oneOf(
        Arbitraries.longs(),
        Arbitraries.of(0L, 1L, -1L, Long.MIN_VALUE, Long.MAX_VALUE, -0x9e3779b97f4a7c15L));
  }

  /** Chains that narrow nothing, narrow, and are greedy. */
  private static List<SamplerChain> chains() {
    return List.of(
        SamplerChain.of(),
        SamplerChain.of(Step.temperature(0.7f)),
        SamplerChain.greedy(),
        SamplerChain.of(Step.topK(3)),
        SamplerChain.of(Step.temperature(1.5f), Step.topP(0.9f), Step.minP(0.01f)));
  }

  // the stream

  /** All 53 bits of the first draws of a seed. */
  @Property
  default void streamIsThatOfSplittableRandom(@ForAll("seeds") long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    for (int n = 0; n < 100; n++) {
      double u = (random.nextLong() >>> 11) * 0x1p-53;
      assertEquals(u, splitMix(seed, n));
      Powers.Probe probe = Powers.probe(u);
      assertEquals(probe.marked(), probe.draw(kernels(), seed, n));
    }
  }

  /** All 53 bits at any position. */
  @Property
  default void streamIsAddressedByPosition(
      @ForAll("seeds") long seed, @ForAll @LongRange(min = 0, max = 1_000_000_000_000L) long n) {
    double u = splitMix(seed, n);
    SplittableRandom jumped = new SplittableRandom(seed + n * 0x9e3779b97f4a7c15L);
    assertEquals((jumped.nextLong() >>> 11) * 0x1p-53, u);
    Powers.Probe probe = Powers.probe(u);
    assertEquals(probe.marked(), probe.draw(kernels(), seed, n));
  }

  /** The farthest position that can be reached. */
  @Example
  default void streamReachesTheLastPosition() {
    for (long position : new long[] {1L << 40, 1L << 62, Long.MAX_VALUE - 1}) {
      Powers.Probe probe = Powers.probe(splitMix(42, position));
      assertEquals(probe.marked(), probe.draw(kernels(), 42, position));
    }
  }

  /** And then the stream ends, for rows of every kind. */
  @Example
  default void streamEndsBehindTheLastPosition() {
    Sampler sampler = SamplerChain.of().newSampler(2, 42, kernels());
    sampler.position(Long.MAX_VALUE - 1);
    float[] x = {1, 2};
    sampler.sample(x);
    assertEquals(Long.MAX_VALUE, sampler.position());
    String message = "the stream has no draw left: position 9223372036854775807";
    MemorySegment segment = MemorySegment.ofArray(x);
    List<Executable> calls =
        List.of(
            () -> sampler.sample(x),
            () -> sampler.sample(x, 0, 2),
            () -> sampler.sample(FloatBuffer.wrap(x)),
            () -> sampler.sample(segment, 0, 2, ElementType.FLOAT32));
    for (Executable call : calls) {
      sampler.sample(x, 0, 2, 0.5); // a draw of the caller's needs none
      Failures.illegalState(message, call);
      assertNothingSampled(sampler);
      assertEquals(Long.MAX_VALUE, sampler.position());
    }
  }

  /** Draw n of a seed in plain arithmetic modulo 2^64: an odd step per draw, two xor-multiplies. */
  private static double splitMix(long seed, long n) {
    BigInteger state =
        BigInteger.valueOf(seed)
            .add(BigInteger.valueOf(n).add(BigInteger.ONE).multiply(hex("9e3779b97f4a7c15")))
            .mod(hex("10000000000000000"));
    BigInteger z = xorShift(state, 30, "bf58476d1ce4e5b9");
    z = xorShift(z, 27, "94d049bb133111eb");
    z = xorShift(z, 31, "1");
    return z.shiftRight(11).doubleValue() / 0x1p53;
  }

  private static BigInteger xorShift(BigInteger z, int shift, String factor) {
    return z.xor(z.shiftRight(shift)).multiply(hex(factor)).mod(hex("10000000000000000"));
  }

  private static BigInteger hex(String digits) {
    return new BigInteger(digits, 16);
  }

  /** A chain on a stream takes what the pure overload takes with the stream's numbers. */
  @Property
  default void streamFeedsTheDraw(
      @ForAll("samplerRows") TestRow row,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("seeds") long seed) {
    Sampler sampler = sampler(row, steps, seed);
    Sampler pure = sampler(row, steps, ~seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int n = 0; n < 5; n++) {
      double u = (random.nextLong() >>> 11) * 0x1p-53;
      assertEquals(
          pure.sample(row.array(), row.from(), row.to(), u),
          sampler.sample(row.array(), row.from(), row.to()));
      assertEquals(bits(pure.probability()), bits(sampler.probability()));
    }
  }

  // the position

  /** One for every call on the stream, greedy chains too. */
  @Example
  default void positionGrowsByOneWithEverySampleOnTheStream() {
    float[] x = {1, 2, 3, 0, 5, -1};
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(6, 9, kernels());
      assertEquals(0, sampler.position());
      for (int n = 1; n <= 20; n++) {
        if (n % 2 == 0) {
          sampler.sample(x);
        } else {
          sampler.sample(x, 1, 5);
        }
        assertEquals(n, sampler.position(), chain.toString());
      }
    }
  }

  /** None for the overload with u, which is pure. */
  @Property
  default void positionStaysWithAGivenDraw(
      @ForAll("samplerRows") TestRow row,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("samplerDraws") double u) {
    Sampler sampler = sampler(row, steps, 1);
    sampler.position(17);
    int token = sampler.sample(row.array(), row.from(), row.to(), u);
    assertEquals(17, sampler.position());
    sampler.sample(row.array(), row.from(), row.to());
    assertEquals(18, sampler.position());
    assertEquals(token, sampler.sample(row.array(), row.from(), row.to(), u));
    assertEquals(18, sampler.position());
    assertEquals(token, sampler(row, steps, 99).sample(row.array(), row.from(), row.to(), u));
  }

  /** None for a call that fails. */
  @Example
  default void positionStaysWhereACallFails() {
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(4, 9, kernels());
      sampler.position(5);
      for (Executable failing : failingCalls(sampler)) {
        assertThrows(RuntimeException.class, failing, chain.toString());
        assertEquals(5, sampler.position(), chain.toString());
      }
      sampler.sample(new float[] {1, 2});
      assertEquals(6, sampler.position());
      Failures.illegalArgument("position must be >= 0, but was -1", () -> sampler.position(-1));
      assertEquals(6, sampler.position());
    }
  }

  private static List<Executable> failingCalls(Sampler sampler) {
    float masked = Float.NEGATIVE_INFINITY;
    return List.of(
        () -> sampler.sample(new float[] {1, Float.NaN}),
        () -> sampler.sample(new float[] {1, Float.POSITIVE_INFINITY}, 0, 2, 0.5),
        () -> sampler.sample(new float[] {masked, masked}),
        () -> sampler.sample(new float[0]),
        () -> sampler.sample(new float[] {1, 2}, 1, 1),
        () -> sampler.sample(new float[] {1, 2}, 1, 3),
        () -> sampler.sample(new float[] {1, 2}, -1, 1, 0.5),
        () -> sampler.sample(new float[] {1, 2, 3, 4, 5}),
        () -> sampler.sample(new float[] {1, 2}, 0, 2, 1.0),
        () -> sampler.sample(new float[] {1, 2}, 0, 2, -0.1),
        () -> sampler.sample(new float[] {1, 2}, 0, 2, Double.NaN));
  }

  /** Forwards and backwards: a position has its token. */
  @Property
  default void positionMayBeSetInAnyOrder(
      @ForAll("samplerRows") TestRow row,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("seeds") long seed) {
    Sampler inOrder = sampler(row, steps, seed);
    int[] tokens = new int[8];
    for (int n = 0; n < 8; n++) {
      tokens[n] = inOrder.sample(row.array(), row.from(), row.to());
    }
    Sampler anyOrder = sampler(row, steps, seed);
    for (int n : new int[] {7, 0, 3, 3, 6, 1}) {
      anyOrder.position(n);
      assertEquals(n, anyOrder.position());
      assertEquals(tokens[n], anyOrder.sample(row.array(), row.from(), row.to()));
      assertEquals(n + 1, anyOrder.position());
    }
  }

  /** What it was made of. */
  @Example
  default void samplerTellsWhatItWasMadeOf() {
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(77, -5, kernels());
      assertEquals(chain, sampler.chain());
      assertEquals(77, sampler.vocabularySize());
      assertEquals(-5, sampler.seed());
      assertEquals(0, sampler.position());
    }
  }

  /** At least one token. */
  @Example
  default void samplerNeedsAVocabulary() {
    for (int size : new int[] {0, -1, Integer.MIN_VALUE}) {
      String message = "vocabularySize must be >= 1, but was " + size;
      Failures.illegalArgument(message, () -> SamplerChain.of().newSampler(size, 1, kernels()));
      Failures.illegalArgument(message, () -> SamplerChain.greedy().newSampler(size, 1));
    }
  }

  /** Two seeds, two streams. */
  @Example
  default void samplerSeedsSelectStreams() {
    float[] x = new float[1000];
    int[][] tokens = new int[2][20];
    for (int seed = 0; seed < 2; seed++) {
      Sampler sampler = SamplerChain.of().newSampler(1000, seed, kernels());
      for (int n = 0; n < 20; n++) {
        tokens[seed][n] = sampler.sample(x);
      }
    }
    assertNotEquals(Arrays.toString(tokens[0]), Arrays.toString(tokens[1]));
  }

  // candidates and probabilities

  /** Before the first success there is nothing to tell. */
  @Example
  default void nothingIsToldBeforeTheFirstSuccess() {
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(4, 9, kernels());
      assertNothingSampled(sampler);
      assertThrows(RuntimeException.class, () -> sampler.sample(new float[] {Float.NaN}));
      assertNothingSampled(sampler);
      sampler.position(3);
      assertNothingSampled(sampler);
    }
  }

  /**
   * After a failed call neither, by a view from before it neither; the next success tells again.
   */
  @Example
  default void nothingIsToldAfterAFailedCall() {
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(4, 9, kernels());
      for (Executable failing : failingCalls(sampler)) {
        sampler.sample(new float[] {1, 2, 0});
        Candidates view = sampler.candidates();
        view.id(0);
        assertThrows(RuntimeException.class, failing);
        assertNothingSampled(sampler);
        Failures.illegalState(Failures.NOTHING_SAMPLED, view::size);
        Failures.illegalState(Failures.NOTHING_SAMPLED, () -> view.id(0));
        Failures.illegalState(Failures.NOTHING_SAMPLED, () -> view.probability(0));
        int token = sampler.sample(new float[] {1, 2}, 0, 2, 0.0);
        assertTrue(sampler.probability() > 0);
        assertTrue(Arrays.stream(Chains.ids(view)).anyMatch(id -> id == token));
      }
    }
  }

  /** As text: ids with their probabilities, best first. */
  @Example
  default void candidatesHaveAText() {
    Sampler sampler = SamplerChain.of().newSampler(4, 9, kernels());
    float no = Float.NEGATIVE_INFINITY;
    sampler.sample(new float[] {0, no, 0, no});
    assertEquals("[0: 0.5, 2: 0.5]", sampler.candidates().toString());
    sampler.sample(new float[] {no, 7, no, no});
    assertEquals("[1: 1.0]", sampler.candidates().toString());
  }

  /** A missing row is a failed call too. */
  @Example
  default void nothingIsToldAfterAMissingRow() {
    Sampler sampler = SamplerChain.of().newSampler(4, 9, kernels());
    sampler.sample(new float[] {1, 2, 0});
    assertThrows(NullPointerException.class, () -> sampler.sample((float[]) null));
    assertNothingSampled(sampler);
    assertEquals(1, sampler.position());
  }

  private static void assertNothingSampled(Sampler sampler) {
    Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::candidates);
    Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::probability);
    Failures.illegalState(Failures.NOTHING_SAMPLED, sampler::logProbability);
  }

  /** One view, of the last call whichever that was. */
  @Example
  default void candidatesAreALiveView() {
    Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(4, 9, kernels());
    sampler.sample(new float[] {1, 4, 3, 2});
    Candidates view = sampler.candidates();
    assertArrayEquals(new int[] {1, 2}, Chains.ids(view));
    sampler.sample(new float[] {1, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY});
    assertSame(view, sampler.candidates());
    assertArrayEquals(new int[] {0}, Chains.ids(view));
    sampler.sample(new float[] {5, 6}, 0, 2, 0.5);
    assertArrayEquals(new int[] {1, 0}, Chains.ids(view));
  }

  /** Ranks from 0 to the size. */
  @Example
  default void candidatesHaveRanksBelowTheirSize() {
    for (SamplerChain chain : chains()) {
      Sampler sampler = chain.newSampler(6, 9, kernels());
      sampler.sample(new float[] {1, 4, 3, 2, 8, Float.NEGATIVE_INFINITY});
      Candidates view = sampler.candidates();
      for (int rank : new int[] {-1, view.size(), Integer.MAX_VALUE, Integer.MIN_VALUE}) {
        assertThrows(IndexOutOfBoundsException.class, () -> view.id(rank));
        assertThrows(IndexOutOfBoundsException.class, () -> view.probability(rank));
      }
    }
  }

  /** Best first, of probabilities that sum to 1, the drawn token among them with a weight. */
  @Property
  default void candidatesAreSortedAndSumTo1AndHoldTheToken(
      @ForAll("samplerRows") TestRow row,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("samplerDraws") double u) {
    Sampler sampler = sampler(row, steps, 1);
    int token = sampler.sample(row.array(), row.from(), row.to(), u);
    float[] x = row.logits();
    if (Chains.haveCap(steps)) { // capped logits may be equal where those of the row are not
      sampler.maskedLogits(x, 0);
    }
    Candidates candidates = sampler.candidates();
    int[] ids = Chains.ids(candidates);
    double sum = 0;
    int rank = -1;
    for (int i = 0; i < ids.length; i++) {
      assertTrue(x[ids[i]] > Float.NEGATIVE_INFINITY);
      if (i > 0) {
        boolean better = x[ids[i - 1]] > x[ids[i]];
        assertTrue(better || (x[ids[i - 1]] == x[ids[i]] && ids[i - 1] < ids[i]));
      }
      sum += candidates.probability(i);
      rank = ids[i] == token ? i : rank;
    }
    assertEquals(1, sum, 2.5e-6); // the error of a whole row's total, and roundings
    assertTrue(rank >= 0, "the token is not among the candidates");
    assertTrue(candidates.probability(rank) > 0, "a token of probability 0");
    assertEquals(bits(candidates.probability(rank)), bits(sampler.probability()));
    double exact = StrictMath.exp(sampler.logProbability());
    assertEquals(exact, sampler.probability(), 1.5e-5 * exact + Float.MIN_VALUE);
  }

  /** A certain token's logarithm is +0, though its logit be -0. */
  @Example
  default void logarithmsAreNeverMinusZero() {
    Sampler sampler = SamplerChain.greedy().newSampler(1, 1, kernels());
    assertEquals(0, sampler.sample(new float[] {-0f}));
    assertEquals(0.0, sampler.logProbability()); // which tells the zeros apart
  }

  /**
   * All unmasked tokens, where the chain narrows nothing: asked for or not, the draw is the same.
   */
  @Property
  default void candidatesOfAChainThatNarrowsNothingAreAllUnmaskedTokens(
      @ForAll("samplerRows") TestRow row, @ForAll("seeds") long seed) {
    int[] order = NaiveChain.order(row.logits());
    List<List<Step>> chains =
        List.of(
            List.of(),
            List.of(Step.temperature(1)),
            List.of(Step.temperature(0.3f)),
            List.of(Step.topP(1), Step.minP(0), Step.topK(row.length()), Step.temperature(2)));
    for (List<Step> steps : chains) {
      Sampler asked = sampler(row, steps, seed);
      Sampler silent = sampler(row, steps, seed);
      for (int n = 0; n < 3; n++) {
        assertEquals(
            silent.sample(row.array(), row.from(), row.to()),
            asked.sample(row.array(), row.from(), row.to()));
        assertEquals(order.length, asked.candidates().size());
        assertArrayEquals(order, Chains.ids(asked.candidates()));
        assertEquals(bits(silent.probability()), bits(asked.probability()));
      }
    }
  }

  /** In an array as alone: ids, probabilities and their logarithms. */
  @Property
  default void idsCountFromTheRangesStart(
      @ForAll("samplerRows") TestRow row,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("seeds") long seed) {
    Sampler inArray = sampler(row, steps, seed);
    Sampler alone = sampler(row, steps, seed);
    float[] logits = row.logits();
    assertEquals(alone.sample(logits), inArray.sample(row.array(), row.from(), row.to()));
    assertEquals(bits(alone.probability()), bits(inArray.probability()));
    assertEquals(
        Double.doubleToRawLongBits(alone.logProbability()),
        Double.doubleToRawLongBits(inArray.logProbability()));
    assertArrayEquals(Chains.ids(alone.candidates()), Chains.ids(inArray.candidates()));
    assertArrayEquals(
        EntryPoint.bits(Chains.probabilities(alone.candidates())),
        EntryPoint.bits(Chains.probabilities(inArray.candidates())));
  }

  /** One sampler, rows of all lengths: nothing is left over from the last one. */
  @Property
  default void samplersKeepNothingBetweenCalls(
      @ForAll("samplerRows") TestRow first,
      @ForAll("samplerRows") TestRow second,
      @ForAll("samplerSteps") List<Step> steps,
      @ForAll("samplerDraws") double u) {
    Sampler used =
        SamplerChain.of(steps.toArray(new Step[0]))
            .newSampler(Math.max(first.length(), second.length()), 1, kernels());
    used.sample(first.array(), first.from(), first.to(), u);
    Chains.ids(used.candidates());
    Sampler fresh = sampler(second, steps, 1);
    assertEquals(
        fresh.sample(second.array(), second.from(), second.to(), u),
        used.sample(second.array(), second.from(), second.to(), u));
    assertEquals(bits(fresh.probability()), bits(used.probability()));
    assertArrayEquals(Chains.ids(fresh.candidates()), Chains.ids(used.candidates()));
  }

  /** Nor does a workspace: kernels in turn, on rows of all lengths. */
  @Property
  default void workspacesKeepNothingBetweenCalls(
      @ForAll("samplerRows") TestRow first,
      @ForAll("samplerRows") TestRow second,
      @ForAll("samplerDraws") double u) {
    Workspace shared = Workspace.of(Math.max(first.length(), second.length()));
    for (TestRow row : List.of(first, second, first)) {
      Workspace fresh = Workspace.of(row.length());
      assertArrayEquals(
          allThatAWorkspaceServes(row, u, fresh), allThatAWorkspaceServes(row, u, shared));
    }
  }

  private int[] allThatAWorkspaceServes(TestRow row, double u, Workspace workspace) {
    int n = row.length();
    int[] ids = new int[n + 2];
    float[] floats = new float[n];
    kernels().topK(row.array(), row.from(), row.to(), n / 2 + 1, workspace, ids, floats);
    int[] bits = EntryPoint.bits(floats);
    int hash = 31 * Arrays.hashCode(ids) + Arrays.hashCode(bits);
    int size = kernels().topP(row.array(), row.from(), row.to(), 2, 0.9f, workspace, ids, floats);
    ids[n] = kernels().sample(row.array(), row.from(), row.to(), 1, u, workspace);
    ids[n + 1] = 31 * hash + 31 * size + Arrays.hashCode(EntryPoint.bits(floats));
    return ids;
  }

  private Sampler sampler(TestRow row, List<Step> steps, long seed) {
    return SamplerChain.of(steps.toArray(new Step[0])).newSampler(row.length(), seed, kernels());
  }

  private static int bits(float value) {
    return Float.floatToRawIntBits(value);
  }
}
