package org.logitkernels;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Which backend {@link Kernels#best()} stands for in this JVM, how far it is, and why no other.
 *
 * @param active name of the backend: "adaptive" (scalar, then vector), "vector", "scalar", or
 *     "none" if what was asked for cannot be had
 * @param vectorBits width in bits of its vectors, or of those it is heading for; 0 for scalar
 * @param state how far it is
 * @param warmUp how long the warm-up has taken so far, or took; zero if there is none
 * @param rejections the backends not in use, or not for everything, each with the reason and the
 *     remedy
 */
public record BackendReport(
    String active, int vectorBits, State state, Duration warmUp, List<Rejection> rejections) {

  /** How far the active backend is. */
  public enum State {
    /** {@link Kernels#best()} answers with the active backend. */
    READY,
    /** Some or all kernels answer with scalar code while the vector kernels are compiled. */
    WARMING,
    /**
     * Some or all kernels answer with scalar code, and will: {@link BackendReport#rejections} says
     * why.
     */
    GAVE_UP,
    /** What was asked for cannot be had: {@link Kernels#best()} throws. */
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
    switch (state) {
      case READY -> text.append(warmUp.isZero() ? "" : ", warm after " + seconds());
      case WARMING -> text.append(", warming up for ").append(seconds());
      case GAVE_UP -> text.append(", gave up warming up after ").append(seconds());
      case UNAVAILABLE -> text.append(", UNAVAILABLE");
    }
    for (Rejection rejection : rejections) {
      text.append(System.lineSeparator()).append(rejection);
    }
    return text.toString();
  }

  private String seconds() {
    return String.format(Locale.ROOT, "%.2f s", warmUp.toNanos() / 1e9);
  }
}
