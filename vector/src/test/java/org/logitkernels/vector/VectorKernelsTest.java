package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.testkit.KernelsContract;

/** The vector backend keeps every contract of the kernels. */
class VectorKernelsTest implements KernelsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
