package org.logitkernels.testkit;

import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;

/** What the contracts of the kernels are fed with, by name. */
public interface Inputs extends KernelsUnderTest {
  /** Rows of any length. */
  @Provide
  default Arbitrary<TestRow> rows() {
    return TestRows.any();
  }

  /** Rows for what takes time, nearly all of them short. */
  @Provide
  default Arbitrary<TestRow> shorterRows() {
    return Arbitraries.frequencyOf(Tuple.of(19, TestRows.upTo(5_000)), Tuple.of(1, TestRows.any()));
  }

  /**
   * Rows at a temperature: of any kind at any; and those at whose maximum the arithmetic changes,
   * where it is near 2^16 binades, or a whole number of them; and halves at the temperature at
   * which they would be half-way between integers.
   */
  @Provide
  default Arbitrary<RowAt> rowsAtTemperatures() {
    Arbitrary<Double> edges =
        Combinators.combine(Arbitraries.of(-65536, 65536), uniform(-13_000, 13_000))
            .as((edge, beside) -> edge + beside / 100.0);
    Arbitrary<Double> powers =
        Arbitraries.frequencyOf(
            Tuple.of(4, edges),
            Tuple.of(1, uniform(-65536, 65536).map(n -> (double) n)),
            Tuple.of(1, uniform(-50_000_000, 50_000_000).map(n -> n / 16.0)));
    Arbitrary<Double> steps =
        Arbitraries.frequencyOf(
            Tuple.of(1, Arbitraries.just(0.0)),
            Tuple.of(3, uniform(0, 13_000).map(n -> n / 100.0)));
    Arbitrary<RowAt> moved =
        Combinators.combine(TestRows.upTo(4000), temperatures(), powers, steps)
            .as((row, t, power, step) -> new RowAt(TestRows.moved(row, t, power, step), t));
    Arbitrary<RowAt> halves =
        Combinators.combine(uniform(1, 3000), uniform(0, 1 << 20))
            .as((length, seed) -> TestRows.of(TestRows.Distribution.HALF_STEPS, length, 3, seed))
            .map(row -> new RowAt(row, 1.442695f));
    return Arbitraries.frequencyOf(
        Tuple.of(8, Combinators.combine(shorterRows(), temperatures()).as(RowAt::new)),
        Tuple.of(6, moved),
        Tuple.of(1, halves));
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
                    Math.nextDown(0x1p-100f),
                    0x1p-100f,
                    0x1p100f,
                    Math.nextUp(0x1p100f),
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
