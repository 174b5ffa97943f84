package org.logitkernels.vector;

import net.jqwik.api.Tag;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.StatisticsContract;

/** Frequencies of the vector backend, at one width: tokens are the same at all of them. */
@Tag("once")
class VectorStatisticsTest implements StatisticsContract {
  @Override
  public Kernels kernels() {
    return Kernels.named("vector");
  }
}
