package org.logitkernels;

import org.logitkernels.testkit.BatchContract;

/** Batches on the scalar reference. */
class ScalarBatchTest implements BatchContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }
}
