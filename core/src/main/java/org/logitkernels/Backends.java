package org.logitkernels;

import java.lang.System.Logger.Level;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.ServiceConfigurationError;
import java.util.ServiceLoader;
import org.jspecify.annotations.Nullable;
import org.logitkernels.scalar.ScalarKernels;
import org.logitkernels.spi.BackendProvider;
import org.logitkernels.spi.BackendUnavailableException;
import org.logitkernels.spi.HotSpot;
import org.logitkernels.spi.Launch;

/**
 * Chooses the backend, once per JVM, and tells what was chosen.
 *
 * <p>The vector backend is found through {@link ServiceLoader}. If it can serve, {@link
 * Kernels#best()} is <i>adaptive</i>: it answers with the scalar kernels at once, a daemon thread
 * of the lowest priority gets the vector kernels compiled meanwhile, and each answers from the
 * moment it is measurably faster. The bits are the same all along, so nothing changes but the
 * speed. Only kernels that were called are compiled so; what no caller uses takes no time from
 * those that callers use. The thread ends when each of these has been exchanged, or has taken ten
 * seconds of processor time in vain. The first call of another kernel starts a new thread. If the
 * vector backend cannot serve, {@code best()} is the scalar one. In either case {@link #report()}
 * says so, and one line in the log of {@code org.logitkernels} says what is in the way and what to
 * do.
 *
 * <p>Two system properties have a say:
 *
 * <ul>
 *   <li>{@code org.logitkernels.backend}, {@code scalar} or {@code vector}, forces one backend,
 *       bare, and makes {@code best()} fail if it cannot serve;
 *   <li>{@code org.logitkernels.warmup}: {@code background} is as above; {@code eager} warms every
 *       kernel, and makes {@code best()} return when that is done; {@code none} has no thread:
 *       {@code best()} is the bare vector backend, slow for about a second of its use.
 * </ul>
 *
 * {@snippet lang=java :
 * if (!Backends.warmUp(Duration.ofSeconds(30))) { // in a readiness probe
 *   System.out.println("not at full speed yet, but right");
 * }
 * System.out.println(Backends.report().active()); // "adaptive" where vectors can serve
 * // scalar
 * }
 */
public final class Backends {
  private static final String BACKEND = "org.logitkernels.backend";
  private static final String WARM_UP = "org.logitkernels.warmup";
  private static final String SCALAR = "scalar";

  static final Kernels SCALAR_KERNELS = new Kernels(new ScalarKernels());

  /** By name; also the lock to open one. */
  private static final Map<String, Opened> OPENED = new HashMap<>();

  private Backends() {}

  /**
   * What {@link Kernels#best()} stands for in this JVM, and how far it is. Makes the choice if it
   * was not made before; never throws.
   *
   * @return the report of this moment
   */
  public static BackendReport report() {
    return Made.CHOICE.report();
  }

  /**
   * Blocks until every kernel of {@link Kernels#best()} is as fast as it gets, whether it was
   * called or not: for services that are to report themselves ready only then. The warm-up takes no
   * rests from then on. Kernels for native memory are waited for if a row in native memory was met
   * before.
   *
   * <p>Returns at once where there is nothing to wait for: with a backend that was forced, with the
   * scalar one, and with {@code -Dorg.logitkernels.warmup=none}. Makes the choice if it was not
   * made before.
   *
   * @param atMost how long to wait at most
   * @return true if the warm-up has ended, which {@link #report()} tells more about; false if time
   *     ran out, and the warm-up of every kernel goes on
   * @throws InterruptedException if this thread is interrupted while it waits; the warm-up goes on
   * @throws IllegalStateException if {@link Kernels#best()} would throw it
   */
  public static boolean warmUp(Duration atMost) throws InterruptedException {
    return Made.CHOICE.await(Objects.requireNonNull(atMost, "atMost"));
  }

  static Kernels best() {
    return Made.CHOICE.best();
  }

  static Kernels named(String name) {
    try {
      return open(name);
    } catch (BackendUnavailableException e) {
      throw new IllegalStateException(rejection(name, e).toString());
    }
  }

  static Rejection rejection(String backend, BackendUnavailableException e) {
    return new Rejection(backend, e.reason(), e.remedy());
  }

  static String slowness() {
    return HotSpot.hasFusedMultiplyAdd()
        ? ""
        : " This JVM has no hardware for fused multiply-adds: sampling is right, but hundreds of"
            + " times slower.";
  }

  /** The kernels of a backend, opened when first asked for. */
  static Kernels open(String name) throws BackendUnavailableException {
    if (name.equals(SCALAR)) {
      return SCALAR_KERNELS;
    }
    synchronized (OPENED) {
      Opened opened = OPENED.get(name);
      if (opened == null) {
        opened = Opened.of(name);
        OPENED.put(name, opened);
      }
      if (opened.kernels == null) {
        throw new BackendUnavailableException(opened.reason, opened.remedy);
      }
      return opened.kernels;
    }
  }

