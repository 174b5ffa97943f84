package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.logitkernels.chain.RandomStream;
import org.logitkernels.testkit.ChiSquare;
import org.logitkernels.testkit.Failures;

/** Speculative sampling: the rule by example, and the distribution of what comes out. */
class SpeculativeTest {
  private static final float[] DRAFT = {0.1f, 0.2f, 0.3f, 0.4f, 0.2f, 0.3f, 0.4f, 0.1f};
  private static final float[] TARGET = {0, 0.1f, 0.6f, 0.3f, 1, 0, 0, 0, 0.7f, 0.1f, 0.1f, 0.1f};

  /** FlashInfer's documented case, whose outcome depends on no random number. */
  @Test
  void peersExample() {
    for (double u : new double[] {0, 0.3, 0.5, Math.nextDown(1.0)}) {
      int[] out = new int[3];
      double[] us = {u, u, u};
      assertEquals(2, Speculative.verify(new int[] {2, 1}, 4, DRAFT, TARGET, us, out));
      assertArrayEquals(new int[] {2, 0, 0}, out);
    }
  }

  @Test
  void allAcceptedBringABonus() {
    int[] out = new int[3];
    double[] u = {0, 0.99, 0.75};
    assertEquals(3, Speculative.verify(new int[] {2, 0}, 4, DRAFT, TARGET, u, out));
    assertArrayEquals(new int[] {2, 0, 1}, out);
    assertEquals(
        1, Speculative.verify(new int[0], 4, new float[0], TARGET, new double[] {0.05}, out));
    assertEquals(1, out[0], "the target's first row");
  }

  /** Whatever the draft, the first token is distributed as the target's first row, and so on. */
  @Test
  void whatComesOutIsTheTargetsDistribution() {
    SplittableRandom random = new SplittableRandom(5);
    float[] q = {0.5f, 0.1f, 0.1f, 0.3f, 0.05f, 0.05f, 0.85f, 0.05f};
    float[] p = {0.2f, 0.5f, 0, 0.3f, 0.25f, 0.25f, 0.25f, 0.25f, 0.1f, 0.2f, 0.3f, 0.4f};
    int trials = 200_000;
    int[][] counts = new int[3][4];
    int[] seen = new int[3];
    int[] out = new int[3];
    for (int trial = 0; trial < trials; trial++) {
      int[] draft = {draw(q, 0, random.nextDouble()), draw(q, 4, random.nextDouble())};
      double[] u = random.doubles(3).toArray();
      int n = Speculative.verify(draft, 4, q, p, u, out);
      for (int i = 0; i < n; i++) {
        counts[i][out[i]]++;
        seen[i]++;
      }
    }
    assertEquals(trials, seen[0]);
    for (int i = 0; i < 3; i++) {
      for (int token = 0; token < 4; token++) {
        double expected = p[4 * i + token];
        // 5 standard deviations: one false alarm in 150,000 runs for all twelve.
        double bound = 5 * Math.sqrt(expected * (1 - expected) / seen[i]);
        assertEquals(expected, (double) counts[i][token] / seen[i], bound, i + ", " + token);
      }
    }
  }

  /**
   * The tokens that come out jointly, one chi-square for all 4 + 16 + 64 outcomes: where i drafted
   * tokens were taken and then x drawn, the product of {@code min(p, q)} over the i, times {@code
   * max(0, p - q)} of x, or at the end its p.
   */
  @Test
  void theTokensThatComeOutHaveTheirJointDistribution() {
    float[] q = {0.5f, 0.1f, 0.1f, 0.3f, 0.05f, 0.05f, 0.85f, 0.05f};
    float[] p = {0.2f, 0.5f, 0, 0.3f, 0.25f, 0.25f, 0.25f, 0.25f, 0.1f, 0.2f, 0.3f, 0.4f};
    int[] counts = new int[4 + 16 + 64];
    int[] out = new int[3];
    for (int trial = 0; trial < 400_000; trial++) { // a seed for each, as for each sequence
      double[] u = new double[5];
      for (int i = 0; i < 5; i++) {
        u[i] = RandomStream.draw(trial, i);
      }
      int[] draft = {draw(q, 0, u[3]), draw(q, 4, u[4])};
      int n = Speculative.verify(draft, 4, q, p, u, out);
      int at = n == 1 ? 0 : n == 2 ? 4 : 20;
      int outcome = 0;
      for (int i = 0; i < n; i++) {
        outcome = 4 * outcome + out[i];
      }
      counts[at + outcome]++;
    }
    double[] probabilities = new double[counts.length];
    for (int a = 0; a < 4; a++) {
      probabilities[a] = Math.max(0, p[a] - q[a]);
      for (int b = 0; b < 4; b++) {
        double first = Math.min(p[a], q[a]);
        probabilities[4 + 4 * a + b] = first * Math.max(0, p[4 + b] - q[4 + b]);
        for (int c = 0; c < 4; c++) {
          probabilities[20 + 16 * a + 4 * b + c] = first * Math.min(p[4 + b], q[4 + b]) * p[8 + c];
        }
      }
    }
    ChiSquare.assertFits("verify", probabilities, counts);
  }

