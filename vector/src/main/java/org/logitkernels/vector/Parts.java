package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.PartKernels;
import org.logitkernels.internal.Rows;
import org.logitkernels.internal.Survivors;

/** Passes over parts of a row: the look, and sums of blocks whose maxima it has found. */
class Parts implements PartKernels<float[]> {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** Logits in a run, of which a block has one or more. */
  private static final int RUN = LaneSum.ROUNDS * F.length();

  @Override
  public void look(float[] x, int from, int to, int block, int end, int part, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    int stop = Math.min(to, from + end * Lanes.BLOCK);
    int strips = (stop - at) / RUN * F.length();
    int rest = at + strips * LaneSum.ROUNDS;
    long extremes = Maxima.NONE;
    if (strips > 0) {
      int strip = block * Lanes.COUNT;
      int most = Strips.fill(x, at, rest, RUN, survivors.maxima, strip);
      extremes = Maxima.merge(extremes, Maxima.scan(survivors.maxima, strip, strip + strips), most);
    }
    if (rest < stop) { // short of a vector, logits before are looked at for a second time
      extremes = Maxima.join(extremes, Maxima.scan(x, Math.min(rest, stop - F.length()), stop));
    }
    survivors.partExtremes[part] = extremes;
  }

  @Override
  public void looked(int parts, Survivors survivors) {
    long extremes = Maxima.NONE;
    for (int part = 0; part < parts; part++) {
      extremes = Maxima.join(extremes, survivors.partExtremes[part]);
    }
    survivors.extremes = extremes;
    survivors.looked = true;
  }

  @Override
  public float max(float[] x, int from, int to, int parts, Survivors survivors) {
    float max = Float.NEGATIVE_INFINITY;
    for (int part = 0; part < parts; part++) {
      max = Math.max(max, Maxima.max(survivors.partExtremes[part])); // or NaN
    }
    if (!(max < Float.POSITIVE_INFINITY)) {
      throw Rows.invalid(x, from, to);
    }
    return max;
  }

  @Override
  public int argMax(float[] x, int from, int to, int block, float max, Survivors survivors) {
    int at = from + block * Lanes.BLOCK;
    for (int strip = block * Lanes.COUNT;
        at <= to - RUN && !attains(survivors.maxima, strip, max);
        strip += F.length()) {
      at += RUN;
    }
    return at - from + Maxima.first(x, at, to, max);
  }

  private static boolean attains(float[] maxima, int strip, float max) {
    return FloatVector.fromArray(F, maxima, strip).compare(EQ, max).anyTrue();
  }

  @Override
  public boolean sums(double temperature) {
    return Exponential.stretch(temperature) == 1;
  }

  @Override
  public void sumsOfRest(
      float[] x,
      int from,
      int to,
      double temperature,
      int block,
      float before,
      Survivors survivors) {
    ExpSum.sumsOfRest(x, from, to, temperature, block, before, survivors);
  }

  @Override
  public void sums(
      float[] x,
      int from,
      int to,
      double temperature,
      int block,
      int end,
      int part,
      float before,
      Survivors survivors) {
    float least = Maxima.min(survivors.partExtremes[part]);
    sums(x, from, to, temperature, block, end, before, least, survivors);
  }

  /** The same, where no logit is less than one that is given. */
  static void sums(
      float[] x,
      int from,
      int to,
      double temperature,
      int block,
      int end,
      float before,
      float least,
      Survivors survivors) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float max = before;
    for (int b = block; b < end; b++) {
      int at = from + b * Lanes.BLOCK;
      int stop = Math.min(to, at + Lanes.BLOCK);
      boolean whole = stop - at == Lanes.BLOCK;
      double decay = 1;
      if (!whole || exceeds(survivors.maxima, b * Lanes.COUNT, max)) {
        long extremes =
            whole
                ? Maxima.scan(survivors.maxima, b * Lanes.COUNT, (b + 1) * Lanes.COUNT)
                : Maxima.scan(x, Math.min(at, stop - F.length()), stop);
        float blockMax = Maxima.max(extremes);
        if (blockMax > max) {
          decay = Exponential.decay(max, blockMax, temperature);
          max = blockMax;
        }
      }
      float sum = 0;
      if (max > Float.NEGATIVE_INFINITY) {
        sum =
            !whole
                ? ExpSum.lastBlock(x, at, stop, max, scale, cutoff)
                : least - max >= cutoff
                    ? ExpSum.plainSeen(x, at, max, scale)
                    : ExpSum.cutSeen(x, at, max, scale, cutoff);
      }
      survivors.sums[b] = sum;
      survivors.decays[b] = decay;
      survivors.tops[b] = max;
    }
  }

  /** Whether one of a block's strips exceeds a maximum. */
  private static boolean exceeds(float[] maxima, int strip, float max) {
    for (int i = strip; i < strip + Lanes.COUNT; i += F.length()) {
      if (FloatVector.fromArray(F, maxima, i).compare(GT, max).anyTrue()) {
        return true;
      }
    }
    return false;
  }
}
