package org.logitkernels;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.Iterator;
import java.util.List;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.logitkernels.BackendReport.State;
import org.logitkernels.internal.BackendProvider;
import org.logitkernels.internal.BackendUnavailableException;
import org.logitkernels.internal.HotSpot;
import org.logitkernels.scalar.ScalarKernels;

/**
 * Chooses the backend, once per JVM, and tells what was chosen.
 *
 * <p>The vector backend is found through {@link ServiceLoader} and taken if it can serve; otherwise
 * {@link Kernels#best()} is the scalar one, one line in the log of {@code org.logitkernels} says
 * why and what to do, and {@link #report()} says the same to a program. The system property {@code
 * org.logitkernels.backend}, {@code scalar} or {@code vector}, forces one and makes {@link
 * Kernels#best()} fail if it cannot serve.
 */
public final class Backends {
  static final String PROPERTY = "org.logitkernels.backend";
  private static final String SCALAR = "scalar";
  private static final String VECTOR = "vector";

  static final Kernels SCALAR_KERNELS = new Kernels(new ScalarKernels());

  private Backends() {}

  /**
   * What {@link Kernels#best()} stands for in this JVM. Makes the choice if it was not made before;
   * never throws.
   *
   * @return the same report at every call
   */
  public static BackendReport report() {
    return Choice.MADE.report;
  }

  static Kernels best() {
    Choice choice = Choice.MADE;
    if (choice.best == null) {
      throw new IllegalStateException(choice.failure());
    }
    return choice.best;
  }

  static Kernels named(String name) {
    switch (name) {
      case SCALAR -> {
        return SCALAR_KERNELS;
      }
      case VECTOR -> {
        Search search = Search.DONE;
        if (search.kernels == null) {
          throw new IllegalStateException(search.rejection.toString());
        }
        return search.kernels;
      }
      default -> throw new IllegalArgumentException(unknown(name));
    }
  }

  private static String unknown(String name) {
    return "unknown backend '" + name + "': the backends are scalar and vector";
  }

  /** The search for the vector backend. */
  private record Search(@Nullable Kernels kernels, Rejection rejection) {
    private static final Rejection NONE = new Rejection(VECTOR, "", "");

    static final Search DONE = search();

    private static Search search() {
      try {
        Iterator<BackendProvider> providers =
            ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).iterator();
        while (providers.hasNext()) {
          BackendProvider provider = providers.next();
          if (provider.name().equals(VECTOR)) {
            return new Search(new Kernels(provider.open(SCALAR_KERNELS.rows)), NONE);
          }
        }
        return rejected(
            "the artifact logit-kernels-vector is not on the class path or module path",
            "add org.logitkernels:logit-kernels-vector to the application");
      } catch (BackendUnavailableException e) {
        return rejected(e.reason(), e.remedy());
      } catch (ServiceConfigurationError | LinkageError e) {
        return rejected(
            "it failed to load (" + e + ")",
            "give logit-kernels-core and logit-kernels-vector the same version, and add "
                + "--add-modules jdk.incubator.vector to the java command");
      }
    }

    private static Search rejected(String reason, String remedy) {
      return new Search(null, new Rejection(VECTOR, reason, remedy));
    }
  }

  /** The choice, made once. */
  private static final class Choice {
    static final Choice MADE = make(System.getProperty(PROPERTY));

    final @Nullable Kernels best;
    final BackendReport report;

    private Choice(@Nullable Kernels best, List<Rejection> rejections) {
      this.best = best;
      this.report =
          new BackendReport(
              best == null ? "none" : best.name(),
              best == null ? 0 : best.vectorBits(),
              best == null ? State.UNAVAILABLE : State.READY,
              rejections);
    }

    String failure() {
      StringBuilder text =
          new StringBuilder("-D" + PROPERTY + " names a backend that cannot serve.");
      for (Rejection rejection : report.rejections()) {
        text.append(' ').append(rejection);
      }
      return text.toString();
    }

    private static Choice make(@Nullable String forced) {
      Logger logger = System.getLogger("org.logitkernels");
      if (SCALAR.equals(forced)) {
        Choice choice =
            new Choice(
                SCALAR_KERNELS,
                List.of(
                    new Rejection(
                        VECTOR,
                        "the system property " + PROPERTY + " forces scalar",
                        "remove the property")));
        logger.log(
            HotSpot.hasFusedMultiplyAdd() ? Level.DEBUG : Level.WARNING,
            () -> choice.report + slowness());
        return choice;
      }
      if (forced != null && !VECTOR.equals(forced)) {
        return new Choice(
            null,
            List.of(
                new Rejection(
                    forced,
                    unknown(forced),
                    "set " + PROPERTY + " to scalar or vector, or remove it")));
      }
      Search search = Search.DONE;
      if (search.kernels != null) {
        Choice choice = new Choice(search.kernels, List.of());
        logger.log(Level.DEBUG, () -> choice.report.toString());
        return choice;
      }
      if (VECTOR.equals(forced)) {
        return new Choice(null, List.of(search.rejection)); // best() says why, loudly
      }
      logger.log(
          Level.WARNING,
          () ->
              search.rejection
                  + " The scalar backend gives the same bits, more slowly."
                  + slowness());
      return new Choice(SCALAR_KERNELS, List.of(search.rejection));
    }

    private static String slowness() {
      return HotSpot.hasFusedMultiplyAdd()
          ? ""
          : " This JVM has no hardware for fused multiply-adds: sampling is right, but hundreds of"
              + " times slower.";
    }
  }
}