  private static int draw(float[] p, int row, double u) {
    double sum = 0;
    for (int i = 0; i < 3; i++) {
      sum += p[row + i];
      if (sum > u) {
        return i;
      }
    }
    return 3;
  }

  @Test
  void aTokenWithoutProbabilityIsNeverDrawn() {
    float[] p = {0, 0.5f, 0.5f, 0, 0, 0, 1, 0};
    float[] q = {0, 1, 0, 0};
    for (double u : new double[] {0, 0.49, 0.51, Math.nextDown(1.0)}) {
      int[] out = new int[2];
      Speculative.verify(new int[] {1}, 4, q, p, new double[] {0.6, u}, out);
      assertEquals(2, out[0]);
      // The draft gives what it never drew: nothing is left of the residual but the target itself.
      assertEquals(1, Speculative.verify(new int[] {3}, 4, p, p, new double[] {0.5, u}, out));
      assertEquals(u < 0.5 ? 1 : 2, out[0]);
    }
  }

  /** A draft without probabilities is one that is sure of its tokens. */
  @Test
  void draftsWithoutProbabilitiesAreSure() {
    SplittableRandom random = new SplittableRandom(8);
    for (int trial = 0; trial < 20_000; trial++) {
      int n = random.nextInt(4);
      float[] q = new float[4 * n];
      float[] p = new float[4 * n + 4];
      int[] draft = new int[n];
      for (int row = 0; row <= n; row++) {
        double total = 0;
        for (int i = 0; i < 4; i++) {
          p[4 * row + i] = random.nextInt(3) == 0 ? 0 : random.nextInt(1, 9);
          total += p[4 * row + i];
        }
        for (int i = 0; i < 4; i++) {
          p[4 * row + i] = (float) (total == 0 ? 0.25 : p[4 * row + i] / total);
        }
        if (row < n) {
          draft[row] = random.nextInt(4);
          q[4 * row + draft[row]] = 1;
        }
      }
      double[] u = random.doubles(n + 1).toArray();
      int[] expected = new int[n + 1];
      int[] out = new int[n + 1];
      int written = Speculative.verify(draft, n, 4, q, p, u, expected);
      assertEquals(written, Speculative.verify(draft, n, 4, p, u, out));
      assertArrayEquals(expected, out);
    }
    int[] draft = {2, 1};
    Failures.illegalArgument(
        "targetProbabilities has length 8, but 12 are needed",
        () -> Speculative.verify(draft, 2, 4, DRAFT, new double[3], new int[3]));
    Failures.illegalArgument(
        "draft[0]: token 2 is not in the vocabulary of 2",
        () -> Speculative.verify(draft, 2, 2, TARGET, new double[3], new int[3]));
  }

  /**
   * Speculative decoding as documented: a draft from somewhere, the target's rows by a chain that
   * reads the history, and tokens taken back. Two tokens that come out are distributed as if the
   * chain had drawn them.
   */
  @Test
  void aChainsDistributionIsVerified() {
    SamplerChain chain =
        SamplerChain.of(Step.presencePenalty(1.5f), Step.temperature(0.7f), Step.topK(3));
    float[][] rows = {{1, 0.5f, 0, 0.7f}, {0.2f, 1, 0.9f, 0}, {0, 0, 1, 1}}; // by the last token
    Sampler target = chain.newSampler(4, 3, Kernels.scalar());
    target.acceptPrompt(0);
    double[] expected = new double[16];
    for (int a = 0; a < 4; a++) {
      target.apply(rows[0]);
      float[] first = new float[4];
      target.probabilities(first, 0);
      target.accept(a);
      target.apply(rows[a % 3]);
      float[] second = new float[4];
      target.probabilities(second, 0);
      target.rollback(1);
      for (int b = 0; b < 4; b++) {
        expected[4 * a + b] = (double) first[a] * second[b];
      }
    }
    int[] counts = new int[16];
    float[] p = new float[12];
    int[] draft = {1, 2};
    int[] out = new int[3];
    for (int trial = 0; trial < 100_000; trial++) {
      Sampler sampler = target.fork(trial);
      int[] tokens = new int[4];
      int size = 0;
      while (size < 2) {
        int last = size == 0 ? 0 : tokens[0];
        double[] u = new double[3];
        for (int i = 0; i <= 2; i++) {
          sampler.apply(rows[(i == 0 ? last : draft[i - 1]) % 3]);
          sampler.probabilities(p, 4 * i);
          u[i] = Sampler.draw(sampler.seed(), sampler.position() + i);
          if (i < 2) {
            sampler.accept(draft[i]);
          }
        }
        sampler.rollback(2);
        sampler.position(sampler.position() + 3);
        int n = Speculative.verify(draft, 2, 4, p, u, out);
        for (int i = 0; i < n && size < 4; i++) {
          sampler.accept(out[i]);
          tokens[size++] = out[i];
        }
      }
      counts[4 * tokens[0] + tokens[1]]++;
    }
    ChiSquare.assertFits("a chain", expected, counts);
  }

