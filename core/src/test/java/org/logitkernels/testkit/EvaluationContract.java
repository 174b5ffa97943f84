package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.Beams;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.ModelComparison;
import org.logitkernels.Perplexity;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;
import org.logitkernels.numerics.Lanes;

/**
 * Log-probabilities of given tokens, divergences, perplexities and comparisons of models: against
 * sums in double and in BigDecimal, which share no code with the library; in any parts and order.
 */
public interface EvaluationContract extends KernelsUnderTest {
  /** Rows. */
  @Provide
  default Arbitrary<TestRow> evaluatedRows() {
    return TestRows.upTo(3000);
  }

  /** How a second row comes from a first one. */
  enum Other {
    /** By a little noise, as of numbers of fewer bits. */
    NOISE,
    /** By noise and a shift. */
    SHIFTED,
    /** By the loss of bits. */
    ROUNDED,
    /** It is reversed. */
    REVERSED,
    /** Some tokens are masked. */
    MASKED,
    /** Blocks are masked. */
    MASKED_BLOCK,
    /** Some logits are nearly the lowest of all. */
    SOFT_MASKED,
    /** It is another row. */
    UNLIKE,
    /** It has the same logits. */
    EQUAL;

    float[] of(float[] row, long seed) {
      SplittableRandom random = new SplittableRandom(seed);
      float[] y = row.clone();
      for (int i = 0; i < y.length; i++) {
        y[i] =
            switch (this) {
              case NOISE -> y[i] + 0.05f * (float) random.nextGaussian();
              case SHIFTED -> y[i] - 300 + 0.5f * (float) random.nextGaussian();
              case ROUNDED -> Float.intBitsToFloat(Float.floatToRawIntBits(y[i]) & 0xffff0000);
              case REVERSED -> row[y.length - 1 - i];
              case MASKED -> random.nextInt(40) == 0 ? Float.NEGATIVE_INFINITY : y[i];
              case MASKED_BLOCK -> i / 1024 == 1 ? Float.NEGATIVE_INFINITY : y[i];
              case SOFT_MASKED -> random.nextInt(9) == 0 ? -3.4e38f : y[i];
              case UNLIKE -> 4 * (float) random.nextGaussian();
              case EQUAL -> y[i];
            };
        y[i] = Math.clamp(y[i], Float.NEGATIVE_INFINITY, Float.MAX_VALUE);
      }
      boolean isMasked = true;
      for (float logit : y) {
        isMasked &= logit == Float.NEGATIVE_INFINITY;
      }
      y[0] = isMasked ? 1 : y[0];
      return y;
    }
  }

  /** What a divergence is in double, and by how much a result may differ. */
  record Exact(double divergence, double bound, boolean isClear) {
    static Exact of(float[] x, float[] y) {
      double m = max(x, 0, x.length);
      double n = max(y, 0, y.length);
      double z = 0;
      double otherZ = 0;
      for (int i = 0; i < x.length; i++) {
        z += StrictMath.exp(x[i] - m);
        otherZ += StrictMath.exp(y[i] - n);
      }
      double mean = 0;
      double inBlocks = 0;
      double ofBlocks = 0;
      double differences = 0;
      boolean isClear = true;
      for (int i = 0; i < x.length; i++) {
        double p = StrictMath.exp(x[i] - m) / z;
        if (x[i] == Float.NEGATIVE_INFINITY) {
          continue;
        }
        int block = i / Lanes.BLOCK * Lanes.BLOCK;
        int end = Math.min(x.length, block + Lanes.BLOCK);
        double blockMax = max(x, block, end);
        double otherMax = max(y, block, end);
        otherMax = otherMax == Double.NEGATIVE_INFINITY ? 0 : otherMax;
        double difference = (double) x[i] - y[i];
        double counted = x[i] - blockMax + blockMax - m;
        // Whether what weighs so little counts, the page leaves open where the row has blocks.
        isClear &= x[i] - m > -85 || Math.abs(difference) < 1e6 || counted < -3000;
        if (x[i] - m < -200) {
          continue;
        }
        mean += p * (difference - (m - n));
        inBlocks += p * Math.abs(difference - (blockMax - otherMax));
        ofBlocks += p * Math.abs(blockMax - otherMax - (m - n));
        differences += p * Math.abs(difference);
      }
      double divergence = mean + StrictMath.log(otherZ) - StrictMath.log(z);
      double bound = (20 + 17 * inBlocks + 16 * ofBlocks + differences) * 0x1p-24;
      return new Exact(divergence, bound, isClear);
    }

    private static double max(float[] x, int from, int to) {
      double max = Double.NEGATIVE_INFINITY;
      for (int i = from; i < to; i++) {
        max = Math.max(max, x[i]);
      }
      return max;
    }
  }

