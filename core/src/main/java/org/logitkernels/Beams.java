package org.logitkernels;

import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.numerics.Room;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.rows.Row;
import org.logitkernels.spi.Survivors;

/**
 * The beams of one search, and a step of it: of all continuations of all beams by one token, the
 * best few, with their scores.
 *
 * <p>What a search does with them is the caller's: which beams have ended, penalties for length,
 * when to stop. Fewer beams or continuations than at first need no new object: a beam whose score
 * is {@code -Infinity} is dead, and the best n of what a step keeps are its first n. A search
 * begins with one beam alive. Where one token ends a beam, a width of twice the beams leaves enough
 * continuations that go on.
 *
 * <p><b>Reproducibility:</b> identical bits on every backend; enforced by {@code BitEqualityTest}.
 * <b>Allocation:</b> none in steady state: the scratch, 8 bytes for each beam and continuation and
 * that of a {@link Workspace}, is its own; enforced by {@code AllocationContract}.
 *
 * <p>Not thread-safe: one per search.
 *
 * <p><b>Source:</b> Sutskever, Vinyals and Le, Sequence to Sequence Learning with Neural Networks,
 * arXiv:1409.3215; as a step of Hugging Face's beam search, which adds in float, keeps dead beams
 * with a score of -1e9, and leaves the order of equal scores open.
 *
 * {@snippet lang=java :
 * float[][] model = {{0, 2, 1}, {1, 0, 2}, {2, 1, 0}}; // stands in for one: a row by last token
 * int width = 2;
 * Beams beams = Beams.of(width, 3, width);
 * double[] scores = {0, Double.NEGATIVE_INFINITY}; // one beam is alive at first
 * String[] texts = {"0", ""};
 * int[] parents = new int[width];
 * int[] tokens = new int[width];
 * for (int step = 0; step < 3; step++) {
 *   Logits[] rows = new Logits[width];
 *   for (int b = 0; b < width; b++) {
 *     rows[b] = Logits.of(model[texts[b].isEmpty() ? 0 : texts[b].charAt(step) - '0']);
 *   }
 *   int count = beams.step(rows, scores, 1, parents, tokens, scores);
 *   String[] longer = new String[width];
 *   for (int i = 0; i < count; i++) {
 *     longer[i] = texts[parents[i]] + tokens[i];
 *   }
 *   texts = longer;
 * }
 * System.out.println(Arrays.toString(texts) + " " + (float) scores[0] + " " + (float) scores[1]);
 * // [0120, 0121] -1.2228179 -2.222818
 * }
 */
public final class Beams {
  private final Kernels kernels;
  private final int vocabulary;
  private final int width;
  private final Survivors survivors;
  private final RowSource source;

  /** Where each beam's row lies, for steps on rows of one array. */
  private final Logits[] places;

  /** Each beam's best tokens, best first, from {@code beam * most} on. */
  private final long[] best;

  private final int most;

  /** Whether a step is under way. Plain, as it finds a misuse and protects nothing. */
  private boolean stepping;

  // Of each beam: how many tokens are left, its score, its row's maximum and the logarithm of its
  // total weight, and the score of the best continuation that is left.
  private final int[] left;
  private final int[] next;
  private final double[] before;
  private final float[] tops;
  private final double[] logPartitions;
  private final double[] heads;

  private Beams(int beams, int vocabulary, int width, Kernels kernels) {
    Kernels.checkCount("beams", beams);
    Room.checkRow("vocabulary", vocabulary);
    Kernels.checkCount("width", width);
    this.most = Math.min(width, vocabulary);
    if ((long) beams * most > Room.LONGEST) {
      throw new IllegalArgumentException(
          beams
              + " beams with "
              + most
              + " continuations each are more than an array holds: "
              + Room.LONGEST);
    }
    this.kernels = Objects.requireNonNull(kernels, "kernels");
    this.vocabulary = vocabulary;
    this.width = width;
    this.survivors = new Survivors(vocabulary);
    this.source = new RowSource(kernels.rows, survivors);
    this.places = new Logits[beams];
    Arrays.setAll(places, b -> new Logits());
    this.best = new long[beams * most];
    this.left = new int[beams];
    this.next = new int[beams];
    this.before = new double[beams];
    this.tops = new float[beams];
    this.logPartitions = new double[beams];
    this.heads = new double[beams];
  }

  /**
   * Beams of a search with {@link Kernels#best()}.
   *
   * @param beams how many rows a step looks at
   * @param vocabulary tokens in a row, at most 2^31 - 2^24
   * @param width how many continuations a step keeps
   * @return the beams
   * @throws IllegalArgumentException if a number is below 1, the vocabulary above 2^31 - 2^24, or
   *     the scratch for continuations more than an array holds: the beams, times the width or the
   *     vocabulary if that is less, above 2^31 - 9
   */
  public static Beams of(int beams, int vocabulary, int width) {
    return of(beams, vocabulary, width, Kernels.best());
  }

