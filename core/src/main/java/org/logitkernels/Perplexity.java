package org.logitkernels;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.ExactSum;
import org.logitkernels.rows.Row;

/**
 * Perplexity of a stream of rows and targets: {@code exp(mean(-ln p(target)))}, and its standard
 * error.
 *
 * <p><b>Definition:</b> each row adds {@code v = -}{@link Kernels#logProbability} of its target at
 * temperature 1, in nats. With n rows, {@code mean = sum(v) / n}, {@code standardError =
 * sqrt((sum(v^2) / n - mean^2) / (n - 1))}, {@code perplexity = exp(mean)}, and {@code
 * perplexityError = perplexity * standardError}: as llama.cpp's {@code perplexity} prints, which
 * sums in an order that depends on its threads.
 *
 * <p><b>Exactness:</b> sum(v) and sum(v^2) of the doubles v are kept without any rounding, at any
 * magnitude and for up to 2^63 - 1 rows: squares below the least double count in full. Results are
 * rounded, and so is the square of a standard error: one below 1e-154 loses digits, and one below
 * 1e-162 is 0. So rows may be added in any order, by any thread or machine into a Perplexity of its
 * own, and {@linkplain #merge merged} in any order: the result has the same bits. {@link #toString}
 * and {@link #parse} carry it from one machine to another. Enforced by {@code EvaluationContract}.
 *
 * <p><b>Special values:</b> a masked target has {@code ln p = -Infinity}. It is counted, and from
 * then on mean and perplexity are Infinity, and errors NaN. Of no row, all are NaN; of one, errors
 * are.
 *
 * <p><b>Example:</b> two threads, or machines, each with some of the rows.
 *
 * {@snippet :
 * float[][] rows = {{2, 1, 0}, {0, 3, 0}, {1, 1, 1}, {4, 0, 2}};
 * int[] targets = {0, 1, 2, 2};
 * Perplexity first = Perplexity.of(3);
 * Perplexity second = Perplexity.of(3);
 * for (int i = 0; i < rows.length; i++) {
 *   (i % 2 == 0 ? first : second).add(Logits.of(rows[i]), targets[i]);
 * }
 * Perplexity all = Perplexity.parse(second.toString()).merge(first);
 * System.out.printf(
 *     Locale.ROOT, "%.4f +/- %.4f%n", all.perplexity(), all.perplexityError());
 * // 2.5498 +/- 1.1568
 * }
 *
 * <p><b>Cost:</b> one read of the row, as for {@link Kernels#logSumExp}, and two exact sums.
 * <b>Allocation:</b> none in {@code add} once the workspace is there; enforced by {@code
 * AllocationContract}. Not thread-safe.
 */
public final class Perplexity {
  private static final Pattern TEXT =
      Pattern.compile("perplexity\\(rows=(\\d+), masked=(\\d+), sum=(\\S+), squares=(\\S+)\\)");

  /** More digits than a double has: what is lost behind them is far below its last bit. */
  private static final MathContext PRECISION = new MathContext(60);

  private final @Nullable Kernels kernels;
  private final @Nullable Workspace workspace;
  private long rows;
  private long masked;
  private final ExactSum sum;
  private final ExactSum squares;

  private Perplexity(
      @Nullable Kernels kernels,
      @Nullable Workspace workspace,
      long rows,
      long masked,
      ExactSum sum,
      ExactSum squares) {
    this.kernels = kernels;
    this.workspace = workspace;
    this.rows = rows;
    this.masked = masked;
    this.sum = sum;
    this.squares = squares;
  }

  /**
   * A perplexity of no rows yet, that reads rows with {@link Kernels#best}.
   *
   * @param capacity the length of the longest row
   * @return a perplexity with a {@link Workspace} of its own
   * @throws IllegalArgumentException if the capacity is below 1 or above 2^31 - 2^24
   */
  public static Perplexity of(int capacity) {
    return of(capacity, Kernels.best());
  }

