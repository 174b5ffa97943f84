package org.logitkernels;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Speculative sampling: whether the tokens that a small model has drafted may stand, so that what
 * comes out is distributed as if the large model had drawn it.
 *
 * <p>Probabilities are rows as {@link Kernels#softmax} or {@link Sampler#probabilities} write them,
 * one behind the other in an array: of the draft a row for each token, of the target one more. A
 * sampler gives the target's with its whole chain, and without a draw, by {@link
 * Sampler#apply(float[])}: accept each drafted token behind its row, and take those that were not
 * accepted back with {@link Sampler#rollback}. {@link Sampler#draw} gives uniform numbers that are
 * addressed by seed and position.
 *
 * <p><b>Source:</b> Leviathan et al., Fast Inference from Transformers via Speculative Decoding,
 * arXiv:2211.17192; Chen et al., arXiv:2302.01318; as FlashInfer's chain_speculative_sampling.
 *
 * {@snippet lang=java :
 * int[] draft = {0, 2}; // of a small model, or of an n-gram
 * float[] drafted = {0.8f, 0.1f, 0.1f, 0.1f, 0.1f, 0.8f}; // its probabilities, a row for each
 * float[] target = {0.7f, 0.2f, 0.1f, 0.5f, 0.4f, 0.1f, 0.3f, 0.3f, 0.4f}; // and one row more
 * double[] u = {0.5, 0.6, 0.3};
 * int[] tokens = new int[3];
 * int count = Speculative.verify(draft, 3, drafted, target, u, tokens);
 * System.out.println(Arrays.toString(Arrays.copyOf(tokens, count))); // 0 stands, 2 does not
 * // [0, 0]
 * }
 */
public final class Speculative {
  private static final String DRAFT = "draftProbabilities";
  private static final String TARGET = "targetProbabilities";

  /** In the place of a token: there is none. */
  private static final int NONE = -1;

  private Speculative() {}

  /**
   * Verifies a chain of drafted tokens.
   *
   * <p><b>Definition:</b> drafted token i, with probability q in its row of the draft and p in its
   * row of the target, is accepted if {@code u[i] * q < p}. The first that is not is replaced by a
   * draw from the residual, {@code max(0, p_j - q_j)} over all tokens j, and what was drafted
   * behind it is dropped. If all are accepted, one more is drawn from the target's last row. These
   * draws take the first id whose running sum, in double and in the order of ids, exceeds {@code
   * u[n] * total}; a token of probability 0 is never drawn. Where rounding leaves no residual, the
   * draw is from the target's row.
   *
   * <p><b>Cost:</b> two passes over one row, however long the chain. <b>Allocation:</b> none.
   * <b>Randomness:</b> the n + 1 numbers given. The distribution is tested by {@code
   * SpeculativeTest}.
   *
   * @param draft the tokens drafted
   * @param vocabulary tokens in a row
   * @param draftProbabilities a row of probabilities for each drafted token
   * @param targetProbabilities the same of the target, and one row more
   * @param u uniform numbers in [0, 1): one for each drafted token, and one more
   * @param out where the tokens go: room for one more than were drafted; may be {@code draft} if
   *     that has it
   * @return how many were written: the accepted ones, and one
   * @throws IllegalArgumentException if an array is too short, a token not in the vocabulary, a
   *     number not in [0, 1), or a probability that is looked at NaN or negative
   * @throws IllegalStateException if no token of the row to be drawn from has a probability above 0
   */
  public static int verify(
      int[] draft,
      int vocabulary,
      float[] draftProbabilities,
      float[] targetProbabilities,
      double[] u,
      int[] out) {
    return verify(draft, draft.length, vocabulary, draftProbabilities, targetProbabilities, u, out);
  }

  /**
   * Verifies the first n tokens of an array: otherwise as {@link #verify(int[], int, float[],
   * float[], double[], int[])}.
   *
   * @param draft holds the tokens drafted
   * @param n how many, at least 0
   * @param vocabulary tokens in a row
   * @param draftProbabilities a row of probabilities for each drafted token
   * @param targetProbabilities the same of the target, and one row more
   * @param u uniform numbers in [0, 1): one for each drafted token, and one more
   * @param out where the tokens go
   * @return how many were written
   * @throws IndexOutOfBoundsException if there are no n tokens
   * @throws IllegalArgumentException as above
   * @throws IllegalStateException as above
   */
  public static int verify(
      int[] draft,
      int n,
      int vocabulary,
      float[] draftProbabilities,
      float[] targetProbabilities,
      double[] u,
      int[] out) {
    Objects.requireNonNull(draftProbabilities, DRAFT);
    checkDraft(draft, n, vocabulary, u, out);
    Kernels.checkOutput(DRAFT, draftProbabilities.length, (long) n * vocabulary);
    Kernels.checkOutput(TARGET, targetProbabilities.length, (n + 1L) * vocabulary);
    return verify(
        draft, n, vocabulary, draftProbabilities, null, targetProbabilities, null, u, out);
  }

  /**
   * Verifies drafted tokens that have no probabilities, as those of an n-gram lookup or of a greedy
   * draft model: the draft is sure of each, q = 1.
   *
   * <p><b>Definition:</b> drafted token i, with probability p in its row of the target, is accepted
   * if {@code u[i] < p}. The first that is not is replaced by a draw from the target's row without
   * that token. Otherwise as {@link #verify(int[], int, int, float[], float[], double[], int[])}
   * with rows of the draft that hold 1 for the drafted token and 0 for all others: the same tokens,
   * and what comes out is distributed as if the target had drawn it.
   *
   * <p><b>Cost:</b> two passes over one row, however long the chain. <b>Allocation:</b> none.
   *
   * @param draft holds the tokens drafted
   * @param n how many, at least 0
   * @param vocabulary tokens in a row
   * @param targetProbabilities a row of probabilities for each drafted token, and one row more
   * @param u uniform numbers in [0, 1): one for each drafted token, and one more
   * @param out where the tokens go: room for one more than were drafted; may be {@code draft}
   * @return how many were written: the accepted ones, and one
   * @throws IndexOutOfBoundsException if there are no n tokens
   * @throws IllegalArgumentException as above
   * @throws IllegalStateException as above
   */
  public static int verify(
      int[] draft, int n, int vocabulary, float[] targetProbabilities, double[] u, int[] out) {
    checkDraft(draft, n, vocabulary, u, out);
    Kernels.checkOutput(TARGET, targetProbabilities.length, (n + 1L) * vocabulary);
    return verify(draft, n, vocabulary, null, null, targetProbabilities, null, u, out);
  }

  /**
   * Verifies drafted tokens whose probabilities lie in rows wherever these are: otherwise as {@link
   * #verify(int[], int, int, float[], float[], double[], int[])}, the same tokens from the same
   * numbers.
   *
   * <p>A row may be one of a block in native memory that another library has filled, or an array of
   * its own. The logits of which a {@link Logits} tells are probabilities here.
   *
   * @param draft holds the tokens drafted
   * @param n how many, at least 0
   * @param vocabulary tokens in a row
   * @param draftProbabilities for each drafted token, where its row lies
   * @param targetProbabilities the same of the target, and one row more
   * @param u uniform numbers in [0, 1): one for each drafted token, and one more
   * @param out where the tokens go: room for one more than were drafted; may be {@code draft}
   * @return how many were written: the accepted ones, and one
   * @throws IndexOutOfBoundsException if there are no n tokens
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException as above, or if a row is not as long as the vocabulary
   * @throws IllegalStateException as above, or if a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public static int verify(
      int[] draft,
      int n,
      int vocabulary,
      Logits[] draftProbabilities,
      Logits[] targetProbabilities,
      double[] u,
      int[] out) {
    checkDraft(draft, n, vocabulary, u, out);
    checkRows(DRAFT, draftProbabilities, n, vocabulary);
    checkRows(TARGET, targetProbabilities, n + 1L, vocabulary);
    return verify(
        draft, n, vocabulary, null, draftProbabilities, null, targetProbabilities, u, out);
  }

  /**
   * Verifies drafted tokens that have no probabilities against rows wherever they lie: otherwise as
   * {@link #verify(int[], int, int, float[], double[], int[])}.
   *
   * @param draft holds the tokens drafted
   * @param n how many, at least 0
   * @param vocabulary tokens in a row
   * @param targetProbabilities for each drafted token, where its row of probabilities lies, and one
   *     row more
   * @param u uniform numbers in [0, 1): one for each drafted token, and one more
   * @param out where the tokens go: room for one more than were drafted; may be {@code draft}
   * @return how many were written: the accepted ones, and one
   * @throws IndexOutOfBoundsException if there are no n tokens
   * @throws NullPointerException if a row is null; the message names it
   * @throws IllegalArgumentException as above, or if a row is not as long as the vocabulary
   * @throws IllegalStateException as above, or if a segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public static int verify(
      int[] draft, int n, int vocabulary, Logits[] targetProbabilities, double[] u, int[] out) {
    checkDraft(draft, n, vocabulary, u, out);
    checkRows(TARGET, targetProbabilities, n + 1L, vocabulary);
    return verify(draft, n, vocabulary, null, null, null, targetProbabilities, u, out);
  }

  private static void checkDraft(int[] draft, int n, int vocabulary, double[] u, int[] out) {
    Objects.checkFromIndexSize(0, n, draft.length);
    Kernels.checkCount("vocabulary", vocabulary);
    Kernels.checkOutput("u", u.length, n + 1L);
    Kernels.checkOutput("out", out.length, n + 1L);
    for (int i = 0; i <= n; i++) {
      if (!(u[i] >= 0 && u[i] < 1)) {
        throw new IllegalArgumentException("u[" + i + "] must be in [0, 1), but was " + u[i]);
      }
      if (i < n && (draft[i] < 0 || draft[i] >= vocabulary)) {
        throw new IllegalArgumentException(
            "draft[" + i + "]: token " + draft[i] + " is not in the vocabulary of " + vocabulary);
      }
    }
  }

  /**
   * Probabilities come as one array or as rows. The draft is sure of its tokens where it has
   * neither.
   */
  private static int verify(
      int[] draft,
      int n,
      int vocabulary,
      float @Nullable [] draftArray,
      Logits @Nullable [] draftRows,
      float @Nullable [] targetArray,
      Logits @Nullable [] targetRows,
      double[] u,
      int[] out) {
    int row = 0;
    int last = NONE;
    while (row < n) {
      int token = draft[row];
      float q = draftProbability(draftArray, draftRows, vocabulary, row, token, token);
      float p = probability(TARGET, targetArray, targetRows, vocabulary, row, token);
      if (!(u[row] * q < p)) {
        break;
      }
      row++;
    }
    if (row < n) {
      int sure = draft[row];
      last =
          draw(draftArray, draftRows, sure, targetArray, targetRows, vocabulary, row, u[n], true);
    }
    if (last < 0) {
      last = draw(null, null, NONE, targetArray, targetRows, vocabulary, row, u[n], false);
    }
    if (last < 0) {
      throw new IllegalStateException("row " + row + " of the target holds no probability above 0");
    }
    System.arraycopy(draft, 0, out, 0, row);
    out[row] = last;
    return row + 1;
  }

  /** Draws from the residual, or from the target's row; -1 if nothing is in it. */
  private static int draw(
      float @Nullable [] draftArray,
      Logits @Nullable [] draftRows,
      int sure,
      float @Nullable [] targetArray,
      Logits @Nullable [] targetRows,
      int vocabulary,
      int row,
      double u,
      boolean residual) {
    double total = 0;
    for (int i = 0; i < vocabulary; i++) {
      double p = probability(TARGET, targetArray, targetRows, vocabulary, row, i);
      float q = residual ? draftProbability(draftArray, draftRows, vocabulary, row, i, sure) : 0;
      total += Math.max(0, p - q);
    }
    double goal = u * total;
    double sum = 0;
    int last = NONE;
    for (int i = 0; i < vocabulary; i++) {
      double p = probability(TARGET, targetArray, targetRows, vocabulary, row, i);
      float q = residual ? draftProbability(draftArray, draftRows, vocabulary, row, i, sure) : 0;
      double mass = Math.max(0, p - q);
      if (mass > 0) {
        sum += mass;
        last = i;
        if (sum > goal) {
          break;
        }
      }
    }
    return last;
  }

  /** A draft without probabilities is sure of one token. */
  private static float draftProbability(
      float @Nullable [] array,
      Logits @Nullable [] rows,
      int vocabulary,
      int row,
      int i,
      int sure) {
    if (array == null && rows == null) {
      return i == sure ? 1 : 0;
    }
    return probability(DRAFT, array, rows, vocabulary, row, i);
  }

  private static float probability(
      String name,
      float @Nullable [] array,
      Logits @Nullable [] rows,
      int vocabulary,
      int row,
      int i) {
    float p = rows != null ? rows[row].get(i) : array[row * vocabulary + i];
    if (!(p >= 0 && p < Float.POSITIVE_INFINITY)) {
      String place =
          rows != null ? "[" + row + "].get(" + i + ")" : "[" + (row * vocabulary + i) + "]";
      throw new IllegalArgumentException(name + place + " must be finite and >= 0, but was " + p);
    }
    return p;
  }

  private static void checkRows(String name, Logits[] rows, long needed, int vocabulary) {
    Kernels.checkOutput(name, rows.length, needed);
    for (int i = 0; i < needed; i++) {
      if (rows[i] == null) {
        throw new NullPointerException(name + "[" + i + "] is null");
      }
      if (rows[i].length() != vocabulary) {
        throw new IllegalArgumentException(
            name
                + "["
                + i
                + "] has "
                + rows[i].length()
                + " probabilities, but the vocabulary is "
                + vocabulary);
      }
    }
  }
}
