package org.logitkernels;

/**
 * Why a backend is not in use, and what to do about it.
 *
 * {@snippet lang=java :
 * Rejection rejection = Backends.report().rejections().getFirst();
 * System.out.println(rejection.backend() + ": " + rejection.reason());
 * // vector: the artifact logit-kernels-vector is not on the class path or module path
 * }
 *
 * @param backend the backend's name
 * @param reason what stands in its way
 * @param remedy what helps
 */
public record Rejection(String backend, String reason, String remedy) {
  /** In words. */
  @Override
  public String toString() {
    return backend + " is not in use: " + reason + ". Remedy: " + remedy + ".";
  }
}
