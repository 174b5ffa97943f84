package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.SplittableRandom;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;

/**
 * Attention rows of any lengths, strides and sinks: the same bits from every backend, in arrays and
 * in segments; and where a call fails, nothing is written.
 */
public final class AttentionTarget {
  private static final int LONGEST = 1200;
  private static final int MOST_ROWS = 40;
  private static final int MOST_NUMBERS = 1 << 15;
  private static final float UNWRITTEN = -12345.678f;

  private static final MemorySegment SCORES = Arena.global().allocate(1 << 18, 64);
  private static final MemorySegment PROBABILITIES = Arena.global().allocate(1 << 18, 64);

  private final float[] x;
  private final int from;
  private final int count;
  private final int stride;
  private final int outRoom;
  private final int outFrom;
  private final int outStride;
  private final boolean sameMemory;
  private final ElementType type;
  private final ElementType outType;
  private final float scale;
  private final int length;
  private final int[] lengths;
  private final int lengthsFrom;
  private final float[] sinks;
  private final int sinksFrom;
  private final int rowsPerSink;
  private final float[] logSumExps;
  private final int logSumExpsFrom;
  private final boolean onHeap;

  private AttentionTarget(Cases cases) {
    int width = cases.length(LONGEST);
    int rows = cases.between(0, Math.min(MOST_ROWS, MOST_NUMBERS / (width + 8)));
    int step = width + cases.between(0, 3);
    int first = cases.between(0, 4);
    type = HeldRow.type(cases);
    x = cases.row(Math.max(1, first + rows * step + cases.between(0, 3)));
    for (int i = 0; i < x.length; i++) {
      x[i] = HeldRow.widened(x[i], type);
    }
    count = cases.orAny(rows);
    from = cases.orAny(first);
    stride = cases.oneIn(16) ? cases.between(0, step) : cases.orAny(step);
    scale = cases.orAny(cases.temperature());
    length = cases.orAny(width);
    lengthsFrom = cases.between(0, 2);
    lengths = new int[cases.oneIn(2) ? lengthsFrom + rows : 0];
    SplittableRandom random = new SplittableRandom(cases.any());
    Arrays.setAll(lengths, row -> random.nextInt(width + 1));
    if (lengths.length > 0) {
      int edited = cases.between(0, lengths.length - 1);
      lengths[edited] = cases.orAny(lengths[edited]);
    }
    int place = cases.between(0, 7);
    sameMemory = place < 4;
    outType = sameMemory ? type : HeldRow.type(cases);
    outStride =
        place < 3 ? stride : cases.orAny(place == 3 ? cases.between(0, step) : step + place - 4);
    outFrom = place < 3 ? from : cases.orAny(cases.between(0, 4));
    outRoom = 5 + rows * (step + 3);
    sinksFrom = cases.between(0, 2);
    rowsPerSink = cases.between(1, 5);
    sinks = new float[cases.oneIn(2) ? sinksFrom + rows / rowsPerSink + 1 : 0];
    for (int i = 0; i < sinks.length; i++) {
      sinks[i] = random.nextInt(3) == 0 ? Float.NEGATIVE_INFINITY : random.nextInt(-200, 200) / 8f;
    }
    if (sinks.length > 0) {
      sinks[cases.between(0, sinks.length - 1)] = cases.orAny(cases.amount());
    }
    logSumExpsFrom = cases.between(0, 2);
    logSumExps =
        new float[cases.oneIn(2) ? logSumExpsFrom + rows - (cases.oneIn(24) ? rows / 2 : 0) : 0];
    onHeap = cases.oneIn(2);
  }

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    AttentionTarget target = new AttentionTarget(new Cases(data));
    Outcome array = target.array(Kernels.scalar());
    array.assertSame(target.array(Kernels.named("vector")), "vector");
    Outcome segment = target.segment(Kernels.scalar());
    segment.assertSame(target.segment(Kernels.named("vector")), "vector, segments");
    assertEquals(array.errorType(), segment.errorType(), "segments");
    if (target.type == ElementType.FLOAT32 && target.outType == ElementType.FLOAT32) {
      array.assertSameNumbers(segment, "segments");
    }
  }

  private AttentionSoftmax attention(Kernels kernels, float[] logs) {
    AttentionSoftmax attention = AttentionSoftmax.of(kernels, scale);
    attention =
        lengths.length > 0 ? attention.lengths(lengths, lengthsFrom) : attention.lengths(length);
    attention = sinks.length > 0 ? attention.sinks(sinks, sinksFrom, rowsPerSink) : attention;
    return logs.length > 0 ? attention.logSumExps(logs, logSumExpsFrom) : attention;
  }

  private Outcome array(Kernels kernels) {
    float[] scores = x.clone();
    float[] out = sameMemory ? scores : unwritten(outRoom);
    float[] logs = unwritten(logSumExps.length);
    Outcome outcome =
        Outcome.of(
            notes ->
                attention(kernels, logs)
                    .softmax(scores, from, count, stride, out, outFrom, outStride));
    check(outcome, scores, out, logs);
    return outcome;
  }

  private Outcome segment(Kernels kernels) {
    MemorySegment scores = held(SCORES, type, x);
    float[] blank = unwritten(outRoom);
    if (outType != ElementType.FLOAT32) {
      Arrays.fill(blank, -12288); // which halves hold
    }
    MemorySegment out = sameMemory ? scores : held(PROBABILITIES, outType, blank);
    float[] logs = unwritten(logSumExps.length);
    Outcome outcome =
        Outcome.of(
            notes ->
                attention(kernels, logs)
                    .softmax(
                        scores,
                        (long) from * type.bytes(),
                        type,
                        count,
                        stride,
                        out,
                        (long) outFrom * outType.bytes(),
                        outType,
                        outStride));
    check(
        outcome,
        floats(scores, type, x.length),
        floats(out, outType, sameMemory ? x.length : outRoom),
        logs);
    return outcome;
  }

  /** Notes all that may have been written. */
  private void check(Outcome outcome, float[] scores, float[] out, float[] logs) {
    outcome.notes().add(scores);
    outcome.notes().add(out);
    outcome.notes().add(logs);
    if (outcome.failed() || !sameMemory) {
      assertEquals(0, Arrays.compare(x, scores), "the scores were written");
    }
    if (outcome.failed()) {
      for (int i = 0; i < out.length; i++) {
        assertTrue(sameMemory || out[i] == out[0] && out[0] < -12000, "an error was late");
      }
      assertEquals(0, Arrays.compare(unwritten(logs.length), logs), "an error was late");
      return;
    }
    for (int row = 0; row < count; row++) {
      int width = lengths.length > 0 ? lengths[lengthsFrom + row] : length;
      double sum = 0;
      for (int i = 0; i < width; i++) {
        float p = out[outFrom + row * outStride + i];
        assertTrue(p >= 0 && p <= 1, () -> "probability " + p);
        sum += p;
      }
      assertTrue(sum < 1.1, "probabilities of more than 1");
    }
  }

  private static float[] unwritten(int length) {
    float[] numbers = new float[length];
    Arrays.fill(numbers, UNWRITTEN);
    return numbers;
  }

  private MemorySegment held(MemorySegment memory, ElementType type, float[] numbers) {
    int bytes = numbers.length * type.bytes();
    MemorySegment segment =
        onHeap ? MemorySegment.ofArray(new byte[bytes]) : memory.asSlice(0, bytes);
    for (int i = 0; i < numbers.length; i++) {
      HeldRow.put(segment, 0, type, i, numbers[i]);
    }
    return segment;
  }

  private static float[] floats(MemorySegment segment, ElementType type, int length) {
    float[] numbers = new float[length];
    for (int i = 0; i < length; i++) {
      numbers[i] = HeldRow.get(segment, type, i);
    }
    return numbers;
  }
}