  /** Against the oracle; the same bits as the reference, wherever the rows lie. */
  @Property
  default void divergencesAreThoseOfTheOracle(
      @ForAll("evaluatedRows") TestRow row, @ForAll Other kind, @ForAll long seed) {
    float[] x = row.logits();
    float[] y = kind.of(x, seed);
    Workspace workspace = Workspace.of(x.length);
    Logits p = Logits.of(row.array(), row.from(), row.to());
    double actual = kernels().klDivergence(p, Logits.of(y), workspace);
    assertBits(Kernels.scalar().klDivergence(p, Logits.of(y), Workspace.of(x.length)), actual);
    assertTrue(actual > 0 || Double.doubleToRawLongBits(actual) == 0, () -> "divergence " + actual);
    assertBits(new Numerics(x, 1).divergence(new Numerics(y, 1)), actual);
    if (kind == Other.EQUAL) {
      assertEquals(0, actual);
    }
    Exact exact = Exact.of(x, y);
    if (exact.isClear() && exact.divergence() > 3e34) { // a lane's sum may leave the floats
      assertTrue(actual > 1e34, () -> row + ", " + kind + ": " + actual);
    } else if (exact.isClear()) {
      assertEquals(exact.divergence(), actual, exact.bound(), row + ", " + kind);
    }
    try (Arena arena = Arena.ofConfined()) {
      int bytes = Float.BYTES * x.length;
      MemorySegment ofX = arena.allocate(bytes + 1L);
      MemorySegment ofY = arena.allocate(bytes);
      SegmentContract.store(x, ElementType.FLOAT32, ofX.asSlice(1));
      SegmentContract.store(y, ElementType.FLOAT32, ofY);
      Logits nativeP = Logits.of(ofX, 1, x.length, ElementType.FLOAT32);
      Logits nativeQ = Logits.of(ofY, 0, x.length, ElementType.FLOAT32);
      assertBits(actual, kernels().klDivergence(nativeP, nativeQ, workspace));
      assertBits(actual, kernels().klDivergence(p, nativeQ, workspace));
      assertBits(actual, kernels().klDivergence(nativeP, Logits.of(y), workspace));
    }
  }

  /** Halves are widened, on either side. */
  @Example
  default void divergencesOfHalvesAreThoseOfTheirFloats() {
    float[] x = TestRows.of(TestRows.Distribution.PEAKED, 5000, 0, 3).logits();
    float[] y = Other.NOISE.of(x, 4);
    Workspace workspace = Workspace.of(x.length);
    for (ElementType type : ElementType.values()) {
      try (Arena arena = Arena.ofConfined()) {
        Logits[] held = new Logits[2];
        Logits[] widened = new Logits[2];
        for (int i = 0; i < 2; i++) {
          MemorySegment segment = arena.allocate((long) type.bytes() * x.length);
          SegmentContract.store(i == 0 ? x : y, type, segment);
          held[i] = Logits.of(segment, 0, x.length, type);
          float[] floats = new float[x.length];
          for (int token = 0; token < floats.length; token++) {
            floats[token] = held[i].get(token);
          }
          widened[i] = Logits.of(floats);
        }
        assertBits(
            kernels().klDivergence(widened[0], widened[1], workspace),
            kernels().klDivergence(held[0], held[1], workspace));
      }
    }
  }

  /** What a divergence is where nothing is ordinary. */
  @Example
  default void divergencesOfMasks() {
    float masked = Float.NEGATIVE_INFINITY;
    Workspace workspace = Workspace.of(5000);
    for (int length : new int[] {2, 40, 1024, 5000}) {
      float[] x = TestRows.of(TestRows.Distribution.NORMAL, length, 0, 1).logits();
      float[] y = x.clone();
      y[length - 1] = masked;
      double infinite = kernels().klDivergence(Logits.of(x), Logits.of(y), workspace);
      assertEquals(Double.POSITIVE_INFINITY, infinite);
      double sure = kernels().klDivergence(Logits.of(y), Logits.of(x), workspace);
      double share = StrictMath.exp(x[length - 1] - kernels().logSumExp(x, 0, length, 1));
      assertEquals(-StrictMath.log(1 - share), sure, 1e-5);
      x[length - 1] = masked;
      assertEquals(0, kernels().klDivergence(Logits.of(x), Logits.of(y), workspace));
      // Far apart in magnitude: no NaN on the way.
      Arrays.fill(x, 3e38f);
      Arrays.fill(y, -3e38f);
      assertEquals(0, kernels().klDivergence(Logits.of(x), Logits.of(y), workspace));
      assertEquals(0, kernels().klDivergence(Logits.of(y), Logits.of(x), workspace));
      y[length / 2] = 3e38f;
      x[length / 2] = 2.9e38f;
      double huge = kernels().klDivergence(Logits.of(x), Logits.of(y), workspace);
      assertEquals(6e38, huge, length == 2 ? 1e32 : 1e38);
    }
  }

