package org.logitkernels.testkit;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What a row's softmax, log-sum-exp and nucleus are in exact arithmetic on its floats, to a
 * relative 2^-90: weights and their sum in {@link DoubleDouble}, prefixes of a full sort.
 */
public final class Oracle {
  private static final DoubleDouble LOG2_E =
      new DoubleDouble(0x1.71547652b82fep0, 0x1.777d0ffda0d24p-56);

  /** From this power of two on a maximum is far, on either side of 0. */
  private static final double FAR = 0x1p16;

  /** Beyond, weights are those of the last temperature. */
  private static final double LAST = 0x1p164;

  private final float[] logits;
  private final double temperature;
  private final double max;
  private final double[] weights;
  private final double[] distances;
  private final DoubleDouble total;
  private final DoubleDouble logTotal;
  private final DoubleDouble squares;
  private final double others;
  private final double leastOfMax;
  private final double mostOfMax;

  /**
   * A row at a temperature.
   *
   * @param logits with at least one unmasked token
   * @param temperature T, above 0
   */
  public Oracle(float[] logits, double temperature) {
    this.logits = logits;
    this.temperature = temperature;
    this.max = IntStream.range(0, logits.length).mapToDouble(i -> logits[i]).max().orElseThrow();
    this.weights = new double[logits.length];
    this.distances = new double[logits.length];
    DoubleDouble sum = DoubleDouble.ZERO;
    DoubleDouble sumOfSquares = DoubleDouble.ZERO;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] == Float.NEGATIVE_INFINITY) {
        distances[i] = Double.POSITIVE_INFINITY;
        continue;
      }
      DoubleDouble power = DoubleDouble.sum(logits[i], -max).dividedBy(temperature);
      DoubleDouble weight = power.exp();
      distances[i] = -power.hi();
      weights[i] = weight.hi();
      sum = sum.plus(weight);
      sumOfSquares = sumOfSquares.plus(weight.times(weight));
    }
    this.total = sum;
    this.squares = sumOfSquares;
    this.logTotal = sum.log();
    this.others = sum.minus(new DoubleDouble(1, 0)).hi() / sum.hi();
    double clamped = Math.clamp(temperature, 1 / LAST, LAST);
    DoubleDouble power = new DoubleDouble(max, 0).dividedBy(clamped).times(LOG2_E);
    double rounding = Math.abs(power.hi()) * 0x1p-50;
    if (temperature > 0x1p100) {
      rounding += 0x1p-185; // a stretched maximum may be subnormal
    }
    DoubleDouble below = power.minus(new DoubleDouble(rounding, 0));
    DoubleDouble above = power.plus(new DoubleDouble(rounding, 0));
    double least = weightOfMax(below, power);
    double most = weightOfMax(above, power);
    this.leastOfMax = Math.min(Math.min(least, most), weightOfMax(power, power));
    this.mostOfMax = Math.max(Math.max(least, most), weightOfMax(power, power));
  }

  /** The maximum's weight relative to 2^N, with the N of a power beside its own. */
  private static double weightOfMax(DoubleDouble rounded, DoubleDouble power) {
    if (Math.abs(rounded.hi()) >= FAR) {
      return 1;
    }
    double n = Math.ceil(rounded.hi());
    return StrictMath.pow(2, power.minus(new DoubleDouble(n, 0)).hi());
  }

  /**
   * The maximum's weight relative to 2^N, in [1/2, 1]; the less of two that the rounding of its
   * power leaves open.
   */
  public double leastWeightOfMax() {
    return leastOfMax;
  }

  /** Whether the weight relative to 2^N is below the least, whatever its error. */
  public boolean isSurelyZero(int id) {
    return weights[id] * mostOfMax * (1 + Accuracy.WEIGHT) < Accuracy.LEAST_WEIGHT;
  }

  /** Whether the weight relative to 2^N is above the least, whatever its error. */
  public boolean isSurelyAboveZero(int id) {
    return weights[id] * leastOfMax * (1 - Accuracy.WEIGHT) > Accuracy.LEAST_WEIGHT;
  }

  /** {@code exp((x - max) / T)}. */
  public double weight(int id) {
    return weights[id];
  }

  /** {@code (max - x) / T}. */
  public double distance(int id) {
    return distances[id];
  }

  /** The sum of all weights. */
  public double total() {
    return total.hi();
  }

  /** Its logarithm. */
  public double logTotal() {
    return logTotal.hi();
  }

  /** {@code max / T + ln(total)}. */
  public DoubleDouble logSumExp() {
    return new DoubleDouble(max, 0).dividedBy(temperature).plus(logTotal);
  }

  /** {@code max / T}. */
  public double shift() {
    return max / temperature;
  }

  /** How far a computed total may be from the exact one, relative, if its additions err so much. */
  public double totalError(double additions) {
    return (1 + additions) * (1 + Accuracy.WEIGHT) - 1 + doubles();
  }

  /** The roundings of a total in double: of halvings, factors, blocks and a division. */
  private double doubles() {
    return (10 + 2 * (logits.length / 1024)) * 0x1p-53;
  }

  /**
   * How far the logarithm of the total in weights of the maximum may be from the exact one, if the
   * total's additions err so much. The maximum's own weight cancels; and a rounded sum is no
   * further from the exact one than what is added.
   */
  public double logTotalError(double additions) {
    double error = Math.min(additions, others * 1.000001) + 2.000001 * Accuracy.WEIGHT * others;
    return -Math.log1p(-error - doubles());
  }

  /** How far log-sum-exp may be from the exact one, if the total's additions err so much. */
  public double logSumExpError(double additions) {
    double roundings = (Math.abs(shift()) + Math.abs(logSumExp().hi()) + logTotal()) * 0x1p-52;
    return logTotalError(additions) + roundings;
  }

  /** How far a probability may be from the exact one, if its weight is not below the least. */
  public double probabilityError(int id) {
    double factor = (1 + Accuracy.WEIGHT) * (1 + Accuracy.NORMALISATION);
    double error = factor / (1 - totalError(Accuracy.TOTAL)) - 1;
    return weights[id] / total() * error + Accuracy.SUBNORMAL;
  }

  /** How far a float logarithm of a probability may be from the exact one. */
  public double logProbabilityError(int id) {
    double logTotal = logTotal();
    double logarithm = -distances[id] - logTotal;
    return (2 * distances[id] + logTotal + Math.abs(logarithm)) * Accuracy.UNIT * (1 + 0x1p-20)
        + logTotalError(Accuracy.TOTAL)
        + Accuracy.SUBNORMAL;
  }

  /** All unmasked tokens, best first. */
  public int[] order() {
    return order(logits);
  }

  /** All unmasked tokens by logit descending, -0 equal to +0, then by ascending id. */
  public static int[] order(float[] logits) {
    Comparator<Integer> best =
        (a, b) -> logits[a] > logits[b] ? -1 : logits[a] < logits[b] ? 1 : Integer.compare(a, b);
    return IntStream.range(0, logits.length)
        .filter(id -> logits[id] > Float.NEGATIVE_INFINITY)
        .boxed()
        .sorted(best)
        .mapToInt(Integer::intValue)
        .toArray();
  }

  /**
   * The sizes that a nucleus may have.
   *
   * @param least the smallest
   * @param most the largest
   */
  public record Sizes(int least, int most) {
    /** Whether a size is among them. */
    public boolean contains(int size) {
      return least <= size && size <= most;
    }
  }

  /**
   * The sizes of the nucleus that the errors of weights, of their rounding to units of mass and of
   * the total leave open: the exact one if there is but one.
   *
   * @param additions the relative error of the total's additions
   */
  public Sizes nucleus(float p, double additions) {
    int[] order = order();
    double rowTotal = total();
    double share = p - 0x1p-21;
    double error = totalError(additions) * Math.abs(share) * rowTotal;
    double unit =
        0x1p-44 * Math.max(1, Integer.highestOneBit(logits.length) * 0x1p-17) / leastOfMax;
    double need = share * rowTotal;
    DoubleDouble mass = DoubleDouble.ZERO;
    double slack = unit;
    int least = order.length;
    int most = order.length;
    for (int size = 1; size <= order.length; size++) {
      int id = order[size - 1];
      mass = mass.plus(new DoubleDouble(weights[id], 0));
      slack += unit + weights[id] * Accuracy.WEIGHT;
      if (mass.hi() + slack + error >= need) {
        least = Math.min(least, size);
      }
      if (mass.hi() - slack - error >= need) {
        most = size;
        break;
      }
    }
    return new Sizes(least, most);
  }

  /**
   * The sizes of what p-less keeps that the errors of two totals and the roundings of cut and
   * differences leave open: the tokens whose weight is at least {@code sum(w^2) / sum(w)}.
   */
  public Sizes pLess() {
    double cut = logTotal.minus(squares.log()).hi();
    double error = 20 * Accuracy.UNIT;
    int least = 0;
    int most = 0;
    for (int id : order()) {
      double d = distances[id];
      double rounding = (cut + d) * Accuracy.UNIT + Accuracy.SUBNORMAL / temperature;
      least += d == 0 || d <= Math.max(0, cut - error) + 0x1p-21 - rounding ? 1 : 0;
      most += d <= cut + error + 0x1p-21 + rounding ? 1 : 0;
    }
    return new Sizes(least, most);
  }
}
