package org.logitkernels.testkit;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.function.Executable;

/** Errors by type and exact message. */
public final class Failures {
  /** Of a row in which every token is masked. */
  public static final String ALL_MASKED =
      "every logit in the range is -Infinity: nothing can be sampled";

  /** Of a sampler that has nothing to tell. */
  public static final String NOTHING_SAMPLED =
      "no token has been sampled: the last call failed or there was none";

  private Failures() {}

  /** An {@link IllegalArgumentException} with this message. */
  public static void illegalArgument(String message, Executable call) {
    expect(IllegalArgumentException.class, message, call);
  }

  /** An {@link IllegalStateException} with this message. */
  public static void illegalState(String message, Executable call) {
    expect(IllegalStateException.class, message, call);
  }

  /** Exactly this type, with this message. */
  public static void expect(Class<? extends Throwable> type, String message, Executable call) {
    Throwable thrown = assertThrows(type, call, message);
    assertEquals(type, thrown.getClass(), message);
    assertEquals(message, thrown.getMessage());
  }
}