  /**
   * A perplexity of no rows yet.
   *
   * @param capacity the length of the longest row
   * @param kernels the kernels that read rows
   * @return a perplexity with a {@link Workspace} of its own
   * @throws IllegalArgumentException if the capacity is below 1 or above 2^31 - 2^24
   */
  public static Perplexity of(int capacity, Kernels kernels) {
    Workspace workspace = Workspace.of(capacity);
    return new Perplexity(kernels, workspace, 0, 0, new ExactSum(), new ExactSum());
  }

  /** One of sums that reads no rows. */
  static Perplexity ofSums() {
    return new Perplexity(null, null, 0, 0, new ExactSum(), new ExactSum());
  }

  /**
   * Adds a row with its target.
   *
   * @param logits the row
   * @param target the token that came
   * @return its log-probability in nats; {@code -Infinity} if it is masked
   * @throws IndexOutOfBoundsException if the target is no token of the row; nothing is counted
   *     then, nor at any other exception
   * @throws IllegalArgumentException if the row is longer than the capacity, or for NaN or
   *     +Infinity in it
   * @throws IllegalStateException if every token is masked, a segment's memory was released, or
   *     this was {@linkplain #parse parsed} and reads no rows
   * @throws WrongThreadException if a segment is confined to another thread
   */
  public double add(Logits logits, int target) {
    Kernels reader = kernels;
    Workspace room = workspace;
    if (reader == null || room == null) {
      throw new IllegalStateException(
          "this perplexity was parsed and reads no rows: merge it into one that does");
    }
    checkTarget(target, logits.length());
    Row<?> row = reader.open(logits, room);
    row.sums(1, room.survivors);
    return add(room.survivors.logProbability(row.get(target), 1));
  }

  static void checkTarget(int target, int length) {
    if (target < 0 || target >= length) {
      throw new IndexOutOfBoundsException(
          "the target is token " + target + ", but the row has " + length + " tokens");
    }
  }

  /**
   * Adds a log-probability that was found elsewhere, such as {@link Sampler#logProbability}.
   *
   * @param logProbability in nats, at most 0; {@code -Infinity} for a masked target
   * @return the same
   * @throws IllegalArgumentException if it is above 0 or NaN, or finite and so low that its square
   *     is no double; nothing is counted then
   */
  public double add(double logProbability) {
    if (!(logProbability <= 0)) {
      throw new IllegalArgumentException(
          "a log-probability must be <= 0, but was " + logProbability);
    }
    boolean isMasked = logProbability == Double.NEGATIVE_INFINITY;
    if (!isMasked && logProbability * logProbability == Double.POSITIVE_INFINITY) {
      throw new IllegalArgumentException(
          "the square of a log-probability must be finite, but it was " + logProbability);
    }
    rows = Math.addExact(rows, 1);
    if (isMasked) {
      masked++;
    } else {
      sum.add(-logProbability);
      squares.addProduct(logProbability, logProbability);
    }
    return logProbability;
  }

  /**
   * Adds all that another has added.
   *
   * @param other any other, which stays as it is; or this one, which then counts twice
   * @return this
   * @throws ArithmeticException if there are more than 2^63 - 1 rows then; nothing is added
   */
  public Perplexity merge(Perplexity other) {
    rows = Math.addExact(rows, other.rows);
    masked += other.masked;
    sum.add(other.sum);
    squares.add(other.squares);
    return this;
  }

  /** {@return how many rows were added} */
  public long rows() {
    return rows;
  }

  /** {@return how many of them had a masked target} */
  public long masked() {
    return masked;
  }

  /** {@return the mean of the negative log-probabilities, in nats: the cross entropy} */
  public double mean() {
    if (rows == 0) {
      return Double.NaN;
    }
    return masked > 0 ? Double.POSITIVE_INFINITY : mean(sum, rows);
  }

  static double mean(ExactSum sum, long rows) {
    return sum.value().divide(new BigDecimal(rows), PRECISION).doubleValue();
  }

