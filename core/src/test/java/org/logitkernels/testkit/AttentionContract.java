package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Tag;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;

/** Softmax of attention rows against sums in double, and against softmax of each row alone. */
public interface AttentionContract extends KernelsUnderTest {
  /** The unit of a rounding to a float. */
  double U = 0x1p-24;

  /** Some rows of some kind. */
  final class Case {
    final SplittableRandom random;
    final int count;
    final int stride;
    final int from;
    final int[] lengths;
    final float[] scores;
    final float[] sinks;
    final float scale;

    Case(long seed, boolean plainScale) {
      random = new SplittableRandom(seed);
      count = random.nextInt(1, 40);
      int longest = random.nextInt(8) == 0 ? 3000 : random.nextInt(3) == 0 ? 1100 : 140;
      int width = random.nextInt(1, longest + 1);
      stride = width + random.nextInt(4);
      from = random.nextInt(4);
      lengths = new int[count];
      boolean even = random.nextBoolean();
      Arrays.setAll(lengths, row -> even ? width : random.nextInt(width + 1));
      scores = new float[from + count * stride];
      scale =
          plainScale
              ? Math.scalb(1f, random.nextInt(-6, 4))
              : (float) Math.exp(random.nextDouble(-5, 3));
      int kind = random.nextInt(7);
      double spread = (kind == 1 ? 50 : kind == 2 ? 1e5 : 3) / scale;
      double middle = (kind == 3 ? -40 : 0) / scale;
      for (int i = 0; i < scores.length; i++) {
        scores[i] = (float) (middle + spread * random.nextGaussian());
        if (kind == 4 && random.nextInt(3) == 0 || kind == 5 && random.nextInt(20) > 0) {
          scores[i] = random.nextBoolean() ? Float.NEGATIVE_INFINITY : -3.4e38f;
        }
      }
      sinks = new float[count];
      for (int row = 0; row < count; row++) {
        int sort = random.nextInt(6);
        sinks[row] =
            sort == 0
                ? Float.NEGATIVE_INFINITY
                : sort == 1 ? random.nextInt(-2000, 2000) : (float) (5 * random.nextGaussian());
      }
    }

    int at(int row) {
      return from + row * stride;
    }

    float[] row(int row) {
      return Arrays.copyOfRange(scores, at(row), at(row) + lengths[row]);
    }

    AttentionSoftmax attention(Kernels kernels) {
      return AttentionSoftmax.of(kernels, scale).lengths(lengths, 0);
    }
  }

  /** The bounds of probabilities and of log-sum-exps, with sinks. */
  @Property(tries = 60)
  default void attentionIsAccurate(@ForAll long seed) {
    Case rows = new Case(seed, false);
    float[] actual = new float[rows.scores.length];
    float[] logSumExps = new float[rows.count];
    rows.attention(kernels())
        .sinks(rows.sinks, 0, 1)
        .logSumExps(logSumExps, 0)
        .softmax(rows.scores, rows.from, rows.count, rows.stride, actual, rows.from, rows.stride);
    for (int row = 0; row < rows.count; row++) {
      float[] x = rows.row(row);
      double sink = rows.sinks[row];
      double own = Double.NEGATIVE_INFINITY;
      for (float logit : x) {
        own = Math.max(own, (double) logit * rows.scale);
      }
      double max = Math.max(own, sink);
      double total = max == Double.NEGATIVE_INFINITY ? 1 : Math.exp(sink - max);
      for (float logit : x) {
        total += logit == Float.NEGATIVE_INFINITY ? 0 : Math.exp((double) logit * rows.scale - max);
      }
      for (int i = 0; i < x.length; i++) {
        float p = actual[rows.at(row) + i];
        double scaled = (double) x[i] * rows.scale;
        double exact = x[i] == Float.NEGATIVE_INFINITY ? 0 : Math.exp(scaled - max) / total;
        if (p == 0) {
          assertTrue(scaled - own < -125 * Math.log(2) || exact < 0x1p-148, "weight is no 0");
        } else if (exact >= 0x1p-100) {
          assertTrue(Math.abs(p - exact) <= 12 * U * exact, p + " for " + exact);
        }
        assertTrue(p >= 0 && p <= 1);
      }
      double exact = max + Math.log(total);
      if (Math.abs(exact) > Float.MAX_VALUE) {
        assertEquals((float) exact, logSumExps[row]);
      } else {
        assertEquals(exact, logSumExps[row], 11 * U + 1.01 * U * Math.abs(exact));
      }
    }
  }

