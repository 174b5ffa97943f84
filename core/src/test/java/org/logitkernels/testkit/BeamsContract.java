package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.logitkernels.Beams;

/** Steps of beam search against a sort of all continuations. */
public interface BeamsContract extends KernelsUnderTest {
  /** Tells whether a number was written. */
  int SENTINEL = -12345;

  /**
   * Rows with scores.
   *
   * @param recipe how they were made
   * @param logits the rows, with NaN around them and in place of dead beams'
   * @param from where the first begins
   * @param stride from one to the next
   * @param vocabulary logits in each
   * @param scores one for each, and one more, which is not looked at
   */
  record Step(
      String recipe, float[] logits, int from, int stride, int vocabulary, double[] scores) {
    int beams() {
      return scores.length - 1;
    }

    @Override
    public String toString() {
      return recipe + ", scores " + Arrays.toString(scores);
    }
  }

  /**
   * A continuation.
   *
   * @param beam of what
   * @param token with what
   * @param logit of the token
   * @param score of both
   */
  record Continuation(int beam, int token, float logit, double score) {}

  /**
   * Steps, some with dead beams, with beams that tie, or with scores that swallow what is added.
   */
  @Provide
  default Arbitrary<Step> steps() {
    Arbitrary<Integer> vocabularies =
        Arbitraries.integers()
            .between(0, 800)
            .withDistribution(RandomDistribution.uniform())
            .map(e -> (int) Math.round(StrictMath.exp(e / 100.0)));
    return Combinators.combine(
            Arbitraries.integers().between(1, 6),
            vocabularies,
            Arbitraries.longs().withDistribution(RandomDistribution.uniform()))
        .as(BeamsContract::step)
        .withoutEdgeCases();
  }

  private static Step step(int beams, int vocabulary, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    double[] ends = {Double.NEGATIVE_INFINITY, 0, -0.0, -1e17, -1e300, 1e16, -Double.MAX_VALUE};
    int from = random.nextInt(40);
    int stride = vocabulary + random.nextInt(3);
    float[] logits = new float[from + beams * stride];
    Arrays.fill(logits, Float.NaN);
    double[] scores = new double[beams + 1];
    scores[beams] = Double.NaN;
    TestRows.Distribution[] all = TestRows.Distribution.values();
    for (int b = 0; b < beams; b++) {
      int end = random.nextInt(2 * ends.length);
      scores[b] = end < ends.length ? ends[end] : -20 * random.nextDouble();
      boolean twin = b > 0 && random.nextInt(3) == 0 && scores[b - 1] > Double.NEGATIVE_INFINITY;
      if (twin) {
        scores[b] = scores[b - 1];
        int at = from + b * stride;
        System.arraycopy(logits, at - stride, logits, at, vocabulary);
      } else if (scores[b] > Double.NEGATIVE_INFINITY || b == beams - 1) {
        scores[b] = Math.max(scores[b], -Double.MAX_VALUE); // the last lives
        TestRow row =
            TestRows.of(all[random.nextInt(all.length)], vocabulary, 0, random.nextLong());
        System.arraycopy(row.array(), 0, logits, from + b * stride, vocabulary);
      }
    }
    String recipe = beams + " beams, vocabulary " + vocabulary + ", seed " + seed;
    return new Step(recipe, logits, from, stride, vocabulary, scores);
  }

  /** Temperatures, widest to narrowest. */
  @Provide
  default Arbitrary<Float> beamTemperatures() {
    return Arbitraries.of(1f, 0.7f, 2f, 1e4f, Float.MIN_VALUE, Float.MAX_VALUE);
  }

