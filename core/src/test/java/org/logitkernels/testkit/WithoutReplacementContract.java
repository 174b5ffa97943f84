package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** Several tokens from one row: each from what those before it have left. */
public interface WithoutReplacementContract extends KernelsUnderTest {
  /** Rows. */
  @Provide
  default Arbitrary<TestRow> takenRows() {
    return TestRows.upTo(5000);
  }

  /** Chains. */
  @Provide
  default Arbitrary<List<Step>> takenSteps() {
    return Chains.anySteps();
  }

  /** Draws. */
  @Provide
  default Arbitrary<Double> takenDraws() {
    return Chains.draws();
  }

  /** All are candidates and different, the first is that of a single draw, and nothing moves. */
  @Property
  default void tokensAreDifferentCandidates(
      @ForAll("takenRows") TestRow row,
      @ForAll("takenSteps") List<Step> steps,
      @ForAll("takenDraws") double u) {
    SamplerChain chain = SamplerChain.of(steps.toArray(Step[]::new));
    Sampler sampler = chain.newSampler(row.length(), 1, kernels());
    int single = sampler.sample(row.array(), row.from(), row.to(), u);
    int[] ids = Chains.ids(sampler.candidates());
    float[] probabilities = Chains.probabilities(sampler.candidates());
    float probability = sampler.probability();
    int n = 7;
    int[] tokens = new int[n];
    double[] perturbed = new double[n];
    int drawn =
        sampler.sampleWithoutReplacement(
            row.array(), row.from(), row.to(), u, n, tokens, perturbed);
    assertEquals(single, tokens[0]);
    assertEquals(probability, sampler.probability());
    assertArrayEquals(ids, Chains.ids(sampler.candidates()));
    assertArrayEquals(probabilities, Chains.probabilities(sampler.candidates()));
    Set<Integer> left = new HashSet<>();
    for (int id : ids) {
      left.add(id);
    }
    assertTrue(drawn >= 1 && drawn <= Math.min(n, ids.length));
    long weighing = 0;
    for (float p : probabilities) {
      weighing += p > 0x1p-100f ? 1 : 0;
    }
    assertTrue(drawn >= Math.min(n, weighing), "fewer than have a weight");
    for (int i = 0; i < drawn; i++) {
      assertTrue(left.remove(tokens[i]), "not a candidate, or drawn before");
      assertTrue(i == 0 || perturbed[i] <= perturbed[i - 1], "not descending");
      assertTrue(Double.isFinite(perturbed[i]));
    }
    assertEquals(single, sampler.sample(row.array(), row.from(), row.to(), u));
  }

  /**
   * A token that weighs 2^-126 to 2^-125 of the best, in a far row, whose total without it is 0.
   */
  @Example
  default void whatIsLeftOfAFarRowWeighsNothing() {
    float[] x = {-299961.06f, -300005.66f, -300047.97f};
    Sampler sampler = SamplerChain.of().newSampler(x.length, 1, kernels());
    double[] perturbed = new double[3];
    int[] tokens = new int[3];
    assertEquals(2, sampler.sampleWithoutReplacement(x, 0, 3, 0.5, 3, tokens, perturbed));
    assertEquals(0, tokens[0]);
    assertEquals(1, tokens[1]);
    assertTrue(Double.isFinite(perturbed[1]));
  }

  /** Each is the inversion of its number among what is left, in exact weights. */
  @Property
  default void eachInvertsItsNumberAmongTheRest(
      @ForAll("takenRows") TestRow row, @ForAll("takenDraws") double u) {
    float[] x = row.logits();
    Sampler sampler = SamplerChain.of().newSampler(x.length, 1, kernels());
    int n = 4;
    int[] tokens = new int[n];
    int drawn = sampler.sampleWithoutReplacement(x, 0, x.length, u, n, tokens, new double[n]);
    Oracle oracle = new Oracle(x, 1);
    boolean[] taken = new boolean[x.length];
    for (int i = 0; i < drawn; i++) {
      double total = 0;
      double below = 0;
      for (int id = 0; id < x.length; id++) {
        double weight = taken[id] ? 0 : oracle.weight(id);
        total += weight;
        below += id < tokens[i] ? weight : 0;
      }
      double number = i == 0 ? u : hashed(u, (1L << 32) + i);
      double slack = 1e-5;
      assertTrue(below / total <= number + slack, "token " + i + " comes too late");
      assertTrue((below + oracle.weight(tokens[i])) / total >= number - slack, "too early: " + i);
      taken[tokens[i]] = true;
    }
  }

