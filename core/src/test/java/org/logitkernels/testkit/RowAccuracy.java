package org.logitkernels.testkit;

import java.util.Arrays;
import java.util.Locale;
import java.util.SplittableRandom;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * How far a row's total, log-sum-exp, softmax, log-softmax and log-probabilities are from the
 * {@link Oracle}'s.
 */
public final class RowAccuracy {
  /** How many of each kind are measured. */
  public static final int COUNT = 50_000;

  /** Which columns of a line are maxima. */
  static final int[] MAXIMA = {5, 6, 7, 8, 9, 10, 11, 12, 15};

  private static final int LONGEST = 128_256;

  /** So many tokens of a row, taken at random, are asked for their log-probability. */
  private static final int ASKED = 8;

  /**
   * A token is sure if the rest have no more than this, in nats, and no less than 1 can tell from
   * what is next to it in double.
   */
  private static final double MOST_REST = 0x1p-10;

  private static final double LEAST_REST = 0x1p-40;

  private final Backend backend;
  private final Kind kind;
  private final Survivors survivors = new Survivors(LONGEST);
  private final Errors additions = new Errors();
  private final Errors sure = new Errors();
  private int rows;
  private long logits;
  private double logSumExp;
  private double logSumExpOfBound;
  private double softmax;
  private double softmaxOfBound;
  private double logSoftmaxOfBound;
  private double logProbabilityOfBound;

  /** Which rows, at which temperatures. */
  public enum Kind {
    /** Normal, or as a language model's, at ordinary temperatures. */
    USUAL("rows as they come"),
    /** Of every distribution, half of them at any temperature there is. */
    ANY("rows of any kind"),
    /** Normal ones, in which a token was raised until the rest have little, or next to nothing. */
    SURE("rows with a sure token");

    private final String label;

    Kind(String label) {
      this.label = label;
    }

    /** What the page calls them. */
    public String label() {
      return label;
    }

    private TestRows.Distribution distribution(int number) {
      TestRows.Distribution[] of =
          this == ANY
              ? TestRows.Distribution.values()
              : new TestRows.Distribution[] {
                TestRows.Distribution.NORMAL,
                TestRows.Distribution.PEAKED,
                TestRows.Distribution.NEGATIVE,
                TestRows.Distribution.POSITIVE
              };
      return this == SURE ? TestRows.Distribution.NORMAL : of[number % of.length];
    }

    private void change(TestRow row, float temperature, SplittableRandom random) {
      if (this == SURE) {
        float most = Float.NEGATIVE_INFINITY;
        for (float logit : row.logits()) {
          most = Math.max(most, logit);
        }
        double raised = most + temperature * random.nextDouble(12, 32);
        row.array()[random.nextInt(row.from(), row.to())] = (float) raised;
      }
    }

    private float temperature(SplittableRandom random) {
      boolean ordinary = this != ANY || random.nextBoolean();
      double exponent = ordinary ? random.nextDouble(-1.5, 1.5) : random.nextDouble(-103, 88);
      return (float) StrictMath.exp(exponent);
    }
  }

  /** Of a backend. */
  public RowAccuracy(Backend backend, Kind kind) {
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
    TestRow row = TestRows.of(kind.distribution(number), length, number % 7, number);
    kind.change(row, temperature, random);
    Oracle oracle = new Oracle(row.logits(), temperature);
    measure(row, temperature, oracle);
    measureLogProbabilities(row, temperature, random, oracle);
  }

