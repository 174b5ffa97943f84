package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.testkit.KernelsContract;
import org.logitkernels.testkit.MaskContract;
import org.logitkernels.testkit.SegmentContract;

/** The vector backend keeps every contract of the kernels, with masks and from any memory. */
class VectorKernelsTest implements KernelsContract, MaskContract, SegmentContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
