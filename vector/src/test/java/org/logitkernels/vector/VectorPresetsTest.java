package org.logitkernels.vector;

import org.logitkernels.Kernels;
import org.logitkernels.peers.PresetsContract;

/** The presets on the vector backend. */
class VectorPresetsTest implements PresetsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
