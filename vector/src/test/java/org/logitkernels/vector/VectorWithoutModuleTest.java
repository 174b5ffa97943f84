package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.logitkernels.BackendReport;
import org.logitkernels.Backends;
import org.logitkernels.Kernels;
import org.logitkernels.Rejection;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.testkit.Failures;

/**
 * A JVM without the incubator module: scalar serves, and one line in the log tells why.
 *
 * <p>Needs a JVM in which no backend was chosen before.
 */
@Tag("without-module")
class VectorWithoutModuleTest {
  private static final List<LogRecord> LOG = new ArrayList<>();

  /** Chooses the backend, over and over. */
  @BeforeAll
  static void listen() {
    Logger logger = Logger.getLogger("org.logitkernels");
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord record) {
            LOG.add(record);
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    logger.addHandler(listener);
    logger.setUseParentHandlers(false);
    for (int i = 0; i < 3; i++) {
      assertSame(Kernels.best(), Kernels.best());
      assertSame(Backends.report(), Backends.report());
      SamplerChain.greedy().newSampler(3, 1);
    }
    logger.setUseParentHandlers(true);
    logger.removeHandler(listener);
  }

  @Test
  void theModuleIsAbsent() {
    assertTrue(ModuleLayer.boot().findModule("jdk.incubator.vector").isEmpty());
  }

  @Test
  void scalarServes() {
    assertSame(Kernels.scalar(), Kernels.best());
    SamplerChain chain = SamplerChain.of(Step.temperature(0.8f), Step.topK(2), Step.topP(0.5f));
    assertEquals(1, chain.newSampler(3, 1).sample(new float[] {1, 3, 2}));
  }

  @Test
  void theReportNamesTheRemedy() {
    BackendReport report = Backends.report();
    assertEquals("scalar", report.active());
    assertEquals(0, report.vectorBits());
    assertEquals(BackendReport.State.READY, report.state());
    assertEquals(
        List.of(
            new Rejection(
                "vector",
                "the module jdk.incubator.vector is not resolved",
                "add --add-modules jdk.incubator.vector to the java command")),
        report.rejections());
  }

  @Test
  void oneWarningIsLogged() {
    assertEquals(1, LOG.size(), LOG::toString);
    LogRecord warning = LOG.getFirst();
    assertEquals(Level.WARNING, warning.getLevel());
    assertEquals("org.logitkernels", warning.getLoggerName());
    assertEquals(
        Backends.report().rejections().getFirst()
            + " The scalar backend gives the same bits, more slowly.",
        warning.getMessage());
  }

  @Test
  void vectorByNameFailsWithTheRemedy() {
    Failures.illegalState(
        Backends.report().rejections().getFirst().toString(), () -> Kernels.named("vector"));
  }
}
