package org.logitkernels.numerics;

/** What a row must not hold, and how that is said. */
public final class RowErrors {
  private static final String ALL_MASKED =
      "every logit in the range is -Infinity: nothing can be sampled";

  private RowErrors() {}

  /** The error for the first NaN or +Infinity of a row that is known to hold one. */
  public static IllegalArgumentException invalid(float[] logits, int from, int to) {
    for (int i = from; i < to; i++) {
      if (!(logits[i] < Float.POSITIVE_INFINITY)) {
        return invalid(i - from, logits[i]);
      }
    }
    return changed(); // since the pass that saw the value
  }

  /** The error for a NaN or +Infinity that is the first of its row. */
  public static IllegalArgumentException invalid(int token, float logit) {
    return new IllegalArgumentException("logit " + token + " is " + logit);
  }

  /** The error for a NaN or +Infinity that is the first of its row, which is one of many. */
  public static IllegalArgumentException invalid(int row, int index, float logit) {
    return new IllegalArgumentException("row " + row + ": logit " + index + " is " + logit);
  }

  /** An error that a row has met, an illegal argument or state, with the name of the row. */
  public static RuntimeException in(String row, RuntimeException error) {
    String message = row + ": " + error.getMessage();
    return error instanceof IllegalStateException
        ? new IllegalStateException(message, error)
        : new IllegalArgumentException(message, error);
  }

  /** For a row that another thread has changed in the course of a call. */
  public static IllegalArgumentException changed() {
    return new IllegalArgumentException("the row changed while it was read");
  }

  /** For a row in which every token is masked. */
  public static IllegalStateException allMasked() {
    return new IllegalStateException(ALL_MASKED);
  }

  /** Whether an error is the one for a row in which every token is masked. */
  public static boolean isAllMasked(RuntimeException error) {
    return ALL_MASKED.equals(error.getMessage());
  }

  /** For scratch that two threads use at the same time. */
  public static IllegalStateException shared() {
    return new IllegalStateException(
        "another thread uses this sampler, workspace or search at the same time: take one sampler"
            + " per sequence, one workspace per thread, and one Beams per search");
  }
}
