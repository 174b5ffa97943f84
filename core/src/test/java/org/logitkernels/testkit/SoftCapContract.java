package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.logitkernels.ElementType;
import org.logitkernels.Logits;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** The soft cap: of a row, and as a step in any place of a chain. */
public interface SoftCapContract extends Inputs {
  /** What docs/accuracy.md tells of is never exceeded, nor the bound; and the order never turns. */
  @Example
  default void softCapIsAsAccurateAsThePageSays() {
    AccuracyPage page = new AccuracyPage();
    for (String cap : SoftCapErrors.CAPS) {
      String sample = SoftCapErrors.at(kernels(), cap, 20_011).line();
      String line = page.line("cap " + cap);
      assertFalse(line.isEmpty(), "no line on the page for " + sample);
      for (int column : SoftCapErrors.MAXIMA) {
        double most = Double.parseDouble(AccuracyPage.cells(line)[column]);
        double actual = Double.parseDouble(AccuracyPage.cells(sample)[column]);
        assertTrue(actual <= most, () -> "page " + line + "\nhere " + sample);
        assertTrue(most <= 4, line);
      }
    }
  }

  /** The definition of docs/numerics.md, in place and elsewhere. */
  @Property
  default void softCapIsWhatThePageSays(@ForAll("rows") TestRow row, @ForAll("caps") float cap) {
    float[] expected = capped(row.logits(), cap);
    float[] actual = new float[row.length() + 5];
    kernels().softCap(row.array(), row.from(), row.to(), cap, actual, 3);
    assertBits(expected, Arrays.copyOfRange(actual, 3, 3 + row.length()));
    float[] array = row.array().clone();
    kernels().softCap(array, row.from(), row.to(), cap, array, row.from());
    assertBits(expected, Arrays.copyOfRange(array, row.from(), row.to()));
  }

