package org.logitkernels;

import org.logitkernels.testkit.KernelsContract;

/** The scalar reference keeps every contract of the kernels. */
class ScalarKernelsTest implements KernelsContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }
}
