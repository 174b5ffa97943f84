package org.logitkernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.logitkernels.BackendReport.State;
import org.logitkernels.adaptive.AdaptiveBackend;
import org.logitkernels.adaptive.AdaptiveNatives;
import org.logitkernels.adaptive.WarmUp;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.BackendUnavailableException;
import org.logitkernels.spi.Launch;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.SegmentAddress;

/**
 * What {@link Kernels#best()} stands for.
 *
 * <p>No lambda and no log on the way to the first answer of {@link Adaptive}: either costs a caller
 * milliseconds in a JVM that has just started.
 */
sealed interface BackendChoice {
  Kernels best();

  BackendReport report();

  /** Waits until the choice is as fast as it gets, for so long at most; whether it is. */
  boolean await(Duration atMost) throws InterruptedException;

  static Logger logger() {
    return System.getLogger("org.logitkernels");
  }

  /** One backend for good. */
  record Settled(Kernels best, BackendReport report) implements BackendChoice {
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
  record Impossible(String failure, BackendReport report) implements BackendChoice {
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

  /** Scalar at first, vector for each kernel that is called, as it gets warm. */
  final class Adaptive
      implements BackendChoice, WarmUp.Source<Backend>, AdaptiveBackend.NativesMaker {
    private final AdaptiveBackend adaptive;
    private final Kernels kernels;
    private final WarmUp<float[], Backend> warmUp;
    private final boolean eager;

    /** That of the kernels for native memory, from their first use on. */
    private volatile @Nullable WarmUp<SegmentAddress, NativeKernels> ofNatives;

    /** What the log has warned of. */
    private List<Rejection> told = List.of();

    /** Starts the warm-up. */
    Adaptive(Backend scalar, boolean eager) {
      this.adaptive = new AdaptiveBackend(scalar, this);
      this.kernels = new Kernels(adaptive);
      this.warmUp = new WarmUp<>(adaptive, this);
      this.eager = eager;
      warmUp.start();
    }

    @Override
    public NativeKernels make(AdaptiveBackend backend) {
      AdaptiveNatives natives = new AdaptiveNatives(backend);
      WarmUp<SegmentAddress, NativeKernels> started = new WarmUp<>(natives, new OfNatives(warmUp));
      ofNatives = started;
      started.start();
      return natives;
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
      long nanoseconds = TimeUnit.NANOSECONDS.convert(atMost);
      long end = System.nanoTime() + nanoseconds;
      WarmUp<SegmentAddress, NativeKernels> natives = ofNatives;
      return warmUp.await(nanoseconds)
          && (natives == null
              || natives.await(
                  nanoseconds == Long.MAX_VALUE ? nanoseconds : end - System.nanoTime()));
    }

    @Override
    public Backend open() throws BackendUnavailableException {
      return Backends.open(Launch.PREFERRED).rows;
    }

    @Override
    public BackendReport report() {
      WarmUp<SegmentAddress, NativeKernels> natives = ofNatives;
      boolean settled = warmUp.isSettled();
      long took = warmUp.took();
      List<Rejection> rejections = new ArrayList<>();
      List<String> warm = new ArrayList<>();
      List<String> cold = new ArrayList<>();
      add(warmUp, rejections, warm, cold);
      if (natives != null) {
        settled &= natives.isSettled();
        took += natives.isSettled() ? natives.took() : 0;
        add(natives, rejections, warm, cold);
      }
      State state = !settled ? State.WARMING : rejections.isEmpty() ? State.READY : State.GAVE_UP;
      return new BackendReport(
          kernels.name(),
          kernels.vectorBits(),
          state,
          Duration.ofNanos(took),
          rejections,
          warm,
          cold);
    }

    private static void add(
        WarmUp<?, ?> warmUp, List<Rejection> rejections, List<String> warm, List<String> cold) {
      BackendUnavailableException failure = warmUp.failure();
      if (failure != null) {
        Rejection rejection = Backends.rejection(Launch.PREFERRED, failure);
        if (!rejections.contains(rejection)) {
          rejections.add(rejection);
        }
      }
      warmUp.addWarm(warm);
      warmUp.addCold(cold);
    }

    /** A line in the log, from a warm-up's thread. */
    @Override
    public void rested() {
      log();
    }

    /** A warning for what was not warned of before. */
    private synchronized void log() {
      BackendReport report = report();
      boolean warning = report.state() == State.GAVE_UP && !told.containsAll(report.rejections());
      if (warning) {
        told = report.rejections();
      }
      logger()
          .log(
              warning ? Level.WARNING : Level.DEBUG, report + (warning ? Backends.slowness() : ""));
    }

    /** The kernels for native memory come when those for arrays that callers ask for are warm. */
    private final class OfNatives implements WarmUp.Source<NativeKernels> {
      private final WarmUp<float[], Backend> first;

      OfNatives(WarmUp<float[], Backend> first) {
        this.first = first;
      }

      @Override
      public void turn() throws InterruptedException {
        first.join();
      }

      @Override
      public NativeKernels open() throws BackendUnavailableException {
        return Backends.open(Launch.PREFERRED).rows.natives();
      }

      @Override
      public void rested() {
        log();
      }
    }
  }
}
