package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * Passes over parts of a shared row: the look, which leaves extremes and the maxima of strips, and
 * the sums of blocks.
 */
class SharedPasses implements SharedRowKernels<float[]> {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** Logits in a run. A block is one run or more. */
  static final int RUN = LaneSum.ROUNDS * F.length();

  @Override
  public void look(float[] x, int from, int to, int block, int end, int part, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    int stop = Math.min(to, from + end * Lanes.BLOCK);
    int strips = (stop - at) / RUN * F.length();
    int rest = at + strips * LaneSum.ROUNDS;
    long extremes = Maxima.NONE;
    if (strips > 0) {
      int strip = block * Lanes.COUNT;
      int most = Strips.fill(x, at, rest, RUN, survivors.row.maxima, strip);
      extremes =
          Maxima.merge(extremes, Maxima.scan(survivors.row.maxima, strip, strip + strips), most);
    }
    if (rest < stop) { // a rest shorter than a vector takes some logits before it
      extremes = Maxima.join(extremes, Maxima.scan(x, Math.min(rest, stop - F.length()), stop));
    }
    survivors.row.partExtremes[part] = extremes;
  }

  @Override
  public void looked(int parts, Survivors survivors) {
    survivors.row.looked(Maxima.join(survivors.row.partExtremes, parts));
  }

  @Override
  public float max(float[] x, int from, int to, int parts, Survivors survivors) {
    float max = Float.NEGATIVE_INFINITY;
    for (int part = 0; part < parts; part++) {
      max = Math.max(max, Maxima.max(survivors.row.partExtremes[part])); // NaN stays NaN
    }
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw RowErrors.invalid(x, from, to);
    }
    return max;
  }

  @Override
  public int argMax(float[] x, int from, int to, int block, float max, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    for (int strip = block * Lanes.COUNT;
        at <= to - RUN && !attains(survivors.row.maxima, strip, max);
        strip += F.length()) {
      at += RUN;
    }
    return at - from + Maxima.first(x, at, to, max);
  }

  static boolean attains(float[] maxima, int strip, float max) {
    return FloatVector.fromArray(F, maxima, strip).compare(EQ, max).anyTrue();
  }

  @Override
  public void sums(
      float[] x, int from, int to, double temperature, int block, int end, Survivors survivors) {
    ExpSum.sums(x, from, to, temperature, block, end, survivors);
  }

  @Override
  public void total(float[] x, int from, int to, double temperature, Survivors survivors) {
    ExpSum.total(x, from, to, temperature, survivors);
  }
}
