package org.logitkernels.testkit;

import org.logitkernels.Kernels;

/** What every contract asks of a backend's test: the kernels to test. */
public interface KernelsUnderTest {
  /** The backend's kernels. */
  Kernels kernels();
}
