package org.logitkernels.scalar;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/** Sums of weights, block by block, without storing the weights. */
final class ExpSum {
  private ExpSum() {}

  /** The row's total weight, relative to its maximum. */
  static double total(float[] x, int from, int to, double temperature, float max) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    double total = 0;
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      float top = Maxima.top(x, at, end);
      total += block(x, at, end, temperature, top) * Exponential.factor(top, max, scale, stretch);
    }
    return total;
  }

  /** Leaves the row's maximum and total weight, and of each block the sum and the maximum. */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    float max = Maxima.max(x, from, to);
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      survivors.row.tops[b] = Maxima.top(x, at, end);
      survivors.row.sums[b] = block(x, at, end, temperature, survivors.row.tops[b]);
    }
    survivors.total(max, Lanes.blocks(to - from), temperature);
    survivors.row.forget();
  }

  /** The sum of the weights of {@code x[at, end)}, a block with this maximum. */
  static double block(float[] x, int at, int end, double temperature, float top) {
    return top == Float.NEGATIVE_INFINITY ? 0 : block(x, at, end, temperature, top, false);
  }

  /** The same, or of the weights' products with the distances from the maximum. */
  static double block(
      float[] x, int at, int end, double temperature, float top, boolean byDistance) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    float origin = Exponential.origin(top, scale, stretch);
    float nearest = (top - origin) * stretch;
    int exponent = Exponential.exponent(top * stretch, scale);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    return lanes(x, at, end, origin, stretch, head, tail, exponent, nearest, byDistance, 1, 0);
  }

  /** Lanes, halved: those from one on, so many apart. */
  private static double lanes(
      float[] x,
      int at,
      int end,
      float origin,
      float stretch,
      float head,
      float tail,
      int exponent,
      float nearest,
      boolean byDistance,
      int stride,
      int lane) {
    if (stride < Lanes.COUNT) {
      int next = 2 * stride;
      return lanes(
              x, at, end, origin, stretch, head, tail, exponent, nearest, byDistance, next, lane)
          + lanes(
              x,
              at,
              end,
              origin,
              stretch,
              head,
              tail,
              exponent,
              nearest,
              byDistance,
              next,
              lane + stride);
    }
    return groups(x, at + lane, end, origin, stretch, head, tail, exponent, nearest, byDistance);
  }

  /** The groups of a lane, in pairs, and pairs of pairs. A loop: calls of itself take longer. */
  private static float groups(
      float[] x,
      int at,
      int end,
      float origin,
      float stretch,
      float head,
      float tail,
      int exponent,
      float nearest,
      boolean byDistance) {
    float one = 0;
    float two = 0;
    float four = 0;
    for (int group = 0; ; group++) {
      int from = at + group * Lanes.GROUP;
      int to = Math.min(end, from + Lanes.GROUP);
      float sum = 0;
      for (int i = from; i < to; i += Lanes.COUNT) {
        float v = (x[i] - origin) * stretch;
        sum =
            byDistance
                ? Exponential.addProductTo(sum, v, nearest - v, head, tail, exponent)
                : Exponential.addTo(sum, v, head, tail, exponent);
      }
      if ((group & 1) == 0) {
        one = sum;
      } else if ((group & 2) == 0) {
        two = one + sum;
      } else if ((group & 4) == 0) {
        four = two + (one + sum);
      } else {
        return four + (two + (one + sum));
      }
    }
  }

  /** Leaves the weights of the survivors under their maximum. */
  static void weights(Survivors survivors, double temperature) {
    weights(
        survivors.values,
        0,
        survivors.size,
        survivors.max,
        temperature,
        1,
        0,
        survivors.weights,
        0);
  }

  /**
   * Weights of {@code x[at, end)} under a maximum into {@code w}, from {@code wFrom}: each as a
   * probability by two factors, of which 1 and 0 leave it a weight.
   */
  static void weights(
      float[] x,
      int at,
      int end,
      float max,
      double temperature,
      float first,
      float second,
      float[] w,
      int wFrom) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    float origin = Exponential.origin(max, scale, stretch);
    int exponent = Exponential.exponent(max * stretch, scale);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    int shift = wFrom - at;
    for (int i = at; i < end; i++) {
      float weight = Exponential.weight((x[i] - origin) * stretch, head, tail, exponent);
      w[i + shift] = Exponential.probability(weight, first, second);
    }
  }
}
