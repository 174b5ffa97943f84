package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.Arena;
import java.time.Duration;
import java.util.List;
import net.jqwik.api.Tag;
import net.jqwik.api.lifecycle.BeforeContainer;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.ElementType;
import org.logitkernels.Kernels;
import org.logitkernels.SamplerChain;
import org.logitkernels.testkit.AllocationContract;
import org.logitkernels.testkit.GoldenBitsContract;

/**
 * Adaptive kernels that have become warm: the golden bits, and nothing allocated. A warm-up that
 * gave up would leave scalar kernels to be tested, which pass.
 */
@Tag("adaptive")
class AdaptiveKernelsTest implements AllocationContract, GoldenBitsContract {
  @BeforeContainer
  static void warmUp() throws InterruptedException {
    // The kernels for native memory are there from the first row on.
    SamplerChain.of()
        .newSampler(1, 1)
        .sample(Arena.ofAuto().allocate(Float.BYTES), 0, 1, ElementType.FLOAT32);
    assertTrue(Backends.warmUp(Duration.ofSeconds(60)), () -> Backends.report().toString());
    BackendReport report = Backends.report();
    assertEquals(BackendReport.State.READY, report.state(), report::toString);
    assertEquals("adaptive", report.active());
    assertEquals(List.of(), report.cold());
    assertEquals(21 + 14, report.warm().size(), () -> "arrays and native memory: " + report.warm());
  }

  @Override
  public Kernels kernels() {
    return Kernels.best();
  }
}
