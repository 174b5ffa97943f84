package org.logitkernels.testkit;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import org.logitkernels.internal.Backend;
import org.logitkernels.internal.Survivors;

/** How far a row's total, log-sum-exp, softmax and log-softmax are from the {@link Oracle}'s. */
public final class RowErrors {
  /** How many of each kind are measured. */
  public static final int COUNT = 50_000;

  /** Which columns of a line are maxima. */
  static final int[] MAXIMA = {5, 6, 7, 8, 9, 10};

  private static final int LONGEST = 128_256;

  /** Up to this distance from the maximum, in units of T, softmax is reported in ULP. */
  private static final double NEAR = 8;

  private final Backend backend;
  private final Kind kind;
  private final Survivors survivors = new Survivors(LONGEST);
  private double[] additions = new double[16];
  private int rows;
  private long logits;
  private double logSumExp;
  private double logSumExpOfBound;
  private double softmax;
  private double softmaxOfBound;
  private double logSoftmaxOfBound;

  /** Which rows, at which temperatures. */
  public enum Kind {
    /** Normal, or as a language model's, at ordinary temperatures. */
    USUAL("rows as they come"),
    /** Of every distribution, half of them at any temperature there is. */
    ANY("rows of any kind");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** What the page calls them. */
    public String label() {
      return label;
    }

    private Rows.Distribution distribution(int number) {
      Rows.Distribution[] of =
          this == ANY
              ? Rows.Distribution.values()
              : new Rows.Distribution[] {
                Rows.Distribution.NORMAL,
                Rows.Distribution.PEAKED,
                Rows.Distribution.NEGATIVE,
                Rows.Distribution.POSITIVE
              };
      return of[number % of.length];
    }

    private float temperature(SplittableRandom random) {
      boolean ordinary = this == USUAL || random.nextBoolean();
      double exponent = ordinary ? random.nextDouble(-1.5, 1.5) : random.nextDouble(-103, 88);
      return (float) StrictMath.exp(exponent);
    }
  }

  /** Of a backend. */
  public RowErrors(Backend backend, Kind kind) {
    this.backend = backend;
    this.kind = kind;
    survivors.reserve(LONGEST);
  }

  /**
   * Measures a row by its number: of log-uniform length up to 8,192, one in 500 as long as a large
   * vocabulary.
   */
  public void add(int number) {
    SplittableRandom random = new SplittableRandom(number);
    int length =
        number % 500 == 0 ? LONGEST : (int) StrictMath.pow(2, random.nextDouble(0, 13)); // 1..8191
    float temperature = kind.temperature(random);
    Row row = Rows.of(kind.distribution(number), length, number % 7, number);
    measure(row, temperature, new Oracle(row.logits(), temperature));
  }

  private void measure(Row row, float temperature, Oracle oracle) {
    float[] x = row.array();
    int from = row.from();
    int to = row.to();
    backend.sums(x, from, to, temperature, survivors);
    addAdditions(survivors.total, sumOfWeights(row, temperature));
    logits += row.length();

    DoubleDouble exact = oracle.logSumExp();
    double actual = backend.logSumExp(x, from, to, temperature);
    double off = Math.abs(new DoubleDouble(actual, 0).minus(exact).hi());
    logSumExpOfBound = Math.max(logSumExpOfBound, off / oracle.logSumExpError(Accuracy.TOTAL));
    logSumExp = Math.max(logSumExp, off / Math.max(1, Math.abs(oracle.shift())));

    float[] y = new float[row.length()];
    backend.softmax(x, from, to, temperature, y, 0);
    for (int id = 0; id < y.length; id++) {
      double weight = oracle.weight(id);
      if (weight * (1 - Accuracy.weight(oracle.distance(id))) <= Accuracy.LEAST_WEIGHT) {
        continue; // 0, or nearly so
      }
      double probability = weight / oracle.total();
      double error = Math.abs(y[id] - probability);
      softmaxOfBound = Math.max(softmaxOfBound, error / oracle.probabilityError(id));
      if (oracle.distance(id) <= NEAR) {
        double ulp = Math.scalb(1.0, Math.getExponent(probability) - 23);
        softmax = Math.max(softmax, error / ulp);
      }
    }

    backend.logSoftmax(x, from, to, temperature, y, 0);
    double logTotal = oracle.logTotal();
    for (int id = 0; id < y.length; id++) {
      double logarithm = -oracle.distance(id) - logTotal;
      double bound = oracle.logProbabilityError(id);
      if (logarithm - bound > -Float.MAX_VALUE) {
        logSoftmaxOfBound = Math.max(logSoftmaxOfBound, Math.abs(y[id] - logarithm) / bound);
      }
    }
  }

  /** The sum of the weights as computed, each relative to the row's maximum; exact enough. */
  private double sumOfWeights(Row row, float temperature) {
    System.arraycopy(row.array(), row.from(), survivors.values, 0, row.length());
    survivors.size = row.length();
    backend.weights(survivors, temperature);
    double sum = 0;
    for (int i = 0; i < row.length(); i++) {
      sum += survivors.weights[i];
    }
    return sum;
  }

  private void addAdditions(double total, double sum) {
    if (rows == additions.length) {
      additions = Arrays.copyOf(additions, 2 * rows);
    }
    additions[rows++] = Math.abs(total / sum - 1);
  }

  /** Takes in what another thread measured of the same kind. */
  public RowErrors plus(RowErrors that) {
    additions = Arrays.copyOf(additions, rows + that.rows);
    System.arraycopy(that.additions, 0, additions, rows, that.rows);
    rows += that.rows;
    logits += that.logits;
    logSumExp = Math.max(logSumExp, that.logSumExp);
    logSumExpOfBound = Math.max(logSumExpOfBound, that.logSumExpOfBound);
    softmax = Math.max(softmax, that.softmax);
    softmaxOfBound = Math.max(softmaxOfBound, that.softmaxOfBound);
    logSoftmaxOfBound = Math.max(logSoftmaxOfBound, that.logSoftmaxOfBound);
    return this;
  }

  /** The line of docs/accuracy.md; maxima are rounded up. */
  public String line() {
    double[] sorted = Arrays.copyOf(additions, rows);
    Arrays.sort(sorted);
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %,d | %s | %s | %s | %s | %s | %s | %s | %s |",
        kind.label,
        rows,
        logits,
        AccuracyPage.up(sorted[rows / 2] * 1e7, 2),
        AccuracyPage.up(sorted[(int) (0.99 * rows)] * 1e7, 2),
        AccuracyPage.up(sorted[rows - 1] * 1e7, 2),
        AccuracyPage.up(logSumExp * 1e7, 2),
        AccuracyPage.up(logSumExpOfBound, 3),
        AccuracyPage.up(softmax, 2),
        AccuracyPage.up(softmaxOfBound, 3),
        AccuracyPage.up(logSoftmaxOfBound, 3));
  }
}
