package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Rows;
import org.logitkernels.internal.Surprisal;
import org.logitkernels.internal.Survivors;

/**
 * The entropy of the whole row: beside the weights, as {@link ExpSum} adds them, their products
 * with the differences from the maximum, over the same lanes.
 *
 * <p>Each block is looked at for its extremes before it is summed, from the first-level cache.
 */
final class EntropySum {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private EntropySum() {}

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  static void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float max = Float.NEGATIVE_INFINITY;
    double total = 0;
    double products = 0;
    int masked = 0;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      long extremes =
          whole
              ? Strips.block(x, at, survivors.maxima, b * Lanes.COUNT)
              : Maxima.scan(x, Math.min(at, end - F.length()), end);
      float blockMax = Maxima.max(extremes);
      if (!(blockMax < Float.POSITIVE_INFINITY)) {
        throw Rows.invalid(x, from, to);
      }
      if (Maxima.min(extremes) == Float.NEGATIVE_INFINITY) {
        masked += masked(x, at, end);
      }
      if (blockMax > max) {
        double decay = Exponential.decay(max, blockMax, temperature);
        products = Surprisal.decay(products, total, max, blockMax, 1, decay);
        total *= decay;
        max = blockMax;
      }
      if (max > Float.NEGATIVE_INFINITY) {
        long sums =
            whole
                ? block(x, at, max, scale, cutoff)
                : last(x, at, end, max, scale, cutoff, survivors);
        total += Float.intBitsToFloat((int) (sums >> 32));
        products += Float.intBitsToFloat((int) sums);
      }
    }
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    survivors.max = max;
    survivors.total = total;
    survivors.entropy = Surprisal.entropy(products, total, temperature);
    survivors.unmasked = to - from - masked;
    survivors.stripsOfBlocks = true;
  }

  private static int masked(float[] x, int at, int end) {
    int masked = 0;
    int i = at;
    for (; i <= end - F.length(); i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      masked += v.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY).trueCount();
    }
    for (; i < end; i++) {
      masked += x[i] == Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return masked;
  }

  /** The block that the row's end cuts short, filled up with masked logits. */
  private static long last(
      float[] x, int at, int end, float max, float scale, float cutoff, Survivors survivors) {
    System.arraycopy(x, at, survivors.values, 0, end - at);
    Arrays.fill(survivors.values, end - at, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
    return EntropySum.block(survivors.values, 0, max, scale, cutoff);
  }

  /** The sums of a whole block's weights and of their products, as two floats. */
  static long block(float[] x, int at, float max, float scale, float cutoff) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && cutoff < 0 : "scale " + scale + ", cutoff " + cutoff;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    FloatVector products = FloatVector.zero(F);
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      FloatVector halfProducts = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        FloatVector quarterProducts = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          FloatVector laneProducts = FloatVector.zero(F);
          int start = at + LaneSum.offset(a, b, c);
          for (int i = 0; i < Lanes.BLOCK; i += Lanes.COUNT) {
            FloatVector d = FloatVector.fromArray(F, x, start + i).sub(maxes);
            VectorMask<Float> counts = d.compare(GE, cutoff);
            FloatVector weight = zero.blend(Weight.addTo(zero, d, scales), counts);
            lanes = lanes.add(weight);
            laneProducts = weight.fma(zero.blend(d, counts), laneProducts);
          }
          quarter = quarter.add(lanes);
          quarterProducts = quarterProducts.add(laneProducts);
        }
        half = half.add(quarter);
        halfProducts = halfProducts.add(quarterProducts);
      }
      sum = sum.add(half);
      products = products.add(halfProducts);
    }
    if (LaneSum.HALVE_16) {
      sum = sum.add(sum.rearrange(LaneSum.BY_8));
      products = products.add(products.rearrange(LaneSum.BY_8));
    }
    if (LaneSum.HALVE_8) {
      sum = sum.add(sum.rearrange(LaneSum.BY_4));
      products = products.add(products.rearrange(LaneSum.BY_4));
    }
    sum = sum.add(sum.rearrange(LaneSum.BY_2));
    products = products.add(products.rearrange(LaneSum.BY_2));
    float weights = sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
    float entropies = products.add(products.rearrange(LaneSum.BY_1)).lane(0);
    return (long) Float.floatToRawIntBits(weights) << 32
        | Integer.toUnsignedLong(Float.floatToRawIntBits(entropies));
  }
}
