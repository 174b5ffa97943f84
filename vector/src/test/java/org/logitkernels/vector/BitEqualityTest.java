package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Function;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import net.jqwik.api.Tuple;
import org.logitkernels.Beams;
import org.logitkernels.Candidates;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;
import org.logitkernels.testkit.Chains;
import org.logitkernels.testkit.EntryPoint;
import org.logitkernels.testkit.SegmentContract;
import org.logitkernels.testkit.TestRow;
import org.logitkernels.testkit.TestRows;

/**
 * Scalar and vector agree bit for bit, errors included, on every kernel and on whole chains.
 *
 * <p>What a kernel returns and all that it writes, down to the cells beside its output, goes into
 * one list of integers per backend; the lists must be equal.
 */
class BitEqualityTest {
  private static final Kernels SCALAR = Kernels.scalar();
  private static final Kernels VECTOR = Kernels.named("vector");

  /** Cuts that begin with a kernel of their own. */
  private static final List<Step> CUTS =
      List.of(
          Step.topK(3),
          Step.topP(0.9f),
          Step.topP(0.5f),
          Step.minP(0.05f),
          Step.typical(0.9f),
          Step.topH(0.5f),
          Step.pLess(),
          Step.softCap(3),
          Step.etaCutoff(0.01f),
          Step.epsilonCutoff(1e-3f),
          Step.topNSigma(1),
          Step.xtc(1, 0.02f),
          Step.mirostatV2(3, 0.1f),
          Step.dynamicTemperature(0.5f, 1.5f, 1));

  @Provide
  Arbitrary<TestRow> rows() {
    return TestRows.any();
  }

  @Provide
  Arbitrary<TestRow> shorterRows() {
    return TestRows.upTo(10_000);
  }

  /** Rows in which one or two logits are NaN, of either sign, or infinite, or all are masked. */
  @Provide
  Arbitrary<TestRow> invalidRows() {
    Arbitrary<Integer> bits =
        Arbitraries.of(0x7fc00000, 0xffc00000, 0x7f800001, 0xffffffff, 0x7f800000);
    Arbitrary<Double> place = uniform(0, 1);
    return Arbitraries.frequencyOf(
            Tuple.of(6, Combinators.combine(TestRows.upTo(70_000), bits, place).as(this::spoil)),
            Tuple.of(
                3,
                Combinators.combine(TestRows.upTo(70_000), bits, place, bits, place)
                    .as((row, a, at, b, then) -> spoil(spoil(row, a, at), b, then))),
            Tuple.of(1, TestRows.upTo(70_000).map(this::mask)))
        .withoutEdgeCases();
  }

  private TestRow spoil(TestRow row, int bits, double place) {
    float[] array = row.array().clone();
    int id = (int) (place * row.length());
    array[row.from() + id] = Float.intBitsToFloat(bits);
    String recipe = row + ", " + Integer.toHexString(bits) + " at " + id;
    return new TestRow(recipe, array, row.from(), row.to());
  }

  private TestRow mask(TestRow row) {
    float[] array = row.array().clone();
    Arrays.fill(array, row.from(), row.to(), Float.NEGATIVE_INFINITY);
    return new TestRow(row + ", masked", array, row.from(), row.to());
  }

  @Provide
  Arbitrary<Float> temperatures() {
    return Arbitraries.oneOf(
            Arbitraries.of(1f, 0.8f, 0.01f, 2f, 100f),
            Arbitraries.of(Float.MIN_VALUE, Float.MIN_NORMAL / 2, Float.MAX_VALUE),
            Arbitraries.of(0x1p-121f, 0x1p-120f, 0x1p120f, 0x1p121f), // where stretching begins
            uniform(-3, 3).map(exponent -> (float) Math.exp(exponent)),
            uniform(-103, 88).map(exponent -> (float) Math.exp(exponent)))
        .withoutEdgeCases();
  }

  @Provide
  Arbitrary<Float> masses() {
    return Arbitraries.oneOf(
            Arbitraries.of(0f, Float.MIN_VALUE, 0.5f, 0.8f, Math.nextDown(1f), 1f),
            uniform(0, 1).map(Double::floatValue))
        .withoutEdgeCases();
  }

