package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.testkit.FaultsContract;

/** Faults around the vector backend. */
class VectorFaultsTest implements FaultsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
