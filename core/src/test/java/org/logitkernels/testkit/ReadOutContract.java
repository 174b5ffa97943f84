package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
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
  default Arbitrary<Row> readOutRows() {
    return Rows.upTo(3000);
  }

  /** Chains. */
  @Provide
  default Arbitrary<List<Step>> readOutSteps() {
    return Chains.anySteps();
  }

  /** Rows written by a sampler hold its candidates, and nothing else. */
  @Property
  default void writtenRowsAreTheCandidates(
      @ForAll("readOutRows") Row row, @ForAll("readOutSteps") List<Step> steps) {
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
      expectedMasked[1 + id] = row.array()[row.from() + id];
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
  default void rawLogProbabilitiesAreThoseOfTheRow(@ForAll("readOutRows") Row row) {
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
      double sum = kernels().logSumExp(row.array(), row.from(), row.to(), t);
      for (int i = 0; i < written; i++) {
        double log = kernels().logProbability(row.array(), row.from(), row.to(), t, ids[i]);
        assertEquals(log, logs[i], 1e-12);
        assertEquals((double) values[i] / t - sum, logs[i], 1e-12);
      }
    }
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
    Sampler sampler = SamplerChain.of(Step.topK(1)).newSampler(3, 1, kernels());
    assertThrows(IllegalStateException.class, () -> sampler.maskedLogits(new float[3], 0));
    sampler.sample(x);
    assertThrows(IndexOutOfBoundsException.class, () -> sampler.maskedLogits(new float[3], 1));
    Failures.illegalArgument(
        "out is the array that holds the row", () -> sampler.probabilities(x, 0));
  }
}
