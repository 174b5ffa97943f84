package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.logitkernels.BackendReport.State;
import org.logitkernels.testkit.Failures;

/** What the report says to people and to programs. */
class BackendReportTest {
  private static final Rejection NO_MODULE =
      new Rejection("vector", "the module is absent", "add --add-modules");

  @Test
  void textNamesTheBackendItsWidthAndEachRejection() {
    assertEquals(
        "active backend: vector, 512 bits",
        new BackendReport("vector", 512, State.READY, Duration.ZERO, List.of()).toString());
    assertEquals(
        "active backend: scalar"
            + System.lineSeparator()
            + "vector is not in use: the module is absent. Remedy: add --add-modules.",
        new BackendReport("scalar", 0, State.READY, Duration.ZERO, List.of(NO_MODULE)).toString());
    assertEquals(
        "active backend: none, UNAVAILABLE"
            + System.lineSeparator()
            + "vector is not in use: the module is absent. Remedy: add --add-modules."
            + System.lineSeparator()
            + "other is not in use: a. Remedy: b.",
        new BackendReport(
                "none",
                0,
                State.UNAVAILABLE,
                Duration.ZERO,
                List.of(NO_MODULE, new Rejection("other", "a", "b")))
            .toString());
  }

  /** What is said of an adaptive backend: nothing of kernels that are as cold as ever. */
  @Test
  void textSaysHowWarmTheKernelsAre() {
    assertEquals("warming up for 0.25 s", said(State.WARMING, 250, List.of("top-p"), List.of("x")));
    assertEquals("warm after 2.31 s", said(State.READY, 2310, List.of(), List.of()));
    assertEquals("warm after 2.31 s", said(State.READY, 2310, List.of("top-p"), List.of()));
    assertEquals(
        "warm after 1.20 s: top-p, the draw; kernels not called yet are warmed after their first"
            + " call",
        said(State.READY, 1200, List.of("top-p", "the draw"), List.of("top-k", "min-p")));
    assertEquals(
        "no kernel called yet; each is warmed after its first call",
        said(State.READY, 90, List.of(), List.of("top-k", "min-p")));
    assertEquals(
        "gave up warming up after 5.00 s", said(State.GAVE_UP, 5000, List.of("top-p"), List.of()));
    assertEquals(
        "gave up warming up after 5.00 s; warm: top-p; kernels not called yet are warmed after"
            + " their first call",
        said(State.GAVE_UP, 5000, List.of("top-p"), List.of("min-p")));
    assertEquals(
        "gave up warming up after 5.00 s; kernels not called yet are warmed after their first call",
        said(State.GAVE_UP, 5000, List.of(), List.of("min-p")));
  }

  private static String said(State state, long milliseconds, List<String> warm, List<String> cold) {
    String text =
        new BackendReport(
                "adaptive", 256, state, Duration.ofMillis(milliseconds), List.of(), warm, cold)
            .toString();
    String start = "active backend: adaptive, 256 bits, ";
    assertTrue(text.startsWith(start), text);
    return text.substring(start.length());
  }

  @Test
  void namesOfKernelsAreCopied() {
    List<String> warm = new ArrayList<>(List.of("top-p"));
    List<String> cold = new ArrayList<>(List.of("min-p"));
    BackendReport report =
        new BackendReport("adaptive", 256, State.READY, Duration.ZERO, List.of(), warm, cold);
    warm.clear();
    cold.clear();
    assertEquals(List.of("top-p"), report.warm());
    assertEquals(List.of("min-p"), report.cold());
    assertThrows(UnsupportedOperationException.class, () -> report.warm().clear());
    assertThrows(UnsupportedOperationException.class, () -> report.cold().clear());
  }

  @Test
  void rejectionsAreCopied() {
    List<Rejection> rejections = new ArrayList<>(List.of(NO_MODULE));
    BackendReport report = new BackendReport("scalar", 0, State.READY, Duration.ZERO, rejections);
    rejections.clear();
    assertEquals(List.of(NO_MODULE), report.rejections());
    assertThrows(UnsupportedOperationException.class, () -> report.rejections().clear());
    assertEquals(
        new BackendReport("scalar", 0, State.READY, Duration.ZERO, List.of(NO_MODULE)), report);
  }

  @Test
  void reportOfThisJvmIsThatOfBest() {
    BackendReport report = Backends.report();
    assertSame(report, Backends.report());
    Kernels best = Kernels.best();
    assertSame(best, Kernels.best());
    assertEquals(best.name(), report.active());
    assertEquals(best.vectorBits(), report.vectorBits());
    assertEquals(State.READY, report.state());
    assertEquals(1, report.rejections().size(), "the vector backend is not on this class path");
    for (Rejection rejection : report.rejections()) {
      assertNotNull(rejection.remedy());
      assertTrue(rejection.reason().length() > 10, rejection.toString());
    }
  }

  @Test
  void scalarIsAlwaysThere() {
    Kernels scalar = Kernels.scalar();
    assertSame(scalar, Kernels.named("scalar"));
    assertEquals("scalar", scalar.name());
    assertEquals(0, scalar.vectorBits());
    assertEquals("scalar", scalar.toString());
  }

  @Test
  void unknownBackendsAreRejected() {
    Failures.illegalArgument(
        "unknown backend 'foo': the backends are scalar and vector", () -> Kernels.named("foo"));
  }

  /** On this class path there is no vector backend. */
  @Test
  void absentBackendsAreRejectedWithTheRemedy() {
    Failures.illegalState(
        "vector is not in use: the artifact logit-kernels-vector is not on the class path or module"
            + " path. Remedy: add org.logitkernels:logit-kernels-vector to the application, and add"
            + " --add-modules jdk.incubator.vector to the java command.",
        () -> Kernels.named("vector"));
  }
}
