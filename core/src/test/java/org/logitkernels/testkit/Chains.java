package org.logitkernels.testkit;

import java.util.List;
import java.util.SortedMap;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.logitkernels.Candidates;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** Chains of steps in any order, with ordinary parameters and those at the edges. */
public final class Chains {
  private Chains() {}

  /** Up to five steps. */
  public static Arbitrary<List<Step>> steps() {
    return Arbitraries.oneOf(temperature(), topK(), topP(), minP())
        .list()
        .ofMaxSize(5)
        .withSizeDistribution(RandomDistribution.uniform())
        .withoutEdgeCases();
  }

  /** Up to five steps of the kinds that docs/numerics.md defines whole. */
  static Arbitrary<List<Step>> pageSteps() {
    return Arbitraries.oneOf(
            temperature(),
            topK(),
            topP(),
            minP(),
            cutoffs().map(Step::epsilonCutoff),
            cutoffs().map(Step::etaCutoff),
            Arbitraries.of(Step.pLess()),
            caps().map(Step::softCap))
        .list()
        .ofMaxSize(5)
        .withSizeDistribution(RandomDistribution.uniform())
        .withoutEdgeCases();
  }

  /** Up to five steps of every kind, whether or not they leave a prefix of the order. */
  public static Arbitrary<List<Step>> anySteps() {
    return Arbitraries.oneOf(
            temperature(), topK(), topP(), minP(), filter(), filter(), dynamic(), softCap())
        .list()
        .ofMaxSize(5)
        .withSizeDistribution(RandomDistribution.uniform())
        .withoutEdgeCases();
  }

  /** The filters beyond top-k, top-p and min-p, some with a minimum to keep. */
  public static Arbitrary<Step> filter() {
    Arbitrary<Step> plain =
        Arbitraries.oneOf(
            edges().map(Step::typical),
            Arbitraries.of(0f, 0.5f, 1f, 1.5f, 3f, Float.MAX_VALUE).map(Step::topNSigma),
            Combinators.combine(Arbitraries.of(0f, 0.5f, 1f), edges()).as(Step::xtc),
            cutoffs().map(Step::epsilonCutoff),
            cutoffs().map(Step::etaCutoff),
            Arbitraries.of(Step.pLess()));
    return Arbitraries.oneOf(
        plain,
        Combinators.combine(plain, Arbitraries.of(1, 2, 10, 5000)).as(Step::minKeep),
        Combinators.combine(topP(), Arbitraries.of(1, 2, 10, 5000)).as(Step::minKeep),
        Combinators.combine(minP(), Arbitraries.of(1, 2, 10, 5000)).as(Step::minKeep),
        Combinators.combine(topK(), Arbitraries.of(1, 2, 10, 5000)).as(Step::minKeep),
        Combinators.combine(edges(), Arbitraries.of(1, 3, 100, Integer.MAX_VALUE)).as(Step::topH));
  }

  /** Soft caps. */
  private static Arbitrary<Step> softCap() {
    return caps().map(Step::softCap);
  }

