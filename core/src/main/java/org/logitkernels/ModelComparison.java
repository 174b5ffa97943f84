package org.logitkernels;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.ExactSum;
import org.logitkernels.numerics.Room;

/**
 * How far a model is from another, a base, over a stream of targets with a row of each: KL
 * divergence, agreement on the best token, change of the target's probability, and the ratio of the
 * perplexities. Quantisation research measures with these what a smaller model has lost.
 *
 * <p><b>Definition:</b> a row p of the base and a row q of the other model, at temperature 1, with
 * target t, add
 *
 * <ul>
 *   <li>the divergence {@code sum(p_i ln(p_i / q_i))}, the bits of {@link Kernels#klDivergence};
 *   <li>the change {@code q_t - p_t}, in double from {@link Kernels#logProbability};
 *   <li>whether both rows have the same best token, of equal ones the one with the lower id;
 *   <li>both log-probabilities of t, to the {@link Perplexity} of each model.
 * </ul>
 *
 * <p>Means, standard errors and quantiles are those of llama.cpp's {@code perplexity
 * --kl-divergence}, which this follows: an error of a mean of n numbers is {@code sqrt((mean of
 * squares - square of mean) / (n - 1))}; a quantile f lies at {@code f (n - 1)} among the sorted
 * numbers, linearly between two of them. llama.cpp keeps the base in 16 bits a logit and passes
 * over {@code p < exp(-16)}; here all logits count, in full.
 *
 * <p><b>Exactness:</b> what a row adds are doubles. Sums of these, of their squares and of products
 * of two are kept without any rounding; the fourth power of a change is the square of its rounded
 * square. Quantiles are of all numbers, which are kept: 16 bytes a row. So rows may be added in any
 * order, by any thread or machine into a comparison of its own, and {@linkplain #merge merged} in
 * any order: the results have the same bits. {@link #toBytes} and {@link #ofBytes} carry it from
 * one machine to another. Enforced by {@code EvaluationContract}.
 *
 * <p><b>Special values:</b> where q masks a token that p does not, the divergence is Infinity, and
 * so is its mean; the error of the mean is NaN then. A masked target has the probability 0. Of no
 * row, means are NaN; of one, errors are.
 *
 * <p><b>Example:</b>
 *
 * {@snippet :
 * float[][] base = {{2, 1, 0}, {0, 3, 0}, {1, 1, 2}};
 * float[][] smaller = {{2, 1.25f, 0}, {0, 2.5f, 0}, {1, 2, 1}};
 * int[] targets = {0, 1, 2};
 * ModelComparison comparison = ModelComparison.of(3, 1000);
 * for (int i = 0; i < base.length; i++) {
 *   comparison.add(Logits.of(base[i]), Logits.of(smaller[i]), targets[i]);
 * }
 * System.out.printf(
 *     Locale.ROOT,
 *     "KL %.4f, largest %.4f, same best %.3f, PPL ratio %.4f%n",
 *     comparison.meanDivergence(),
 *     comparison.divergenceQuantile(1),
 *     comparison.sameBest(),
 *     comparison.perplexityRatio());
 * // KL 0.1273, largest 0.3642, same best 0.667, PPL ratio 1.4546
 * }
 *
 * <p><b>Cost:</b> one read of each row, as much as two of {@link Kernels#logSumExp}, and at most a
 * look at 1,024 logits of each; a second row in native memory is copied first. <b>Allocation:</b>
 * none in {@code add} as long as there are no more rows than were expected; enforced by {@code
 * AllocationContract}. Not thread-safe.
 */
public final class ModelComparison {
  private static final int MAGIC = 0x4c4b4d43; // LKMC
  private static final int VERSION = 1;

