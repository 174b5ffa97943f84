package org.logitkernels;

import java.time.Duration;
import java.util.List;
import java.util.Locale;

/**
 * Which backend {@link Kernels#best()} stands for in this JVM, how far it is, and why no other.
 *
 * {@snippet lang=java :
 * BackendReport report = Backends.report();
 * System.out.println(report.active() + ", " + report.vectorBits() + " bits, " + report.state());
 * // scalar, 0 bits, READY
 * for (Rejection rejection : report.rejections()) {
 *   System.out.println("without " + rejection.backend());
 *   // without vector
 * }
 * }
 *
 * @param active name of the backend: "adaptive" (scalar, then vector), "vector", "scalar", or
 *     "none" if what was asked for cannot be had
 * @param vectorBits width in bits of its vectors, or of those it is heading for; 0 for scalar
 * @param state how far it is
 * @param warmUp how long the warm-up has worked so far, its rests included; zero if there is none
 * @param rejections the backends not in use, or not for everything, each with the reason and the
 *     remedy
 * @param warm names of the kernels that a warm-up has exchanged for vector ones; empty if there is
 *     none
 * @param cold names of the kernels that no caller has asked for: each answers with scalar code, and
 *     is warmed after its first call, or by {@link Backends#warmUp}; empty if there are none
 */
public record BackendReport(
    String active,
    int vectorBits,
    State state,
    Duration warmUp,
    List<Rejection> rejections,
    List<String> warm,
    List<String> cold) {

  /** How far the active backend is. */
  public enum State {
    /**
     * {@link Kernels#best()} answers with the active backend. An adaptive one answers with vectors
     * for every kernel that callers have asked for so far; {@link BackendReport#cold} has the
     * others. The first call of one of those makes the state {@link #WARMING} once more.
     */
    READY,
    /**
     * Some or all of the kernels that callers ask for answer with scalar code while the vector
     * kernels are compiled.
     */
    WARMING,
    /**
     * Some or all of the kernels that callers have asked for answer with scalar code, and will:
     * {@link BackendReport#rejections} says why.
     */
    GAVE_UP,
    /** What was asked for cannot be had: {@link Kernels#best()} throws. */
    UNAVAILABLE
  }

  private static final String LATER = "; kernels not called yet are warmed after their first call";

  /** Takes copies of the lists. */
  public BackendReport {
    rejections = List.copyOf(rejections);
    warm = List.copyOf(warm);
    cold = List.copyOf(cold);
  }

  /**
   * A report without names of kernels.
   *
   * @param active name of the backend
   * @param vectorBits width in bits of its vectors
   * @param state how far it is
   * @param warmUp how long the warm-up has worked
   * @param rejections the backends not in use, or not for everything
   */
  public BackendReport(
      String active, int vectorBits, State state, Duration warmUp, List<Rejection> rejections) {
    this(active, vectorBits, state, warmUp, rejections, List.of(), List.of());
  }

  /**
   * The report as readable text, a line for the active backend and one for each rejection. Where
   * some kernels are cold, the first line names those that are warm.
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("active backend: ").append(active);
    if (vectorBits > 0) {
      text.append(", ").append(vectorBits).append(" bits");
    }
    String names = String.join(", ", warm);
    switch (state) {
      case READY -> {
        if (cold.isEmpty()) {
          text.append(warmUp.isZero() ? "" : ", warm after " + seconds());
        } else if (warm.isEmpty()) {
          text.append(", no kernel called yet; each is warmed after its first call");
        } else {
          text.append(", warm after ").append(seconds()).append(": ").append(names).append(LATER);
        }
      }
      case WARMING -> text.append(", warming up for ").append(seconds());
      case GAVE_UP -> {
        text.append(", gave up warming up after ").append(seconds());
        if (!cold.isEmpty()) {
          text.append(warm.isEmpty() ? "" : "; warm: " + names).append(LATER);
        }
      }
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
