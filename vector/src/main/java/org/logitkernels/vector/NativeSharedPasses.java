// Generated from SharedPasses.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/** {@link SharedPasses}, for rows in native memory. */
class NativeSharedPasses implements SharedRowKernels<SegmentAddress> {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  @Override
  public void look(
      SegmentAddress x, int from, int to, int block, int end, int part, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    int stop = Math.min(to, from + end * Lanes.BLOCK);
    int strips = (stop - at) / SharedPasses.RUN * F.length();
    int rest = at + strips * LaneSum.ROUNDS;
    long extremes = Maxima.NONE;
    if (strips > 0) {
      int strip = block * Lanes.COUNT;
      int most = NativeStrips.fill(x, at, rest, SharedPasses.RUN, survivors.row.maxima, strip);
      extremes =
          Maxima.merge(extremes, Maxima.scan(survivors.row.maxima, strip, strip + strips), most);
    }
    if (rest < stop) { // a rest shorter than a vector takes some logits before it
      extremes =
          Maxima.join(extremes, NativeMaxima.scan(x, Math.min(rest, stop - F.length()), stop));
    }
    survivors.row.partExtremes[part] = extremes;
  }

  @Override
  public void looked(int parts, Survivors survivors) {
    survivors.row.looked(Maxima.join(survivors.row.partExtremes, parts));
  }

  @Override
  public float max(SegmentAddress x, int from, int to, int parts, Survivors survivors) {
    float max = Float.NEGATIVE_INFINITY;
    for (int part = 0; part < parts; part++) {
      max = Math.max(max, Maxima.max(survivors.row.partExtremes[part])); // NaN stays NaN
    }
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw RowErrors.invalid(x.onHeap(to), from, to);
    }
    return max;
  }

  @Override
  public int argMax(SegmentAddress x, int from, int to, int block, float max, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    for (int strip = block * Lanes.COUNT;
        at <= to - SharedPasses.RUN && !SharedPasses.attains(survivors.row.maxima, strip, max);
        strip += F.length()) {
      at += SharedPasses.RUN;
    }
    return at - from + NativeMaxima.first(x, at, to, max);
  }

  @Override
  public void sums(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      int block,
      int end,
      Survivors survivors) {
    NativeExpSum.sums(x, from, to, temperature, block, end, survivors);
  }

  @Override
  public void total(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    NativeExpSum.total(x, from, to, temperature, survivors);
  }
}