  private final @Nullable ComparedRows reader;
  private final Perplexity base = Perplexity.ofSums();
  private final Perplexity other = Perplexity.ofSums();
  private final ExactSum products = new ExactSum();
  private final ExactSum divergenceSum = new ExactSum();
  private final ExactSum divergenceSquares = new ExactSum();
  private final ExactSum changeSum = new ExactSum();
  private final ExactSum changeSquares = new ExactSum();
  private final ExactSum changeFourths = new ExactSum();
  private long infinite;
  private long sameBest;
  private int rows;
  private double[] divergences;
  private double[] changes;
  private boolean isSorted;

  private ModelComparison(@Nullable ComparedRows reader, int expectedRows) {
    this.reader = reader;
    this.divergences = new double[expectedRows];
    this.changes = new double[expectedRows];
  }

  /**
   * A comparison of no rows yet, that reads rows with {@link Kernels#best}.
   *
   * @param capacity the length of the longest row
   * @param expectedRows for how many rows to make room now; more may come
   * @return a comparison with two {@linkplain Workspace workspaces} of its own
   * @throws IllegalArgumentException if the capacity is below 1 or above 2^31 - 2^24, or fewer than
   *     0 rows are expected
   */
  public static ModelComparison of(int capacity, int expectedRows) {
    return of(capacity, expectedRows, Kernels.best());
  }

  /**
   * A comparison of no rows yet.
   *
   * @param capacity the length of the longest row
   * @param expectedRows for how many rows to make room now; more may come
   * @param kernels the kernels that read rows
   * @return a comparison with two {@linkplain Workspace workspaces} of its own
   * @throws IllegalArgumentException if the capacity is below 1 or above 2^31 - 2^24, or fewer than
   *     0 rows are expected
   */
  public static ModelComparison of(int capacity, int expectedRows, Kernels kernels) {
    if (expectedRows < 0) {
      throw new IllegalArgumentException("expectedRows must be >= 0, but was " + expectedRows);
    }
    Workspace first = Workspace.of(capacity);
    return new ModelComparison(
        new ComparedRows(kernels, first, Workspace.of(capacity)), expectedRows);
  }

  /**
   * Adds a row of each model with their target.
   *
   * @param baseRow the row of the base, p
   * @param otherRow the row of the other model, q, as long
   * @param target the token that came
   * @return the divergence of these two rows, in nats
   * @throws IndexOutOfBoundsException if the target is no token of the rows; nothing is counted
   *     then, nor at any other exception
   * @throws IllegalArgumentException if the rows differ in length or are longer than the capacity,
   *     or for NaN or +Infinity in one: the message says in which
   * @throws IllegalStateException if every token of one is masked, a segment's memory was released,
   *     or this comparison was {@linkplain #ofBytes read from bytes} and reads no rows
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double add(Logits baseRow, Logits otherRow, int target) {
    ComparedRows read = reader;
    if (read == null) {
      throw new IllegalStateException(
          "this comparison was made of bytes and reads no rows: merge it into one that does");
    }
    Perplexity.checkTarget(target, Math.min(baseRow.length(), otherRow.length()));
    double divergence = read.read(baseRow, otherRow, "the base's row", "the other row");
    double log = read.logProbabilityOfP(target);
    double otherLog = read.logProbabilityOfQ(target);
    boolean same = read.haveSameBest();
    read.rest();
    reserve(Math.addExact(rows, 1));
    count(divergence, log, otherLog, same);
    return divergence;
  }

  private void count(double divergence, double log, double otherLog, boolean same) {
    double change = StrictMath.exp(otherLog) - StrictMath.exp(log);
    base.add(log);
    other.add(otherLog);
    if (log > Double.NEGATIVE_INFINITY && otherLog > Double.NEGATIVE_INFINITY) {
      products.addProduct(log, otherLog);
    }
    count(divergence, change);
    sameBest += same ? 1 : 0;
    divergences[rows] = divergence;
    changes[rows] = change;
    rows++;
    isSorted = false;
  }

  private void count(double divergence, double change) {
    if (divergence == Double.POSITIVE_INFINITY) {
      infinite++;
    } else {
      divergenceSum.add(divergence);
      divergenceSquares.addProduct(divergence, divergence);
    }
    changeSum.add(change);
    changeSquares.addProduct(change, change);
    changeFourths.addProduct(change * change, change * change);
  }

  private void reserve(int size) {
    if (size > divergences.length) {
      if (size > Room.LONGEST) {
        throw new OutOfMemoryError(size + " rows are more than an array holds: " + Room.LONGEST);
      }
      int room = (int) Math.min(Math.max(size, 1.5 * divergences.length), Room.LONGEST);
      double[] more = Arrays.copyOf(changes, room);
      divergences = Arrays.copyOf(divergences, room);
      changes = more;
    }
  }

  /**
   * Adds all that another has added.
   *
   * @param that any other, which stays as it is; or this one, which then counts twice
   * @return this
   * @throws ArithmeticException if there are more than 2^31 - 1 rows then; nothing is added
   */
  public ModelComparison merge(ModelComparison that) {
    int more = that.rows;
    reserve(Math.addExact(rows, more));
    System.arraycopy(that.divergences, 0, divergences, rows, more);
    System.arraycopy(that.changes, 0, changes, rows, more);
    rows += more;
    base.merge(that.base);
    other.merge(that.other);
    products.add(that.products);
    divergenceSum.add(that.divergenceSum);
    divergenceSquares.add(that.divergenceSquares);
    changeSum.add(that.changeSum);
    changeSquares.add(that.changeSquares);
    changeFourths.add(that.changeFourths);
    infinite += that.infinite;
    sameBest += that.sameBest;
    isSorted = false;
    return this;
  }

