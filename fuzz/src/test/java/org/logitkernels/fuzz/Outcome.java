package org.logitkernels.fuzz;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** All that a call has left, as bits: what it returned and wrote, or its error. */
final class Outcome {
  /** The only errors that the library documents; a bare one of the JDK's would be a subclass. */
  private static final List<Class<?>> DOCUMENTED =
      List.of(
          IllegalArgumentException.class,
          IllegalStateException.class,
          IndexOutOfBoundsException.class);

  private final Notes notes;
  private final @Nullable RuntimeException error;

  private Outcome(Notes notes, @Nullable RuntimeException error) {
    this.notes = notes;
    this.error = error;
  }

  /** What a call notes its numbers in. */
  static final class Notes {
    private long[] bits = new long[64];
    private int size;

    void add(long number) {
      if (size == bits.length) {
        bits = Arrays.copyOf(bits, 2 * size);
      }
      bits[size++] = number;
    }

    void add(float number) {
      add((long) Float.floatToRawIntBits(number));
    }

    void add(double number) {
      add(Double.doubleToRawLongBits(number));
    }

    void add(int[] numbers) {
      for (int number : numbers) {
        add((long) number);
      }
    }

    void add(float[] numbers) {
      for (float number : numbers) {
        add(number);
      }
    }

    void add(double[] numbers) {
      for (double number : numbers) {
        add(number);
      }
    }
  }

  /** A call that notes what it returns. */
  interface Call {
    void run(Notes notes);
  }

  /** Runs a call, which may fail only as documented. */
  static Outcome of(Call call) {
    Notes notes = new Notes();
    try {
      call.run(notes);
      return new Outcome(notes, null);
    } catch (RuntimeException e) {
      if (!DOCUMENTED.contains(e.getClass())) {
        throw new AssertionError("not documented: " + e, e);
      }
      return new Outcome(notes, e);
    }
  }

  /** Where more may be noted. */
  Notes notes() {
    return notes;
  }

  /** The number that was noted first. */
  int first() {
    return Math.toIntExact(notes.bits[0]);
  }

  @Nullable RuntimeException error() {
    return error;
  }

  boolean failed() {
    return error != null;
  }

  /** It did not fail. */
  void assertSucceeded() {
    if (error != null) {
      fail("should not have failed: " + error, error);
    }
  }

  /** It failed so. */
  void assertFailed(Class<? extends RuntimeException> type) {
    assertEquals(type, error == null ? null : error.getClass(), () -> "failed with " + error);
  }

  /** The kind of error, or none. */
  @Nullable Class<?> errorType() {
    return error == null ? null : error.getClass();
  }

  /** The same numbers, or the same error in the same words. */
  void assertSame(Outcome other, String name) {
    assertEquals(String.valueOf(error), String.valueOf(other.error), name);
    assertSameNumbers(other, name);
  }

  /** The same numbers, whatever the error's words are. */
  void assertSameNumbers(Outcome other, String name) {
    int mismatch =
        Arrays.mismatch(notes.bits, 0, notes.size, other.notes.bits, 0, other.notes.size);
    if (mismatch >= 0) {
      fail(name + ": other bits, at " + mismatch + " of " + notes.size);
    }
  }
}
