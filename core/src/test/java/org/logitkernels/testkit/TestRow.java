package org.logitkernels.testkit;

import java.util.Arrays;

/**
 * A row of logits inside a larger array, with what must not be read around it.
 *
 * @param recipe how it was made, for the report of a failure
 * @param array the array
 * @param from index of its first logit
 * @param to index after its last
 */
public record TestRow(String recipe, float[] array, int from, int to) {
  /** How many logits it has. */
  public int length() {
    return to - from;
  }

  /** A copy of its logits. */
  public float[] logits() {
    return Arrays.copyOfRange(array, from, to);
  }

  /** The recipe. */
  @Override
  public String toString() {
    return recipe;
  }
}
