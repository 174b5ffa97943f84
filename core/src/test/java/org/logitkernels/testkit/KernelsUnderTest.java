package org.logitkernels.testkit;

import org.logitkernels.Kernels;
import org.logitkernels.Workspace;

/** What every contract asks of a backend's test: the kernels to test. */
public interface KernelsUnderTest {
  /** The backend's kernels. */
  Kernels kernels();

  /** Top-p of a row, with a workspace of its own; returns the size of the nucleus. */
  default int topP(TestRow row, float temperature, float p, int[] ids, float[] probabilities) {
    Workspace workspace = Workspace.of(row.length());
    return kernels()
        .topP(row.array(), row.from(), row.to(), temperature, p, workspace, ids, probabilities);
  }
}
