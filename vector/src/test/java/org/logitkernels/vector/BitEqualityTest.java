package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Candidates;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;
import org.logitkernels.testkit.Row;
import org.logitkernels.testkit.Rows;

/**
 * Scalar and vector agree bit for bit, errors included, on every kernel and on whole chains.
 *
 * <p>What a kernel returns and all that it writes, down to the cells beside its output, goes into
 * one list of integers per backend; the lists must be equal.
 */
class BitEqualityTest {
  private static final Kernels SCALAR = Kernels.scalar();
  private static final Kernels VECTOR = Kernels.named("vector");

  @Provide
  Arbitrary<Row> rows() {
    return Rows.any();
  }

  /** Rows in which one logit is NaN, of either sign, or infinite, or all of them are masked. */
  @Provide
  Arbitrary<Row> invalidRows() {
    return Arbitraries.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7f800000, 0xff800000)
        .flatMap(
            bits ->
                Arbitraries.longs()
                    .greaterOrEqual(0)
                    .flatMap(place -> Rows.upTo(70_000).map(row -> spoil(row, bits, place))));
  }

  private static Row spoil(Row row, int bits, long place) {
    float[] array = row.array().clone();
    float value = Float.intBitsToFloat(bits);
    if (value == Float.NEGATIVE_INFINITY) {
      Arrays.fill(array, row.from(), row.to(), value);
    } else {
      array[row.from() + (int) (place % row.length())] = value;
    }
    return new Row(row + " spoilt by " + value + " at " + place, array, row.from(), row.to());
  }

  @Provide
  Arbitrary<Float> temperatures() {
    return Arbitraries.oneOf(
        Arbitraries.of(1f, 0.8f, 0.01f, 2f, 100f),
        Arbitraries.of(Float.MIN_VALUE, Float.MIN_NORMAL / 2, 0x1p-120f, 0x1p120f, Float.MAX_VALUE),
        Arbitraries.doubles().between(-100, 85).map(exponent -> (float) Math.exp(exponent)));
  }

  @Provide
  Arbitrary<Float> masses() {
    return Arbitraries.oneOf(
        Arbitraries.of(0f, Float.MIN_VALUE, 0.5f, 0.8f, Math.nextDown(1f), 1f),
        Arbitraries.floats().between(0, 1));
  }

  @Provide
  Arbitrary<Double> uniforms() {
    return Arbitraries.oneOf(
        Arbitraries.of(0.0, Double.MIN_VALUE, 0.5, Math.nextDown(1.0)),
        Arbitraries.doubles().between(0, true, 1, false));
  }

  @Provide
  Arbitrary<Integer> counts() {
    return Arbitraries.oneOf(
        Arbitraries.integers().between(1, 100),
        Arbitraries.doubles().between(0, 13).map(exponent -> (int) Math.exp(exponent)),
        Arbitraries.of(1, Integer.MAX_VALUE));
  }

  @Provide
  Arbitrary<List<Step>> chains() {
    Arbitrary<Step> step =
        Arbitraries.oneOf(
            temperatures().map(Step::temperature),
            Arbitraries.just(Step.temperature(0)),
            counts().map(Step::topK),
            masses().map(Step::topP),
            masses().map(Step::minP),
            Arbitraries.of(0.01f, 0.05f, 0.2f).map(Step::minP));
    return step.list().ofMaxSize(5);
  }

  @Property
  void argMax(@ForAll("rows") Row row) {
    assertAgree(kernels -> new int[] {kernels.argMax(row.array(), row.from(), row.to())});
  }

  @Property
  void logSumExp(@ForAll("rows") Row row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          long bits =
              Double.doubleToRawLongBits(
                  kernels.logSumExp(row.array(), row.from(), row.to(), t));
          return new int[] {(int) (bits >> 32), (int) bits};
        });
  }

  @Property
  void softmax(@ForAll("rows") Row row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = filled(row.length() + 24);
          kernels.softmax(row.array(), row.from(), row.to(), t, p, 7);
          return bits(p);
        });
  }

  @Property
  void softmaxInPlace(@ForAll("rows") Row row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = row.array().clone();
          kernels.softmax(p, row.from(), row.to(), t, p, row.from());
          return bits(p);
        });
  }

  @Property
  void logSoftmax(@ForAll("rows") Row row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = filled(row.length() + 24);
          kernels.logSoftmax(row.array(), row.from(), row.to(), t, p, 7);
          return bits(p);
        });
  }

  @Property
  void logSoftmaxInPlace(@ForAll("rows") Row row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = row.array().clone();
          kernels.logSoftmax(p, row.from(), row.to(), t, p, row.from());
          return bits(p);
        });
  }

  @Property
  void topK(@ForAll("rows") Row row, @ForAll("counts") int k) {
    assertAgree(
        kernels -> {
          int[] ids = new int[row.length() + 3];
          float[] values = filled(row.length() + 3);
          Workspace workspace = Workspace.of(row.length());
          int size = kernels.topK(row.array(), row.from(), row.to(), k, workspace, ids, values);
          return bits(size, ids, values);
        });
  }

  /** Rows that rise by single floats keep raising the bar, and every step of it counts. */
  @Example
  void topKOfRisingNeighbours() {
    for (int k : new int[] {2, 7, 40, 150}) {
      for (int length = 32 * k; length <= 40_000; length = length * 3 / 2 + 1) {
        for (int seed = 0; seed < 4; seed++) {
          topK(Rows.of(Rows.Distribution.NEIGHBOURS, length, seed, seed), k);
        }
      }
    }
  }

  @Property
  void topP(
      @ForAll("rows") Row row, @ForAll("temperatures") float t, @ForAll("masses") float p) {
    assertAgree(
        kernels -> {
          int[] ids = new int[row.length() + 3];
          float[] values = filled(row.length() + 3);
          Workspace workspace = Workspace.of(row.length());
          int size =
              kernels.topP(row.array(), row.from(), row.to(), t, p, workspace, ids, values);
          return bits(size, ids, values);
        });
  }

  @Property
  void sample(
      @ForAll("rows") Row row, @ForAll("temperatures") float t, @ForAll("uniforms") double u) {
    assertAgree(
        kernels ->
            new int[] {
              kernels.sample(
                  row.array(), row.from(), row.to(), t, u, Workspace.of(row.length()))
            });
  }

  @Property
  void chain(
      @ForAll("rows") Row row,
      @ForAll("chains") List<Step> steps,
      @ForAll("uniforms") double u,
      @ForAll long seed) {
    SamplerChain chain = SamplerChain.of(steps.toArray(Step[]::new));
    assertAgree(
        kernels -> {
          Sampler sampler = chain.newSampler(row.length(), seed, kernels);
          int[] first = outcome(sampler, sampler.sample(row.array(), row.from(), row.to()));
          int[] second = outcome(sampler, sampler.sample(row.array(), row.from(), row.to(), u));
          return concat(first, second);
        });
  }

  @Property
  void errors(
      @ForAll("invalidRows") Row row,
      @ForAll("temperatures") float t,
      @ForAll("chains") List<Step> steps) {
    float[] x = row.array();
    int from = row.from();
    int to = row.to();
    Workspace workspace = Workspace.of(row.length());
    int[] ids = new int[row.length()];
    float[] out = filled(row.length());
    SamplerChain chain = SamplerChain.of(steps.toArray(Step[]::new));
    List<Function<Kernels, Object>> calls =
        List.of(
            kernels -> kernels.argMax(x, from, to),
            kernels -> kernels.logSumExp(x, from, to, t),
            kernels -> {
              kernels.softmax(x, from, to, t, out, 0);
              return 0;
            },
            kernels -> {
              kernels.logSoftmax(x, from, to, t, out, 0);
              return 0;
            },
            kernels -> kernels.topK(x, from, to, 40, workspace, ids, out),
            kernels -> kernels.topP(x, from, to, t, 0.9f, workspace, ids, out),
            kernels -> kernels.sample(x, from, to, t, 0.5, workspace),
            kernels -> chain.newSampler(row.length(), 1, kernels).sample(x, from, to));
    for (Function<Kernels, Object> call : calls) {
      assertEquals(error(call, SCALAR), error(call, VECTOR));
    }
    assertArrayEquals(filled(row.length()), out, "written before the error");
    assertArrayEquals(new int[row.length()], ids, "written before the error");
  }

  private static String error(Function<Kernels, Object> call, Kernels kernels) {
    try {
      return "no error, but " + call.apply(kernels) + " from " + kernels;
    } catch (IllegalArgumentException | IllegalStateException e) {
      return e.toString();
    }
  }

  private static void assertAgree(Function<Kernels, int[]> outcome) {
    assertArrayEquals(outcome.apply(SCALAR), outcome.apply(VECTOR));
  }

  private static int[] outcome(Sampler sampler, int token) {
    Candidates candidates = sampler.candidates();
    int size = candidates.size();
    int[] bits = new int[2 * size + 4];
    for (int i = 0; i < size; i++) {
      bits[2 * i] = candidates.id(i);
      bits[2 * i + 1] = Float.floatToRawIntBits(candidates.probability(i));
    }
    long logProbability = Double.doubleToRawLongBits(sampler.logProbability());
    bits[2 * size] = token;
    bits[2 * size + 1] = Float.floatToRawIntBits(sampler.probability());
    bits[2 * size + 2] = (int) (logProbability >> 32);
    bits[2 * size + 3] = (int) logProbability;
    return bits;
  }

  private static float[] filled(int length) {
    float[] array = new float[length];
    Arrays.fill(array, -7.5f);
    return array;
  }

  private static int[] bits(float[] values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }

  private static int[] bits(int size, int[] ids, float[] values) {
    return concat(new int[] {size}, concat(ids, bits(values)));
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
