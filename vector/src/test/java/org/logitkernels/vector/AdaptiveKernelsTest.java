package org.logitkernels.vector;

import java.time.Duration;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.AllocationContract;
import org.logitkernels.testkit.GoldenBitsContract;

/** Adaptive kernels that have become warm: the golden bits, and nothing allocated. */
class AdaptiveKernelsTest implements AllocationContract, GoldenBitsContract {
  @BeforeContainer
  static void warmUp() throws InterruptedException {
    Backends.warmUp(Duration.ofSeconds(60));
  }

  @Override
  public Kernels kernels() {
    return Kernels.best();
  }
}
