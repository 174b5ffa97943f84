package org.logitkernels.spi;

/**
 * How a backend is found through {@link java.util.ServiceLoader}: cheap to load, and says why when
 * it cannot serve.
 */
public interface BackendProvider {
  /** Name of the backend, as in {@code Kernels.named}. */
  String name();

  /**
   * Whether the backend can serve, as far as that can be told in no time and without loading its
   * classes.
   *
   * @throws BackendUnavailableException if it is known that it cannot
   */
  void check() throws BackendUnavailableException;

  /**
   * The backend's kernels, after a check of everything.
   *
   * @param scalar the scalar reference, for what is not worth a vector
   * @throws BackendUnavailableException if this JVM or machine cannot run them well
   */
  Backend open(Backend scalar) throws BackendUnavailableException;

  /** Whether the class of the preferred backend's provider is there, named by a file or not. */
  static boolean isPreferredThere() {
    try {
      Class.forName(Launch.PROVIDER, false, BackendProvider.class.getClassLoader());
      return true;
    } catch (ClassNotFoundException | LinkageError e) {
      return false;
    }
  }
}
