package org.logitkernels.scalar;

import java.util.Arrays;
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
    float[] groups = survivors.weights; // a block long at least, and of no other use for now
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
        Arrays.fill(groups, 0, Lanes.GROUPS * Lanes.COUNT, 0);
        for (int i = at; i < end; i++) {
          int place = (i - at) / Lanes.GROUP * Lanes.COUNT + (i - at) % Lanes.COUNT;
          float difference = x[i] * shrink - other[otherFrom + i - from] * shrink - centre;
          groups[place] =
              Exponential.addProductTo(
                  groups[place], x[i] - origin, difference, head, tail, exponent);
        }
        double products = Lanes.sum(groups, survivors.row.lanes);
        differences +=
            Divergence.products(products, survivors.row.sums[b], centre, shrink, ofRows) * factor;
      }
    }
    return differences / survivors.total;
  }
}