  /** A row's bits are those of softmax, if 1 / scale is a temperature. */
  @Property(tries = 40)
  default void aRowHasTheBitsOfSoftmax(@ForAll long seed) {
    Case rows = new Case(seed, true);
    float[] actual = rows.scores.clone();
    float[] logSumExps = new float[rows.count + 2];
    rows.attention(kernels())
        .logSumExps(logSumExps, 2)
        .softmax(actual, rows.from, rows.count, rows.stride);
    float[] expected = rows.scores.clone();
    for (int row = 0; row < rows.count; row++) {
      int at = rows.at(row);
      int end = at + rows.lengths[row];
      float logSumExp = Float.NEGATIVE_INFINITY;
      boolean masked = true;
      for (int i = at; i < end; i++) {
        masked &= rows.scores[i] == Float.NEGATIVE_INFINITY;
      }
      if (masked) {
        Arrays.fill(expected, at, end, 0);
      } else {
        logSumExp = (float) kernels().logSumExp(rows.scores, at, end, 1 / rows.scale);
        kernels().softmax(rows.scores, at, end, 1 / rows.scale, expected, at);
      }
      assertEquals(logSumExp, logSumExps[2 + row]);
    }
    assertBits(expected, actual);
  }

  /** The definition of docs/numerics.md a second time, with any scale and with sinks. */
  @Property(tries = 40)
  default void attentionFollowsThePage(@ForAll long seed) {
    Case rows = new Case(seed, false);
    float[] actual = rows.scores.clone();
    rows.attention(kernels())
        .sinks(rows.sinks, 0, 1)
        .softmax(actual, rows.from, rows.count, rows.stride);
    for (int row = 0; row < Math.min(8, rows.count); row++) {
      float[] x = rows.row(row);
      float m = Float.NEGATIVE_INFINITY;
      for (float logit : x) {
        m = Math.max(m, logit);
      }
      float[] expected = new float[x.length];
      if (m > Float.NEGATIVE_INFINITY) {
        Numerics page = new Numerics(x, 1.0 / rows.scale);
        double e = (double) m * (0x1.71547652b82fep0 / (1.0 / rows.scale));
        double z = rows.sinks[row];
        double relative =
            Math.abs(e) < 65536
                ? z - Math.ceil(e) * 0x1.62e42fefa39efp-1
                : z - (double) m * rows.scale;
        double inverse = 1 / (page.total() + StrictMath.exp(relative));
        float f1 = (float) inverse;
        float f2 = (float) (inverse - f1);
        for (int i = 0; i < x.length; i++) {
          float weight = page.weight(x[i]);
          expected[i] = Math.fma(weight, f1, weight * f2);
        }
      }
      assertBits(expected, Arrays.copyOfRange(actual, rows.at(row), rows.at(row) + x.length));
    }
  }