  /**
   * {@return the standard error of the mean, in nats; NaN below two rows, or with a masked target}
   */
  public double standardError() {
    return masked > 0 ? Double.NaN : standardError(sum, squares, rows);
  }

  static double standardError(ExactSum sum, ExactSum squares, long rows) {
    return Math.sqrt(covariance(sum, sum, squares, rows));
  }

  /** The covariance of two means, from sums of their numbers and of the products of these. */
  static double covariance(ExactSum one, ExactSum other, ExactSum products, long rows) {
    if (rows < 2) {
      return Double.NaN;
    }
    BigDecimal n = new BigDecimal(rows);
    BigDecimal cross = n.multiply(products.value()).subtract(one.value().multiply(other.value()));
    BigDecimal divisor = n.multiply(n).multiply(new BigDecimal(BigInteger.valueOf(rows - 1)));
    double covariance = cross.divide(divisor, PRECISION).doubleValue();
    // Fourth powers are products of squares that were rounded: a hair below 0 means 0.
    return one == other ? Math.max(0, covariance) : covariance;
  }

  /** {@return the perplexity, exp of the {@link #mean}: 1 at best} */
  public double perplexity() {
    return StrictMath.exp(mean());
  }

  /** {@return the standard error of the perplexity, to first order: it times that of the mean} */
  public double perplexityError() {
    return perplexity() * standardError();
  }

  /** What a comparison needs of both rows' surprisals. */
  ExactSum sum() {
    return sum;
  }

  ExactSum squares() {
    return squares;
  }

  /** A copy that reads no rows. */
  Perplexity copy() {
    return ofSums().merge(this);
  }

  /**
   * All that was added, in one line: as in {@code perplexity(rows=3, masked=0, sum=0x1.8p2, ...)}
   * but exact.
   *
   * @return a text of at most about 1,500 characters, mostly below 150; equal perplexities have
   *     equal texts
   */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "perplexity(rows=%d, masked=%d, sum=%s, squares=%s)",
        rows,
        masked,
        sum,
        squares);
  }

  /**
   * A perplexity out of its text.
   *
   * @param text what {@link #toString} has returned, on any machine
   * @return one that equals the one of the text; it reads no rows, but can be merged
   * @throws IllegalArgumentException if the text is none that {@link #toString} writes: another
   *     form, or sums that so many rows cannot have (fewer unmasked rows than {@code sum^2 /
   *     squares}, or squares above {@code sum^2})
   */
  public static Perplexity parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException("not the text of a perplexity: '" + text + "'");
    }
    try {
      long rows = Long.parseLong(parts.group(1));
      long masked = Long.parseLong(parts.group(2));
      ExactSum sum = ExactSum.parse(parts.group(3));
      ExactSum squares = ExactSum.parse(parts.group(4));
      Perplexity parsed = new Perplexity(null, null, rows, masked, sum, squares);
      if (!parsed.canBe()) {
        throw new IllegalArgumentException(
            "no " + rows + " rows, " + masked + " of them masked, have these sums: '" + text + "'");
      }
      if (parsed.toString().equals(text)) {
        return parsed;
      }
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("not the text of a perplexity: " + e.getMessage(), e);
    }
    throw new IllegalArgumentException("not the text of a perplexity: '" + text + "'");
  }

  /** Whether there can be such rows: each that is not masked adds a number of at least 0. */
  private boolean canBe() {
    BigDecimal s = sum.value();
    BigDecimal q = squares.value();
    BigDecimal product = s.multiply(s);
    return masked <= rows
        && s.signum() >= 0
        && q.signum() >= 0
        && q.compareTo(product) <= 0
        && product.compareTo(q.multiply(new BigDecimal(rows - masked))) <= 0;
  }

  /** Whether the same was added, in whatever order and parts. */
  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Perplexity that
        && rows == that.rows
        && masked == that.masked
        && sum.equals(that.sum)
        && squares.equals(that.squares);
  }

  /** By what was added. */
  @Override
  public int hashCode() {
    return Objects.hash(rows, masked, sum, squares);
  }
}
