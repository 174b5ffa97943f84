package org.logitkernels.vector;

import org.junit.jupiter.api.Tag;
import org.logitkernels.Kernels;
import org.logitkernels.peers.PresetsContract;

/** The presets on the vector backend. */
@Tag("sampler")
class VectorPresetsTest implements PresetsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
