package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.Failures;

/** The choice of a backend in a JVM in which vector can serve. */
class BackendsTest {
  @Test
  void bestIsVector() {
    Kernels vector = Kernels.named("vector");
    assertSame(vector, Kernels.named("vector"));
    assertSame(vector, Kernels.best());
    assertSame(vector, Kernels.best());
    assertNotSame(vector, Kernels.scalar());
    assertEquals("vector", vector.name());
    assertEquals("vector, " + vector.vectorBits() + " bits", vector.toString());
  }

  @Test
  void theReportHasNothingToReject() {
    BackendReport report = Backends.report();
    assertSame(report, Backends.report());
    assertEquals(
        new BackendReport(
            "vector", Kernels.best().vectorBits(), BackendReport.State.READY, List.of()),
        report);
  }

  @Test
  void unknownNamesAreRejected() {
    for (String name : List.of("foo", "", "Vector", "scalar ")) {
      Failures.illegalArgument(
          "unknown backend '" + name + "': the backends are scalar and vector",
          () -> Kernels.named(name));
    }
  }
}
