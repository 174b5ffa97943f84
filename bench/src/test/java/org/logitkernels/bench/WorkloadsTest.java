package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.Kernels;
import org.logitkernels.SamplerChain;

/** What is timed gives the right answers, and the rows are as described. */
class WorkloadsTest {
  private static final int VOCABULARY = 3000;

  @ParameterizedTest
  @EnumSource
  void backendsAndPlainJavaPassTheCheck(BenchRows.Distribution distribution) {
    check(distribution, VOCABULARY);
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 500})
  void soTheyDoOnShortRows(int vocabulary) {
    check(BenchRows.Distribution.LLM, vocabulary);
  }

  private static void check(BenchRows.Distribution distribution, int vocabulary) {
    float[][] rows = BenchRows.of(distribution, vocabulary);
    for (String backend : new String[] {"scalar", "vector", "naive"}) {
      for (KernelBenchmark.Timed timed : KernelBenchmark.WORKLOADS.values()) {
        if (!Main.has(backend, timed.method())) {
          continue;
        }
        Workload workload = KernelBenchmark.implementation(backend, vocabulary);
        Check check = new Check(vocabulary);
        for (float[] x : KernelBenchmark.inputs(timed.method(), rows)) {
          assertDoesNotThrow(() -> check.row(workload, timed.method(), x), backend);
          timed
              .call()
              .on(
                  workload,
                  x,
                  0.5,
                  new int[Math.max(vocabulary, BenchRows.BATCH)],
                  new float[vocabulary]);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"native", "float16", "bfloat16", "mixed"})
  void rowsOffTheHeapPassTheCheck(String backend) {
    float[][] rows = BenchRows.of(BenchRows.Distribution.LLM, VOCABULARY);
    for (KernelBenchmark.Timed timed : KernelBenchmark.WORKLOADS.values()) {
      if (Main.has(backend, timed.method())) {
        Held held = new Held(backend, VOCABULARY);
        Check check = new Check(VOCABULARY);
        for (float[] x : rows) {
          held.round(x);
          check.row(held, timed.method(), x);
        }
      }
    }
  }

  @Test
  void theCheckRejectsWrongResults() {
    float[][] rows = BenchRows.of(BenchRows.Distribution.LLM, VOCABULARY);
    for (KernelBenchmark.Timed timed : KernelBenchmark.WORKLOADS.values()) {
      String method = timed.method();
      float[] x = KernelBenchmark.inputs(method, rows)[0];
      Check check = new Check(VOCABULARY);
      assertThrows(IllegalStateException.class, () -> check.row(new Wrong(), method, x), method);
    }
  }

  @Test
  void batchesHoldRowsThatAreAllDifferent() {
    float[][] rows = BenchRows.of(BenchRows.Distribution.LLM, VOCABULARY);
    float[] batch = BenchRows.batch(rows);
    Set<String> distinct = new HashSet<>();
    for (int i = 0; i < BenchRows.BATCH; i++) {
      float[] row = Arrays.copyOfRange(batch, i * VOCABULARY, (i + 1) * VOCABULARY);
      assertEquals(rows[i % BenchRows.COUNT][0], row[i]);
      assertEquals(
          rows[i % BenchRows.COUNT][VOCABULARY - 1], row[(VOCABULARY - 1 + i) % VOCABULARY]);
      distinct.add(Arrays.toString(row));
    }
    assertEquals(BenchRows.BATCH, distinct.size());
  }

  @Test
  void languageModelRowsHaveTheirBestProbabilities() {
    double least = 1;
    double most = 0;
    Workload naive = new Naive(VOCABULARY);
    for (float[] x : BenchRows.of(BenchRows.Distribution.LLM, VOCABULARY)) {
      float best = naive.softmax(x)[naive.argMax(x)];
      least = Math.min(least, best);
      most = Math.max(most, best);
    }
    assertEquals(0.10, least, 0.02);
    assertEquals(0.95, most, 0.02);
  }

  /** Off by a little, or by one token. */
  private static final class Wrong implements Workload {
    private final Naive naive = new Naive(VOCABULARY);

    @Override
    public int argMax(float[] x) {
      return naive.argMax(x) ^ 1;
    }

    @Override
    public double logSumExp(float[] x) {
      return naive.logSumExp(x) + 1e-3;
    }

    @Override
    public double perplexity(float[] x) {
      return 1;
    }

    @Override
    public double divergence(float[] x) {
      return 1e-9;
    }

    @Override
    public float[] softmax(float[] x) {
      float[] p = naive.softmax(x);
      p[VOCABULARY - 1] *= 1.01f;
      return p;
    }

    @Override
    public float[] logSoftmax(float[] x) {
      float[] p = naive.logSoftmax(x);
      p[VOCABULARY - 1] += 0.01f;
      return p;
    }

    @Override
    public int topK(float[] x, int k, int[] ids, float[] values) {
      int size = naive.topK(x, k, ids, values);
      ids[size - 1] = ids[0];
      return size;
    }

    @Override
    public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
      return naive.topP(x, temperature, p, ids, probabilities) + 20;
    }

    @Override
    public int topPToken(float[] x, float temperature, float p, double u) {
      return worst(x);
    }

    @Override
    public int chain(float[] x, double u) {
      return worst(x);
    }

    @Override
    public int draw(float[] x, float temperature, double u) {
      return worst(x);
    }

    @Override
    public int token(float[] x, String chain, double u) {
      return worst(x);
    }

    @Override
    public void batch(
        float[] x, int rows, SamplerChain chain, int threads, long position, int[] tokens) {
      new Library(Kernels.scalar(), VOCABULARY).batch(x, rows, chain, threads, position, tokens);
      tokens[rows - 1] ^= threads / 2;
    }

    @Override
    public int several(float[] x, double u, int[] tokens) {
      return 7;
    }

    private static int worst(float[] x) {
      int worst = 0;
      for (int i = 1; i < x.length; i++) {
        worst = x[i] < x[worst] ? i : worst;
      }
      return worst;
    }
  }
}
