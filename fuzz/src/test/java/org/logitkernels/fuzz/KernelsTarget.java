package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Logits;
import org.logitkernels.Workspace;

/** Every kernel, with any arguments, on a row in any place, into an output at any offset. */
public final class KernelsTarget {
  private static final int LONGEST = 3000;
  private static final float UNWRITTEN = -12345.678f;

  /** More native memory: for a copy of a row, and for an output. */
  private static final MemorySegment SECOND = Arena.global().allocate(1 << 16, 64);

  private static final MemorySegment THIRD = Arena.global().allocate(1 << 16, 64);

  private KernelsTarget() {}

  /** The kernels. */
  enum Kernel {
    ARG_MAX,
    LOG_SUM_EXP,
    SOFTMAX,
    LOG_SOFTMAX,
    TOP_K,
    TOP_P,
    SAMPLE,
    LOG_PROBABILITY,
    TOP_LOG_PROBABILITIES,
    TOP_K_MASK_LOGITS,
    TOP_K_RENORMALIZE,
    TOP_P_RENORMALIZE,
    MIN_P_RENORMALIZE;

    private boolean writesRow() {
      return this == SOFTMAX || this == LOG_SOFTMAX || ordinal() >= TOP_K_MASK_LOGITS.ordinal();
    }
  }

  /**
   * Arguments.
   *
   * @param room elements of an output
   * @param outFrom where in it a row goes
   * @param inPlace whether the output is the row's array
   */
  private record Arguments(
      int from,
      int to,
      float temperature,
      float p,
      int k,
      double u,
      int token,
      int capacity,
      int room,
      int outFrom,
      boolean inPlace) {

    static Arguments of(Cases cases, HeldRow row, Kernel kernel) {
      boolean inPlace = kernel.writesRow() && cases.oneIn(6);
      int slack = cases.between(0, 40);
      return new Arguments(
          cases.orAny(row.from()),
          cases.orAny(row.to()),
          cases.orAny(cases.temperature()),
          cases.orAny(cases.share()),
          cases.orAny(cases.count()),
          cases.orAny(cases.draw()),
          cases.orAny(cases.between(0, row.length() - 1)),
          row.length() + cases.between(0, 1) * cases.between(0, 2000),
          Math.clamp(cases.orAny(row.length() + slack), 0, 2 * LONGEST),
          cases.orAny(inPlace ? row.from() : cases.between(0, slack)),
          inPlace);
    }

    /** Whether a kernel takes them, wherever the row lies. */
    boolean areValid(Kernel kernel, int length, int arrayLength) {
      boolean scaled =
          kernel != Kernel.ARG_MAX && kernel != Kernel.TOP_K && kernel != Kernel.TOP_K_MASK_LOGITS;
      boolean shared =
          kernel == Kernel.TOP_P
              || kernel == Kernel.TOP_P_RENORMALIZE
              || kernel == Kernel.MIN_P_RENORMALIZE;
      boolean counted =
          kernel == Kernel.TOP_K
              || kernel == Kernel.TOP_LOG_PROBABILITIES
              || kernel == Kernel.TOP_K_MASK_LOGITS
              || kernel == Kernel.TOP_K_RENORMALIZE;
      int cells = inPlace ? arrayLength : room;
      return (!scaled || temperature > 0 && temperature < Float.POSITIVE_INFINITY)
          && (!shared || p >= 0 && p <= 1)
          && (!counted || k >= 1 && room >= Math.min(k, length) || kernel.writesRow() && k >= 1)
          && (kernel != Kernel.SAMPLE || u >= 0 && u < 1)
          && (kernel != Kernel.LOG_PROBABILITY || token >= 0 && token < length)
          && (!kernel.writesRow() || outFrom >= 0 && outFrom <= cells - length);
    }
  }

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    HeldRow row = HeldRow.of(cases.row(cases.length(LONGEST)), cases);
    Kernel kernel = Kernel.values()[cases.between(0, Kernel.values().length - 1)];
    Arguments a = Arguments.of(cases, row, kernel);

