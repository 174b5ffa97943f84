package org.logitkernels.numerics;

/** How long arrays may be, and how they grow. */
public final class Room {
  /** Elements that an array has at most, on every JVM that is known. */
  public static final int LONGEST = Integer.MAX_VALUE - 8;

  /**
   * Logits that a row has at most, and the last index at which one may end in an array: 2^31 -
   * 2^24, so much less than the largest int that neither the last step of a loop over the row nor a
   * place and a few vectors, blocks or strips behind it leave the range of int.
   */
  public static final int LONGEST_ROW = Integer.MAX_VALUE - (1 << 24) + 1;

  private Room() {}

  /**
   * The length of an array that has to hold so many elements, and more later: at least twice what
   * it was, as far as there are such arrays.
   *
   * @throws OutOfMemoryError if there are none
   */
  public static int of(int length, long needed) {
    if (needed > LONGEST) {
      throw new OutOfMemoryError(needed + " elements are more than an array holds: " + LONGEST);
    }
    return (int) Math.max(needed, Math.min(2L * length, LONGEST));
  }

  /** Checks the length of the longest row that something is made for. */
  public static void checkRow(String name, int length) {
    if (length < 1) {
      throw new IllegalArgumentException(name + " must be >= 1, but was " + length);
    }
    if (length > LONGEST_ROW) {
      throw new IllegalArgumentException(
          name + " must be <= " + LONGEST_ROW + ", but was " + length);
    }
  }
}
