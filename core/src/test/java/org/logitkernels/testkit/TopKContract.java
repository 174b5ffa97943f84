package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.logitkernels.Workspace;

/** Top-k is exact: a prefix of the full sort, whatever the ties. */
public interface TopKContract extends Inputs {
  /** Ids and values are those of the sort, and nothing is written behind them. */
  @Property
  default void topKIsAPrefixOfTheSort(@ForAll("shorterRows") TestRow row, @ForAll("ks") int k) {
    assertTopK(row, k);
  }

  /** All k around those at which strips and blocks fill up, and around the row's own length. */
  @Property
  default void topKWorksForEveryK(@ForAll("shorterRows") TestRow row) {
    int length = row.length();
    for (int k : new int[] {1, 4, 15, 16, 17, 31, 33, 63, 65, 255, 257, length - 1, length}) {
      if (k >= 1) {
        assertTopK(row, k);
      }
    }
    assertTopK(row, length + 1);
  }

  private void assertTopK(TestRow row, int k) {
    float[] logits = row.logits();
    int[] order = Oracle.order(logits);
    int size = Math.min(k, order.length);
    int most = Math.min(k, row.length());
    int[] ids = new int[most + 2];
    float[] values = new float[most + 2];
    Arrays.fill(ids, -7);
    Arrays.fill(values, -7);
    int[] expectedIds = ids.clone();
    float[] expectedValues = values.clone();
    for (int i = 0; i < size; i++) {
      expectedIds[i] = order[i];
      expectedValues[i] = logits[order[i]] == 0 ? 0 : logits[order[i]];
    }
    Workspace workspace = Workspace.of(row.length());
    assertEquals(
        size, kernels().topK(row.array(), row.from(), row.to(), k, workspace, ids, values));
    assertArrayEquals(expectedIds, ids);
    assertArrayEquals(EntryPoint.bits(expectedValues), EntryPoint.bits(values));
  }

  /** The best k in one strip, in neighbouring strips, at the row's ends: rows against pyramids. */
  @Example
  default void topKOfRowsThatCrowdTheBest() {
    int length = 9000;
    for (int stride : new int[] {1, 4, 8, 16, 32, 64, 128, 512, 1024}) {
      for (int start : new int[] {0, 5, 4096, 8190}) {
        float[] row = new float[length];
        for (int id = 0; id < length; id++) {
          row[id] = -1 - (id * 7919 % 1000) / 1000f;
        }
        for (int i = 0; i < 50 && start + i * stride < length; i++) {
          row[start + i * stride] = 10 + (i * 31 % 50) / 8f;
        }
        for (int k : new int[] {2, 40, 50, 51, 300}) {
          assertTopK(new TestRow("stride " + stride + " start " + start, row, 0, length), k);
        }
      }
    }
  }
}