  /** A sum must exceed u times the total: at 0.5 of two halves the second is drawn. */
  @Test
  void theDrawIsOfTheFirstSumAboveTheGoal() {
    float[] p = {0.5f, 0.5f};
    int[] out = new int[1];
    assertEquals(1, Speculative.verify(new int[0], 2, new float[0], p, new double[] {0.5}, out));
    assertEquals(1, out[0]);
    double below = Math.nextDown(0.5);
    assertEquals(1, Speculative.verify(new int[0], 2, new float[0], p, new double[] {below}, out));
    assertEquals(0, out[0]);
  }

  @Test
  void aVocabularyMayHoldOneToken() {
    int[] out = {-1, -1};
    float[] one = {1, 1};
    assertEquals(2, Speculative.verify(new int[] {0}, 1, one, one, new double[] {0, 0}, out));
    assertArrayEquals(new int[] {0, 0}, out);
  }

  @Test
  void mistakesAreErrors() {
    int[] draft = {2, 1};
    double[] u = {0.5, 0.5, 0.5};
    Failures.illegalArgument(
        "draftProbabilities has length 8, but 10 are needed",
        () -> Speculative.verify(draft, 5, DRAFT, TARGET, u, new int[3]));
    Failures.illegalArgument(
        "targetProbabilities has length 8, but 12 are needed",
        () -> Speculative.verify(draft, 4, DRAFT, DRAFT, u, new int[3]));
    Failures.illegalArgument(
        "out has length 2, but 3 are needed",
        () -> Speculative.verify(draft, 4, DRAFT, TARGET, u, new int[2]));
    Failures.illegalArgument(
        "u has length 2, but 3 are needed",
        () -> Speculative.verify(draft, 4, DRAFT, TARGET, new double[2], new int[3]));
    Failures.illegalArgument(
        "u[2] must be in [0, 1), but was 1.0",
        () -> Speculative.verify(draft, 4, DRAFT, TARGET, new double[] {0, 0, 1}, new int[3]));
    Failures.illegalArgument(
        "draft[0]: token 4 is not in the vocabulary of 4",
        () -> Speculative.verify(new int[] {4}, 4, DRAFT, TARGET, u, new int[3]));
    Failures.illegalArgument(
        "vocabulary must be >= 1, but was 0",
        () -> Speculative.verify(draft, 0, DRAFT, TARGET, u, new int[3]));
    assertThrows(
        IndexOutOfBoundsException.class,
        () -> Speculative.verify(draft, 3, 4, DRAFT, TARGET, u, new int[3]));
    float[] bad = TARGET.clone();
    Arrays.fill(bad, 0, 4, Float.NaN);
    Failures.illegalArgument(
        "targetProbabilities[2] must be finite and >= 0, but was NaN",
        () -> Speculative.verify(draft, 4, DRAFT, bad, u, new int[3]));
    bad[2] = Float.POSITIVE_INFINITY;
    Failures.illegalArgument(
        "targetProbabilities[2] must be finite and >= 0, but was Infinity",
        () -> Speculative.verify(draft, 4, DRAFT, bad, u, new int[3]));
    bad[2] = -Float.MIN_VALUE;
    Failures.illegalArgument(
        "targetProbabilities[2] must be finite and >= 0, but was -1.4E-45",
        () -> Speculative.verify(draft, 4, DRAFT, bad, u, new int[3]));
    float[] badDraft = DRAFT.clone();
    badDraft[5] = Float.NaN;
    Failures.illegalArgument(
        "draftProbabilities[5] must be finite and >= 0, but was NaN",
        () -> Speculative.verify(draft, 4, badDraft, TARGET, u, new int[3]));
    float[] emptyFirstRow = TARGET.clone();
    Arrays.fill(emptyFirstRow, 0, 4, 0);
    Failures.illegalState(
        "row 0 of the target holds no probability above 0",
        () -> Speculative.verify(draft, 4, DRAFT, emptyFirstRow, u, new int[3]));
  }
}