  /** Segments, halves, and rows one by one give the bits of all rows of an array together. */
  @Property(tries = 25)
  default void whereverRowsLieTheBitsAreTheSame(@ForAll long seed) {
    Case rows = new Case(seed, false);
    ElementType type = ElementType.values()[rows.random.nextInt(3)];
    ElementType outType = ElementType.values()[rows.random.nextInt(3)];
    float[] x = rows.scores;
    for (int i = 0; i < x.length; i++) {
      x[i] = widened(type, narrowed(type, x[i]));
      x[i] = x[i] == Float.POSITIVE_INFINITY ? 9 : x[i];
    }
    float[] sinks = new float[5];
    AttentionSoftmax attention = rows.attention(kernels()).sinks(sinks, 1, (rows.count + 3) / 4);
    float[] expected = new float[x.length];
    attention.softmax(x, rows.from, rows.count, rows.stride, expected, rows.from, rows.stride);
    float[] alone = new float[x.length];
    for (int row = 0; row < rows.count; row++) {
      int at = rows.at(row);
      AttentionSoftmax.of(kernels(), rows.scale)
          .lengths(rows.lengths[row])
          .sinks(sinks, 0, 1)
          .softmax(x, at, 1, 0, alone, at, 0);
    }
    assertBits(expected, alone);
    try (Arena arena = Arena.ofConfined()) {
      long outBytes = outType.bytes();
      MemorySegment in = arena.allocate((long) x.length * type.bytes() + 1);
      MemorySegment out = arena.allocate(x.length * outBytes + 1);
      if (rows.random.nextInt(4) == 0) {
        in = MemorySegment.ofArray(new byte[(int) in.byteSize()]);
        out = MemorySegment.ofArray(new byte[(int) out.byteSize()]);
      }
      for (int i = 0; i < x.length; i++) {
        put(in, 1 + (long) i * type.bytes(), type, narrowed(type, x[i]));
      }
      attention.softmax(
          in,
          1 + (long) rows.from * type.bytes(),
          type,
          rows.count,
          rows.stride,
          out,
          1 + rows.from * outBytes,
          outType,
          rows.stride);
      assertOutputs(expected, out, outType);
      attention.softmax(
          in,
          1 + (long) rows.from * type.bytes(),
          type,
          rows.count,
          rows.stride,
          in,
          1 + (long) rows.from * type.bytes(),
          type,
          rows.stride);
      for (int row = 0; row < rows.count; row++) {
        for (int i = rows.at(row); i < rows.at(row) + rows.lengths[row]; i++) {
          assertEquals(narrowed(type, expected[i]), get(in, 1 + (long) i * type.bytes(), type));
        }
      }
    }
  }

  /** Whole outputs, those behind the rows' ends included, which stay 0. */
  private static void assertOutputs(float[] expected, MemorySegment out, ElementType type) {
    for (int i = 0; i < expected.length; i++) {
      int bits = get(out, 1 + (long) i * type.bytes(), type);
      assertEquals(narrowed(type, expected[i]), bits, "number " + i + ", " + expected[i]);
      if (type == ElementType.BFLOAT16 && expected[i] > 0) { // no neighbour is nearer
        double off = Math.abs(widened(type, bits) - (double) expected[i]);
        assertTrue(off <= Math.abs(widened(type, bits + 1) - (double) expected[i]));
        assertTrue(bits == 0 || off <= Math.abs(widened(type, bits - 1) - (double) expected[i]));
      }
    }
  }

  private static int narrowed(ElementType type, float value) {
    int bits = Float.floatToRawIntBits(value);
    return switch (type) {
      case FLOAT32 -> bits;
      case FLOAT16 -> Float.floatToFloat16(value) & 0xffff;
      case BFLOAT16 -> (int) ((Integer.toUnsignedLong(bits) + 0x7fff + (bits >>> 16 & 1)) >>> 16);
    };
  }

  private static float widened(ElementType type, int bits) {
    return switch (type) {
      case FLOAT32 -> Float.intBitsToFloat(bits);
      case FLOAT16 -> Float.float16ToFloat((short) bits);
      case BFLOAT16 -> Float.intBitsToFloat(bits << 16);
    };
  }

  private static void put(MemorySegment segment, long offset, ElementType type, int bits) {
    if (type == ElementType.FLOAT32) {
      segment.set(ValueLayout.JAVA_INT_UNALIGNED, offset, bits);
    } else {
      segment.set(ValueLayout.JAVA_SHORT_UNALIGNED, offset, (short) bits);
    }
  }

  private static int get(MemorySegment segment, long offset, ElementType type) {
    return type == ElementType.FLOAT32
        ? segment.get(ValueLayout.JAVA_INT_UNALIGNED, offset)
        : segment.get(ValueLayout.JAVA_SHORT_UNALIGNED, offset) & 0xffff;
  }

  private static void assertBits(float[] expected, float[] actual) {
    int[] bits = new int[expected.length];
    int[] others = new int[actual.length];
    Arrays.setAll(bits, i -> Float.floatToRawIntBits(expected[i]));
    Arrays.setAll(others, i -> Float.floatToRawIntBits(actual[i]));
    assertArrayEquals(bits, others);
  }

