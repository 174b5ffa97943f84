package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.concurrent.Executor;
import java.util.concurrent.Executors;
import org.logitkernels.BatchSampler;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** Batches of any layout, on any number of threads: each row as if alone. */
public final class BatchTarget {
  private static final int LONGEST = 400;
  private static final MemorySegment NATIVE = Arena.global().allocate(1 << 16, 64);
  private static final Executor POOL = Executors.newFixedThreadPool(2, BatchTarget::daemon);

  private BatchTarget() {}

  private static Thread daemon(Runnable task) {
    Thread thread = new Thread(task, "batch");
    thread.setDaemon(true);
    return thread;
  }

  /** Tries a case. */
  public static void fuzzerTestOneInput(FuzzedDataProvider data) {
    Cases cases = new Cases(data);
    int vocabulary = cases.length(LONGEST);
    int rows = cases.between(0, 6);
    Sampler[] together = new Sampler[rows];
    Sampler[] alone = new Sampler[rows];
    for (int i = 0; i < rows; i++) {
      SamplerChain chain = SamplerChain.of(cases.steps(3, vocabulary).toArray(new Step[0]));
      long seed = cases.between(0, 3);
      together[i] = chain.newSampler(vocabulary, seed, kernels(cases));
      alone[i] = chain.newSampler(vocabulary, seed, Kernels.scalar());
    }
    BatchSampler batch = BatchSampler.of(together).on(POOL, cases.between(1, 3));

    for (int step = cases.between(1, 3); step > 0; step--) {
      int length = cases.orAny(vocabulary);
      int stride = cases.oneIn(4) ? cases.between(0, 20) : vocabulary + cases.between(0, 9);
      int from = cases.between(0, 9);
      int taken = cases.orAny(cases.oneIn(3) ? cases.between(0, rows) : rows);
      boolean native32 = cases.oneIn(2);
      float[] x = new float[Math.min(from + Math.max(0, rows - 1) * stride + vocabulary, 16000)];
      Arrays.fill(x, Float.NaN);
      for (int i = 0; i < rows; i++) {
        int at = from + i * stride;
        float[] row = cases.row(vocabulary);
        System.arraycopy(row, 0, x, at, row.length);
      }
      float[] copy = x.clone();
      int[] tokens = new int[Math.max(0, cases.orAny(rows)) % 1000];
      Arrays.fill(tokens, -7);
      int[] expected = new int[rows];
      Outcome outcome;
      if (native32) {
        MemorySegment segment = NATIVE.asSlice(cases.between(0, 9), 4L * x.length);
        MemorySegment.copy(x, 0, segment, ValueLayout.JAVA_FLOAT_UNALIGNED, 0, x.length);
        outcome =
            Outcome.of(
                notes ->
                    notes.add(
                        batch.sample(
                            segment,
                            4L * from,
                            4L * stride,
                            taken,
                            length,
                            ElementType.FLOAT32,
                            tokens)));
      } else {
        outcome =
            Outcome.of(notes -> notes.add(batch.sample(x, from, stride, taken, length, tokens)));
      }
      boolean valid =
          taken >= 0
              && taken <= rows
              && tokens.length >= taken
              && length >= 1
              && (taken == 0 || from + (taken - 1L) * stride + length <= x.length);
      assertEquals(valid, !outcome.failed(), () -> "failed with " + outcome.error());
      if (!valid) {
        assertTrue(Arrays.stream(tokens).allMatch(token -> token == -7));
        continue;
      }
      int failed = 0;
      for (int i = 0; i < taken; i++) {
        int start = from + i * stride;
        Sampler own = alone[i];
        Outcome one = Outcome.of(notes -> notes.add(own.sample(x, start, start + length)));
        failed += one.failed() ? 1 : 0;
        expected[i] = one.failed() ? -1 : one.first();
        assertEquals(String.valueOf(one.error()), String.valueOf(batch.error(i)), "row " + i);
        assertEquals(expected[i], tokens[i], "row " + i);
        assertEquals(own.position(), batch.row(i).position());
        if (!one.failed()) {
          assertEquals(
              Float.floatToRawIntBits(own.probability()),
              Float.floatToRawIntBits(batch.row(i).probability()));
          assertEquals(own.candidates().toString(), batch.row(i).candidates().toString());
          own.accept(expected[i]);
          batch.row(i).accept(expected[i]);
        }
      }
      assertEquals(failed, outcome.first());
      for (int i = taken; i < tokens.length; i++) {
        assertEquals(-7, tokens[i], "behind the tokens");
      }
      for (int i = taken; i < rows; i++) {
        assertEquals(null, batch.error(i));
      }
      assertTrue(Promises.same(copy, x), "the rows were written");
    }
  }

  private static Kernels kernels(Cases cases) {
    return cases.oneIn(2) ? Kernels.named("vector") : Kernels.scalar();
  }
}