  /** {@return how many targets were added} */
  public int rows() {
    return rows;
  }

  /** {@return the perplexity of the base, as it is now; a copy that reads no rows} */
  public Perplexity base() {
    return base.copy();
  }

  /** {@return the perplexity of the other model, as it is now; a copy that reads no rows} */
  public Perplexity other() {
    return other.copy();
  }

  /** {@return the mean of the divergences, in nats} */
  public double meanDivergence() {
    return infinite > 0 ? Double.POSITIVE_INFINITY : mean(divergenceSum);
  }

  /** {@return the standard error of the mean of the divergences; NaN where one is Infinity} */
  public double divergenceError() {
    return infinite > 0 ? Double.NaN : error(divergenceSum, divergenceSquares);
  }

  /**
   * A quantile of the divergences: 0 is the least, 0.5 the median, 1 the largest.
   *
   * @param fraction in [0, 1]
   * @return the quantile, in nats; NaN of no row
   * @throws IllegalArgumentException if the fraction is not in [0, 1]
   */
  public double divergenceQuantile(double fraction) {
    return quantile(fraction, true);
  }

  /**
   * {@return the mean of the changes of the target's probability: below 0 if it got less likely}
   */
  public double meanChange() {
    return mean(changeSum);
  }

  /** {@return the standard error of the mean of the changes} */
  public double changeError() {
    return error(changeSum, changeSquares);
  }

  /**
   * A quantile of the changes: 0 is the least, 0.5 the median, 1 the largest.
   *
   * @param fraction in [0, 1]
   * @return the quantile; NaN of no row
   * @throws IllegalArgumentException if the fraction is not in [0, 1]
   */
  public double changeQuantile(double fraction) {
    return quantile(fraction, false);
  }

  /** {@return the root of the mean of the squares of the changes} */
  public double rootMeanSquareChange() {
    return Math.sqrt(mean(changeSquares));
  }

  /** {@return the standard error of {@link #rootMeanSquareChange}, to first order} */
  public double rootMeanSquareChangeError() {
    double error = error(changeSquares, changeFourths);
    return error == 0 ? 0 : 0.5 / rootMeanSquareChange() * error;
  }

  /** {@return the share of rows whose best token is the same in both models, in [0, 1]} */
  public double sameBest() {
    return (double) sameBest / rows;
  }

  /** {@return the standard error of {@link #sameBest}} */
  public double sameBestError() {
    double share = sameBest();
    return rows < 2 ? Double.NaN : Math.sqrt(share * (1 - share) / (rows - 1));
  }