  /**
   * Beams of a search with kernels of one's choice.
   *
   * @param beams how many rows a step looks at
   * @param vocabulary tokens in a row, at most 2^31 - 2^24
   * @param width how many continuations a step keeps
   * @param kernels the kernels
   * @return the beams
   * @throws IllegalArgumentException if a number is below 1, the vocabulary above 2^31 - 2^24, or
   *     the scratch for continuations more than an array holds: the beams, times the width or the
   *     vocabulary if that is less, above 2^31 - 9
   */
  public static Beams of(int beams, int vocabulary, int width, Kernels kernels) {
    return new Beams(beams, vocabulary, width, kernels);
  }

  /**
   * A step of beam search, top-k over beams and vocabulary: the best {@code width} continuations,
   * best first; exactly {@code min(width, unmasked tokens of all live beams)} of them.
   *
   * <p><b>Definition:</b> the score of beam b with token i behind it is {@code scores[b] + ((x_i -
   * max_b) / T - ln(total_b))} in double: what {@link Kernels#topLogProbabilities} writes, added to
   * the beam's score. <b>Order:</b> by score descending, then by lower beam; within a beam by the
   * logit, as everywhere, so that tokens whose scores round to one number do not change places. A
   * masked token continues nothing.
   *
   * <p><b>Accuracy:</b> that of {@link Kernels#logProbability}, and a rounding in double; enforced
   * by {@code BeamsContract}. <b>Cost:</b> a log-sum-exp and a top-k of each live beam's row, and a
   * merge of {@code width * beams} comparisons.
   *
   * @param logits holds a row for each beam; that of beam b begins at {@code from + b * stride}
   * @param from index of the first row's first logit
   * @param stride from the beginning of a row to that of the next, at least the vocabulary
   * @param scores of each beam, the sum of its log-probabilities so far, in nats; {@code -Infinity}
   *     for a dead beam, whose row is not read and need not be there
   * @param temperature T, finite and above 0
   * @param parents where each continuation's beam goes; at least {@code min(width, beams *
   *     vocabulary)} long, as are the other two
   * @param tokens where its token goes
   * @param newScores where its score goes; may be {@code scores}
   * @return how many were written
   * @throws IndexOutOfBoundsException if the row of a live beam does not lie in the array
   * @throws IllegalArgumentException if the stride is below the vocabulary, {@code scores} or an
   *     output too short, {@code parents} and {@code tokens} are one array, a score NaN or
   *     +Infinity, the temperature not finite and above 0, or for NaN or +Infinity in a row: the
   *     message names the beam and the index; then, as after any error, nothing was written
   * @throws IllegalStateException if every beam is dead, or every token of a live one is masked
   */
  public int step(
      float[] logits,
      int from,
      int stride,
      double[] scores,
      float temperature,
      int[] parents,
      int[] tokens,
      double[] newScores) {
    begin();
    try {
      Kernels.checkTemperature(temperature);
      checkArrays(scores, parents, tokens, newScores);
      if (stride < vocabulary) {
        throw new IllegalArgumentException(
            "stride must be >= the vocabulary of " + vocabulary + ", but was " + stride);
      }
      checkScores(scores);
      for (int b = 0; b < heads.length; b++) {
        if (isLive(b)) {
          place(logits, from + (long) b * stride, b);
        }
      }
      return merge(places, temperature, parents, tokens, newScores);
    } finally {
      stepping = false;
    }
  }

