package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.net.URISyntaxException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordedMethod;
import jdk.jfr.consumer.RecordingStream;
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
 * gave up would leave scalar kernels to be tested, which pass. A loop that no warm-up has taken
 * would be interpreted when a caller first needs it, and allocate.
 */
@Tag("adaptive")
class AdaptiveKernelsTest implements AllocationContract, GoldenBitsContract {
  @BeforeContainer
  static void warmUp() throws InterruptedException, IOException, URISyntaxException {
    Set<String> uncompiled = new TreeSet<>(CompiledAloneTest.methodsOfManyVectors().keySet());
    try (RecordingStream compilations = new RecordingStream()) {
      compilations.enable("jdk.Compilation").withThreshold(Duration.ZERO);
      compilations.onEvent("jdk.Compilation", event -> uncompiled.remove(compiled(event)));
      compilations.startAsync();
      warmUpAll();
      compilations.stop();
    }
    if (!Species.COMPRESSES) {
      uncompiled.removeIf(name -> name.endsWith("Strips.pack"));
    }
    assertEquals(Set.of(), uncompiled, "no trial of a warm-up takes these loops");
  }

  /** The method, if the second compiler has compiled it for good. */
  private static String compiled(RecordedEvent event) {
    RecordedMethod method = event.getValue("method");
    boolean second = event.getInt("compileLevel") == 4 && event.getBoolean("succeded");
    String type = method.getType().getName();
    return second ? type.substring(type.lastIndexOf('.') + 1) + "." + method.getName() : "";
  }

  private static void warmUpAll() throws InterruptedException {
    // The kernels for native memory are there from the first row on.
    SamplerChain.of()
        .newSampler(1, 1)
        .sample(Arena.ofAuto().allocate(Float.BYTES), 0, 1, ElementType.FLOAT32);
    assertTrue(Backends.warmUp(Duration.ofSeconds(100)), () -> Backends.report().toString());
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
