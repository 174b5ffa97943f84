package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.BlocksContract;

/** The sums of the vector backend are those of blocks alone. */
class VectorBlocksTest implements BlocksContract {
  @Override
  public Backend backend() {
    return new VectorKernels(new ScalarKernels());
  }

  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
