package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import net.jqwik.api.Example;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.Workspace;

/** Rows of real models, against what float64 arithmetic makes of them. */
public interface RealRowsContract extends KernelsUnderTest {
  /** English BERT, 30,522 tokens. */
  @Example
  default void realRowsOfBert() {
    assertRows("bert-uncased-30522");
  }

  /** Multilingual BERT, 119,547 tokens. */
  @Example
  default void realRowsOfMultilingualBert() {
    assertRows("bert-multilingual-119547");
  }

  /** A trigram model with a heavy tail, 72,547 tokens. */
  @Example
  default void realRowsOfATrigramModel() {
    assertRows("trigram-72547");
  }

  private void assertRows(String name) {
    Fixtures.Matrix matrix = Fixtures.npy(name + ".npy");
    JsonNode rows = Fixtures.json(name + ".json").get("rows");
    assertEquals(matrix.rows(), rows.size());
    for (int r = 0; r < matrix.rows(); r++) {
      int from = r * matrix.columns();
      TestRow row = new TestRow(name + " row " + r, matrix.values(), from, from + matrix.columns());
      assertRow(row, rows.get(r));
    }
  }

  private void assertRow(TestRow row, JsonNode expected) {
    float[] array = row.array();
    int from = row.from();
    int to = row.to();
    int length = row.length();
    Workspace workspace = Workspace.of(length);
    assertEquals(
        expected.get("log_sum_exp").asDouble(),
        kernels().logSumExp(array, from, to, 1),
        5e-7,
        row.toString());

    JsonNode top = expected.get("top5");
    int[] best = new int[5];
    for (int i = 0; i < 5; i++) {
      best[i] = top.get(i).get("id").asInt();
    }
    int[] ids = new int[5];
    assertEquals(5, kernels().topK(array, from, to, 5, workspace, ids, new float[5]));
    assertArrayEquals(best, ids, row.toString());
    assertEquals(best[0], kernels().argMax(array, from, to), row.toString());
    float[] softmax = new float[length];
    kernels().softmax(array, from, to, 1, softmax, 0);
    float[] logSoftmax = new float[length];
    kernels().logSoftmax(array, from, to, 1, logSoftmax, 0);
    for (int i = 0; i < 5; i++) {
      double probability = top.get(i).get("probability").asDouble();
      assertEquals(probability, softmax[best[i]], 1e-6 * probability, row.toString());
      assertEquals(StrictMath.log(probability), logSoftmax[best[i]], 2e-6, row.toString());
    }

    assertNucleus(row, 0.9f, expected.get("nucleus_0_9").asInt(), workspace);
    assertNucleus(row, 0.95f, expected.get("nucleus_0_95").asInt(), workspace);
  }

  private void assertNucleus(TestRow row, float p, int expected, Workspace workspace) {
    int length = row.length();
    int[] ids = new int[length];
    int size =
        kernels().topP(row.array(), row.from(), row.to(), 1, p, workspace, ids, new float[length]);
    assertEquals(expected, size, row + " top-p " + p);
    Sampler sampler = SamplerChain.of(Step.topP(p)).newSampler(length, 1, kernels());
    sampler.sample(row.array(), row.from(), row.to());
    assertArrayEquals(Arrays.copyOf(ids, size), Chains.ids(sampler.candidates()));
  }
}