  private static double hashed(double u, long n) {
    long z = Double.doubleToRawLongBits(u) + (n + 1) * 0x9e3779b97f4a7c15L;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return ((z ^ (z >>> 31)) >>> 11) * 0x1p-53;
  }

  /** Ordered triples are as frequent as sequential draws without replacement make them. */
  @Example
  default void triplesHaveTheirFrequencies() {
    float[] x = {1, 0.2f, Float.NEGATIVE_INFINITY, -0.5f, 0.7f};
    double[] p = new double[5];
    double total = 0;
    for (float logit : x) {
      total += StrictMath.exp(logit);
    }
    for (int i = 0; i < 5; i++) {
      p[i] = StrictMath.exp(x[i]) / total;
    }
    for (Step[] steps : new Step[][] {{}, {Step.topK(4)}}) {
      Sampler sampler = SamplerChain.of(steps).newSampler(5, 77, kernels());
      int calls = 40_000;
      int[][][] counts = new int[5][5][5];
      int[] tokens = new int[3];
      double[] perturbed = new double[3];
      double[] sums = new double[2];
      for (int i = 0; i < calls; i++) {
        assertEquals(3, sampler.sampleWithoutReplacement(x, 0, 5, 3, tokens, perturbed));
        counts[tokens[0]][tokens[1]][tokens[2]]++;
        sums[0] += perturbed[0];
        sums[1] += perturbed[1] > perturbed[0] - 1 ? 1 : 0;
      }
      assertEquals(calls, sampler.position());
      double chiSquare = 0;
      for (int a = 0; a < 5; a++) {
        for (int b = 0; b < 5; b++) {
          for (int c = 0; c < 5; c++) {
            double share =
                a == b || b == c || a == c
                    ? 0
                    : p[a] * p[b] / (1 - p[a]) * p[c] / (1 - p[a] - p[b]);
            if (share == 0) {
              assertEquals(0, counts[a][b][c]);
            } else {
              double expected = calls * share;
              chiSquare += (counts[a][b][c] - expected) * (counts[a][b][c] - expected) / expected;
            }
          }
        }
      }
      assertTrue(chiSquare < 66, "chi-square of 24 triples is " + chiSquare); // p = 5e-6
      // The largest of Gumbel numbers about ln p is one about ln 1: mean 0.5772, deviation 1.2825.
      assertEquals(0.5772157, sums[0] / calls, 5 * 1.2825 / Math.sqrt(calls)); // p = 6e-7
    }
  }

  /** Taking all leaves nothing, in every order; a token of no weight is never taken. */
  @Example
  default void takesAllThatHaveAWeight() {
    float[] x = {0, -1, -200, Float.NEGATIVE_INFINITY, -2};
    for (Step[] steps : new Step[][] {{}, {Step.topK(5)}, {Step.minP(1e-30f)}}) {
      Sampler sampler = SamplerChain.of(steps).newSampler(5, 3, kernels());
      for (int i = 0; i < 100; i++) {
        int[] tokens = new int[5];
        assertEquals(3, sampler.sampleWithoutReplacement(x, 0, 5, 5, tokens, new double[5]));
        Arrays.sort(tokens, 0, 3);
        assertArrayEquals(new int[] {0, 1, 4, 0, 0}, tokens);
      }
    }
  }

  /** Unhappy paths use no position and leave no candidates. */
  @Example
  default void bad() {
    float[] x = {1, 2};
    Sampler sampler = SamplerChain.of().newSampler(2, 3, kernels());
    Failures.illegalArgument(
        "n must be >= 1, but was 0",
        () -> sampler.sampleWithoutReplacement(x, 0, 2, 0, new int[0], new double[0]));
    Failures.illegalArgument(
        "tokens has length 1, but 2 are needed",
        () -> sampler.sampleWithoutReplacement(x, 0, 2, 2, new int[1], new double[2]));
    Failures.illegalArgument(
        "perturbed has length 1, but 2 are needed",
        () -> sampler.sampleWithoutReplacement(x, 0, 2, 2, new int[2], new double[1]));
    Failures.illegalArgument(
        "u must be in [0, 1), but was 1.0",
        () -> sampler.sampleWithoutReplacement(x, 0, 2, 1, 1, new int[1], new double[1]));
    Failures.illegalArgument(
        "logit 1 is NaN",
        () ->
            sampler.sampleWithoutReplacement(
                new float[] {0, Float.NaN}, 0, 2, 1, new int[1], new double[1]));
    assertEquals(0, sampler.position());
    assertThrows(IllegalStateException.class, sampler::candidates);
  }
}