    Output scalarOut = new Output(a, row);
    Outcome scalar = array(Kernels.scalar(), kernel, a, row, scalarOut);
    boolean ranged = a.from == row.from() && a.to == row.to();
    boolean overlaps = a.inPlace && a.outFrom != row.from();
    if (ranged && !overlaps && a.areValid(kernel, row.length(), row.array().length)) {
      boolean tooSmall = kernel == Kernel.TOP_P && a.room < row.length();
      if (row.hasIllegal()) {
        scalar.assertFailed(IllegalArgumentException.class);
      } else if (row.isMasked()) {
        scalar.assertFailed(IllegalStateException.class);
      } else if (!tooSmall || !scalar.failed()) {
        scalar.assertSucceeded();
        float[] written = a.inPlace ? scalarOut.array : scalarOut.floats;
        Promises.ofKernel(
            kernel,
            row.logits(),
            a.temperature,
            a.p,
            a.k,
            scalar,
            scalarOut.ids,
            written,
            kernel.writesRow() ? a.outFrom : 0);
      }
    } else if (ranged && !overlaps) {
      assertTrue(scalar.failed(), () -> "took " + a);
    }
    if (scalar.failed()) {
      scalarOut.assertUnwritten(row);
    }
    row.assertUntouched();
    scalar.assertSame(
        array(Kernels.named("vector"), kernel, a, row, new Output(a, row)), "vector, " + kernel);
    if (ranged && !a.inPlace) {
      Outcome there = held(Kernels.scalar(), kernel, a, row);
      there.assertSame(held(Kernels.named("vector"), kernel, a, row), "vector, held, " + kernel);
      if (scalar.failed()) {
        there.assertFailed(Objects.requireNonNull(scalar.error()).getClass());
      } else {
        scalar.assertSame(there, "held, " + kernel);
      }
      if (kernel == Kernel.SOFTMAX || kernel == Kernel.LOG_SOFTMAX) {
        intoSegments(cases, kernel, a, row, scalar, scalarOut);
      }
    }
    row.assertUntouched();
  }

  /** Outputs that show where they were written. */
  private static final class Output {
    final int[] ids;
    final float[] floats;
    final double[] doubles;
    final float[] array;

    Output(Arguments a, HeldRow row) {
      ids = new int[a.room];
      floats = new float[a.room];
      doubles = new double[a.room];
      Arrays.fill(ids, -7);
      Arrays.fill(floats, UNWRITTEN);
      Arrays.fill(doubles, UNWRITTEN);
      array = row.array().clone();
    }

    void assertUnwritten(HeldRow row) {
      assertTrue(Arrays.stream(ids).allMatch(id -> id == -7), "ids were written");
      assertTrue(Arrays.stream(doubles).allMatch(x -> x == UNWRITTEN), "doubles were written");
      for (float x : floats) {
        assertTrue(x == UNWRITTEN, "floats were written");
      }
      assertTrue(Promises.same(row.array(), array), "the array was written");
    }
  }

  private static Outcome array(Kernels kernels, Kernel kernel, Arguments a, HeldRow row, Output o) {
    float[] x = o.array;
    float[] out = a.inPlace ? x : o.floats;
    int from = a.from;
    int to = a.to;
    float t = a.temperature;
    int at = a.outFrom;
    Workspace w = Workspace.of(Math.max(1, a.capacity));
    Outcome outcome =
        Outcome.of(
            notes -> {
              switch (kernel) {
                case ARG_MAX -> notes.add(kernels.argMax(x, from, to));
                case LOG_SUM_EXP -> notes.add(kernels.logSumExp(x, from, to, t));
                case SOFTMAX -> kernels.softmax(x, from, to, t, out, at);
                case LOG_SOFTMAX -> kernels.logSoftmax(x, from, to, t, out, at);
                case TOP_K -> notes.add(kernels.topK(x, from, to, a.k, w, o.ids, o.floats));
                case TOP_P -> notes.add(kernels.topP(x, from, to, t, a.p, w, o.ids, o.floats));
                case SAMPLE -> notes.add(kernels.sample(x, from, to, t, a.u, w));
                case LOG_PROBABILITY -> notes.add(kernels.logProbability(x, from, to, t, a.token));
                case TOP_LOG_PROBABILITIES ->
                    notes.add(
                        kernels.topLogProbabilities(x, from, to, t, a.k, w, o.ids, o.doubles));
                case TOP_K_MASK_LOGITS -> kernels.topKMaskLogits(x, from, to, a.k, w, out, at);
                case TOP_K_RENORMALIZE -> kernels.topKRenormalize(x, from, to, t, a.k, w, out, at);
                case TOP_P_RENORMALIZE -> kernels.topPRenormalize(x, from, to, t, a.p, w, out, at);
                case MIN_P_RENORMALIZE -> kernels.minPRenormalize(x, from, to, t, a.p, w, out, at);
              }
            });
    return withOutputs(outcome, o, a.inPlace ? o.array : null);
  }

  private static Outcome held(Kernels kernels, Kernel kernel, Arguments a, HeldRow row) {
    Output o = new Output(a, row);
    Logits x = row.held();
    float t = a.temperature;
    int at = a.outFrom;
    Workspace w = Workspace.of(Math.max(1, a.capacity));
    Outcome outcome =
        Outcome.of(
            notes -> {
              switch (kernel) {
                case ARG_MAX -> notes.add(kernels.argMax(x, w));
                case LOG_SUM_EXP -> notes.add(kernels.logSumExp(x, t, w));
                case SOFTMAX -> kernels.softmax(x, t, w, o.floats, at);
                case LOG_SOFTMAX -> kernels.logSoftmax(x, t, w, o.floats, at);
                case TOP_K -> notes.add(kernels.topK(x, a.k, w, o.ids, o.floats));
                case TOP_P -> notes.add(kernels.topP(x, t, a.p, w, o.ids, o.floats));
                case SAMPLE -> notes.add(kernels.sample(x, t, a.u, w));
                case LOG_PROBABILITY -> notes.add(kernels.logProbability(x, t, a.token, w));
                case TOP_LOG_PROBABILITIES ->
                    notes.add(kernels.topLogProbabilities(x, t, a.k, w, o.ids, o.doubles));
                case TOP_K_MASK_LOGITS -> kernels.topKMaskLogits(x, a.k, w, o.floats, at);
                case TOP_K_RENORMALIZE -> kernels.topKRenormalize(x, t, a.k, w, o.floats, at);
                case TOP_P_RENORMALIZE -> kernels.topPRenormalize(x, t, a.p, w, o.floats, at);
                case MIN_P_RENORMALIZE -> kernels.minPRenormalize(x, t, a.p, w, o.floats, at);
              }
            });
    return withOutputs(outcome, o, null);
  }

  private static Outcome withOutputs(Outcome outcome, Output o, float @Nullable [] inPlace) {
    Outcome.Notes notes = outcome.notes();
    notes.add(o.ids);
    notes.add(o.floats);
    notes.add(o.doubles);
    if (inPlace != null) {
      notes.add(inPlace);
    }
    return outcome;
  }

  /** Rows of probabilities into a segment of any kind: the bits that go into an array. */
  private static void intoSegments(
      Cases cases, Kernel kernel, Arguments a, HeldRow row, Outcome expected, Output expectedOut) {
    if (expected.failed()) {
      return;
    }
    int n = row.length();
    int before = cases.between(0, 70);
    int size = before + 4 * n + cases.between(0, 70);
    boolean over = cases.oneIn(4) && row.type() == ElementType.FLOAT32;
    for (String backend : new String[] {"scalar", "vector"}) {
      Kernels kernels = Kernels.named(backend);
      MemorySegment x = MemorySegment.ofArray(new byte[(int) row.segment().byteSize()]);
      if (row.segment().isNative()) {
        x = SECOND.asSlice(0, row.segment().byteSize());
      }
      x.copyFrom(row.segment());
      MemorySegment out =
          over
              ? x
              : cases.oneIn(2)
                  ? THIRD.asSlice(7, size)
                  : MemorySegment.ofArray(new float[size / 4 + 1]);
      long at = over ? row.offset() : before;
      if (!over) {
        out.fill((byte) 0x55);
      }
      Workspace w = Workspace.of(n);
      if (kernel == Kernel.SOFTMAX) {
        kernels.softmax(x, row.offset(), n, row.type(), a.temperature, w, out, at);
      } else {
        kernels.logSoftmax(x, row.offset(), n, row.type(), a.temperature, w, out, at);
      }
      for (int i = 0; i < n; i++) {
        assertTrue(
            Float.floatToRawIntBits(expectedOut.floats[a.outFrom + i])
                == out.get(ValueLayout.JAVA_INT_UNALIGNED, at + 4L * i),
            "other bits in a segment");
      }
      if (over) {
        assertEquals(-1, x.asSlice(0, at).mismatch(row.segment().asSlice(0, at)));
        assertEquals(-1, x.asSlice(at + 4L * n).mismatch(row.segment().asSlice(at + 4L * n)));
      } else {
        for (long i = 0; i < out.byteSize(); i++) {
          if (i < at || i >= at + 4L * n) {
            assertEquals(0x55, out.get(ValueLayout.JAVA_BYTE, i), "beside the output");
          }
        }
        assertEquals(-1, x.mismatch(row.segment()), "the row was written");
      }
    }
  }
}
