package org.logitkernels.vector;

import net.jqwik.api.Tag;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.BatchContract;

/** Batches on the vector backend. */
@Tag("sampler")
class VectorBatchTest implements BatchContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