  /** The choice, made once. */
  private static final class Made {
    static final BackendChoice CHOICE =
        choose(System.getProperty(BACKEND), System.getProperty(WARM_UP, "background"));
  }

  private static BackendChoice choose(@Nullable String backend, String warmUp) {
    boolean background = warmUp.equals("background");
    boolean eager = warmUp.equals("eager");
    if (!background && !eager && !warmUp.equals("none")) {
      return new BackendChoice.Impossible(
          WARM_UP,
          new Rejection(
              Launch.PREFERRED,
              "unknown warm-up '" + warmUp + "': it is background, eager or none",
              "set " + WARM_UP + " to one of them, or remove it"));
    }
    if (backend != null) {
      return forced(backend);
    }
    try {
      if (background || eager) {
        if (!isPromising()) {
          check();
        }
        return new BackendChoice.Adaptive(SCALAR_KERNELS.rows, eager);
      }
      return settled(open(Launch.PREFERRED));
    } catch (BackendUnavailableException e) {
      Rejection rejection = rejection(Launch.PREFERRED, e);
      BackendChoice scalar = new BackendChoice.Settled(SCALAR_KERNELS, List.of(rejection));
      BackendChoice.logger()
          .log(
              Level.WARNING,
              rejection + " The scalar backend gives the same bits, more slowly." + slowness());
      return scalar;
    }
  }

  private static BackendChoice forced(String backend) {
    if (backend.equals(SCALAR)) {
      Rejection rejection =
          new Rejection(
              Launch.PREFERRED,
              "the system property " + BACKEND + " forces scalar",
              "remove the property");
      BackendChoice choice = new BackendChoice.Settled(SCALAR_KERNELS, List.of(rejection));
      BackendChoice.logger()
          .log(
              HotSpot.hasFusedMultiplyAdd() ? Level.DEBUG : Level.WARNING,
              choice.report() + slowness());
      return choice;
    }
    try {
      return settled(open(backend));
    } catch (BackendUnavailableException e) {
      return new BackendChoice.Impossible(
          BACKEND, rejection(backend, e)); // best() says why, loudly
    } catch (IllegalArgumentException e) {
      String remedy = "set " + BACKEND + " to " + names(" or ") + ", or remove it";
      return new BackendChoice.Impossible(
          BACKEND, new Rejection(backend, String.valueOf(e.getMessage()), remedy));
    }
  }

  private static BackendChoice settled(Kernels kernels) {
    BackendChoice choice = new BackendChoice.Settled(kernels, List.of());
    BackendChoice.logger().log(Level.DEBUG, choice.report().toString());
    return choice;
  }

  /**
   * Whether all that is usually missing is there: so that the first call need not wait for a
   * service loader, which takes longer than the call itself. The warm-up asks it all the same.
   */
  private static boolean isPromising() {
    return BackendProvider.isPreferredThere()
        && ModuleLayer.boot().findModule(Launch.INCUBATOR).isPresent()
        && HotSpot.obviousObstacle() == null;
  }

  private static void check() throws BackendUnavailableException {
    try {
      search(Launch.PREFERRED).check();
    } catch (LinkageError e) {
      throw Launch.failed(e);
    }
  }

  /** Finds a backend's provider by its name, and loads no more of the backend. */
  private static BackendProvider search(String name) throws BackendUnavailableException {
    try {
      Iterator<BackendProvider> providers = providers();
      while (providers.hasNext()) {
        BackendProvider provider = providers.next();
        if (provider.name().equals(name)) {
          return provider;
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      throw Launch.failed(e);
    }
    if (name.equals(Launch.PREFERRED)) {
      throw Launch.withoutVector();
    }
    throw new IllegalArgumentException(
        "unknown backend '" + name + "': the backends are " + names(" and "));
  }

  private static Iterator<BackendProvider> providers() {
    return ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).iterator();
  }

  /** The names of all backends, those included that every program could have. */
  private static String names(String beforeLast) {
    List<String> names = new ArrayList<>(List.of(SCALAR, Launch.PREFERRED));
    try {
      Iterator<BackendProvider> providers = providers();
      while (providers.hasNext()) {
        String name = providers.next().name();
        if (!names.contains(name)) {
          names.add(name);
        }
      }
    } catch (ServiceConfigurationError | LinkageError e) {
      // Those found so far.
    }
    int last = names.size() - 1;
    return String.join(", ", names.subList(0, last)) + beforeLast + names.get(last);
  }

  /** A backend that was asked for: its kernels, or why there are none. */
  private record Opened(@Nullable Kernels kernels, String reason, String remedy) {
    static Opened of(String name) {
      try {
        return new Opened(new Kernels(search(name).open(SCALAR_KERNELS.rows)), "", "");
      } catch (BackendUnavailableException e) {
        return new Opened(null, e.reason(), e.remedy());
      } catch (LinkageError e) {
        BackendUnavailableException failed = Launch.failed(e);
        return new Opened(null, failed.reason(), failed.remedy());
      }
    }
  }
}
