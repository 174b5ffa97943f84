package org.logitkernels;

import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.Backend;
import org.logitkernels.testkit.BlocksContract;

/** The sums of the scalar reference are those of blocks alone. */
class ScalarBlocksTest implements BlocksContract {
  @Override
  public Backend backend() {
    return new ScalarKernels();
  }

  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }
}
