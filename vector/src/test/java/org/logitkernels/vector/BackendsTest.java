package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.testkit.Failures;

/** The choice of a backend in a JVM in which vector can serve. */
class BackendsTest {
  @Test
  void bestIsAdaptive() {
    Kernels best = Kernels.best();
    assertSame(best, Kernels.best());
    assertEquals("adaptive", best.name());
    assertEquals(Kernels.named("vector").vectorBits(), best.vectorBits());
    assertEquals("adaptive, " + best.vectorBits() + " bits", best.toString());
  }

  @Test
  void vectorIsBare() {
    Kernels vector = Kernels.named("vector");
    assertSame(vector, Kernels.named("vector"));
    assertNotSame(vector, Kernels.best());
    assertNotSame(vector, Kernels.scalar());
    assertEquals("vector", vector.name());
    assertEquals("vector, " + vector.vectorBits() + " bits", vector.toString());
  }

  @Test
  void whenWarmTheReportHasNothingToReject() throws InterruptedException {
    assertTrue(Backends.warmUp(Duration.ofSeconds(60)));
    BackendReport report = Backends.report();
    assertEquals(
        new BackendReport(
            "adaptive",
            Kernels.best().vectorBits(),
            BackendReport.State.READY,
            report.warmUp(),
            List.of(),
            report.warm(),
            List.of()),
        report);
    assertTrue(
        report.warm().containsAll(List.of("arg-max", "top-p", "the draw")), report::toString);
    assertTrue(report.warm().size() >= 15, report::toString);
    assertTrue(report.warmUp().compareTo(Duration.ofMinutes(1)) < 0, report::toString);
    assertTrue(
        report.toString().matches("active backend: adaptive, \\d+ bits, warm after [0-9.]+ s"));
    assertEquals(report, Backends.report());
    assertTrue(Backends.warmUp(Duration.ZERO));
  }

  @Test
  void unknownNamesAreRejected() {
    for (String name : List.of("foo", "", "Vector", "scalar ", "adaptive")) {
      Failures.illegalArgument(
          "unknown backend '" + name + "': the backends are scalar and vector",
          () -> Kernels.named(name));
    }
  }
}
