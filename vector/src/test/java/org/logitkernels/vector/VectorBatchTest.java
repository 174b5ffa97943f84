package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.testkit.BatchContract;

/** Batches on the vector backend. */
class VectorBatchTest implements BatchContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