  private void measure(TestRow row, float temperature, Oracle oracle) {
    float[] x = row.array();
    int from = row.from();
    int to = row.to();
    rows++;
    logits += row.length();
    backend.sums(x, from, to, temperature, survivors);
    additions.add(Math.abs(survivors.total / sumOfWeights(row, temperature) - 1));

    DoubleDouble exact = oracle.logSumExp();
    double actual = backend.logSumExp(x, from, to, temperature);
    double off = Math.abs(new DoubleDouble(actual, 0).minus(exact).hi());
    logSumExpOfBound = Math.max(logSumExpOfBound, off / oracle.logSumExpError(Accuracy.TOTAL));
    logSumExp = Math.max(logSumExp, off / Math.max(1, Math.abs(oracle.shift())));

    float[] y = new float[row.length()];
    backend.softmax(x, from, to, temperature, y, 0);
    for (int id = 0; id < y.length; id++) {
      if (!oracle.isSurelyAboveZero(id)) {
        continue;
      }
      double probability = oracle.weight(id) / oracle.total();
      double error = Math.abs(y[id] - probability);
      softmaxOfBound = Math.max(softmaxOfBound, error / oracle.probabilityError(id));
      if (probability >= Float.MIN_NORMAL) {
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

  /** Those of the best token and of some at random, in double. */
  private void measureLogProbabilities(
      TestRow row, float temperature, SplittableRandom random, Oracle oracle) {
    int best = backend.argMax(row.array(), row.from(), row.to());
    double logTotal = oracle.logTotal();
    for (int i = 0; i <= ASKED; i++) {
      int id = i == 0 ? best : random.nextInt(row.length());
      double distance = oracle.distance(id);
      if (distance == Double.POSITIVE_INFINITY) {
        continue; // masked
      }
      double exact = -distance - logTotal;
      double actual = backend.logProbability(row.array(), row.from(), row.to(), temperature, id);
      double off = Math.abs(actual - exact);
      double bound = oracle.logTotalError(Accuracy.TOTAL) + (distance + logTotal - exact) * 0x1p-52;
      logProbabilityOfBound = Math.max(logProbabilityOfBound, off / bound);
      if (id == best && logTotal > LEAST_REST && logTotal < MOST_REST) {
        sure.add(off / logTotal);
      }
    }
  }

  /** The sum of the weights as computed, each relative to its block's maximum; exact enough. */
  private double sumOfWeights(TestRow row, float temperature) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    float max = survivors.max;
    double sum = 0;
    for (int at = 0, block = 0; at < row.length(); at += Lanes.BLOCK, block++) {
      float top = survivors.row.tops[block];
      double factor = Exponential.factor(top, max, scale, stretch);
      if (factor > 0) {
        survivors.size = Math.min(Lanes.BLOCK, row.length() - at);
        System.arraycopy(row.array(), row.from() + at, survivors.values, 0, survivors.size);
        survivors.max = top;
        backend.weights(survivors, temperature);
        sum += survivors.sum() * factor;
      }
    }
    return sum;
  }

  /** Takes in what another thread measured of the same kind. */
  public RowAccuracy plus(RowAccuracy that) {
    additions.add(that.additions);
    sure.add(that.sure);
    rows += that.rows;
    logits += that.logits;
    logSumExp = Math.max(logSumExp, that.logSumExp);
    logSumExpOfBound = Math.max(logSumExpOfBound, that.logSumExpOfBound);
    softmax = Math.max(softmax, that.softmax);
    softmaxOfBound = Math.max(softmaxOfBound, that.softmaxOfBound);
    logSoftmaxOfBound = Math.max(logSoftmaxOfBound, that.logSoftmaxOfBound);
    logProbabilityOfBound = Math.max(logProbabilityOfBound, that.logProbabilityOfBound);
    return this;
  }

  /** The line of docs/accuracy.md; maxima are rounded up. */
  public String line() {
    additions.sort();
    sure.sort();
    return String.format(
        Locale.ROOT,
        "| %s | %,d | %,d | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |",
        kind.label,
        rows,
        logits,
        AccuracyPage.up(additions.part(0.5) * 1e7, 2),
        AccuracyPage.up(additions.part(0.99) * 1e7, 2),
        AccuracyPage.up(additions.part(1) * 1e7, 2),
        AccuracyPage.up(additions.part(1) / Accuracy.TOTAL, 3),
        AccuracyPage.up(logSumExp * 1e7, 2),
        AccuracyPage.up(logSumExpOfBound, 3),
        AccuracyPage.up(softmax, 2),
        AccuracyPage.up(softmaxOfBound, 3),
        AccuracyPage.up(logSoftmaxOfBound, 3),
        AccuracyPage.up(logProbabilityOfBound, 3),
        AccuracyPage.up(sure.part(0.5), 6),
        AccuracyPage.up(sure.part(0.99), 6),
        AccuracyPage.up(sure.part(1), 6));
  }

  /** Errors of a kind, of which a part is below another. */
  private static final class Errors {
    private double[] values = new double[16];
    private int count;

    void add(double value) {
      if (count == values.length) {
        values = Arrays.copyOf(values, 2 * count);
      }
      values[count++] = value;
    }

    void add(Errors that) {
      for (int i = 0; i < that.count; i++) {
        add(that.values[i]);
      }
    }

    void sort() {
      Arrays.sort(values, 0, count);
    }

    /** What so large a part of them does not exceed, once sorted; 0 if there is none. */
    double part(double part) {
      return count == 0 ? 0 : values[(int) (part * (count - 1))];
    }
  }
}