  /** {@return ln of the ratio of the perplexities, other by base} */
  public double logPerplexityRatio() {
    return other.mean() - base.mean();
  }

  /**
   * {@return the standard error of {@link #logPerplexityRatio}: smaller than those of the two
   * perplexities, as both are of the same text; NaN where a target is masked}
   */
  public double logPerplexityRatioError() {
    if (hasMasked()) {
      return Double.NaN;
    }
    ExactSum difference = new ExactSum();
    difference.add(other.sum());
    difference.subtract(base.sum());
    ExactSum squares = new ExactSum(); // of the differences
    squares.add(base.squares());
    squares.add(other.squares());
    squares.subtract(products);
    squares.subtract(products);
    return error(difference, squares);
  }

  /** {@return the ratio of the perplexities, other by base} */
  public double perplexityRatio() {
    return StrictMath.exp(logPerplexityRatio());
  }

  /** {@return the standard error of {@link #perplexityRatio}, to first order} */
  public double perplexityRatioError() {
    return perplexityRatio() * logPerplexityRatioError();
  }

  /**
   * {@return the correlation of the two models' log-probabilities of the targets, in [-1, 1]; NaN
   * below two rows, where a target is masked, or where one model's are all equal}
   */
  public double correlation() {
    if (hasMasked()) {
      return Double.NaN;
    }
    double covariance = Perplexity.covariance(base.sum(), other.sum(), products, rows);
    return Math.clamp(covariance / (base.standardError() * other.standardError()), -1, 1);
  }

  private boolean hasMasked() {
    return base.masked() + other.masked() > 0;
  }

  private double mean(ExactSum sum) {
    return rows == 0 ? Double.NaN : Perplexity.mean(sum, rows);
  }

  private double error(ExactSum sum, ExactSum squares) {
    return Perplexity.standardError(sum, squares, rows);
  }

  private double quantile(double fraction, boolean ofDivergences) {
    if (!(fraction >= 0 && fraction <= 1)) {
      throw new IllegalArgumentException("fraction must be in [0, 1], but was " + fraction);
    }
    if (rows == 0) {
      return Double.NaN;
    }
    sort();
    double[] values = ofDivergences ? divergences : changes;
    double place = fraction * (rows - 1);
    int below = (int) place;
    double value = values[below];
    double next = values[Math.min(below + 1, rows - 1)];
    double rest = place - below;
    return rest == 0 || next == value ? value : value + rest * (next - value);
  }

  private void sort() {
    if (!isSorted) {
      Arrays.sort(divergences, 0, rows);
      Arrays.sort(changes, 0, rows);
      isSorted = true;
    }
  }

  /** As in {@code ModelComparison[rows=1000]}. */
  @Override
  public String toString() {
    return "ModelComparison[rows=" + rows + "]";
  }