  /** Nothing is written before every row was found to be valid, in an array or in a segment. */
  @Example
  default void aBadNumberIsNamedAndNothingIsWritten() {
    for (int stride : new int[] {3, 64, 900, 2100}) {
      int count = 20;
      for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, -Float.NaN}) {
        float[] x = new float[count * stride];
        x[18 * stride + 2] = bad;
        x[19 * stride + 1] = bad;
        float[] before = x.clone();
        AttentionSoftmax attention = AttentionSoftmax.of(kernels(), 1).lengths(stride);
        String message =
            assertThrows(
                    IllegalArgumentException.class, () -> attention.softmax(x, 0, count, stride))
                .getMessage();
        assertEquals("row 18: logit 2 is " + bad, message);
        assertBits(before, x);
        MemorySegment segment = MemorySegment.ofArray(x);
        ElementType type = ElementType.FLOAT32;
        assertEquals(
            message,
            assertThrows(
                    IllegalArgumentException.class,
                    () ->
                        attention.softmax(
                            segment, 0, type, count, stride, segment, 0, type, stride))
                .getMessage());
        assertBits(before, x);
      }
    }
  }

  /** What was merged is what one softmax over all keys gives, up to the bound. */
  @Property(tries = 30)
  default void mergedPartsAreTheWhole(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int count = random.nextInt(1, 9);
    int dimension = random.nextInt(1, 70);
    float[] a = new float[count * dimension];
    float[] b = new float[count * dimension];
    float[] logA = new float[count];
    float[] logB = new float[count];
    for (int i = 0; i < a.length; i++) {
      a[i] = (float) random.nextGaussian();
      b[i] = (float) random.nextGaussian();
    }
    for (int row = 0; row < count; row++) {
      logA[row] = random.nextInt(4) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(-90, 90) / 8f;
      logB[row] = random.nextInt(4) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(-90, 90) / 8f;
    }
    float[] out = new float[a.length];
    float[] log = new float[count];
    AttentionSoftmax.merge(a, logA, b, logB, count, dimension, out, log);
    for (int row = 0; row < count; row++) {
      double max = Math.max(logA[row], logB[row]);
      boolean empty = max == Double.NEGATIVE_INFINITY;
      double weightA = empty ? 0 : Math.exp(logA[row] - max);
      double weightB = empty ? 0 : Math.exp(logB[row] - max);
      double total = empty ? 1 : weightA + weightB;
      for (int i = row * dimension; i < (row + 1) * dimension; i++) {
        double partA = a[i] * weightA / total;
        double partB = b[i] * weightB / total;
        assertEquals(partA + partB, out[i], 3.1 * U * (Math.abs(partA) + Math.abs(partB)));
        if (logB[row] == Float.NEGATIVE_INFINITY && !empty) {
          assertEquals(Float.floatToRawIntBits(a[i]), Float.floatToRawIntBits(out[i]));
        }
      }
      double exact = empty ? max : max + Math.log(total);
      assertEquals(exact, log[row], empty ? 0 : 1.01 * U * Math.abs(exact) + 1e-15);
    }
    float[] turned = b.clone();
    float[] turnedLog = logB.clone();
    AttentionSoftmax.merge(turned, turnedLog, a, logA, count, dimension, turned, turnedLog);
    assertBits(out, turned);
    assertBits(log, turnedLog);
  }

  /** A cap is that of the kernel, and comes first: in place, elsewhere, and in segments. */
  @Property
  default void capsComeFirst(@ForAll long seed) {
    Case c = new Case(seed, false);
    float cap = (float) Math.exp(c.random.nextDouble(-2, 5));
    float ofScores = (float) ((double) cap / c.scale);
    float[] capped = c.scores.clone();
    for (int row = 0; row < c.count; row++) {
      int at = c.at(row);
      for (int i = at; i < at + c.lengths[row]; i++) {
        if (capped[i] > Float.NEGATIVE_INFINITY) { // the kernel takes no row that is all masked
          kernels().softCap(c.scores, i, i + 1, ofScores, capped, i);
        }
      }
    }
    float[] expected = capped.clone();
    float[] expectedLog = new float[c.count];
    AttentionSoftmax attention =
        AttentionSoftmax.of(kernels(), c.scale).lengths(c.lengths, 0).sinks(c.sinks, 0, 1);
    attention
        .logSumExps(expectedLog, 0)
        .softmax(capped, c.from, c.count, c.stride, expected, c.from, c.stride);
    float[] log = new float[c.count];
    attention.cap(cap).logSumExps(log, 0);
    float[] out = expected.clone();
    attention.softmax(c.scores, c.from, c.count, c.stride, out, c.from, c.stride);
    assertBits(expected, out);
    assertBits(expectedLog, log);
    float[] inPlace = c.scores.clone();
    attention.softmax(inPlace, c.from, c.count, c.stride);
    for (int row = 0; row < c.count; row++) {
      int at = c.at(row);
      assertBits(
          Arrays.copyOfRange(expected, at, at + c.lengths[row]),
          Arrays.copyOfRange(inPlace, at, at + c.lengths[row]));
    }
    MemorySegment segment = MemorySegment.ofArray(c.scores.clone());
    attention.softmax(
        segment,
        4L * c.from,
        ElementType.FLOAT32,
        c.count,
        c.stride,
        segment,
        4L * c.from,
        ElementType.FLOAT32,
        c.stride);
    assertBits(inPlace, segment.toArray(ValueLayout.JAVA_FLOAT));
    attention.withoutCap().softmax(capped, c.from, c.count, c.stride);
    for (int row = 0; row < c.count; row++) {
      int at = c.at(row);
      assertBits(
          Arrays.copyOfRange(expected, at, at + c.lengths[row]),
          Arrays.copyOfRange(capped, at, at + c.lengths[row]));
    }
  }

  /** Beside a high sink a row counts for nothing, however near to the last double its weight is. */
  @Example
  default void theLogSumExpBesideAHighSinkIsTheSink() {
    float[] out = new float[1];
    for (float logit : new float[] {9.6f, -50, 80}) {
      for (int step = 0; step < 800; step++) {
        float sink = 600 + logit + 0.37f * step;
        float[] x = {logit};
        AttentionSoftmax attention = AttentionSoftmax.of(kernels(), 1).lengths(1);
        attention.sinks(new float[] {sink}, 0, 1).logSumExps(out, 0).softmax(x, 0, 1, 1);
        assertEquals(sink, out[0]);
        assertEquals(0, x[0]);
      }
    }
  }

  /** Gemma 2 caps scores so: against tanh in double. Bad caps and bad scores change nothing. */
  @Example
  default void cappedRowsAreThoseOfTanh() {
    float[] x = new float[200];
    for (int i = 0; i < x.length; i++) {
      x[i] = 7 * (i % 29) - 90;
    }
    double[] weights = new double[x.length];
    double total = 0;
    for (int i = 0; i < x.length; i++) {
      weights[i] = StrictMath.exp(50 * StrictMath.tanh(0.5 * x[i] / 50));
      total += weights[i];
    }
    float[] y = x.clone();
    AttentionSoftmax attention = AttentionSoftmax.of(kernels(), 0.5f).lengths(200).cap(50);
    attention.softmax(y, 0, 1, 200);
    for (int i = 0; i < x.length; i++) {
      assertEquals(weights[i] / total, y[i], 3e-5 * weights[i] / total);
    }
    for (float cap : new float[] {0, -1, Float.NaN, Float.POSITIVE_INFINITY}) {
      assertThrows(IllegalArgumentException.class, () -> attention.cap(cap));
    }
    x[130] = Float.NaN;
    float[] before = y.clone();
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> attention.lengths(100).softmax(x, 0, 2, 100, y, 0, 100));
    assertEquals("row 1: logit 30 is NaN", e.getMessage());
    assertBits(before, y);
  }

  /** Arrays and segments, short rows and long ones. */
  @Example
  @Tag("allocation")
  default void attentionAllocatesNothing() {
    float[] x = new float[8 * 2600];
    float[] y = new float[x.length];
    float[] logSumExps = new float[64];
    AttentionSoftmax attention =
        AttentionSoftmax.of(kernels(), 0.3f)
            .sinks(new float[] {1}, 0, 64)
            .logSumExps(logSumExps, 0);
    AllocationContract.assertNoAllocation(
        i -> {
          attention.lengths(2600 - i).softmax(x, 0, 8, 2600, y, 0, 2600);
          attention.lengths(133 - i).softmax(x, 0, 64, 133, y, 0, 133);
          return (int) y[3];
        });
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment in = arena.allocate(2L * x.length);
      MemorySegment out = arena.allocate(2L * x.length);
      ElementType type = ElementType.FLOAT16;
      AllocationContract.assertNoAllocation(
          i -> {
            attention.lengths(2600 - i).softmax(in, 0, type, 8, 2600, out, 0, type, 2600);
            return (int) logSumExps[3];
          });
    }
  }
}
