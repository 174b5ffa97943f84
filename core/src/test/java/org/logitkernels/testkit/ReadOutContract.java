package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Candidates;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** What can be read besides the token: log-probabilities, masked logits, renormalised rows. */
public interface ReadOutContract extends KernelsUnderTest {
  /** Rows. */
  @Provide
  default Arbitrary<TestRow> readOutRows() {
    return TestRows.upTo(3000);
  }

  /** Chains. */
  @Provide
  default Arbitrary<List<Step>> readOutSteps() {
    return Chains.anySteps();
  }

  /** Rows written by a sampler hold its candidates, and nothing else. */
  @Property
  default void writtenRowsAreTheCandidates(
      @ForAll("readOutRows") TestRow row, @ForAll("readOutSteps") List<Step> steps) {
    int length = row.length();
    Sampler sampler = SamplerChain.of(steps.toArray(Step[]::new)).newSampler(length, 1, kernels());
    int token = sampler.sample(row.array(), row.from(), row.to(), 0.4);
    float[] masked = new float[length + 2];
    float[] probabilities = new float[length + 2];
    masked[0] = masked[length + 1] = 7;
    sampler.maskedLogits(masked, 1);
    sampler.probabilities(probabilities, 1);
    float[] expectedMasked = new float[length + 2];
    Arrays.fill(expectedMasked, Float.NEGATIVE_INFINITY);
    expectedMasked[0] = expectedMasked[length + 1] = 7;
    float[] expected = new float[length + 2];
    Candidates candidates = sampler.candidates();
    for (int i = 0; i < candidates.size(); i++) {
      int id = candidates.id(i);
      // What a cap makes of a logit, SoftCapContract says.
      expectedMasked[1 + id] =
          Chains.haveCap(steps) ? masked[1 + id] : row.array()[row.from() + id];
      expected[1 + id] = candidates.probability(i);
      if (id == token) {
        assertEquals(sampler.logProbability(), candidates.logProbability(i));
      }
      double log = candidates.logProbability(i);
      assertTrue(log <= 1e-6 && (i == 0 || log <= candidates.logProbability(i - 1)));
      if (candidates.probability(i) > 1e-30f) {
        assertEquals(StrictMath.log(candidates.probability(i)), log, 1e-5 * (1 - log));
      }
    }
    assertArrayEquals(EntryPoint.bits(expectedMasked), EntryPoint.bits(masked));
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(probabilities));
  }

  /** XTC leaves the row whole, but for what it drops. */
  @Example
  default void writtenRowsLackWhatXtcDrops() {
    float[] x = {9, 0, 1, 3, 2, 0.5f, 9};
    Sampler sampler = SamplerChain.of(Step.xtc(1, 0.1f)).newSampler(5, 1, kernels());
    sampler.sample(x, 1, 6);
    float[] out = new float[7];
    sampler.maskedLogits(out, 1);
    float no = Float.NEGATIVE_INFINITY; // of 0.03, 0.08, 0.58, 0.21 and 0.05
    assertArrayEquals(new float[] {0, 0, 1, no, 2, 0.5f, 0}, out);
    sampler.probabilities(out, 1);
    assertArrayEquals(new int[] {3, 1, 4, 0}, Chains.ids(sampler.candidates()));
    assertEquals(0, out[3]);
    assertEquals(1, out[1] + out[2] + out[4] + out[5], 1e-6);
  }

  /** Steps that change logits change what is written. */
  @Example
  default void writtenLogitsAreTheChangedOnes() {
    float[] x = {1, 2, 3};
    for (Step last : List.of(Step.topK(2), Step.temperature(0.5f))) {
      Sampler sampler =
          SamplerChain.of(Step.presencePenalty(1.5f), last).newSampler(3, 1, kernels());
      sampler.accept(2);
      sampler.sample(x);
      float[] out = new float[3];
      sampler.maskedLogits(out, 0);
      float first = last instanceof Step.TopK ? Float.NEGATIVE_INFINITY : 1;
      assertArrayEquals(new float[] {first, 2, 1.5f}, out);
    }
  }

  /** Raw log-probabilities are those of the whole row. */
  @Property
  default void rawLogProbabilitiesAreThoseOfTheRow(@ForAll("readOutRows") TestRow row) {
    int n = Math.min(20, row.length());
    int[] ids = new int[n];
    double[] logs = new double[n];
    int[] best = new int[n];
    float[] values = new float[n];
    Workspace workspace = Workspace.of(row.length());
    for (float t : new float[] {1, 0.7f}) {
      int written =
          kernels()
              .topLogProbabilities(row.array(), row.from(), row.to(), t, n, workspace, ids, logs);
      assertEquals(
          kernels().topK(row.array(), row.from(), row.to(), n, workspace, best, values), written);
      assertArrayEquals(best, ids);
      for (int i = 0; i < written; i++) {
        double log = kernels().logProbability(row.array(), row.from(), row.to(), t, ids[i]);
        assertEquals(log, logs[i]);
      }
    }
  }

  /** One filter each. */
  @Provide
  default Arbitrary<Step> readOutFilters() {
    return Arbitraries.oneOf(Chains.topK(), Chains.topP(), Chains.minP());
  }

  /** Temperatures of kernels. */
  @Provide
  default Arbitrary<Float> readOutTemperatures() {
    return Arbitraries.of(1f, 0.7f, 2f, 1e-3f, 1e4f, Float.MIN_VALUE, Float.MAX_VALUE);
  }

  /** Top-k, top-p and min-p renormalised, and masked by top-k, as a chain with that step writes. */
  @Property
  default void renormalisedRowsAreThoseOfTheChain(
      @ForAll("readOutRows") TestRow row,
      @ForAll("readOutFilters") Step filter,
      @ForAll("readOutTemperatures") float t) {
    assertRenormalised(row, filter, t);
    assertRenormalised(row, Step.topK(row.length()), t); // from here on nothing is narrowed
    assertRenormalised(row, Step.topP(1), t);
    assertRenormalised(row, Step.minP(0), t);
  }

  private void assertRenormalised(TestRow row, Step filter, float t) {
    int length = row.length();
    Sampler sampler = SamplerChain.of(Step.temperature(t), filter).newSampler(length, 1, kernels());
    sampler.sample(row.array(), row.from(), row.to(), 0.4);
    float[] expected = new float[length + 2];
    float[] actual = new float[length + 2];
    expected[0] = expected[length + 1] = actual[0] = actual[length + 1] = 7;
    sampler.probabilities(expected, 1);
    renormalize(row.array(), row, filter, t, actual, 1);
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
    float[] inPlace = row.array().clone();
    renormalize(inPlace, row, filter, t, inPlace, row.from());
    assertArrayEquals(EntryPoint.bits(around(row, expected)), EntryPoint.bits(inPlace));
    if (filter instanceof Step.TopK(int k)) {
      Workspace workspace = Workspace.of(length);
      sampler.maskedLogits(expected, 1);
      kernels().topKMaskLogits(row.array(), row.from(), row.to(), k, workspace, actual, 1);
      assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
      inPlace = row.array().clone();
      kernels().topKMaskLogits(inPlace, row.from(), row.to(), k, workspace, inPlace, row.from());
      assertArrayEquals(EntryPoint.bits(around(row, expected)), EntryPoint.bits(inPlace));
    }
  }

  private void renormalize(
      float[] array, TestRow row, Step filter, float t, float[] out, int outFrom) {
    Workspace workspace = Workspace.of(row.length());
    if (filter instanceof Step.TopK(int k)) {
      kernels().topKRenormalize(array, row.from(), row.to(), t, k, workspace, out, outFrom);
    } else if (filter instanceof Step.TopP(float p)) {
      kernels().topPRenormalize(array, row.from(), row.to(), t, p, workspace, out, outFrom);
    } else if (filter instanceof Step.MinP(float p)) {
      kernels().minPRenormalize(array, row.from(), row.to(), t, p, workspace, out, outFrom);
    }
  }

  /** The row's array with what was written elsewhere in the row's place. */
  private static float[] around(TestRow row, float[] written) {
    float[] array = row.array().clone();
    System.arraycopy(written, 1, array, row.from(), row.length());
    return array;
  }

  /** The worked numbers of the README, two of three tokens left. */
  @Example
  default void renormalisedByExample() {
    float[] x = {2, 1, 0.5f};
    Workspace workspace = Workspace.of(3);
    float[] out = new float[3];
    kernels().topKRenormalize(x, 0, 3, 1, 2, workspace, out, 0);
    assertArrayEquals(new float[] {0.7311f, 0.2689f, 0}, out, 5e-5f);
    kernels().topPRenormalize(x, 0, 3, 2, 0.7f, workspace, out, 0); // 0.4810 + 0.2918
    assertArrayEquals(new float[] {0.6225f, 0.3775f, 0}, out, 5e-5f);
    kernels().minPRenormalize(x, 0, 3, 0.5f, 0.1f, workspace, out, 0); // 0.1142 of 0.8438
    assertArrayEquals(new float[] {0.8808f, 0.1192f, 0}, out, 5e-5f);
    kernels().topKMaskLogits(new float[] {-0f, -1, 0}, 0, 3, 1, workspace, out, 0);
    assertArrayEquals(
        new float[] {-0f, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY}, out, "-0 and its bit");
  }

  /** Mistakes that {@link EntryPoint} does not make. */
  @Example
  default void renormalisationsAreChecked() {
    float[] x = new float[300];
    Arrays.fill(x, Float.NaN);
    int[] bits = EntryPoint.bits(x);
    Workspace workspace = Workspace.of(100);
    String overlap = " overlap logits: in place means the same array at the same offset";
    for (int from : new int[] {1, 99, 101, 199}) {
      Failures.illegalArgument(
          "maskedLogits" + overlap,
          () -> kernels().topKMaskLogits(x, 100, 200, 1, workspace, x, from));
      Failures.illegalArgument(
          "probabilities" + overlap,
          () -> kernels().topKRenormalize(x, 100, 200, 1, 1, workspace, x, from));
      Failures.illegalArgument(
          "probabilities" + overlap,
          () -> kernels().topPRenormalize(x, 100, 200, 1, 1, workspace, x, from));
      Failures.illegalArgument(
          "probabilities" + overlap,
          () -> kernels().minPRenormalize(x, 100, 200, 1, 1, workspace, x, from));
    }
    for (int from : new int[] {-1, 201, Integer.MAX_VALUE}) {
      for (Step filter : List.of(Step.topK(3), Step.topP(0.5f), Step.minP(0.5f))) {
        TestRow row = new TestRow("NaN", x, 0, 100);
        assertThrows(
            IndexOutOfBoundsException.class, () -> renormalize(x, row, filter, 1, x, from));
      }
      assertThrows(
          IndexOutOfBoundsException.class,
          () -> kernels().topKMaskLogits(x, 0, 100, 1, workspace, x, from));
    }
    Failures.illegalArgument(
        "k must be >= 1, but was 0", () -> kernels().topKMaskLogits(x, 0, 100, 0, workspace, x, 0));
    Failures.illegalArgument(
        "k must be >= 1, but was 0",
        () -> kernels().topKRenormalize(x, 0, 100, 1, 0, workspace, x, 0));
    for (float t : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      String message = "temperature must be finite and > 0, but was " + t;
      Failures.illegalArgument(
          message, () -> kernels().topKRenormalize(x, 0, 100, t, 1, workspace, x, 0));
      Failures.illegalArgument(
          message, () -> kernels().topPRenormalize(x, 0, 100, t, 1, workspace, x, 0));
      Failures.illegalArgument(
          message, () -> kernels().minPRenormalize(x, 0, 100, t, 1, workspace, x, 0));
    }
    for (float p : new float[] {-0.1f, 1.1f, Float.NaN}) {
      String message = "p must be in [0, 1], but was " + p;
      Failures.illegalArgument(
          message, () -> kernels().topPRenormalize(x, 0, 100, 1, p, workspace, x, 0));
      Failures.illegalArgument(
          message, () -> kernels().minPRenormalize(x, 0, 100, 1, p, workspace, x, 0));
    }
    String small = "the row has 101 logits, but the workspace holds 100";
    Failures.illegalArgument(small, () -> kernels().topKMaskLogits(x, 0, 101, 1, workspace, x, 0));
    Failures.illegalArgument(
        small, () -> kernels().topKRenormalize(x, 0, 101, 1, 101, workspace, x, 0));
    Failures.illegalArgument(
        small, () -> kernels().topPRenormalize(x, 0, 101, 1, 1, workspace, x, 0));
    Failures.illegalArgument(
        small, () -> kernels().minPRenormalize(x, 0, 101, 1, 0, workspace, x, 0));
    assertArrayEquals(bits, EntryPoint.bits(x));
  }

  /** Unhappy paths. */
  @Example
  default void readOutsAreChecked() {
    float[] x = {1, Float.NEGATIVE_INFINITY, 3};
    Workspace workspace = Workspace.of(3);
    assertEquals(Double.NEGATIVE_INFINITY, kernels().logProbability(x, 0, 3, 1, 1));
    assertThrows(IndexOutOfBoundsException.class, () -> kernels().logProbability(x, 0, 3, 1, 3));
    Failures.illegalArgument(
        "n must be >= 1, but was 0",
        () -> kernels().topLogProbabilities(x, 0, 3, 1, 0, workspace, new int[3], new double[3]));
    Failures.illegalArgument(
        "logProbabilities has length 1, but 2 are needed",
        () -> kernels().topLogProbabilities(x, 0, 3, 1, 2, workspace, new int[3], new double[1]));
    int[] ids = new int[2];
    double[] logs = new double[2];
    assertEquals(1, kernels().topLogProbabilities(x, 1, 3, 1, 9, workspace, ids, logs));
    assertEquals(1, ids[0]);
    assertEquals(0, kernels().logProbability(x, 1, 3, 1, 1));
    String beyond = "Index 2 out of bounds for length 2";
    Failures.expect(
        IndexOutOfBoundsException.class, beyond, () -> kernels().logProbability(x, 1, 3, 1, 2));
    String range = "Range [1, 4) out of bounds for length 3";
    Failures.expect(
        IndexOutOfBoundsException.class, range, () -> kernels().logProbability(x, 1, 4, 1, 7));
    Failures.expect(
        IndexOutOfBoundsException.class,
        range,
        () -> kernels().topLogProbabilities(x, 1, 4, 1, 0, workspace, ids, logs));
    String empty = "the range is empty: from = to = 2";
    Failures.illegalArgument(empty, () -> kernels().logProbability(x, 2, 2, 1, 0));
    Failures.illegalArgument(
        empty, () -> kernels().topLogProbabilities(x, 2, 2, 1, 1, workspace, ids, logs));
    Sampler sampler = SamplerChain.of(Step.topK(1)).newSampler(3, 1, kernels());
    Failures.illegalState(Failures.NOTHING_SAMPLED, () -> sampler.maskedLogits(new float[3], 0));
    Failures.illegalState(Failures.NOTHING_SAMPLED, () -> sampler.probabilities(new float[3], 0));
    sampler.sample(x);
    assertThrows(IndexOutOfBoundsException.class, () -> sampler.maskedLogits(new float[3], 1));
    Failures.illegalArgument(
        "out is the array that holds the row", () -> sampler.probabilities(x, 0));
  }
}