  /**
   * All that was added.
   *
   * @return a few hundred bytes, and 16 for each row; equal comparisons have equal bytes
   * @throws IllegalStateException if there are more than 2^26 rows
   */
  public byte[] toBytes() {
    if (rows > 1 << 26) {
      throw new IllegalStateException(rows + " rows are too many for an array of bytes");
    }
    sort();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(1024 + 2 * Double.BYTES * rows);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeInt(MAGIC);
      out.writeInt(VERSION);
      out.writeInt(rows);
      out.writeLong(sameBest);
      out.writeLong(infinite);
      out.writeUTF(base.toString());
      out.writeUTF(other.toString());
      for (ExactSum sum : sums()) {
        out.writeUTF(sum.toString());
      }
      for (double[] values : new double[][] {divergences, changes}) {
        for (int i = 0; i < rows; i++) {
          out.writeDouble(values[i]);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // from an array: never
    }
    return bytes.toByteArray();
  }

  private ExactSum[] sums() {
    return new ExactSum[] {
      products, divergenceSum, divergenceSquares, changeSum, changeSquares, changeFourths
    };
  }

  /**
   * A comparison out of its bytes. The sums are made once more of the numbers in them, and
   * compared.
   *
   * @param bytes what {@link #toBytes} has returned, on any machine
   * @return one that equals the one of the bytes; it reads no rows, but can be merged
   * @throws IllegalArgumentException if the bytes are none that {@link #toBytes} makes: another
   *     form, numbers that no row adds, sums that are not those of the numbers, or perplexities of
   *     other rows
   */
  public static ModelComparison ofBytes(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      if (in.readInt() != MAGIC || in.readInt() != VERSION) {
        throw new IllegalArgumentException("not the bytes of a comparison: another beginning");
      }
      int rows = in.readInt();
      if (rows < 0 || rows > bytes.length / (2 * Double.BYTES)) {
        throw new IllegalArgumentException(
            "not the bytes of a comparison: they are too few for " + rows + " rows");
      }
      ModelComparison parsed = new ModelComparison(null, rows);
      parsed.rows = rows;
      parsed.sameBest = in.readLong();
      parsed.infinite = in.readLong();
      parsed.base.merge(Perplexity.parse(in.readUTF()));
      parsed.other.merge(Perplexity.parse(in.readUTF()));
      for (ExactSum sum : parsed.sums()) {
        sum.add(ExactSum.parse(in.readUTF()));
      }
      for (double[] values : new double[][] {parsed.divergences, parsed.changes}) {
        for (int i = 0; i < rows; i++) {
          values[i] = in.readDouble();
        }
      }
      if (!parsed.canBe() || !Arrays.equals(bytes, parsed.toBytes())) {
        throw new IllegalArgumentException(
            "not the bytes of a comparison: they contradict themselves");
      }
      return parsed;
    } catch (IOException e) {
      throw new IllegalArgumentException("not the bytes of a comparison: they end too early", e);
    }
  }

  /** Whether there can be such rows. */
  private boolean canBe() {
    ModelComparison again = new ModelComparison(null, 0);
    for (int i = 0; i < rows; i++) {
      boolean areNumbers = divergences[i] >= 0 && Math.abs(changes[i]) <= 1; // and not NaN
      if (!areNumbers || isMinusZero(divergences[i]) || isMinusZero(changes[i])) {
        return false;
      }
      again.count(divergences[i], changes[i]);
    }
    BigDecimal product = products.value();
    BigDecimal squares = base.squares().value().multiply(other.squares().value());
    return base.rows() == rows
        && other.rows() == rows
        && sameBest >= 0
        && sameBest <= rows
        && infinite == again.infinite
        && divergenceSum.equals(again.divergenceSum)
        && divergenceSquares.equals(again.divergenceSquares)
        && changeSum.equals(again.changeSum)
        && changeSquares.equals(again.changeSquares)
        && changeFourths.equals(again.changeFourths)
        && product.signum() >= 0
        && product.multiply(product).compareTo(squares) <= 0;
  }

  private static boolean isMinusZero(double value) {
    return value == 0 && Double.doubleToRawLongBits(value) != 0;
  }

  /** Whether the same was added, in whatever order and parts. */
  @Override
  public boolean equals(@Nullable Object that) {
    return that instanceof ModelComparison comparison
        && rows == comparison.rows
        && sameBest == comparison.sameBest
        && infinite == comparison.infinite
        && base.equals(comparison.base)
        && other.equals(comparison.other)
        && Arrays.equals(sums(), comparison.sums())
        && hasNumbersOf(comparison);
  }

  private boolean hasNumbersOf(ModelComparison that) {
    sort();
    that.sort();
    return Arrays.equals(divergences, 0, rows, that.divergences, 0, rows)
        && Arrays.equals(changes, 0, rows, that.changes, 0, rows);
  }

  /** By what was added: by the sums, which hardly ever agree where numbers do not. */
  @Override
  public int hashCode() {
    return Objects.hash(rows, sameBest, base, other, Arrays.hashCode(sums()));
  }
}
