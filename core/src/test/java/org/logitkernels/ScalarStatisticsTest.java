package org.logitkernels;

import org.logitkernels.testkit.StatisticsContract;

/** Frequencies of the scalar reference. */
class ScalarStatisticsTest implements StatisticsContract {
  @Override
  public Kernels kernels() {
    return Kernels.scalar();
  }
}