  /** From one to more than there are. */
  @Provide
  default Arbitrary<Integer> widths() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(1, 20), Arbitraries.of(40, 1000, 20_000, 1 << 20))
        .withoutEdgeCases();
  }

  /** Parents, tokens, scores and their number, to the last bit, with the scores in place or not. */
  @Property
  default void theBestOfAllContinuationsAreKept(
      @ForAll("steps") Step step,
      @ForAll("beamTemperatures") float temperature,
      @ForAll("widths") int width) {
    List<Continuation> sorted = sorted(step, temperature);
    int size = Math.min(width, sorted.size());
    int room = (int) Math.min(width, (long) step.beams() * step.vocabulary());
    int[] expectedParents = filled(room + 1);
    int[] expectedTokens = filled(room + 1);
    double[] expectedScores = new double[room + 1];
    Arrays.fill(expectedScores, SENTINEL);
    for (int i = 0; i < size; i++) {
      expectedParents[i] = sorted.get(i).beam();
      expectedTokens[i] = sorted.get(i).token();
      expectedScores[i] = sorted.get(i).score();
    }
    Beams beams = Beams.of(step.beams(), step.vocabulary(), width, kernels());
    int[] parents = filled(room + 1);
    int[] tokens = filled(room + 1);
    double[] newScores = new double[room + 1];
    Arrays.fill(newScores, SENTINEL);
    double[] scores = step.scores().clone();
    assertEquals(size, run(beams, step, scores, temperature, parents, tokens, newScores));
    assertArrayEquals(expectedParents, parents);
    assertArrayEquals(expectedTokens, tokens);
    assertArrayEquals(expectedScores, newScores);
    assertArrayEquals(step.scores(), scores);
    double[] inPlace = Arrays.copyOf(step.scores(), Math.max(room + 1, step.beams()));
    assertEquals(size, run(beams, step, inPlace, temperature, parents, tokens, inPlace));
    assertArrayEquals(expectedParents, parents);
    assertArrayEquals(expectedTokens, tokens);
    assertArrayEquals(Arrays.copyOf(expectedScores, size), Arrays.copyOf(inPlace, size));
  }

  private List<Continuation> sorted(Step step, float temperature) {
    List<Continuation> all = new ArrayList<>();
    for (int b = 0; b < step.beams(); b++) {
      int at = step.from() + b * step.stride();
      if (step.scores()[b] > Double.NEGATIVE_INFINITY) {
        int end = at + step.vocabulary();
        float[] row = Arrays.copyOfRange(step.logits(), at, end);
        double[] logs = new Numerics(row, temperature).logProbabilities();
        for (int i = 0; i < step.vocabulary(); i++) {
          float x = step.logits()[at + i] + 0f; // -0 equals +0
          if (x > Float.NEGATIVE_INFINITY) {
            double score = step.scores()[b] + logs[i];
            all.add(new Continuation(b, i, x, score));
          }
        }
      }
    }
    all.sort(
        Comparator.comparingDouble((Continuation c) -> -c.score())
            .thenComparingInt(Continuation::beam)
            .thenComparing(c -> -(double) c.logit())
            .thenComparingInt(Continuation::token));
    return all;
  }

  private static int[] filled(int length) {
    int[] array = new int[length];
    Arrays.fill(array, SENTINEL);
    return array;
  }

  private static int run(
      Beams beams,
      Step step,
      double[] scores,
      float temperature,
      int[] parents,
      int[] tokens,
      double[] newScores) {
    return beams.step(
        step.logits(), step.from(), step.stride(), scores, temperature, parents, tokens, newScores);
  }

  /** Scores are sums of log-probabilities: half of 0.6285, 0.2312, 0.1402, and half of a third. */
  @Example
  default void scoresAreLogProbabilities() {
    float[] logits = {2, 1, 0.5f, 7, 7, 7};
    double half = StrictMath.log(0.5);
    int[] parents = new int[4];
    int[] tokens = new int[4];
    double[] scores = {half, half, 0, 0};
    Beams beams = Beams.of(2, 3, 4, kernels());
    assertEquals(4, beams.step(logits, 0, 3, scores, 1, parents, tokens, scores));
    assertArrayEquals(new int[] {0, 1, 1, 1}, parents);
    assertArrayEquals(new int[] {0, 0, 1, 2}, tokens);
    double third = StrictMath.log(1.0 / 6);
    double cat = 2 - StrictMath.log(StrictMath.exp(2) + StrictMath.exp(1) + StrictMath.exp(0.5));
    assertArrayEquals(new double[] {cat + half, third, third, third}, scores, 1e-6);
  }

  /** Two logits a bit apart whose scores are one double stay in the order of logits. */
  @Example
  default void scoresThatRoundToOneNumberLeaveTheOrderOfLogits() {
    float[] logits = {1, Math.nextUp(1f), 1, Math.nextUp(1f)};
    int[] parents = new int[4];
    int[] tokens = new int[4];
    double[] scores = {-1e12, -1e12, 0, 0};
    Beams beams = Beams.of(2, 2, 4, kernels());
    assertEquals(4, beams.step(logits, 0, 2, scores, 1, parents, tokens, scores));
    assertArrayEquals(new int[] {0, 0, 1, 1}, parents);
    assertArrayEquals(new int[] {1, 0, 1, 0}, tokens);
    assertEquals(scores[0], scores[1]);
  }

  /** A search as wide as the tree finds every sequence, each with its probability. */
  @Example
  default void aSearchAsWideAsTheTreeFindsEverySequence() {
    int depth = 4;
    int width = 81;
    Beams beams = Beams.of(width, 3, width, kernels());
    double[] scores = new double[width];
    Arrays.fill(scores, 1, width, Double.NEGATIVE_INFINITY);
    String[] texts = new String[width];
    texts[0] = "";
    int live = 1;
    for (int n = 0; n < depth; n++) {
      float[] logits = new float[3 * live]; // dead beams need no row
      for (int b = 0; b < live; b++) {
        System.arraycopy(nextLogits(texts[b]), 0, logits, 3 * b, 3);
      }
      int[] parents = new int[width];
      int[] tokens = new int[width];
      live = beams.step(logits, 0, 3, scores, 1, parents, tokens, scores);
      String[] longer = new String[width];
      for (int i = 0; i < live; i++) {
        longer[i] = texts[parents[i]] + tokens[i];
      }
      texts = longer;
      Arrays.fill(scores, live, width, Double.NEGATIVE_INFINITY);
    }
    assertEquals(81, live);
    assertEquals(81, Arrays.stream(texts).distinct().count());
    double total = 0;
    for (int i = 0; i < live; i++) {
      assertEquals(logProbability(texts[i]), scores[i], 1e-5);
      assertEquals(i > 0 ? Math.min(scores[i], scores[i - 1]) : scores[i], scores[i]);
      total += StrictMath.exp(scores[i]);
    }
    assertEquals(1, total, 1e-5);
  }

  private static float[] nextLogits(String text) {
    SplittableRandom random = new SplittableRandom(text.hashCode() + 31 * text.length());
    return new float[] {
      (float) random.nextGaussian(), (float) random.nextGaussian(), (float) random.nextGaussian()
    };
  }

  private static double logProbability(String text) {
    double sum = 0;
    for (int n = 0; n < text.length(); n++) {
      float[] x = nextLogits(text.substring(0, n));
      double total = 0;
      for (float logit : x) {
        total += StrictMath.exp(logit);
      }
      sum += x[text.charAt(n) - '0'] - StrictMath.log(total);
    }
    return sum;
  }

  /** Unhappy paths: nothing is written, and the beams work on. */
  @Example
  default void mistakesInAStepAreErrors() {
    float[] x = {9, 1, 2, 3, 9, 4, 5, 6};
    double[] scores = {0, -1.5};
    Beams beams = Beams.of(2, 3, 2, kernels());
    int[] two = filled(2);
    int[] ids = filled(2);
    double[] out = {SENTINEL, SENTINEL};
    Failures.illegalArgument(
        "temperature must be finite and > 0, but was 0.0",
        () -> beams.step(x, 1, 4, scores, 0, two, ids, out));
    Failures.illegalArgument(
        "stride must be >= the vocabulary of 3, but was 2",
        () -> beams.step(x, 1, 2, scores, 1, two, ids, out));
    Failures.illegalArgument(
        "scores has length 1, but 2 are needed",
        () -> beams.step(x, 1, 4, new double[1], 1, two, ids, out));
    Failures.illegalArgument(
        "parents has length 1, but 2 are needed",
        () -> beams.step(x, 1, 4, scores, 1, new int[1], ids, out));
    Failures.illegalArgument(
        "tokens has length 1, but 2 are needed",
        () -> beams.step(x, 1, 4, scores, 1, two, new int[1], out));
    Failures.illegalArgument(
        "newScores has length 1, but 2 are needed",
        () -> beams.step(x, 1, 4, scores, 1, two, ids, new double[1]));
    Failures.illegalArgument(
        "parents and tokens are one array", () -> beams.step(x, 1, 4, scores, 1, two, two, out));
    for (double bad : new double[] {Double.NaN, Double.POSITIVE_INFINITY}) {
      Failures.illegalArgument(
          "the score of beam 1 must be finite, or -Infinity if the beam is dead, but was " + bad,
          () -> beams.step(x, 1, 4, new double[] {0, bad}, 1, two, ids, out));
    }
    for (int[] place : new int[][] {{-1, 4}, {2, 4}, {1, 5}, {1, Integer.MAX_VALUE}}) {
      String message =
          assertThrows(
                  IndexOutOfBoundsException.class,
                  () -> beams.step(x, place[0], place[1], scores, 1, two, ids, out))
              .getMessage();
      assertEquals("beam " + (place[0] == -1 ? 0 : 1) + ": ", message.substring(0, 8));
    }
    Failures.expect(
        IndexOutOfBoundsException.class, // from the check, before any row is read
        "beam 1: Range [6, 6 + 3) out of bounds for length 8",
        () -> beams.step(x, 1, 5, scores, 1, two, ids, out));
    double dead = Double.NEGATIVE_INFINITY;
    Failures.illegalState(
        "every beam is dead: no score is above -Infinity",
        () -> beams.step(x, 1, 4, new double[] {dead, dead}, 1, two, ids, out));
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      float[] spoilt = x.clone();
      spoilt[6] = bad;
      Failures.illegalArgument(
          "beam 1: logit 1 is " + bad, () -> beams.step(spoilt, 1, 4, scores, 1, two, ids, out));
    }
    float[] masked = x.clone();
    Arrays.fill(masked, 5, 8, Float.NEGATIVE_INFINITY);
    Failures.illegalState(
        "beam 1: " + Failures.ALL_MASKED, () -> beams.step(masked, 1, 4, scores, 1, two, ids, out));
    assertArrayEquals(filled(2), two);
    assertArrayEquals(filled(2), ids);
    assertArrayEquals(new double[] {SENTINEL, SENTINEL}, out);
    assertEquals(2, beams.step(x, 1, 4, scores, 1, two, ids, out));
    assertArrayEquals(new int[] {2, 1}, ids);
  }

  /** Numbers of which no beams can be made. */
  @Example
  default void mistakesInTheNumbersOfBeamsAreErrors() {
    Failures.illegalArgument("beams must be >= 1, but was 0", () -> Beams.of(0, 1, 1, kernels()));
    Failures.illegalArgument(
        "vocabulary must be >= 1, but was -1", () -> Beams.of(1, -1, 1, kernels()));
    Failures.illegalArgument("width must be >= 1, but was 0", () -> Beams.of(1, 1, 0));
    Failures.illegalArgument(
        "65536 beams with 65536 continuations each are more than an array holds: 2147483639",
        () -> Beams.of(1 << 16, 1 << 16, 1 << 16, kernels()));
    Failures.expect(NullPointerException.class, "kernels", () -> Beams.of(1, 1, 1, null));
  }
}
