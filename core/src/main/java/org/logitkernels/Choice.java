package org.logitkernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.logitkernels.BackendReport.State;
import org.logitkernels.internal.AdaptiveKernels;
import org.logitkernels.internal.BackendUnavailableException;
import org.logitkernels.internal.RowKernels;
import org.logitkernels.internal.WarmUp;

/**
 * What {@link Kernels#best()} stands for.
 *
 * <p>No lambda and no log on the way to the first answer of {@link Adaptive}: either costs a caller
 * milliseconds in a JVM that has just started.
 */
sealed interface Choice {
  Kernels best();

  BackendReport report();

  /** Waits until the choice is as fast as it gets, for so long at most; whether it is. */
  boolean await(Duration atMost) throws InterruptedException;

  static Logger logger() {
    return System.getLogger("org.logitkernels");
  }

  /** One backend for good. */
  record Settled(Kernels best, BackendReport report) implements Choice {
    Settled(Kernels best, List<Rejection> rejections) {
      this(
          best,
          new BackendReport(
              best.name(), best.vectorBits(), State.READY, Duration.ZERO, rejections));
    }

    @Override
    public boolean await(Duration atMost) {
      return true;
    }
  }

  /** None: what was asked for cannot be had. */
  record Impossible(String failure, BackendReport report) implements Choice {
    Impossible(String property, Rejection rejection) {
      this(
          "-D" + property + " asks for what cannot be had. " + rejection,
          new BackendReport("none", 0, State.UNAVAILABLE, Duration.ZERO, List.of(rejection)));
    }

    @Override
    public Kernels best() {
      throw new IllegalStateException(failure);
    }

    @Override
    public boolean await(Duration atMost) {
      throw new IllegalStateException(failure);
    }
  }

  /** Scalar at first, vector as it gets warm. */
  final class Adaptive implements Choice, WarmUp.Source {
    private final AdaptiveKernels adaptive;
    private final Kernels kernels;
    private final WarmUp warmUp;
    private final boolean eager;

    /** Starts the warm-up. */
    Adaptive(RowKernels scalar, boolean eager) {
      this.adaptive = new AdaptiveKernels(scalar);
      this.kernels = new Kernels(adaptive);
      this.warmUp = new WarmUp(adaptive, this);
      this.eager = eager;
      warmUp.start();
    }

    @Override
    public Kernels best() {
      if (eager && !warmUp.hasEnded()) {
        try {
          warmUp.await(Long.MAX_VALUE);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt(); // scalar will do
        }
      }
      return kernels;
    }

    @Override
    public boolean await(Duration atMost) throws InterruptedException {
      return warmUp.await(TimeUnit.NANOSECONDS.convert(atMost));
    }

    @Override
    public RowKernels open() throws BackendUnavailableException {
      return Backends.openVector();
    }

    @Override
    public BackendReport report() {
      boolean ended = warmUp.hasEnded();
      BackendUnavailableException failure = ended ? warmUp.failure() : null;
      return new BackendReport(
          kernels.name(),
          kernels.vectorBits(),
          !ended ? State.WARMING : failure == null ? State.READY : State.GAVE_UP,
          Duration.ofNanos(warmUp.took()),
          failure == null ? List.of() : List.of(Backends.rejection(failure)));
    }

    /** One line in the log, from warm-up's thread. */
    @Override
    public void ended(WarmUp warmUp) {
      BackendReport report = report();
      boolean ready = report.state() == State.READY;
      logger()
          .log(ready ? Level.DEBUG : Level.WARNING, report + (ready ? "" : Backends.slowness()));
    }
  }
}
