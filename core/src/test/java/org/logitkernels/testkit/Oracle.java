package org.logitkernels.testkit;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * What a row's softmax, log-sum-exp and nucleus are in exact arithmetic on its floats, to a
 * relative 2^-90: weights and their sum in {@link DoubleDouble}, prefixes of a full sort.
 */
public final class Oracle {
  private final float[] logits;
  private final double temperature;
  private final double max;
  private final double[] weights;
  private final double[] distances;
  private final DoubleDouble total;
  private final DoubleDouble logTotal;
  private final double meanWeightError;

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
    double error = 0;
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
      if (weights[i] > 0) {
        error += weights[i] * Accuracy.weight(distances[i]);
      }
    }
    this.total = sum;
    this.logTotal = sum.log();
    this.meanWeightError = error / sum.hi();
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
    return additions + meanWeightError;
  }

  /** How far log-sum-exp may be from the exact one, if the total's additions err so much. */
  public double logSumExpError(double additions) {
    double roundings = (Math.abs(shift()) + Math.abs(logSumExp().hi()) + logTotal()) * 0x1p-52;
    return -Math.log1p(-totalError(additions)) + roundings;
  }

  /** How far a probability may be from the exact one, if its weight is not below the least. */
  public double probabilityError(int id) {
    double others = (1 + Accuracy.NORMALISATION) * (1 + 0x1p-40) / (1 - totalError(Accuracy.TOTAL));
    double error = weights[id] == 0 ? 0 : Accuracy.weight(distances[id]);
    return weights[id] / total() * ((1 + error) * others - 1) + Accuracy.SUBNORMAL;
  }

  /** How far a logarithm of a probability may be from the exact one. */
  public double logProbabilityError(int id) {
    double logTotal = logTotal();
    double logarithm = -distances[id] - logTotal;
    return (2 * distances[id] + logTotal + Math.abs(logarithm)) * Accuracy.UNIT * (1 + 0x1p-20)
        - Math.log1p(-totalError(Accuracy.TOTAL))
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
    double unit = 0x1p-44 * Math.max(1, Integer.highestOneBit(logits.length) * 0x1p-17);
    double need = share * rowTotal;
    DoubleDouble mass = DoubleDouble.ZERO;
    double slack = unit;
    int least = order.length;
    int most = order.length;
    for (int size = 1; size <= order.length; size++) {
      int id = order[size - 1];
      mass = mass.plus(new DoubleDouble(weights[id], 0));
      slack += unit + weights[id] * (weights[id] > 0 ? Accuracy.weight(distances[id]) : 0);
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
}
