package org.logitkernels.scalar;

import org.logitkernels.numerics.Divergence;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * How far a row is from another: beside the weights, as {@link ExpSum} adds them, their products
 * with the differences from the other row, over the same lanes.
 */
final class DivergenceSum {
  private DivergenceSum() {}

  /**
   * Leaves the row's maximum and total. Returns the mean, by its weights, of the differences from
   * another row.
   */
  static double divergence(
      float[] x,
      int from,
      int to,
      float[] other,
      int otherFrom,
      float[] otherTops,
      Survivors survivors) {
    ExpSum.sums(x, from, to, Divergence.TEMPERATURE, survivors);
    double scale = Exponential.scale(Divergence.TEMPERATURE);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float max = survivors.max;
    double ofRows = Divergence.ofMaxima(max, Lanes.max(otherTops, Lanes.blocks(to - from)));
    double differences = 0;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      float top = survivors.row.tops[b];
      double factor = Exponential.factor(top, max, scale, 1);
      if (factor > 0) {
        float shrink = Divergence.shrink(top, otherTops[b]);
        float centre = Divergence.centre(top, otherTops[b], shrink);
        float origin = Exponential.origin(top, scale, 1);
        int exponent = Exponential.exponent(top, scale);
        int shift = otherFrom - from;
        double products =
            lanes(x, at, end, other, shift, origin, head, tail, exponent, shrink, centre, 1, 0);
        differences +=
            Divergence.products(products, survivors.row.sums[b], centre, shrink, ofRows) * factor;
      }
    }
    return differences / survivors.total;
  }

  /** Lanes, halved: those from one on, so many apart. */
  private static double lanes(
      float[] x,
      int at,
      int end,
      float[] other,
      int shift,
      float origin,
      float head,
      float tail,
      int exponent,
      float shrink,
      float centre,
      int stride,
      int lane) {
    if (stride < Lanes.COUNT) {
      int next = 2 * stride;
      return lanes(
              x, at, end, other, shift, origin, head, tail, exponent, shrink, centre, next, lane)
          + lanes(
              x,
              at,
              end,
              other,
              shift,
              origin,
              head,
              tail,
              exponent,
              shrink,
              centre,
              next,
              lane + stride);
    }
    return groups(
        x,
        at + lane,
        end,
        other,
        shift,
        origin,
        head,
        tail,
        exponent,
        shrink,
        centre,
        Lanes.GROUPS);
  }

  /** So many groups of a lane, in pairs, and pairs of pairs. */
  private static float groups(
      float[] x,
      int at,
      int end,
      float[] other,
      int shift,
      float origin,
      float head,
      float tail,
      int exponent,
      float shrink,
      float centre,
      int count) {
    if (count > 1) {
      int half = count / 2;
      int middle = at + half * Lanes.GROUP;
      return groups(x, at, end, other, shift, origin, head, tail, exponent, shrink, centre, half)
          + groups(
              x, middle, end, other, shift, origin, head, tail, exponent, shrink, centre, half);
    }
    float sum = 0;
    for (int i = at; i < Math.min(end, at + Lanes.GROUP); i += Lanes.COUNT) {
      float difference = x[i] * shrink - other[i + shift] * shrink - centre;
      sum = Exponential.addProductTo(sum, x[i] - origin, difference, head, tail, exponent);
    }
    return sum;
  }
}