  /** What cannot be compared is named, with the row that it is in. */
  @Example
  default void whatCannotBeComparedIsNamed() {
    float[] good = new float[2000];
    float[] bad = good.clone();
    bad[1500] = Float.NaN;
    float[] masked = new float[2000];
    Arrays.fill(masked, Float.NEGATIVE_INFINITY);
    Workspace workspace = Workspace.of(2000);
    assertSaid("q: logit 1500 is NaN", () -> kl(good, bad, workspace));
    assertSaid("p: logit 1500 is NaN", () -> kl(bad, good, workspace));
    assertSaid(
        "q: every logit in the range is -Infinity: nothing can be sampled",
        () -> kl(good, masked, workspace));
    assertSaid(
        "p: every logit in the range is -Infinity: nothing can be sampled",
        () -> kl(masked, good, workspace));
    assertSaid("p has 2000 logits, but q has 3", () -> kl(good, new float[3], workspace));
    assertSaid(
        "q: the row has 2000 logits, but the workspace holds 9",
        () -> kl(good, good, Workspace.of(9)));
    ModelComparison comparison = ModelComparison.of(2000, 1, kernels());
    Logits row = Logits.of(good);
    assertSaid("the other row: logit 1500 is NaN", () -> comparison.add(row, Logits.of(bad), 3));
    assertSaid(
        "the target is token 2000, but the row has 2000 tokens",
        () -> comparison.add(row, row, 2000));
    assertSaid(
        "the target is token -1, but the row has 2000 tokens", () -> comparison.add(row, row, -1));
    assertEquals(ModelComparison.of(1, 0, kernels()), comparison);
    Perplexity perplexity = Perplexity.of(2000, kernels());
    assertSaid("logit 1500 is NaN", () -> perplexity.add(Logits.of(bad), 3));
    assertSaid(
        "the target is token 2000, but the row has 2000 tokens", () -> perplexity.add(row, 2000));
    assertSaid("a log-probability must be <= 0, but was NaN", () -> perplexity.add(Double.NaN));
    assertSaid("a log-probability must be <= 0, but was 1.0E-9", () -> perplexity.add(1e-9));
    assertEquals(Perplexity.of(1, kernels()), perplexity);
    double[] out = {7, 7};
    assertSaid(
        "tokens[1] is 2000, but the row has 2000 tokens",
        () -> kernels().logProbabilities(row, 1, new int[] {0, 2000}, workspace, out));
    assertSaid(
        "logProbabilities has length 2, but 3 are needed",
        () -> kernels().logProbabilities(row, 1, new int[3], workspace, out));
    assertSaid(
        "logit 1500 is NaN",
        () -> kernels().logProbabilities(Logits.of(bad), 1, new int[2], workspace, out));
    assertArrayEquals(new double[] {7, 7}, out);
  }

  private double kl(float[] p, float[] q, Workspace workspace) {
    return kernels().klDivergence(Logits.of(p), Logits.of(q), workspace);
  }

  private static void assertSaid(String message, org.junit.jupiter.api.function.Executable call) {
    assertEquals(message, assertThrows(RuntimeException.class, call).getMessage());
  }

  private static void assertBits(double expected, double actual) {
    assertEquals(Double.doubleToRawLongBits(expected), Double.doubleToRawLongBits(actual));
  }

  /** Of many tokens at once, the bits of each alone. */
  @Property
  default void manyLogProbabilitiesAreThoseOfEach(
      @ForAll("evaluatedRows") TestRow row, @ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int[] tokens = random.ints(20, 0, row.length()).toArray();
    double[] actual = new double[tokens.length];
    Logits logits = Logits.of(row.array(), row.from(), row.to());
    float temperature = (float) StrictMath.exp(3 * random.nextGaussian());
    kernels().logProbabilities(logits, temperature, tokens, Workspace.of(row.length()), actual);
    for (int i = 0; i < tokens.length; i++) {
      assertBits(
          kernels().logProbability(row.array(), row.from(), row.to(), temperature, tokens[i]),
          actual[i]);
    }
  }

