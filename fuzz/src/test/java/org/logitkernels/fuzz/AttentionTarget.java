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
 * Attention rows of any lengths, strides, sinks and caps: the same bits from every backend, in
 * arrays and in segments, and near to exact arithmetic; and where a call fails, nothing is written.
 * Parts of rows are merged.
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

  /** 0 for none. */
  private final float cap;

  private final int dimension;
  private final int merged;
  private final int mergedInto;

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
    // Out of a number that every kept input has: they end before any further one.
    int any = random.nextInt();
    cap =
        switch (random.nextInt(8)) {
          case 0, 1 -> 1 + random.nextInt(60);
          case 2 -> random.nextInt(8) == 0 ? Float.intBitsToFloat(any) : 50 * random.nextFloat();
          default -> 0;
        };
    dimension = random.nextInt(24) == 0 ? any : random.nextInt(41);
    merged = random.nextInt(24) == 0 ? any >> 8 : random.nextInt(8);
    mergedInto = random.nextInt(3);
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
    if (!array.failed()) {
      target.splitAndMerge();
    }
    target.merge();
  }

  private AttentionSoftmax attention(Kernels kernels, float[] logs) {
    AttentionSoftmax attention = AttentionSoftmax.of(kernels, scale);
    attention =
        lengths.length > 0 ? attention.lengths(lengths, lengthsFrom) : attention.lengths(length);
    attention = sinks.length > 0 ? attention.sinks(sinks, sinksFrom, rowsPerSink) : attention;
    attention = cap == 0 ? attention : attention.cap(cap);
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
    if (!outcome.failed()) {
      for (int row = 0; row < count; row++) {
        float log = logs.length > 0 ? logs[logSumExpsFrom + row] : Float.NaN;
        Promises.ofAttention(row(row), scale, cap, sink(row), out, outFrom + row * outStride, log);
      }
    }
    return outcome;
  }

  private float[] row(int row) {
    int width = lengths.length > 0 ? lengths[lengthsFrom + row] : length;
    return Arrays.copyOfRange(x, from + row * stride, from + row * stride + width);
  }

  private float sink(int row) {
    return sinks.length > 0 ? sinks[sinksFrom + row / rowsPerSink] : Float.NEGATIVE_INFINITY;
  }

  /** The keys of a few rows in two parts, of which the first has the sink; then the two merged. */
  private void splitAndMerge() {
    for (int r = 0; r < Math.min(count, 3); r++) {
      float[] row = row(r);
      int half = Math.min(row.length, dimension < 0 ? 0 : dimension);
      float[][] parts = {new float[row.length], new float[row.length]};
      float[][] logs = new float[2][1];
      for (int part = 0; part < 2; part++) {
        int begin = part == 0 ? 0 : half;
        AttentionSoftmax attention = AttentionSoftmax.of(Kernels.named("vector"), scale);
        attention = cap == 0 ? attention : attention.cap(cap);
        attention
            .lengths(part == 0 ? half : row.length - half)
            .sinks(new float[] {part == 0 ? sink(r) : Float.NEGATIVE_INFINITY}, 0, 1)
            .logSumExps(logs[part], 0)
            .softmax(row, begin, 1, 0, parts[part], begin, 0);
      }
      if (!(Math.max(logs[0][0], logs[1][0]) < Float.POSITIVE_INFINITY)) {
        continue; // beyond the floats, and no more to be merged
      }
      float[] out = new float[row.length];
      float[] log = new float[1];
      AttentionSoftmax.merge(parts[0], logs[0], parts[1], logs[1], 1, row.length, out, log);
      Promises.ofAttention(row, scale, cap, sink(r), out, 0, log[0]);
    }
  }

  /** Any two partial results. */
  private void merge() {
    int room = 300;
    SplittableRandom random = new SplittableRandom(Arrays.hashCode(x));
    float[][] outs = new float[2][room];
    float[][] logs = new float[2][7];
    for (int part = 0; part < 2; part++) {
      for (int i = 0; i < room; i++) {
        float any = random.nextInt(9) == 0 ? x[i % x.length] : (float) random.nextGaussian();
        outs[part][i] = Float.isNaN(any) ? 0 : any; // NaN has many forms
      }
      for (int row = 0; row < 7; row++) {
        int kind = random.nextInt(8);
        logs[part][row] =
            kind == 0
                ? Float.NEGATIVE_INFINITY
                : kind == 1 ? x[row % x.length] : 5 * (float) random.nextGaussian();
      }
    }
    Outcome outcome = merge(outs[0], logs[0], outs[1], logs[1], mergedInto);
    Outcome turned = merge(outs[1], logs[1], outs[0], logs[0], 2 - mergedInto);
    assertEquals(outcome.errorType(), turned.errorType(), "turned");
    turned.assertSameNumbers(outcome, "turned");
  }

  /** Into the first part, elsewhere, or into the second part. */
  private Outcome merge(float[] a, float[] logsA, float[] b, float[] logsB, int into) {
    float[] ofA = a.clone();
    float[] ofB = b.clone();
    float[] logsOfA = logsA.clone();
    float[] logsOfB = logsB.clone();
    float[] out = into == 0 ? ofA : into == 1 ? unwritten(a.length) : ofB;
    float[] log = into == 0 ? logsOfA : into == 1 ? unwritten(logsA.length) : logsOfB;
    float[] before = out.clone();
    float[] logBefore = log.clone();
    Outcome outcome =
        Outcome.of(
            notes ->
                AttentionSoftmax.merge(ofA, logsOfA, ofB, logsOfB, merged, dimension, out, log));
    int rows = outcome.failed() ? 0 : merged;
    for (int row = 0; row < rows; row++) {
      int at = row * dimension;
      Promises.ofMerge(
          Arrays.copyOfRange(a, at, at + dimension),
          logsA[row],
          Arrays.copyOfRange(b, at, at + dimension),
          logsB[row],
          Arrays.copyOfRange(out, at, at + dimension),
          log[row]);
      outcome.notes().add(Arrays.copyOfRange(out, at, at + dimension));
      outcome.notes().add(log[row]);
    }
    int written = rows * dimension;
    assertTrue(
        Promises.same(
            Arrays.copyOfRange(before, written, before.length),
            Arrays.copyOfRange(out, written, out.length)),
        "written behind the rows");
    assertTrue(
        Promises.same(
            Arrays.copyOfRange(logBefore, rows, log.length),
            Arrays.copyOfRange(log, rows, log.length)),
        "written behind the log-sum-exps");
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
      int width = row(row).length;
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