  @Provide
  Arbitrary<Integer> counts() {
    return Arbitraries.oneOf(
            Arbitraries.integers().between(1, 100).withDistribution(RandomDistribution.uniform()),
            uniform(0, 13).map(exponent -> (int) Math.exp(exponent)),
            Arbitraries.of(1, 2, Integer.MAX_VALUE))
        .withoutEdgeCases();
  }

  @Provide
  Arbitrary<Double> uniforms() {
    return Chains.draws();
  }

  @Provide
  Arbitrary<List<Step>> chains() {
    return Chains.anySteps();
  }

  private static Arbitrary<Double> uniform(double least, double most) {
    return Arbitraries.longs()
        .between(0, (1L << 40) - 1)
        .withDistribution(RandomDistribution.uniform())
        .map(part -> least + part * 0x1p-40 * (most - least));
  }

  @Property
  void argMax(@ForAll("rows") TestRow row) {
    assertAgree(kernels -> new int[] {kernels.argMax(row.array(), row.from(), row.to())});
  }

  @Property
  void logSumExp(@ForAll("rows") TestRow row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          long bits =
              Double.doubleToRawLongBits(kernels.logSumExp(row.array(), row.from(), row.to(), t));
          return new int[] {(int) (bits >> 32), (int) bits};
        });
  }

  @Property
  void softmax(@ForAll("rows") TestRow row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = filled(row.length() + 24);
          kernels.softmax(row.array(), row.from(), row.to(), t, p, 7);
          return EntryPoint.bits(p);
        });
  }

  @Property
  void softmaxInPlace(@ForAll("rows") TestRow row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = row.array().clone();
          kernels.softmax(p, row.from(), row.to(), t, p, row.from());
          return EntryPoint.bits(p);
        });
  }

  @Property
  void logSoftmax(@ForAll("rows") TestRow row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = filled(row.length() + 24);
          kernels.logSoftmax(row.array(), row.from(), row.to(), t, p, 7);
          return EntryPoint.bits(p);
        });
  }

  @Property
  void logSoftmaxInPlace(@ForAll("rows") TestRow row, @ForAll("temperatures") float t) {
    assertAgree(
        kernels -> {
          float[] p = row.array().clone();
          kernels.logSoftmax(p, row.from(), row.to(), t, p, row.from());
          return EntryPoint.bits(p);
        });
  }

  @Property
  void topK(@ForAll("rows") TestRow row, @ForAll("counts") int k) {
    assertAgree(
        kernels -> {
          int[] ids = filledIds(row.length() + 3);
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
          topK(TestRows.of(TestRows.Distribution.NEIGHBOURS, length, seed, seed), k);
        }
      }
    }
  }

  /** Where the best logits are neighbours, strips tell little: finer ones are needed, and cuts. */
  @Example
  void topKOfTheBestTogether() {
    SplittableRandom random = new SplittableRandom(6);
    for (int k : new int[] {100, 333, 1000}) {
      for (int shape = 0; shape < 5; shape++) {
        int length = 130 * k + 77 * shape;
        float[] x = new float[length];
        for (int i = 0; i < length; i++) {
          x[i] =
              switch (shape) {
                case 0 -> i;
                case 1 -> i / 50; // ties, cut off within
                case 2 -> i < length / 3 ? i : i % 5000;
                case 3 -> i % 40 * (i / 3000) + random.nextInt(10);
                default -> i < length - 1500 ? Float.NEGATIVE_INFINITY : -i;
              };
        }
        topK(new TestRow("shape " + shape, x, 0, length), k);
      }
    }
  }

  /** What a higher row has left in the workspace is no bar for a lower one. */
  @Example
  void topKForgetsTheRowBefore() {
    SplittableRandom random = new SplittableRandom(7);
    int length = 60_000;
    for (int k : new int[] {1, 2, 7, 40, 100}) {
      Workspace used = Workspace.of(length);
      for (int n = 0; n < 8; n++) {
        float[] x = new float[length];
        for (int i = 0; i < length; i++) { // anywhere, or the best together
          x[i] = (n % 2 == 0 ? random.nextFloat() : i * 1e-5f) - 100 * n;
        }
        int[] ids = new int[k];
        int[] expected = new int[k];
        float[] values = new float[k];
        float[] expectedValues = new float[k];
        SCALAR.topK(x, 0, length, k, Workspace.of(length), expected, expectedValues);
        assertEquals(k, VECTOR.topK(x, 0, length, k, used, ids, values));
        assertArrayEquals(expected, ids, "k " + k + ", row " + n);
        assertArrayEquals(expectedValues, values);
      }
    }
  }

  @Property
  void topP(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float t, @ForAll("masses") float p) {
    assertAgree(
        kernels -> {
          int[] ids = filledIds(row.length() + 3);
          float[] values = filled(row.length() + 3);
          Workspace workspace = Workspace.of(row.length());
          int size = kernels.topP(row.array(), row.from(), row.to(), t, p, workspace, ids, values);
          return bits(size, ids, values);
        });
  }

  /**
   * Nuclei of tens of thousands, found by selection: also among ties, and where a sample misleads.
   */
  @Example
  void wideNuclei() {
    SplittableRandom random = new SplittableRandom(5);
    for (int shape = 0; shape < 6; shape++) {
      int length = 60_000 + 777 * shape;
      float[] x = new float[length];
      for (int i = 0; i < length; i++) {
        double normal = random.nextGaussian();
        x[i] =
            switch (shape) {
              case 0 -> (float) (2.5 * normal);
              case 1 -> 1.25f;
              case 2 -> Math.round(2 * normal); // ties at every level
              case 3 -> i % 32 < 16 ? 3 : (float) normal; // what a strided sample may miss
              case 4 -> (float) (normal - (i < 1024 ? 0 : 1e4)); // a far lower tail
              default -> i % 7 == 0 ? (float) (0.01 * normal) : Float.NEGATIVE_INFINITY;
            };
      }
      for (float p : new float[] {0.05f, 0.5f, 0.9f, 0.999f, 0.9999999f}) {
        for (float t : new float[] {0.7f, 1, 3}) {
          assertAgree(
              kernels -> {
                int[] ids = filledIds(length);
                float[] probabilities = filled(length);
                Workspace workspace = Workspace.of(length);
                int size = kernels.topP(x, 0, length, t, p, workspace, ids, probabilities);
                return bits(size, ids, probabilities);
              });
          for (double u : new double[] {0, 0.3, 0.999999, 1 - 0x1p-53}) {
            assertAgree(
                kernels -> {
                  SamplerChain chain = SamplerChain.of(Step.temperature(t), Step.topP(p));
                  Sampler sampler = chain.newSampler(length, 1, kernels);
                  int token = sampler.sample(x, 0, length, u);
                  return outcome(sampler, token);
                });
          }
        }
      }
    }
  }

  @Property
  void renormalised(
      @ForAll("rows") TestRow row,
      @ForAll("temperatures") float t,
      @ForAll("counts") int k,
      @ForAll("masses") float p) {
    float[] x = row.array();
    int from = row.from();
    int to = row.to();
    assertAgree(
        kernels -> {
          float[] masked = filled(row.length() + 24);
          float[] best = filled(row.length() + 24);
          float[] nucleus = filled(row.length() + 24);
          float[] near = filled(row.length() + 24);
          Workspace workspace = Workspace.of(row.length());
          kernels.topKMaskLogits(x, from, to, k, workspace, masked, 7);
          kernels.topKRenormalize(x, from, to, t, k, workspace, best, 7);
          kernels.topPRenormalize(x, from, to, t, p, workspace, nucleus, 7);
          kernels.minPRenormalize(x, from, to, t, p, workspace, near, 7);
          return concat(
              concat(EntryPoint.bits(masked), EntryPoint.bits(best)),
              concat(EntryPoint.bits(nucleus), EntryPoint.bits(near)));
        });
  }

  /** Two beams, each with as much of its row as the shorter one has; the second may be dead. */
  @Property
  void beams(
      @ForAll("shorterRows") TestRow row,
      @ForAll("shorterRows") TestRow next,
      @ForAll("temperatures") float t,
      @ForAll("counts") int width,
      @ForAll("uniforms") double u) {
    int n = Math.min(row.length(), next.length());
    float[] x = filled(2 * n + 30);
    System.arraycopy(row.array(), row.from(), x, 9, n);
    System.arraycopy(next.array(), next.from(), x, 9 + n + 3, n);
    for (int at : new int[] {9, 9 + n + 3}) {
      x[at] = Math.max(x[at], -1); // what was unmasked may have been cut off
    }
    double[] scores = {-2 * u, u < 0.1 ? Double.NEGATIVE_INFINITY : -1};
    assertAgree(
        kernels -> {
          int[] parents = filledIds(2 * n);
          int[] tokens = filledIds(2 * n);
          double[] newScores = new double[2 * n];
          Beams beams = Beams.of(2, n, width, kernels);
          int size = beams.step(x, 9, n + 3, scores, t, parents, tokens, newScores);
          int[] bits = new int[4 * n];
          for (int i = 0; i < 2 * n; i++) {
            long all = Double.doubleToRawLongBits(newScores[i]);
            bits[2 * i] = (int) (all >> 32);
            bits[2 * i + 1] = (int) all;
          }
          return concat(new int[] {size}, concat(parents, concat(tokens, bits)));
        });
  }

  @Property
  void sample(
      @ForAll("rows") TestRow row, @ForAll("temperatures") float t, @ForAll("uniforms") double u) {
    assertAgree(
        kernels ->
            new int[] {
              kernels.sample(row.array(), row.from(), row.to(), t, u, Workspace.of(row.length()))
            });
  }

  /** The draws on both sides of the border between a token and a later one, a bit of u apart. */
  @Property
  void sampleAtTheEndOfAToken(
      @ForAll("shorterRows") TestRow row,
      @ForAll("temperatures") float t,
      @ForAll("uniforms") double u) {
    Workspace workspace = Workspace.of(row.length());
    int token = SCALAR.sample(row.array(), row.from(), row.to(), t, u, workspace);
    long low = Double.doubleToRawLongBits(u);
    long high = Double.doubleToRawLongBits(1);
    while (high - low > 1) {
      long middle = (low + high) >>> 1;
      double between = Double.longBitsToDouble(middle);
      if (SCALAR.sample(row.array(), row.from(), row.to(), t, between, workspace) <= token) {
        low = middle;
      } else {
        high = middle;
      }
    }
    sample(row, t, Double.longBitsToDouble(low));
    if (Double.longBitsToDouble(high) < 1) {
      sample(row, t, Double.longBitsToDouble(high));
    }
  }

  /** Logits a few bits from where weights begin to be 0. */
  @Property
  void weightsAtTheCutoff(
      @ForAll("shorterRows") TestRow row, @ForAll("temperatures") float t, @ForAll long seed) {
    float cutoff = (float) Math.max(-126 * Math.log(2) * t, -Float.MAX_VALUE / 2);
    SplittableRandom random = new SplittableRandom(seed);
    float[] array = row.array().clone();
    for (int i = row.from(); i < row.to(); i++) {
      array[i] = cutoff + random.nextInt(-2, 3) * Math.ulp(cutoff);
    }
    array[row.from() + random.nextInt(row.length())] = 0;
    TestRow edge =
        new TestRow("cutoff of " + t + " in place of " + row, array, row.from(), row.to());
    softmax(edge, t);
    logSumExp(edge, t);
    sample(edge, t, 0); // the first token with a weight
    chain(edge, row, List.of(Step.temperature(t), Step.minP(Float.MIN_VALUE)), 0, seed);
  }

  /** Where thresholds overflow, underflow or meet masked tokens. */
  @Example
  void firstStepsAtTheEndsOfTheTemperatures() {
    for (TestRows.Distribution distribution : TestRows.Distribution.values()) {
      TestRow row = TestRows.of(distribution, 1500, 3, 5);
      for (float t : new float[] {Float.MIN_VALUE, 0x1p-120f, 1e-3f, 0x1p120f, Float.MAX_VALUE}) {
        for (float p : new float[] {Float.MIN_VALUE, 1e-9f, 0.5f, Math.nextDown(1f)}) {
          chain(row, row, List.of(Step.temperature(t), Step.minP(p)), 0.5, 1);
          chain(row, row, List.of(Step.temperature(t), Step.topP(p)), 0.5, 1);
        }
      }
    }
  }

  /** One sampler for two rows, so that what the first left behind meets the second. */
  @Property
  void chain(
      @ForAll("rows") TestRow row,
      @ForAll("shorterRows") TestRow next,
      @ForAll("chains") List<Step> steps,
      @ForAll("uniforms") double u,
      @ForAll long seed) {
    SamplerChain chain = SamplerChain.of(steps.toArray(Step[]::new));
    assertAgree(
        kernels -> {
          Sampler sampler = chain.newSampler(Math.max(row.length(), next.length()), seed, kernels);
          int[] first = outcome(sampler, sampler.sample(row.array(), row.from(), row.to()));
          int[] second = outcome(sampler, sampler.sample(row.array(), row.from(), row.to(), u));
          int[] third = outcome(sampler, sampler.sample(next.array(), next.from(), next.to()));
          int[] tokens = new int[3];
          double[] perturbed = new double[3];
          sampler.sampleWithoutReplacement(
              next.array(), next.from(), next.to(), u, 3, tokens, perturbed);
          int[] several = outcome(sampler, Arrays.hashCode(perturbed));
          return concat(concat(first, second), concat(third, concat(tokens, several)));
        });
  }

  /**
   * Whichever block holds the best token, whatever is masked before it, whichever weights count,
   * and whatever the row before has left: about whole blocks, where the look at the next one ends.
   */
  @Example
  void theBestMayLieInAnyBlock() {
    int most = 4100;
    int from = 5;
    MemorySegment segment = Arena.ofAuto().allocate(4L * most, 4);
    SplittableRandom random = new SplittableRandom(8);
    for (float t : new float[] {1, 0.05f, 0x1p-121f}) {
      for (Step step : CUTS) {
        SamplerChain chain = SamplerChain.of(Step.temperature(t), step);
        Sampler scalar = chain.newSampler(most, 1, SCALAR);
        Sampler vector = chain.newSampler(most, 1, VECTOR);
        int level = 30;
        for (int length : new int[] {1024, 1025, 2048, 3072, 2077, 2048, most, most, most}) {
          int best = random.nextInt(3) == 0 ? length - 1 : random.nextInt(length);
          int masked = random.nextInt(3) == 0 ? 0 : best / 1024 * 1024;
          level = -level; // so that what the row before has left differs
          float[] x = new float[from + length];
          int spread = 0;
          for (int i = 0; i < length; i++) {
            if (i % 1024 == 0) {
              spread = random.nextInt(1, 10); // narrow, wide, or with holes
            }
            float logit = level + 10 - random.nextInt(99) * spread / 99f;
            boolean hole = i < masked || spread > 7 && random.nextInt(9) == 0;
            x[from + i] = hole ? Float.NEGATIVE_INFINITY : logit;
          }
          x[from + best] = level + random.nextInt(9, 13);
          int expected = scalar.sample(x, from, x.length, 0.75);
          int[] bits = outcome(scalar, expected);
          String of = chain + ", length " + length + ", best " + best + ", masked " + masked;
          int token = vector.sample(x, from, x.length, 0.75);
          assertArrayEquals(bits, outcome(vector, token), of);
          ElementType type = ElementType.values()[random.nextInt(ElementType.values().length)];
          float[] row = Arrays.copyOfRange(x, from, x.length);
          float[] widened = SegmentContract.store(row, type, segment);
          bits = outcome(scalar, scalar.sample(widened, 0, length, 0.75));
          token = vector.sample(segment, 0, length, type, 0.75);
          assertArrayEquals(bits, outcome(vector, token), of + ", " + type);
        }
      }
    }
  }

  @Property
  void errors(
      @ForAll("invalidRows") TestRow row,
      @ForAll("temperatures") float t,
      @ForAll("chains") List<Step> steps) {
    float[] x = row.array();
    int from = row.from();
    int to = row.to();
    Workspace workspace = Workspace.of(row.length());
    int[] ids = filledIds(row.length());
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
            kernels -> {
              kernels.topPRenormalize(x, from, to, t, 0.9f, workspace, out, 0);
              return 0;
            },
            kernels ->
                Beams.of(1, to - from, 3, kernels)
                    .step(x, from, to - from, new double[1], t, ids, new int[3], new double[3]),
            kernels -> chain.newSampler(row.length(), 1, kernels).sample(x, from, to));
    for (Function<Kernels, Object> call : calls) {
      assertEquals(error(call, SCALAR), error(call, VECTOR));
    }
    assertArrayEquals(filled(row.length()), out, "written before the error");
    assertArrayEquals(filledIds(row.length()), ids, "written before the error");
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

  private static int[] filledIds(int length) {
    int[] array = new int[length];
    Arrays.fill(array, -7);
    return array;
  }

  private static int[] bits(int size, int[] ids, float[] values) {
    return concat(new int[] {size}, concat(ids, EntryPoint.bits(values)));
  }

  private static int[] concat(int[] a, int[] b) {
    int[] both = Arrays.copyOf(a, a.length + b.length);
    System.arraycopy(b, 0, both, a.length, b.length);
    return both;
  }
}
