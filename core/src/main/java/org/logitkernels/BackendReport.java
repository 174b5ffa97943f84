package org.logitkernels;

import java.util.List;

/**
 * Which backend {@link Kernels#best()} stands for in this JVM, and why no other.
 *
 * @param active name of the backend: "vector", "scalar", or "none" if a forced one cannot serve
 * @param vectorBits width of its vectors in bits; 0 for scalar
 * @param state how far it is
 * @param rejections the backends not in use, each with the reason and the remedy
 */
public record BackendReport(
    String active, int vectorBits, State state, List<Rejection> rejections) {

  /** How far the active backend is. */
  public enum State {
    /** {@link Kernels#best()} answers with the active backend. */
    READY,
    /** A backend was forced and cannot serve: {@link Kernels#best()} throws. */
    UNAVAILABLE
  }

  /** Takes a copy of the list. */
  public BackendReport {
    rejections = List.copyOf(rejections);
  }

  /** The report as readable text, a line for the active backend and one for each rejection. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("active backend: ").append(active);
    if (vectorBits > 0) {
      text.append(", ").append(vectorBits).append(" bits");
    }
    if (state != State.READY) {
      text.append(", ").append(state);
    }
    for (Rejection rejection : rejections) {
      text.append(System.lineSeparator()).append(rejection);
    }
    return text.toString();
  }
}
