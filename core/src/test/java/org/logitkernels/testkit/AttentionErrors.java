package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import net.jqwik.api.Example;
import org.junit.jupiter.api.function.Executable;
import org.logitkernels.AttentionSoftmax;
import org.logitkernels.ElementType;

/**
 * Arguments that attention rows do not take: the error says what and where, and nothing is written.
 */
public interface AttentionErrors extends KernelsUnderTest {
  /** What in-place means, where something else was asked for. */
  String OVERLAP = "probabilities overlap scores: in place means the same place, type and stride";

  /** Four rows of three, and all that may be written beside them. */
  final class Call {
    final float[] x = new float[12];
    final float[] y = new float[12];
    final float[] logSumExps = new float[4];
    final float[] sinks = new float[4];
    final AttentionSoftmax attention;

    Call(KernelsUnderTest test) {
      attention = AttentionSoftmax.of(test.kernels(), 1).lengths(3).logSumExps(logSumExps, 0);
      for (int i = 0; i < x.length; i++) {
        x[i] = i - 5;
      }
      Arrays.fill(y, 7);
      Arrays.fill(logSumExps, 7);
    }

    /** Fails so, and leaves every number as it was. */
    void fails(Class<? extends Throwable> type, String message, Executable call) {
      float[][] all = {x, y, logSumExps, sinks};
      float[][] before = Arrays.stream(all).map(float[]::clone).toArray(float[][]::new);
      Failures.expect(type, message, call);
      for (int i = 0; i < all.length; i++) {
        assertEquals(0, Arrays.compare(before[i], all[i]), message);
      }
    }

    void illegal(String message, Executable call) {
      fails(IllegalArgumentException.class, message, call);
    }

    void outside(String message, Executable call) {
      fails(IndexOutOfBoundsException.class, message, call);
    }

    /** The rows from one array into the other, with these places. */
    void softmax(int from, int count, int stride, int yFrom, int yStride) {
      attention.softmax(x, from, count, stride, y, yFrom, yStride);
    }

    /** The same array as a segment. */
    static MemorySegment of(float[] array) {
      return MemorySegment.ofArray(array);
    }

    /** Four rows of three floats. */
    void segments(MemorySegment from, MemorySegment to, long stride, long toStride) {
      ElementType type = ElementType.FLOAT32;
      attention.softmax(from, 0, type, 4, stride, to, 0, type, toStride);
    }

    /** After all those errors it still works. */
    void works() {
      attention.lengths(3).withoutSinks().logSumExps(logSumExps, 0);
      softmax(0, 4, 3, 0, 3);
      for (int i = 0; i < 12; i += 3) {
        assertEquals(1, y[i] + y[i + 1] + y[i + 2], 1e-6f);
      }
    }
  }