  /**
   * A step of beam search on rows wherever they lie: otherwise as {@link #step(float[], int, int,
   * double[], float, int[], int[], double[])}.
   *
   * @param logits of each beam, where its row lies: rows of one array or of many, of one element
   *     type or of several; what is given for a dead beam is not looked at, and may be null
   * @param scores of each beam, the sum of its log-probabilities so far, in nats; {@code -Infinity}
   *     for a dead beam
   * @param temperature T, finite and above 0
   * @param parents where each continuation's beam goes; at least {@code min(width, beams *
   *     vocabulary)} long, as are the other two
   * @param tokens where its token goes
   * @param newScores where its score goes; may be {@code scores}
   * @return how many were written
   * @throws NullPointerException if there is no row for a live beam; the message names the beam
   * @throws IllegalArgumentException if there are fewer rows than beams, the row of a live beam is
   *     not as long as the vocabulary, {@code scores} or an output is too short, {@code parents}
   *     and {@code tokens} are one array, a score NaN or +Infinity, the temperature not finite and
   *     above 0, or for NaN or +Infinity in a row: the message names the beam and the index; then,
   *     as after any error, nothing was written
   * @throws IllegalStateException if every beam is dead, every token of a live one is masked, or a
   *     segment's memory was released
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public int step(
      @Nullable Logits[] logits,
      double[] scores,
      float temperature,
      int[] parents,
      int[] tokens,
      double[] newScores) {
    begin();
    try {
      Kernels.checkTemperature(temperature);
      Kernels.checkOutput("logits", logits.length, heads.length);
      checkArrays(scores, parents, tokens, newScores);
      checkScores(scores);
      for (int b = 0; b < heads.length; b++) {
        if (isLive(b)) {
          checkRow(logits[b], b);
        }
      }
      return merge(logits, temperature, parents, tokens, newScores);
    } finally {
      stepping = false;
    }
  }

  private void begin() {
    if (stepping) {
      throw RowErrors.shared();
    }
    stepping = true;
  }

  private boolean isLive(int b) {
    return before[b] > Double.NEGATIVE_INFINITY;
  }

  private int merge(
      @Nullable Logits[] logits,
      float temperature,
      int[] parents,
      int[] tokens,
      double[] newScores) {
    long found = 0;
    for (int b = 0; b < heads.length; b++) {
      Logits row = logits[b];
      if (row != null && isLive(b)) {
        found += read(row, b, temperature);
      } else {
        heads[b] = Double.NEGATIVE_INFINITY;
      }
    }
    int size = (int) Math.min(found, width);
    for (int i = 0; i < size; i++) {
      int b = bestHead();
      parents[i] = b;
      tokens[i] = TokenOrder.id(best[next[b]]);
      newScores[i] = heads[b];
      next[b]++;
      left[b]--;
      head(b, temperature);
    }
    return size;
  }

  private void checkArrays(double[] scores, int[] parents, int[] tokens, double[] newScores) {
    int needed = (int) Math.min((long) heads.length * vocabulary, width);
    Kernels.checkOutput("scores", scores.length, heads.length);
    Kernels.checkOutput("parents", parents.length, needed);
    Kernels.checkOutput("tokens", tokens.length, needed);
    Kernels.checkOutput("newScores", newScores.length, needed);
    if (parents == tokens) {
      throw new IllegalArgumentException("parents and tokens are one array");
    }
  }

  /** Takes the scores over, which may be written before the last of them is needed. */
  private void checkScores(double[] scores) {
    boolean live = false;
    for (int b = 0; b < heads.length; b++) {
      double score = scores[b];
      if (!(score < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "the score of beam "
                + b
                + " must be finite, or -Infinity if the beam is dead, but was "
                + score);
      }
      live |= score > Double.NEGATIVE_INFINITY;
      before[b] = score;
    }
    if (!live) {
      throw new IllegalStateException("every beam is dead: no score is above -Infinity");
    }
  }

  private void checkRow(@Nullable Logits row, int b) {
    if (row == null) {
      throw new NullPointerException("beam " + b + " is live, but its row is null");
    }
    if (row.length() != vocabulary) {
      throw new IllegalArgumentException(
          "beam "
              + b
              + ": the row has "
              + row.length()
              + " logits, but the vocabulary is "
              + vocabulary);
    }
  }

  private void place(float[] logits, long from, int b) {
    try {
      int at = (int) Objects.checkFromIndexSize(from, vocabulary, (long) logits.length);
      places[b].at(logits, at, at + vocabulary);
    } catch (IndexOutOfBoundsException e) {
      throw new IndexOutOfBoundsException("beam " + b + ": " + e.getMessage());
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("beam " + b + ": " + e.getMessage(), e);
    }
  }

  /** Finds the best tokens of a beam; returns how many. */
  private int read(Logits logits, int b, float temperature) {
    try {
      Row<?> row = source.open(logits);
      row.sums(temperature, survivors);
      tops[b] = survivors.max;
      logPartitions[b] = survivors.logPartition(temperature);
      survivors.row.forget();
      row.topK(most, survivors);
    } catch (IllegalArgumentException | IllegalStateException e) {
      throw RowErrors.in("beam " + b, e);
    }
    System.arraycopy(survivors.bestFirst(), 0, best, b * most, survivors.size);
    next[b] = b * most;
    left[b] = survivors.size;
    head(b, temperature);
    return survivors.size;
  }

  /** As in {@code Beams[beams=4, vocabulary=32000, width=8, kernels=vector, 256 bits]}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "Beams[beams=%d, vocabulary=%d, width=%d, kernels=%s]",
        heads.length,
        vocabulary,
        width,
        kernels);
  }

  private void head(int b, float temperature) {
    if (left[b] > 0) {
      float logit = TokenOrder.value(best[next[b]]);
      heads[b] = before[b] + LogProbability.of(logit, tops[b], temperature, logPartitions[b]);
    } else {
      heads[b] = Double.NEGATIVE_INFINITY;
    }
  }

  /** The beam with the best continuation left: that of a live one is finite. */
  private int bestHead() {
    int best = 0;
    for (int b = 1; b < heads.length; b++) {
      if (heads[b] > heads[best]) {
        best = b;
      }
    }
    return best;
  }
}