  /** Of many rows at once, in an array and in memory of any type, the bits of each alone. */
  @Property
  default void logProbabilitiesOfManyRowsAreThoseOfEach(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = random.nextInt(1, 6);
    int length = random.nextInt(1, 1500);
    int stride = random.nextInt(4) == 0 ? random.nextInt(length) : length + random.nextInt(3);
    int from = random.nextInt(3);
    int each = random.nextInt(4);
    float temperature = (float) StrictMath.exp(random.nextGaussian());
    int[] tokens = random.ints((long) count * each, 0, length).toArray();
    double[] actual = new double[tokens.length + 1];
    Workspace workspace = Workspace.of(length);
    float[] matrix = new float[from + (count - 1) * stride + length];
    for (ElementType type : ElementType.values()) {
      MemorySegment memory = Arena.ofAuto().allocate((long) type.bytes() * matrix.length);
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] = (float) random.nextGaussian() * 4;
      }
      SegmentContract.store(matrix, type, memory);
      long offset = (long) from * type.bytes();
      Logits first = Logits.of(memory, offset, length, type);
      for (int i = 0; i < matrix.length; i++) {
        matrix[i] = Logits.of(memory, (long) i * type.bytes(), 1, type).get(0);
      }
      Arrays.fill(actual, 1);
      kernels().logProbabilities(first, count, stride, temperature, tokens, workspace, actual);
      double[] inArray = new double[tokens.length];
      Logits firstInArray = Logits.of(matrix, from, from + length);
      kernels()
          .logProbabilities(firstInArray, count, stride, temperature, tokens, workspace, inArray);
      for (int i = 0; i < tokens.length; i++) {
        int at = from + i / each * stride;
        double alone = kernels().logProbability(matrix, at, at + length, temperature, tokens[i]);
        assertBits(alone, actual[i]);
        assertBits(alone, inArray[i]);
      }
      assertEquals(1, actual[tokens.length]);
    }
  }

  /** Errors of many rows say which, and nothing is written. */
  @Example
  default void badRowsOfManyAreTold() {
    float[] x = {1, 2, 3, 4, Float.NaN, 6, Float.NEGATIVE_INFINITY, Float.NEGATIVE_INFINITY};
    Workspace workspace = Workspace.of(2);
    double[] out = {7, 7, 7};
    record Bad(String message, int count, long stride, int[] tokens) {}
    for (Bad bad :
        List.of(
            new Bad("row 2: logit 0 is NaN", 3, 2, new int[] {0, 1, 1}),
            new Bad(
                "row 1: every logit in the range is -Infinity: nothing can be sampled",
                2,
                6,
                new int[] {0, 1}),
            new Bad("count must be >= 1, but was 0", 0, 2, new int[] {0}),
            new Bad("stride must be >= 0, but was -2", 2, -2, new int[] {0, 1}),
            new Bad("3 tokens are not as many for each of 2 rows", 2, 2, new int[3]),
            new Bad("tokens[1] is 2, but the row has 2 tokens", 2, 2, new int[] {0, 2}),
            new Bad("tokens[0] is -1, but the row has 2 tokens", 2, 2, new int[] {-1, 0}),
            new Bad("logProbabilities has length 3, but 4 are needed", 2, 2, new int[4]),
            new Bad("the rows from 0 on need 9, but end at 8", 2, 7, new int[2]),
            new Bad(
                "3 rows with the stride 4611686018427387904 end beyond any memory",
                3,
                1L << 62,
                new int[3]))) {
      Logits first = Logits.of(x, 0, 2);
      assertSaid(
          bad.message(),
          () ->
              kernels()
                  .logProbabilities(
                      first, bad.count(), bad.stride(), 1, bad.tokens(), workspace, out));
    }
    Logits inMemory = Logits.of(MemorySegment.ofArray(new byte[30]), 2, 7, ElementType.FLOAT16);
    assertSaid(
        "the rows from 2 on need 30, but end at 30",
        () -> kernels().logProbabilities(inMemory, 2, 8, 1, new int[2], Workspace.of(7), out));
    assertArrayEquals(new double[] {7, 7, 7}, out);
    kernels() // of one row no stride is asked
        .logProbabilities(Logits.of(x, 0, 2), 1, Long.MAX_VALUE, 1, new int[] {1}, workspace, out);
    assertBits(kernels().logProbability(x, 0, 2, 1, 1), out[0]);
  }

  /** Targets of rows: of each its log-probabilities by a model and another. */
  record Stream(List<float[]> rows, List<float[]> others, int[] targets) {
    static Stream of(long seed, boolean masks) {
      SplittableRandom random = new SplittableRandom(seed);
      int count = random.nextInt(1, 40);
      List<float[]> rows = new ArrayList<>();
      List<float[]> others = new ArrayList<>();
      int[] targets = new int[count];
      for (int i = 0; i < count; i++) {
        int length = random.nextInt(1, 100);
        TestRows.Distribution kind =
            masks && i % 5 == 0 ? TestRows.Distribution.MASKED_SOME : TestRows.Distribution.PEAKED;
        float[] row = TestRows.of(kind, length, 0, random.nextLong()).logits();
        rows.add(row);
        others.add((i % 3 == 0 ? Other.ROUNDED : Other.NOISE).of(row, random.nextLong()));
        targets[i] = random.nextInt(length);
      }
      return new Stream(rows, others, targets);
    }

    double add(Perplexity perplexity, int i) {
      return perplexity.add(Logits.of(rows.get(i)), targets[i]);
    }

    void add(ModelComparison comparison, int i) {
      comparison.add(Logits.of(rows.get(i)), Logits.of(others.get(i)), targets[i]);
    }
  }

  /** Against sums in BigDecimal. */
  @Property
  default void perplexitiesAreThoseOfExactSums(@ForAll long seed) {
    Stream stream = Stream.of(seed, false);
    Perplexity perplexity = Perplexity.of(100, kernels());
    int n = stream.targets().length;
    BigDecimal sum = BigDecimal.ZERO;
    BigDecimal squares = BigDecimal.ZERO;
    for (int i = 0; i < n; i++) {
      double log = stream.add(perplexity, i);
      float[] row = stream.rows().get(i);
      assertBits(kernels().logProbability(row, 0, row.length, 1, stream.targets()[i]), log);
      BigDecimal v = new BigDecimal(log).negate();
      sum = sum.add(v);
      squares = squares.add(v.multiply(v));
    }
    assertEquals(n, perplexity.rows());
    assertEquals(0, perplexity.masked());
    MathContext digits = new MathContext(60);
    BigDecimal count = new BigDecimal(n);
    assertEquals(sum.divide(count, digits).doubleValue(), perplexity.mean());
    assertEquals(StrictMath.exp(perplexity.mean()), perplexity.perplexity());
    if (n > 1) {
      BigDecimal mean = sum.divide(count, digits);
      BigDecimal variance = squares.divide(count, digits).subtract(mean.multiply(mean));
      double expected = Math.sqrt(variance.doubleValue() / (n - 1));
      assertEquals(expected, perplexity.standardError(), 1e-14 * expected);
      assertEquals(
          perplexity.perplexity() * perplexity.standardError(), perplexity.perplexityError());
    }
  }

  /** In any order, in any parts, from any texts. */
  @Property
  default void perplexitiesMergeInAnyOrder(@ForAll long seed, @ForAll boolean masks) {
    Stream stream = Stream.of(seed, masks);
    SplittableRandom random = new SplittableRandom(~seed);
    Perplexity whole = Perplexity.of(100, kernels());
    int parts = random.nextInt(1, 6);
    List<Perplexity> some = new ArrayList<>();
    for (int i = 0; i < parts; i++) {
      some.add(Perplexity.of(100, kernels()));
    }
    for (int i = stream.targets().length - 1; i >= 0; i--) {
      stream.add(some.get(random.nextInt(parts)), i);
    }
    for (int i = 0; i < stream.targets().length; i++) {
      stream.add(whole, i);
    }
    while (some.size() > 1) {
      Perplexity one = some.remove(random.nextInt(some.size()));
      Perplexity other = some.remove(random.nextInt(some.size()));
      some.add(Perplexity.parse(one.toString()).merge(other));
    }
    Perplexity merged = some.getFirst();
    assertEquals(whole, merged);
    assertEquals(whole.hashCode(), merged.hashCode());
    assertEquals(whole.toString(), merged.toString());
    assertBits(whole.perplexity(), merged.perplexity());
    assertBits(whole.standardError(), merged.standardError());
  }

  /** What a masked target does, and none. */
  @Example
  default void perplexitiesOfMaskedTargetsAndOfNoRows() {
    Perplexity perplexity = Perplexity.of(3, kernels());
    assertTrue(Double.isNaN(perplexity.mean()) && Double.isNaN(perplexity.perplexity()));
    assertTrue(Double.isNaN(perplexity.standardError()));
    Logits row = Logits.of(new float[] {1, Float.NEGATIVE_INFINITY, 1});
    perplexity.add(row, 0);
    assertEquals(2, perplexity.perplexity(), 1e-12);
    assertTrue(Double.isNaN(perplexity.standardError()));
    perplexity.add(row, 2);
    assertEquals(0, perplexity.standardError());
    assertEquals(Double.NEGATIVE_INFINITY, perplexity.add(row, 1));
    assertEquals(1, perplexity.masked());
    assertEquals(3, perplexity.rows());
    assertEquals(Double.POSITIVE_INFINITY, perplexity.perplexity());
    assertTrue(Double.isNaN(perplexity.standardError()));
    assertTrue(Double.isNaN(perplexity.perplexityError()));
    Perplexity parsed = Perplexity.parse(perplexity.toString());
    assertEquals(perplexity, parsed);
    assertThrows(IllegalStateException.class, () -> parsed.add(row, 0));
    for (String text :
        new String[] {
          "",
          "perplexity(rows=1, masked=0, sum=0, squares=0) ",
          "perplexity(rows=01, masked=0, sum=0, squares=0)",
          "perplexity(rows=1, masked=2, sum=0, squares=0)",
          "perplexity(rows=1, masked=0, sum=0x2p0, squares=0x1p2)",
          "perplexity(rows=1, masked=0, sum=0x1p-2149, squares=0)",
          "perplexity(rows=0, masked=0, sum=0x1p0, squares=0x1p0)", // of no row
          "perplexity(rows=0, masked=0, sum=0, squares=0x1p0)",
          "perplexity(rows=0, masked=0, sum=0, squares=-0x1p0)",
          "perplexity(rows=3, masked=3, sum=0x1p0, squares=0x1p0)", // of masked targets
          "perplexity(rows=1, masked=0, sum=-0x1p0, squares=0x1p0)", // below 0
          "perplexity(rows=2, masked=0, sum=0x1p0, squares=-0x1p-1)",
          "perplexity(rows=1, masked=0, sum=0x1p0, squares=0x1p1)", // of more than one row
          "perplexity(rows=2, masked=0, sum=0x1p0, squares=0x1p-2)", // of four rows at least
          "perplexity(rows=3, masked=0, sum=0x1p0, squares=0x1p-2)",
          "perplexity(rows=9, masked=6, sum=0x1p0, squares=0x1p-2)",
          "perplexity(rows=2, masked=0, sum=0x1p0, squares=0x3p0)", // above any two
          "perplexity(rows=1, masked=0, sum=0x1p9999, squares=0)",
          "perplexity(rows=99999999999999999999, masked=0, sum=0, squares=0)"
        }) {
      assertThrows(IllegalArgumentException.class, () -> Perplexity.parse(text), text);
    }
  }

  /** What sums tell of rows that there cannot be is said; what there can be is taken. */
  @Example
  default void perplexitiesOfNoRowsAreTold() {
    assertSaid(
        "not the text of a perplexity: no 3 rows, 2 of them masked, have these sums: "
            + "'perplexity(rows=3, masked=2, sum=-0x1p0, squares=0x1p0)'",
        () -> Perplexity.parse("perplexity(rows=3, masked=2, sum=-0x1p0, squares=0x1p0)"));
    for (String text :
        new String[] {
          "perplexity(rows=0, masked=0, sum=0, squares=0)",
          "perplexity(rows=3, masked=3, sum=0, squares=0)",
          "perplexity(rows=3, masked=0, sum=0, squares=0)", // all sure
          "perplexity(rows=9, masked=8, sum=0x1p0, squares=0x1p0)",
          "perplexity(rows=4, masked=0, sum=0x1p0, squares=0x1p-2)",
          "perplexity(rows=4, masked=0, sum=0x1p0, squares=0x1p0)"
        }) {
      assertEquals(text, Perplexity.parse(text).toString());
    }
  }

  /** Texts and bytes are the same whatever digits the system's language has. */
  @Example
  default void textsDoNotDependOnTheLanguage() {
    Locale before = Locale.getDefault();
    float[] row = {1, 2, 3};
    try {
      List<String> texts = new ArrayList<>();
      for (String language : new String[] {"en", "ar-EG-u-nu-arab", "th-TH-u-nu-thai"}) {
        Locale.setDefault(Locale.forLanguageTag(language));
        Perplexity perplexity = Perplexity.of(3, kernels());
        ModelComparison comparison = ModelComparison.of(3, 0, kernels());
        for (int i = 0; i < 12; i++) {
          perplexity.add(Logits.of(row), i % 3);
          comparison.add(Logits.of(row), Logits.of(new float[] {3, 1, 2}), i % 3);
        }
        assertEquals(perplexity, Perplexity.parse(perplexity.toString()));
        assertEquals(comparison, ModelComparison.ofBytes(comparison.toBytes()));
        Sampler sampler = SamplerChain.of(Step.topK(12)).newSampler(345, 67, kernels());
        Beams beams = Beams.of(2, 345, 12, kernels());
        texts.add(
            List.of(perplexity, Arrays.hashCode(comparison.toBytes()), sampler, beams).toString());
      }
      assertEquals(texts.get(0), texts.get(1));
      assertEquals(texts.get(0), texts.get(2));
    } finally {
      Locale.setDefault(before);
    }
  }

  /** Numbers of any size count in full, and so do their squares. */
  @Example
  default void perplexitiesOfAnyMagnitudeAreExact() {
    Perplexity perplexity = Perplexity.of(1, kernels());
    perplexity.add(-0x1p-600);
    perplexity.add(-0x1p-601);
    perplexity.add(-0.0);
    String text = "perplexity(rows=3, masked=0, sum=0x3p-601, squares=0x5p-1202)";
    assertEquals(text, perplexity.toString());
    assertEquals(perplexity, Perplexity.parse(text));
    assertEquals(0x1p-601, perplexity.mean());
    Perplexity large = Perplexity.of(1, kernels());
    large.add(-0x1.fffffffffffffp511);
    large.add(-Double.MIN_VALUE);
    assertEquals(large, Perplexity.parse(large.toString()));
    assertTrue(large.toString().length() <= 1500, () -> large.toString().length() + " characters");
  }

  /** Against doubles added in order. */
  @Property
  default void comparisonsAreThoseOfTheOracle(@ForAll long seed) {
    Stream stream = Stream.of(seed, false);
    ModelComparison comparison = ModelComparison.of(100, 3, kernels());
    int n = stream.targets().length;
    double[] divergences = new double[n];
    double[] changes = new double[n];
    double[] fourths = new double[n];
    double[] squares = new double[n];
    double[] ratios = new double[n];
    int same = 0;
    for (int i = 0; i < n; i++) {
      float[] x = stream.rows().get(i);
      float[] y = stream.others().get(i);
      int target = stream.targets()[i];
      double one = kernels().logProbability(x, 0, x.length, 1, target);
      double other = kernels().logProbability(y, 0, y.length, 1, target);
      divergences[i] = kl(x, y, Workspace.of(x.length));
      changes[i] = StrictMath.exp(other) - StrictMath.exp(one);
      squares[i] = changes[i] * changes[i];
      fourths[i] = squares[i] * squares[i];
      ratios[i] = one - other;
      same += kernels().argMax(x, 0, x.length) == kernels().argMax(y, 0, y.length) ? 1 : 0;
      stream.add(comparison, i);
    }
    assertEquals(n, comparison.rows());
    assertEquals(mean(divergences), comparison.meanDivergence(), 1e-12);
    assertEquals(error(divergences), comparison.divergenceError(), 1e-8);
    assertEquals(mean(changes), comparison.meanChange(), 1e-14);
    assertEquals(error(changes), comparison.changeError(), 1e-8);
    double root = Math.sqrt(mean(squares));
    assertEquals(root, comparison.rootMeanSquareChange(), 1e-14);
    assertEquals((double) same / n, comparison.sameBest());
    assertEquals(mean(ratios), comparison.logPerplexityRatio(), 1e-13);
    assertEquals(error(ratios), comparison.logPerplexityRatioError(), 1e-7);
    assertEquals(
        comparison.other().perplexity() / comparison.base().perplexity(),
        comparison.perplexityRatio(),
        1e-12 * comparison.perplexityRatio());
    if (n > 1 && root > 1e-3) {
      assertEquals(0.5 / root * error(squares), comparison.rootMeanSquareChangeError(), 1e-6);
    }
    for (double fraction : new double[] {0, 0.001, 0.05, 0.5, 0.9, 0.999, 1}) {
      assertEquals(quantile(divergences, fraction), comparison.divergenceQuantile(fraction), 1e-15);
      assertEquals(quantile(changes, fraction), comparison.changeQuantile(fraction), 1e-15);
    }
    assertThrows(IllegalArgumentException.class, () -> comparison.changeQuantile(1.1));
    assertThrows(IllegalArgumentException.class, () -> comparison.changeQuantile(Double.NaN));
  }

  private static double mean(double[] values) {
    return Arrays.stream(values).sum() / values.length;
  }

  private static double error(double[] values) {
    double mean = mean(values);
    double sum = Arrays.stream(values).map(v -> (v - mean) * (v - mean)).sum();
    int n = values.length;
    return n < 2 ? Double.NaN : Math.sqrt(sum / n / (n - 1));
  }

  private static double quantile(double[] values, double fraction) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    double place = fraction * (sorted.length - 1);
    int at = (int) Math.floor(place);
    int next = (int) Math.ceil(place);
    return sorted[at] * (1 - (place - at)) + sorted[next] * (place - at);
  }

  /** In any order, in any parts, from any bytes. */
  @Property
  default void comparisonsMergeInAnyOrder(@ForAll long seed, @ForAll boolean masks) {
    Stream stream = Stream.of(seed, masks);
    SplittableRandom random = new SplittableRandom(~seed);
    ModelComparison whole = ModelComparison.of(100, 0, kernels());
    ModelComparison one = ModelComparison.of(100, 0, kernels());
    ModelComparison other = ModelComparison.of(100, 9, kernels());
    for (int i = 0; i < stream.targets().length; i++) {
      stream.add(whole, i);
      if (random.nextInt(3) == 0) {
        one.divergenceQuantile(0.5); // sorts
      }
    }
    for (int i = stream.targets().length - 1; i >= 0; i--) {
      stream.add(random.nextBoolean() ? one : other, i);
    }
    ModelComparison merged = ModelComparison.ofBytes(other.toBytes()).merge(one);
    assertEquals(whole, merged);
    assertEquals(whole.hashCode(), merged.hashCode());
    assertArrayEquals(whole.toBytes(), merged.toBytes());
    assertBits(whole.meanDivergence(), merged.meanDivergence());
    assertBits(whole.logPerplexityRatioError(), merged.logPerplexityRatioError());
    assertBits(whole.correlation(), merged.correlation());
    assertBits(whole.changeQuantile(0.3), merged.changeQuantile(0.3));
    assertEquals(whole.base(), merged.base());
    byte[] bytes = whole.toBytes();
    bytes[random.nextInt(12)] ^= 1;
    assertThrows(IllegalArgumentException.class, () -> ModelComparison.ofBytes(bytes));
    byte[] few = Arrays.copyOf(whole.toBytes(), random.nextInt(bytes.length));
    assertThrows(IllegalArgumentException.class, () -> ModelComparison.ofBytes(few));
  }

  /** Bytes whose form is right, but which no rows have. */
  @Example
  default void comparisonsThatContradictThemselvesAreRefused() throws IOException {
    ModelComparison comparison = ModelComparison.of(3, 0, kernels());
    comparison.add(Logits.of(new float[] {1, 2, 0}), Logits.of(new float[] {2, 1, 0}), 0);
    Logits masked = Logits.of(new float[] {1, Float.NEGATIVE_INFINITY, 0});
    comparison.add(Logits.of(new float[] {1, 2, 0}), masked, 1);
    comparison.add(Logits.of(new float[] {3, 0, 0}), Logits.of(new float[] {2, 0, 0}), 2);
    byte[] bytes = comparison.toBytes();
    List<Object> parts = parts(bytes);
    assertArrayEquals(bytes, bytes(parts));
    assertEquals(comparison, ModelComparison.ofBytes(bytes));
    Object[][] edits = {
      {2, 4}, // rows
      {3, 4L}, // of the same best token
      {3, -1L},
      {4, 0L}, // infinite divergences
      {4, 2L},
      {5, "perplexity(rows=2, masked=0, sum=0, squares=0)"},
      {5, "perplexity(rows=3, masked=0, sum=0, squares=0)"}, // no product is above 0 then
      {6, "perplexity(rows=4, masked=0, sum=0, squares=0)"},
      {6, "perplexity(rows=3, masked=3, sum=0, squares=0)"},
      {7, "-0x1p0"}, // products
      {7, "0x1p20"},
      {8, "0x1p0"}, // divergences
      {9, "0x1p0"},
      {10, "0x1p0"}, // changes
      {11, "0x1p0"},
      {12, "0x1p0"},
      {13, Double.NaN},
      {13, -1.0},
      {14, (double) parts.get(15)}, // one infinite divergence more
      {15, 7.0},
      {16, -1.5},
      {17, Double.NaN},
      {18, 1.5},
    };
    for (Object[] edit : edits) {
      List<Object> edited = new ArrayList<>(parts);
      edited.set((int) edit[0], edit[1]);
      byte[] wrong = bytes(edited);
      String message =
          assertThrows(
                  IllegalArgumentException.class,
                  () -> ModelComparison.ofBytes(wrong),
                  () -> Arrays.toString(edit))
              .getMessage();
      assertTrue(message.startsWith("not the bytes of a comparison: "), message);
    }
    byte[] empty = ModelComparison.of(3, 0, kernels()).toBytes();
    for (int sum = 7; sum < 13; sum++) {
      List<Object> edited = parts(empty);
      edited.set(sum, "0x1p0");
      byte[] wrong = bytes(edited);
      assertThrows(IllegalArgumentException.class, () -> ModelComparison.ofBytes(wrong));
    }
    assertEquals(0, ModelComparison.ofBytes(empty).rows());
  }

  private static List<Object> parts(byte[] bytes) throws IOException {
    List<Object> parts = new ArrayList<>();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      for (int i = 0; i < 3; i++) {
        parts.add(in.readInt());
      }
      for (int i = 0; i < 2; i++) {
        parts.add(in.readLong());
      }
      for (int i = 0; i < 8; i++) {
        parts.add(in.readUTF());
      }
      while (in.available() > 0) {
        parts.add(in.readDouble());
      }
    }
    return parts;
  }

  private static byte[] bytes(List<Object> parts) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      for (Object part : parts) {
        switch (part) {
          case Integer number -> out.writeInt(number);
          case Long number -> out.writeLong(number);
          case String text -> out.writeUTF(text);
          case Double number -> out.writeDouble(number);
          default -> throw new AssertionError(part);
        }
      }
    }
    return bytes.toByteArray();
  }

  /** Comparisons are compared where they are: no copy is made of their numbers. */
  @Example
  default void equalityOfComparisonsMakesNoArrays() {
    ModelComparison one = ModelComparison.of(2, 0, kernels());
    one.add(Logits.of(new float[] {1, 2}), Logits.of(new float[] {2, 1}), 0);
    one.add(Logits.of(new float[] {1, 3}), Logits.of(new float[] {2, 1}), 1);
    for (int i = 0; i < 16; i++) {
      one.merge(one);
    }
    ModelComparison other = ModelComparison.of(2, 0, kernels()).merge(one);
    assertEquals(one, other); // sorts both
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    boolean same = one.equals(other) && one.hashCode() == other.hashCode();
    long bytes = threads.getCurrentThreadAllocatedBytes() - before;
    assertTrue(same);
    assertTrue(bytes < one.rows(), () -> bytes + " bytes for " + one.rows() + " rows");
    other.add(Logits.of(new float[] {1, 2}), Logits.of(new float[] {1, 2}), 0);
    assertNotEquals(one, other);
    one.add(Logits.of(new float[] {1, 2}), Logits.of(new float[] {1, 2}), 1);
    assertNotEquals(one, other); // as many rows, and of the same divergences
  }

  /** Where a divergence is infinite, or nothing was added. */
  @Example
  default void comparisonsOfMasksAndOfNoRows() {
    ModelComparison comparison = ModelComparison.of(3, 0, kernels());
    assertTrue(Double.isNaN(comparison.meanDivergence()) && Double.isNaN(comparison.sameBest()));
    assertTrue(Double.isNaN(comparison.divergenceQuantile(0.5)));
    assertTrue(Double.isNaN(comparison.logPerplexityRatio()));
    Logits row = Logits.of(new float[] {1, 2, 0});
    Logits masked = Logits.of(new float[] {1, Float.NEGATIVE_INFINITY, 0});
    comparison.add(row, row, 1);
    assertEquals(0, comparison.meanDivergence());
    assertEquals(Double.POSITIVE_INFINITY, comparison.add(row, masked, 1));
    assertEquals(Double.POSITIVE_INFINITY, comparison.meanDivergence());
    assertTrue(Double.isNaN(comparison.divergenceError()));
    assertEquals(0, comparison.divergenceQuantile(0));
    assertEquals(Double.POSITIVE_INFINITY, comparison.divergenceQuantile(0.5));
    assertEquals(0.5, comparison.sameBest());
    assertEquals(1, comparison.other().masked());
    assertEquals(Double.POSITIVE_INFINITY, comparison.perplexityRatio());
    assertTrue(Double.isNaN(comparison.logPerplexityRatioError()));
    assertTrue(comparison.changeQuantile(0) < -0.6);
    assertEquals(comparison, ModelComparison.ofBytes(comparison.toBytes()));
  }
}