  /** Scales, lengths, counts and strides by themselves. */
  @Example
  default void attentionNamesTheNumberThatItDoesNotTake() {
    Call call = new Call(this);
    AttentionSoftmax attention = call.attention;
    for (float scale :
        new float[] {0, -0f, -1, Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      call.illegal(
          "scale must be finite and > 0, but was " + scale,
          () -> AttentionSoftmax.of(kernels(), scale));
    }
    call.illegal("length must be >= 0, but was -1", () -> attention.lengths(-1));
    call.illegal("rowsPerSink must be >= 1, but was 0", () -> attention.sinks(call.sinks, 0, 0));
    for (int from : new int[] {-1, 5}) {
      assertThrows(IndexOutOfBoundsException.class, () -> attention.sinks(new float[4], from, 1));
      assertThrows(IndexOutOfBoundsException.class, () -> attention.lengths(new int[4], from));
      assertThrows(IndexOutOfBoundsException.class, () -> attention.logSumExps(new float[4], from));
    }
    call.illegal("count must be >= 0, but was -1", () -> call.softmax(0, -1, 3, 0, 3));
    call.illegal("stride must be >= 0, but was -3", () -> call.softmax(0, 4, -3, 0, 3));
    call.illegal(
        "probabilities' stride must be >= 0, but was -3", () -> call.softmax(0, 4, 3, 0, -3));
    call.fails(
        IllegalStateException.class,
        "no length of the rows was set: call lengths first",
        () -> AttentionSoftmax.of(kernels(), 1).softmax(call.x, 0, 4, 3));
    call.works();
  }

  /** Lengths of each row's own. */
  @Example
  default void attentionNamesTheRowWhoseLengthIsWrong() {
    Call call = new Call(this);
    int[] lengths = {9, 1, 2, 3, 3};
    call.attention.lengths(lengths, 1);
    lengths[3] = -5;
    call.illegal("length of row 2 is -5", () -> call.softmax(0, 4, 3, 0, 3));
    lengths[3] = 4;
    call.illegal(
        "row 2 has length 4, but the next row of probabilities begins 3 behind it",
        () -> call.softmax(0, 4, 3, 0, 3));
    call.illegal(
        "row 2 has length 4, but the next row of probabilities begins 3 behind it",
        () -> call.attention.softmax(call.x, 0, 4, 3));
    lengths[3] = 3;
    lengths[4] = 4; // the last row's is beyond the array
    call.outside("scores from 0 on need 13, but end at 12", () -> call.softmax(0, 4, 3, 0, 3));
    lengths[4] = Integer.MIN_VALUE;
    call.illegal("length of row 3 is -2147483648", () -> call.softmax(0, 4, 3, 0, 3));
    lengths[4] = 3;
    call.attention.lengths(lengths, 2);
    call.outside("lengths from 2 on need 4, but end at 5", () -> call.softmax(0, 4, 3, 0, 3));
    call.attention.lengths(4);
    call.illegal(
        "row 0 has length 4, but the next row of probabilities begins 3 behind it",
        () -> call.softmax(0, 2, 3, 0, 3));
    call.works();
  }

  /** Rows, sinks and log-sum-exps that end beyond their arrays, however many there are. */
  @Example
  default void attentionNamesWhatIsTooShort() {
    Call call = new Call(this);
    call.outside("scores from 1 on need 12, but end at 12", () -> call.softmax(1, 4, 3, 0, 3));
    call.outside("scores from -1 on need 12, but end at 12", () -> call.softmax(-1, 4, 3, 0, 3));
    call.outside("scores from 0 on need 15, but end at 12", () -> call.softmax(0, 4, 4, 0, 3));
    call.outside(
        "probabilities from 2 on need 12, but end at 12", () -> call.softmax(0, 4, 3, 2, 3));
    call.outside(
        "probabilities from 0 on need 15, but end at 12", () -> call.softmax(0, 4, 3, 0, 4));
    call.attention.logSumExps(call.logSumExps, 1);
    call.outside("logSumExps from 1 on need 4, but end at 4", () -> call.softmax(0, 4, 3, 0, 3));
    call.attention.withoutLogSumExps();
    int most = Integer.MAX_VALUE; // no room is made for so many before they are looked for
    call.outside(
        "scores from 0 on need 6442450941, but end at 12", () -> call.softmax(0, most, 3, 0, 3));
    call.outside(
        "scores: " + most + " rows with the stride " + most + " end beyond any memory",
        () -> call.softmax(0, most, most, 0, most));
    call.attention.sinks(call.sinks, 2, 1);
    call.outside("sinks from 2 on need 4, but end at 4", () -> call.softmax(0, 4, 3, 0, 3));
    call.attention.sinks(call.sinks, 2, 2).softmax(call.x, 0, 4, 3);
    call.works();
  }

  /** Sinks that are no logits. */
  @Example
  default void attentionNamesTheSinkThatIsNoLogit() {
    Call call = new Call(this);
    call.attention.sinks(call.sinks, 1, 2);
    for (float sink : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      call.sinks[2] = sink;
      call.illegal("sinks: number 1 is " + sink, () -> call.softmax(0, 4, 3, 0, 3));
      call.illegal(
          "sinks: number 1 is " + sink,
          () -> call.segments(Call.of(call.x), Call.of(call.y), 3, 3));
      call.softmax(0, 2, 3, 0, 3); // which do not have it
      Arrays.fill(call.y, 7);
    }
    call.works();
  }

  /** What is written lies apart from all else, but for scores in place. */
  @Example
  default void attentionRefusesOverlaps() {
    Call call = new Call(this);
    float[] x = call.x;
    AttentionSoftmax attention = call.attention.lengths(2);
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, 3, 3, x, 1, 3));
    call.illegal(OVERLAP, () -> attention.softmax(x, 1, 3, 3, x, 0, 3));
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, 3, 3, x, 0, 2));
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, 2, 2, x, 3, 4));
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, 2, 0, x, 0, 2));
    attention.logSumExps(x, 8);
    call.illegal("logSumExps overlap scores", () -> call.softmax(0, 4, 3, 0, 3));
    call.illegal("logSumExps overlap scores", () -> attention.softmax(x, 1, 2, 8));
    attention.logSumExps(call.y, 4);
    call.illegal("logSumExps overlap probabilities", () -> call.softmax(0, 4, 3, 0, 3));
    attention.logSumExps(call.sinks, 0).sinks(call.sinks, 0, 1);
    call.illegal("logSumExps overlap sinks", () -> call.softmax(0, 4, 3, 0, 3));
    attention.logSumExps(call.sinks, 0).sinks(call.sinks, 1, 2);
    call.illegal("logSumExps overlap sinks", () -> call.softmax(0, 4, 3, 0, 3));
    attention.logSumExps(call.logSumExps, 0).sinks(call.y, 10, 4);
    call.illegal("probabilities overlap sinks", () -> call.softmax(0, 4, 3, 0, 3));
    call.softmax(0, 3, 3, 0, 3); // those of three rows end before the sink
    attention.sinks(x, 0, 4);
    call.illegal("probabilities overlap sinks", () -> attention.softmax(x, 0, 4, 3));
    call.works();
  }

  /** The same of segments, whose strides are longs. */
  @Example
  default void attentionRefusesSegmentsThatOverlapOrEnd() {
    Call call = new Call(this);
    MemorySegment x = Call.of(call.x);
    MemorySegment y = Call.of(call.y);
    AttentionSoftmax attention = call.attention;
    ElementType type = ElementType.FLOAT32;
    call.outside("scores from 0 on need 60, but end at 48", () -> call.segments(x, y, 4, 3));
    call.outside("probabilities from 0 on need 60, but end at 48", () -> call.segments(x, y, 3, 4));
    call.illegal(
        "row 0 has length 3, but the next row of probabilities begins 2 behind it",
        () -> call.segments(x, y, 3, 2));
    for (long stride :
        new long[] {Long.MAX_VALUE, Long.MAX_VALUE - 1, 1L << 62, 1L << 61, (1L << 60) - 1}) {
      call.outside(
          "scores: 4 rows with the stride " + stride + " end beyond any memory",
          () -> call.segments(x, y, stride, 3));
      call.outside(
          "probabilities: 4 rows with the stride " + stride + " end beyond any memory",
          () -> call.segments(x, y, 3, stride));
    }
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, type, 2, 3, x, 4, type, 3));
    call.illegal(OVERLAP, () -> attention.softmax(x, 0, type, 2, 3, x, 0, ElementType.FLOAT16, 3));
    MemorySegment readOnly = x.asReadOnly();
    call.illegal(OVERLAP, () -> attention.softmax(readOnly, 0, type, 2, 3, x, 4, type, 3));
    call.illegal("probabilities is read-only", () -> call.segments(x, y.asReadOnly(), 3, 3));
    attention.logSumExps(call.x, 8);
    call.illegal("logSumExps overlap scores", () -> call.segments(x, y, 3, 3));
    call.illegal("logSumExps overlap scores", () -> call.segments(readOnly, y, 3, 3));
    call.illegal(
        "logSumExps overlap scores",
        () -> attention.softmax(x.asSlice(20), 10, type, 1, 3, y, 0, type, 3));
    attention.logSumExps(call.y, 2);
    call.illegal("logSumExps overlap probabilities", () -> call.segments(x, y, 3, 3));
    attention.logSumExps(call.logSumExps, 0).sinks(call.y, 11, 4);
    call.illegal("probabilities overlap sinks", () -> call.segments(x, y, 3, 3));
    attention.sinks(call.x, 11, 4);
    call.segments(readOnly, y, 3, 3); // a sink among scores that are not written
    call.works();
  }

  /** Memory that is no longer there, or another thread's. */
  @Example
  default void attentionNamesTheMemoryThatItMayNotUse() throws InterruptedException {
    Call call = new Call(this);
    MemorySegment x = Call.of(call.x);
    MemorySegment y = Call.of(call.y);
    MemorySegment released;
    try (Arena arena = Arena.ofConfined()) {
      released = arena.allocate(48);
      MemorySegment confined = released;
      Thread other =
          Thread.ofPlatform()
              .start(
                  () -> {
                    call.fails(
                        WrongThreadException.class,
                        "scores: the memory is confined to another thread",
                        () -> call.segments(confined, y, 3, 3));
                    call.fails(
                        WrongThreadException.class,
                        "probabilities: the memory is confined to another thread",
                        () -> call.segments(x, confined, 3, 3));
                    call.works();
                  });
      other.join();
      float sum = call.y[0] + call.y[1] + call.y[2];
      assertEquals(1, sum, 1e-6f, "the other thread failed");
    }
    call.fails(
        IllegalStateException.class,
        "scores: the memory was released",
        () -> call.segments(released, y, 3, 3));
    call.fails(
        IllegalStateException.class,
        "probabilities: the memory was released",
        () -> call.segments(x, released, 3, 3));
    call.works();
  }

  /** Merging: what is too short, no logit, or over the other kind of number. */
  @Example
  default void mergingNamesWhatItDoesNotTake() {
    float[] a = new float[12];
    float[] logA = new float[4];
    float[] b = new float[12];
    float[] logB = new float[4];
    float[] out = new float[12];
    float[] log = new float[4];
    float[] untouched = {7, 7, 7};
    Failures.illegalArgument(
        "count must be >= 0, but was -1",
        () -> AttentionSoftmax.merge(a, logA, b, logB, -1, 3, out, log));
    Failures.illegalArgument(
        "dimension must be >= 0, but was -1",
        () -> AttentionSoftmax.merge(a, logA, b, logB, 4, -1, out, log));
    float[][] arrays = {a, b, out, logA, logB, log};
    String[] names = {"outA", "outB", "out", "logSumExpsA", "logSumExpsB", "logSumExps"};
    for (int i = 0; i < arrays.length; i++) {
      float[][] given = arrays.clone();
      given[i] = untouched;
      Failures.expect(
          IndexOutOfBoundsException.class,
          names[i] + " from 0 on need " + (i < 3 ? 12 : 4) + ", but end at 3",
          () ->
              AttentionSoftmax.merge(
                  given[0], given[3], given[1], given[4], 4, 3, given[2], given[5]));
    }
    Failures.illegalArgument(
        "out overlaps log-sum-exps", () -> AttentionSoftmax.merge(a, logA, b, out, 4, 3, out, log));
    Failures.illegalArgument(
        "logSumExps overlap outputs", () -> AttentionSoftmax.merge(a, logA, b, logB, 4, 3, out, b));
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY}) {
      logB[3] = bad;
      Failures.illegalArgument(
          "logSumExpsB: number 3 is " + bad,
          () -> AttentionSoftmax.merge(a, logA, b, logB, 4, 3, out, log));
    }
    assertArrayEquals(new float[12], out);
    assertArrayEquals(new float[4], log);
    assertArrayEquals(new float[] {7, 7, 7}, untouched);
  }
}