  /** Rows that lie elsewhere, into arrays and segments. */
  @Property(tries = 100)
  default void softCapOfRowsInSegments(
      @ForAll("shorterRows") TestRow row,
      @ForAll("caps") float cap,
      @ForAll boolean ofNative,
      @ForAll boolean intoNative) {
    int length = row.length();
    float[] expected = capped(row.logits(), cap);
    Workspace workspace = Workspace.of(length);
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment x = room(arena, length, ofNative);
      MemorySegment.copy(row.logits(), 0, x, ValueLayout.JAVA_FLOAT_UNALIGNED, 4, length);
      Logits logits = Logits.of(x, 4, length, ElementType.FLOAT32);
      float[] y = new float[length + 2];
      kernels().softCap(logits, cap, workspace, y, 1);
      assertBits(expected, Arrays.copyOfRange(y, 1, 1 + length));
      MemorySegment out = room(arena, length, intoNative);
      kernels().softCap(logits, cap, workspace, out, 4);
      assertBits(expected, floats(out, length));
      kernels().softCap(logits, cap, workspace, x, 4);
      assertBits(expected, floats(x, length));
    }
  }

  /** At 0, at the ends, at the seam, and for what is masked. */
  @Example
  default void softCapByHand() {
    float[] row = {
      0,
      -0f,
      Float.NEGATIVE_INFINITY,
      1,
      -1,
      18.75f,
      Math.nextDown(18.75f),
      271,
      -Float.MAX_VALUE,
      Float.MIN_VALUE,
      -Float.MIN_VALUE,
      0x1p-140f,
      30
    };
    float[] out = new float[row.length];
    kernels().softCap(row, 0, row.length, 30, out, 0);
    assertBits(new float[] {0, -0f, Float.NEGATIVE_INFINITY}, Arrays.copyOf(out, 3));
    assertEquals(30 * StrictMath.tanh(1 / 30.0), out[3], 1e-7);
    assertEquals(-out[3], out[4]);
    assertTrue(out[5] >= out[6] && out[5] <= Math.nextUp(out[6]));
    assertEquals(30, out[7]);
    assertEquals(-30, out[8]);
    assertEquals(Float.MIN_VALUE, out[9]);
    assertEquals(-Float.MIN_VALUE, out[10]);
    assertEquals(0x1p-140f, out[11]);
    assertEquals(30 * StrictMath.tanh(1), out[12], 2e-6);
  }

  /** Bad arguments and bad rows: nothing is written. */
  @Example
  default void softCapRefusesWhatIsWrong() {
    float[] row = new float[100];
    float[] out = new float[100];
    Arrays.fill(out, 7);
    for (float cap : new float[] {0, -0f, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      Failures.illegalArgument(
          "cap must be finite and > 0, but was " + cap,
          () -> kernels().softCap(row, 0, 100, cap, out, 0));
      Failures.illegalArgument(
          "cap must be finite and > 0, but was " + cap,
          () -> kernels().softCap(Logits.of(row), cap, Workspace.of(100), out, 0));
    }
    Failures.illegalArgument(
        "cappedLogits overlap logits: in place means the same array at the same offset",
        () -> kernels().softCap(row, 0, 50, 30, row, 10));
    row[70] = Float.NaN;
    row[80] = Float.POSITIVE_INFINITY;
    Failures.illegalArgument("logit 60 is NaN", () -> kernels().softCap(row, 10, 100, 30, out, 0));
    row[70] = 0;
    Failures.illegalArgument(
        "logit 80 is Infinity", () -> kernels().softCap(row, 0, 100, 30, out, 0));
    Failures.illegalArgument(
        "logit 80 is Infinity",
        () -> kernels().softCap(Logits.of(row), 30, Workspace.of(100), out, 0));
    for (Step step : List.of(Step.topK(3), Step.temperature(0), Step.topP(1), Step.minP(0.1f))) {
      Failures.illegalArgument(
          "logit 80 is Infinity", () -> sampler(100, Step.softCap(5), step).sample(row));
    }
    Arrays.fill(row, Float.NEGATIVE_INFINITY);
    Failures.illegalState(Failures.ALL_MASKED, () -> kernels().softCap(row, 0, 100, 30, out, 0));
    for (float number : out) {
      assertEquals(7, number);
    }
  }

  /** A chain that begins with a cap does what it does without one on a row that was capped. */
  @Property
  default void chainsOnACappedRow(
      @ForAll("shorterRows") TestRow row,
      @ForAll("caps") float cap,
      @ForAll("anySteps") List<Step> steps,
      @ForAll("draws") double u) {
    assertSame(with(steps, Step.softCap(cap)), row.logits(), steps, capped(row.logits(), cap), u);
  }

  /** Behind biases, a filter and a temperature. */
  @Property
  default void capsBehindOtherSteps(
      @ForAll("shorterRows") TestRow row,
      @ForAll("caps") float cap,
      @ForAll("anySteps") List<Step> steps,
      @ForAll("draws") double u) {
    float[] x = row.logits();
    float[] biased = x.clone();
    bias(biased, 0, 3);
    bias(biased, 2, -1);
    Step bias =
        x.length > 2 ? Step.logitBias(Map.of(0, 3f, 2, -1f)) : Step.logitBias(Map.of(0, 3f));
    assertSame(with(steps, bias, Step.softCap(cap)), x, steps, capped(biased, cap), u);
    float[] behind = capped(x, cap);
    bias(behind, 0, 3);
    bias(behind, 2, -1);
    assertSame(with(steps, Step.softCap(cap), bias), x, steps, behind, u);
    float[] twice = capped(capped(biased, cap), 3);
    assertSame(with(steps, bias, Step.softCap(cap), Step.softCap(3)), x, steps, twice, u);

    assertSame(
        with(steps, Step.temperature(0.7f), Step.softCap(cap)),
        x,
        with(steps, Step.temperature(0.7f)),
        capped(x, (float) Math.clamp((double) cap * 0.7f, Float.MIN_VALUE, Float.MAX_VALUE)),
        u);
    float[] best = new float[x.length];
    kernels().topKMaskLogits(x, 0, x.length, 20, Workspace.of(x.length), best, 0);
    assertSame(
        with(steps, Step.topK(20), Step.softCap(cap)),
        x,
        with(steps, Step.topK(20)),
        capped(best, cap),
        u);
  }

  /** With a mask, before it and behind it: what is not allowed is not looked at. */
  @Property
  default void capsAndMasks(
      @ForAll("shorterRows") TestRow row,
      @ForAll("caps") float cap,
      @ForAll("anySteps") List<Step> steps,
      @ForAll("masks") long pattern,
      @ForAll("draws") double u) {
    float[] x = row.logits();
    long[] mask = new long[(x.length + 63) / 64];
    Arrays.fill(mask, pattern);
    float[] expected = capped(x, cap);
    boolean any = false;
    for (int i = 0; i < x.length; i++) {
      if ((pattern >>> i & 1) == 0) {
        expected[i] = Float.NEGATIVE_INFINITY;
        x[i] = Float.NaN;
      }
      any |= expected[i] > Float.NEGATIVE_INFINITY;
    }
    if (!any) {
      return;
    }
    Step[] plain = steps.toArray(new Step[0]);
    Sampler reference = sampler(x.length, plain);
    int token = reference.sample(expected, 0, x.length, u);
    for (List<Step> chain :
        List.of(
            with(steps, Step.allowed(), Step.softCap(cap)),
            with(steps, Step.softCap(cap), Step.allowed()))) {
      Sampler sampler = sampler(x.length, chain.toArray(new Step[0]));
      sampler.allow(mask);
      assertEquals(token, sampler.sample(x, 0, x.length, u), chain::toString);
      assertSameCandidates(reference, sampler);
    }
  }

  /** Logits that the cap makes equal: the lower ids come first, whichever were larger before. */
  @Example
  default void idsDecideAmongEqualCaps() {
    for (int length : new int[] {5, 40, 100, 1500, 5000, 20_000}) {
      float[] row = new float[length];
      for (int i = 0; i < length; i++) {
        row[i] = 100 + i % 977;
      }
      row[length - 1] = Float.MAX_VALUE;
      for (int k : new int[] {1, 2, 3, 30, 900}) {
        Sampler sampler = sampler(length, Step.softCap(3), Step.topK(k));
        sampler.sample(row, 0, length, 0.5);
        assertEquals(Math.min(k, length), sampler.candidates().size());
        for (int i = 0; i < sampler.candidates().size(); i++) {
          assertEquals(i, sampler.candidates().id(i));
        }
      }
      assertEquals(0, sampler(length, Step.softCap(3), Step.temperature(0)).sample(row));
    }
  }

  private Sampler sampler(int length, Step... steps) {
    return SamplerChain.of(steps).newSampler(length, 1, kernels());
  }

  private void assertSame(List<Step> chain, float[] x, List<Step> other, float[] y, double u) {
    Sampler expected = sampler(y.length, other.toArray(new Step[0]));
    Sampler actual = sampler(x.length, chain.toArray(new Step[0]));
    for (int call = 0; call < 2; call++) { // the second time with what was learned
      int token = expected.sample(y, 0, y.length, u);
      assertEquals(token, actual.sample(x, 0, x.length, u), () -> chain + " as " + other);
      assertSameCandidates(expected, actual);
    }
  }

  private static void assertSameCandidates(Sampler expected, Sampler actual) {
    assertEquals(expected.logProbability(), actual.logProbability());
    int size = expected.candidates().size();
    assertEquals(size, actual.candidates().size());
    for (int i = 0; i < size; i++) {
      assertEquals(expected.candidates().id(i), actual.candidates().id(i));
      assertEquals(expected.candidates().probability(i), actual.candidates().probability(i));
    }
  }

  private static List<Step> with(List<Step> behind, Step... before) {
    List<Step> steps = new ArrayList<>(List.of(before));
    steps.addAll(behind);
    return steps;
  }

  private static void bias(float[] x, int token, float bias) {
    if (token < x.length && x[token] > Float.NEGATIVE_INFINITY) {
      x[token] = Math.clamp((float) (x[token] + (double) bias), -Float.MAX_VALUE, Float.MAX_VALUE);
    }
  }

  private static float[] capped(float[] x, float cap) {
    float[] y = new float[x.length];
    for (int i = 0; i < y.length; i++) {
      y[i] = Numerics.softCap(x[i], cap);
    }
    return y;
  }

  private static MemorySegment room(Arena arena, int length, boolean ofNative) {
    return ofNative
        ? arena.allocate(4L * length + 8)
        : MemorySegment.ofArray(new float[length + 2]);
  }

  private static float[] floats(MemorySegment segment, int length) {
    float[] floats = new float[length];
    MemorySegment.copy(segment, ValueLayout.JAVA_FLOAT_UNALIGNED, 4, floats, 0, length);
    return floats;
  }

  private static void assertBits(float[] expected, float[] actual) {
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(actual));
  }

  /** Those of models, and any. */
  @Provide
  default Arbitrary<Float> caps() {
    return Chains.caps();
  }

  /** Steps of every kind. */
  @Provide
  default Arbitrary<List<Step>> anySteps() {
    return Chains.anySteps();
  }

  /** All, most, half and few tokens. */
  @Provide
  default Arbitrary<Long> masks() {
    return Arbitraries.of(-1L, ~0x10L, 0x5555555555555555L, 1L, 0x8000000000000000L);
  }
}
