package org.logitkernels;

import org.logitkernels.peers.PresetsContract;

/** The presets on the scalar reference, on many more sets than other backends are tried on. */
class ScalarPresetsTest implements PresetsContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }

  @Override
  public int sets() {
    return 100_000;
  }
}
