package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.logitkernels.bench.KernelBenchmark.Workload;

/** What is timed gives the right answers, and the rows are as described. */
class WorkloadsTest {
  private static final int VOCABULARY = 3000;

  @ParameterizedTest
  @EnumSource
  void backendsAndPlainJavaAgree(Rows.Distribution distribution) {
    Workload naive = new Naive(VOCABULARY);
    for (String backend : new String[] {"scalar", "vector"}) {
      Workload library = KernelBenchmark.Library.of(backend, VOCABULARY);
      for (float[] x : Rows.of(distribution, VOCABULARY)) {
        assertEquals(naive.argMax(x), library.argMax(x));
        assertEquals(naive.logSumExp(x), library.logSumExp(x), 1e-5);
        assertEquals(naive.softmax(x)[7], library.softmax(x)[7], 1e-6);
        assertEquals(naive.logSoftmax(x)[7], library.logSoftmax(x)[7], 1e-4);
        assertEquals(naive.topK(x, 40), library.topK(x, 40));
        assertEquals(naive.topP(x, 0.9f), library.topP(x, 0.9f), 1);
        for (Workload workload : new Workload[] {naive, library}) {
          assertTrue(x[workload.chain(x)] > Float.NEGATIVE_INFINITY);
          assertTrue(x[workload.topPToken(x)] > Float.NEGATIVE_INFINITY);
          assertTrue(x[workload.draw(x)] > Float.NEGATIVE_INFINITY);
        }
      }
    }
  }

  @Test
  void languageModelRowsHaveTheirBestProbabilities() {
    double least = 1;
    double most = 0;
    Workload naive = new Naive(VOCABULARY);
    for (float[] x : Rows.of(Rows.Distribution.LLM, VOCABULARY)) {
      float best = naive.softmax(x)[naive.argMax(x)];
      least = Math.min(least, best);
      most = Math.max(most, best);
    }
    assertEquals(0.10, least, 0.02);
    assertEquals(0.95, most, 0.02);
  }
}