  /** Those of models, some that most logits reach, and those at which the arithmetic changes. */
  static Arbitrary<Float> caps() {
    return Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.of(30f, 50f, 15f, 7.7f)),
            Tuple.of(2, Arbitraries.of(3f, 0.5f, 1e-3f, 1e4f)),
            Tuple.of(
                1,
                Arbitraries.of(
                    Float.MIN_VALUE,
                    Math.nextDown(0x1p-100f),
                    0x1p-100f,
                    0x1p100f,
                    Math.nextUp(0x1p100f),
                    Float.MAX_VALUE)))
        .withoutEdgeCases();
  }

  /** Dynamic temperatures. */
  public static Arbitrary<Step> dynamic() {
    return Combinators.combine(
            Arbitraries.of(0f, 0.3f, 1f),
            Arbitraries.of(0f, 0.5f, 2f),
            Arbitraries.of(0f, 1f, 2.5f))
        .as((min, range, exponent) -> Step.dynamicTemperature(min, min + range, exponent));
  }

  private static Arbitrary<Float> edges() {
    return Arbitraries.frequencyOf(
        Tuple.of(4, Arbitraries.of(0.01f, 0.1f, 0.5f, 0.9f, 0.95f)),
        Tuple.of(3, unit()),
        Tuple.of(2, Arbitraries.of(0f, 1f, Math.nextDown(1f), Float.MIN_VALUE)));
  }

  private static Arbitrary<Float> cutoffs() {
    return Arbitraries.frequencyOf(
        Tuple.of(4, Arbitraries.of(3e-4f, 0.001f, 0.01f, 0.1f)),
        Tuple.of(2, Arbitraries.of(0f, 1f, Float.MIN_VALUE, 0.5f)));
  }

  /** Temperatures, now and then one at an edge, and rarely 0. */
  public static Arbitrary<Step> temperature() {
    return Arbitraries.<Float>frequencyOf(
            Tuple.of(8, Arbitraries.of(0.5f, 0.7f, 0.8f, 1f, 1.3f, 2f)),
            Tuple.of(
                6,
                Arbitraries.integers()
                    .between(1, 400)
                    .withDistribution(RandomDistribution.uniform())
                    .map(i -> i / 80f)),
            Tuple.of(
                3, Arbitraries.of(Float.MIN_VALUE, Float.MIN_NORMAL, 1e-30f, 1e-3f, 1e4f, 1e30f)),
            Tuple.of(1, Arbitraries.of(Float.MAX_VALUE)),
            Tuple.of(1, Arbitraries.of(0f, -0f)))
        .map(Step::temperature);
  }

  /** Top-k, from 1 to more than any row. */
  public static Arbitrary<Step> topK() {
    return Arbitraries.<Integer>frequencyOf(
            Tuple.of(4, Arbitraries.of(1, 2, 5, 40, 1000, Integer.MAX_VALUE)),
            Tuple.of(
                4,
                Arbitraries.integers()
                    .between(0, 1100)
                    .withDistribution(RandomDistribution.uniform())
                    .map(e -> (int) Math.round(StrictMath.exp(e / 100.0)))))
        .map(Step::topK);
  }

  /** Top-p, 0 and 1 among them. */
  public static Arbitrary<Step> topP() {
    return Arbitraries.<Float>frequencyOf(
            Tuple.of(4, Arbitraries.of(0.1f, 0.5f, 0.8f, 0.9f, 0.95f, 0.99f)),
            Tuple.of(4, unit()),
            Tuple.of(2, Arbitraries.of(0f, 1f, Math.nextDown(1f), Float.MIN_VALUE, 0x1p-21f)))
        .map(Step::topP);
  }

  /** Min-p, 0 and 1 among them. */
  public static Arbitrary<Step> minP() {
    return Arbitraries.<Float>frequencyOf(
            Tuple.of(4, Arbitraries.of(0.01f, 0.05f, 0.1f, 0.5f)),
            Tuple.of(4, unit()),
            Tuple.of(2, Arbitraries.of(0f, 1f, Math.nextDown(1f), Float.MIN_VALUE)))
        .map(Step::minP);
  }

  private static Arbitrary<Float> unit() {
    return Arbitraries.integers()
        .between(0, 1 << 24)
        .withDistribution(RandomDistribution.uniform())
        .map(i -> i * 0x1p-24f);
  }

  /** Numbers for the draw, uniform in [0, 1) to the last bit, and its ends. */
  public static Arbitrary<Double> draws() {
    return Arbitraries.frequencyOf(
            Tuple.of(
                8,
                Arbitraries.longs()
                    .withDistribution(RandomDistribution.uniform())
                    .map(bits -> (bits >>> 11) * 0x1p-53)),
            Tuple.of(1, Arbitraries.of(0.0, Double.MIN_VALUE, 0.5, Math.nextDown(1.0))))
        .withoutEdgeCases();
  }

  /**
   * A chain that names no token which a row of this length lacks, and so can be asked of it: biases
   * and bans of others are left out, which could have no effect.
   */
  public static SamplerChain fitting(SamplerChain chain, int length) {
    return SamplerChain.of(
        chain.steps().stream().map(step -> fitting(step, length)).toArray(Step[]::new));
  }

  private static Step fitting(Step step, int length) {
    return switch (step) {
      case Step.LogitBias(SortedMap<Integer, Float> biases) ->
          Step.logitBias(biases.headMap(length));
      case Step.Banned(List<List<Integer>> sequences) ->
          new Step.Banned(
              sequences.stream().filter(s -> s.stream().allMatch(id -> id < length)).toList());
      case Step.MinLength(int n, List<Integer> ends) ->
          new Step.MinLength(n, ends.stream().filter(id -> id < length).toList());
      case Step.Dry dry ->
          new Step.Dry(
              dry.multiplier(),
              dry.base(),
              dry.allowed(),
              dry.range(),
              dry.breakers().stream().filter(id -> id < length).toList());
      default -> step;
    };
  }

  /** The ids of candidates, in their order. */
  public static int[] ids(Candidates candidates) {
    int[] ids = new int[candidates.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = candidates.id(i);
    }
    return ids;
  }

  /** The probabilities of candidates, in their order. */
  public static float[] probabilities(Candidates candidates) {
    float[] probabilities = new float[candidates.size()];
    for (int i = 0; i < probabilities.length; i++) {
      probabilities[i] = candidates.probability(i);
    }
    return probabilities;
  }

  /** Whether a soft cap is among the steps. */
  static boolean haveCap(List<Step> steps) {
    return steps.stream().anyMatch(step -> step instanceof Step.SoftCap);
  }
}
