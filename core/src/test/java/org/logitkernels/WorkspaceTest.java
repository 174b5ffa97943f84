package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.logitkernels.testkit.Failures;

/** A workspace's capacity: what fits, what does not, and what is said. */
class WorkspaceTest {
  @Test
  void capacityIsAtLeast1() {
    for (int capacity : new int[] {0, -1, Integer.MIN_VALUE}) {
      Failures.illegalArgument(
          "capacity must be >= 1, but was " + capacity, () -> Workspace.of(capacity));
    }
    assertEquals(1, Workspace.of(1).capacity());
    assertEquals(128_256, Workspace.of(128_256).capacity());
  }

  @Test
  void rowsUpToTheCapacityFitWhateverTheyHold() {
    for (int capacity : new int[] {1, 7, 31, 32, 1024, 1025, 4096, 5000, 70_000}) {
      Workspace workspace = Workspace.of(capacity);
      float[] row = new float[capacity];
      int[] ids = new int[capacity];
      float[] values = new float[capacity];
      for (int length : new int[] {capacity, 1, capacity}) {
        for (int shape = -1; shape <= 1; shape++) { // descending, flat, ascending
          for (int i = 0; i < length; i++) {
            row[i] = shape * 1e-5f * i;
          }
          Kernels kernels = Kernels.scalar();
          assertEquals(length, kernels.topK(row, 0, length, length, workspace, ids, values));
          float[] sorted = Arrays.copyOf(values, length);
          Arrays.sort(sorted);
          float[] expected = Arrays.copyOf(row, length);
          for (int i = 0; i < length; i++) {
            expected[i] += 0f; // -0 is written as +0
          }
          Arrays.sort(expected);
          assertArrayEquals(expected, sorted);
          assertEquals(length, kernels.topP(row, 0, length, 1, 1, workspace, ids, values));
        }
      }
    }
  }

  @Test
  void rowsBeyondTheCapacityAreRejected() {
    Kernels kernels = Kernels.scalar();
    Workspace workspace = Workspace.of(3);
    float[] row = new float[4];
    int[] ids = new int[4];
    float[] values = new float[4];
    String message = "the row has 4 logits, but the workspace holds 3";
    Failures.illegalArgument(message, () -> kernels.topK(row, 0, 4, 1, workspace, ids, values));
    Failures.illegalArgument(
        message, () -> kernels.topP(row, 0, 4, 1, 0.5f, workspace, ids, values));
    Failures.illegalArgument(message, () -> kernels.sample(row, 0, 4, 1, 0.5, workspace));
    assertEquals(0, kernels.sample(row, 1, 4, 1, 0, workspace));
  }
}
