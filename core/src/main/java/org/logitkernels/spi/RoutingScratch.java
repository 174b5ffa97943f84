package org.logitkernels.spi;

import java.util.Arrays;
import org.logitkernels.numerics.RowErrors;

/** What routing needs beside rows and results, for one rule and a few rows at a time. */
public final class RoutingScratch {
  /** So many rows are routed together, at most. */
  public static final int ROWS = 16;

  /** Lengths of rows are rounded up to a multiple of this. */
  private static final int STEP = 64;

  private static final float[] NONE = {};

  /** How far one row of {@link #scores} is from the next: the experts, and a rest. */
  public final int room;

  /** Scores that are compared, row by row; what lies behind the experts is -Infinity. */
  public final float[] scores;

  /** Probabilities among all experts, row by row. */
  public final float[] probabilities;

  /** Sorted keys: the nodes of a tree that brings rows together. */
  public final int[] nodes = new int[(ROWS + 1) * ROWS * 8 + 2 * ROWS];

  /** Of each choice, the logit in each row; then its weight. */
  public final float[] chosen;

  /** Scores or weights in double: of one row, or of the chosen of all rows. */
  public final double[] doubles;

  /** Of each row a float that belongs to its weights. */
  public final float[] origins = new float[ROWS];

  /** Of each row another one. */
  public final float[] shifts = new float[ROWS];

  /** Of each group its score. */
  public final float[] groups;

  /** For a rule. */
  public RoutingScratch(RoutingRule rule) {
    room = (rule.experts() + STEP - 1) / STEP * STEP;
    scores = new float[ROWS * room];
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
    probabilities = rule.needsProbabilities() ? new float[ROWS * rule.experts()] : NONE;
    chosen = new float[rule.k() * ROWS];
    doubles = new double[Math.max(room, chosen.length)];
    groups = new float[rule.groups()];
  }

  /**
   * Chooses the best k scores of a row, best first, equal ones by id. None of them is -Infinity.
   */
  public static void choose(float[] scores, int at, int experts, int k, int[] ids, int idsFrom) {
    int count = 0;
    for (int i = 0; i < experts; i++) {
      float score = scores[at + i];
      if (score > Float.NEGATIVE_INFINITY
          && (count < k || score > scores[at + ids[idsFrom + k - 1]])) {
        int j = count < k ? count++ : k - 1;
        for (; j > 0 && score > scores[at + ids[idsFrom + j - 1]]; j--) {
          ids[idsFrom + j] = ids[idsFrom + j - 1];
        }
        ids[idsFrom + j] = i;
      }
    }
    if (count < k) {
      throw RowErrors.changed();
    }
  }
}
