package org.logitkernels.testkit;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/** What the contracts of the kernels are fed with, by name. */
public interface Inputs extends KernelsUnderTest {
  /** Rows of any length. */
  @Provide
  default Arbitrary<Row> rows() {
    return Rows.any();
  }

  /** Rows for what takes time, nearly all of them short. */
  @Provide
  default Arbitrary<Row> shorterRows() {
    return Arbitraries.frequencyOf(Tuple.of(19, Rows.upTo(5_000)), Tuple.of(1, Rows.any()));
  }

  /** Ordinary temperatures, any others, and those around which the arithmetic changes. */
  @Provide
  default Arbitrary<Float> temperatures() {
    return Arbitraries.frequencyOf(
            Tuple.of(4, Arbitraries.of(0.1f, 0.5f, 0.8f, 1f, 1.5f)),
            Tuple.of(4, uniform(-1200, 900).map(e -> (float) StrictMath.exp(e / 100.0))),
            Tuple.of(1, uniform(1, 0x7f7fffff).map(Float::intBitsToFloat)),
            Tuple.of(
                1,
                Arbitraries.of(
                    Float.MIN_VALUE,
                    Math.nextDown(Float.MIN_NORMAL),
                    Math.nextDown(0x1p-120f),
                    0x1p-120f,
                    0x1p120f,
                    Math.nextUp(0x1p120f),
                    Float.MAX_VALUE)))
        .withoutEdgeCases();
  }

  /** k for top-k, log-uniform, up to more than any row. */
  @Provide
  default Arbitrary<Integer> ks() {
    return Arbitraries.frequencyOf(
            Tuple.of(2, Arbitraries.of(1, 2, 3, 7, 8, 40, 1000)),
            Tuple.of(2, uniform(0, 1300).map(e -> (int) StrictMath.exp(e / 100.0))),
            Tuple.of(1, Arbitraries.of(Integer.MAX_VALUE, Integer.MAX_VALUE - 1)))
        .withoutEdgeCases();
  }

  /** p for top-p. */
  @Provide
  default Arbitrary<Float> masses() {
    return Arbitraries.frequencyOf(
            Tuple.of(4, uniform(0, 1 << 24).map(n -> n * 0x1p-24f)),
            Tuple.of(2, Arbitraries.of(0.1f, 0.5f, 0.9f, 0.95f, 0.99f, 0.999f)),
            Tuple.of(
                2,
                Arbitraries.of(
                    0f,
                    Float.MIN_VALUE,
                    0x1p-22f,
                    0x1p-21f,
                    0x1.000002p-21f,
                    1 - 0x1p-20f,
                    1 - 0x1p-21f,
                    1 - 0x1p-23f,
                    Math.nextDown(1f),
                    1f)))
        .withoutEdgeCases();
  }

  /** Numbers for the draw. */
  @Provide
  default Arbitrary<Double> draws() {
    return Chains.draws();
  }

  private static Arbitrary<Integer> uniform(int least, int most) {
    return Arbitraries.integers()
        .between(least, most)
        .withDistribution(RandomDistribution.uniform());
  }
}
