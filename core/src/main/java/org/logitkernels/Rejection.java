package org.logitkernels;

/**
 * Why a backend is not in use, and what to do about it.
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
