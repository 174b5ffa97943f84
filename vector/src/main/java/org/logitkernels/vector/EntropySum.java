package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.LT;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Exponential;
import org.logitkernels.internal.Lanes;
import org.logitkernels.internal.Rows;
import org.logitkernels.internal.Surprisal;
import org.logitkernels.internal.Survivors;

/**
 * The entropy of the whole row: {@link ExpSum}, whose loops these are, and beside each weight its
 * product with the difference from the maximum, over the same lanes.
 */
final class EntropySum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  // What is known of the next block: see ExpSum.
  private static final int PLAIN = 0;
  private static final int CUT = 1;
  private static final int RAISED = 2;
  private static final int UNSEEN = 3;

  // Where a block leaves its sums.
  private static final int SUM = 0;
  private static final int PRODUCTS = 1;

  private EntropySum() {}

  /** Leaves the row's maximum, total weight and entropy, and how many tokens are not masked. */
  static void entropy(float[] x, int from, int to, double temperature, Survivors survivors) {
    float scale = Exponential.scale(temperature);
    float cutoff = Exponential.cutoff(scale);
    float[] maxima = survivors.maxima;
    double[] sums = survivors.lanes;
    float max = Float.NEGATIVE_INFINITY;
    double total = 0;
    double products = 0;
    int masked = 0;
    int next = UNSEEN;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      if (next >= RAISED || !whole) {
        // Short of a vector, logits before the block are looked at for a second time.
        long extremes =
            next == UNSEEN && whole
                ? Strips.block(x, at, maxima, b * Lanes.COUNT)
                : Maxima.scan(x, Math.min(at, end - F.length()), end);
        float blockMax = Maxima.max(extremes);
        if (!(blockMax < Float.POSITIVE_INFINITY)) {
          throw Rows.invalid(x, from, to);
        }
        if (blockMax > max) {
          double decay = Exponential.decay(max, blockMax, temperature);
          products = Surprisal.decay(products, total, max, blockMax, 1, decay);
          total *= decay;
          max = blockMax;
        }
        next = Maxima.min(extremes) - max >= cutoff ? PLAIN : CUT;
      }
      if (next == CUT) {
        masked += masked(x, at, end);
      }
      if (max == Float.NEGATIVE_INFINITY) {
        next = UNSEEN; // nothing to sum yet
        continue;
      }
      int ahead = whole && to - end >= Lanes.BLOCK ? Lanes.BLOCK : 0;
      int strip = (b + (ahead > 0 ? 1 : 0)) * Lanes.COUNT;
      if (!whole) { // filled up with masked logits
        System.arraycopy(x, at, survivors.values, 0, end - at);
        Arrays.fill(survivors.values, end - at, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
        EntropySum.cutBlock(survivors.values, 0, 0, max, scale, cutoff, maxima, strip, sums);
      } else if (next == PLAIN) {
        next = plainBlock(x, at, ahead, max, scale, cutoff, maxima, strip, sums);
      } else {
        next = cutBlock(x, at, ahead, max, scale, cutoff, maxima, strip, sums);
      }
      total += sums[SUM];
      products += sums[PRODUCTS];
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
      masked += v.compare(EQ, Float.NEGATIVE_INFINITY).trueCount();
    }
    for (; i < end; i++) {
      masked += x[i] == Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return masked;
  }

  /** A whole block of which every weight counts. */
  private static int plainBlock(
      float[] x,
      int at,
      int ahead,
      float max,
      float scale,
      float cutoff,
      float[] maxima,
      int strip,
      double[] sums) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    FloatVector products = FloatVector.zero(F);
    // Of the next block: strips that neither raise the maximum nor hold NaN, and strips of which
    // every weight counts.
    int valid = 0;
    int counting = 0;
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      FloatVector halfProducts = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        FloatVector quarterProducts = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          FloatVector laneProducts = FloatVector.zero(F);
          IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
          IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
          IntVector unsignedMax = IntVector.broadcast(I, Unsigned.LEAST);
          int start = at + LaneSum.offset(a, b, c);
          int part = LaneSum.met(a, b, c) * F.length();
          int look = at + ahead + part * LaneSum.ROUNDS;
          for (int i = 0; i < LaneSum.ROUNDS * F.length(); i += F.length()) {
            FloatVector d = FloatVector.fromArray(F, x, start + i * LaneSum.VECTORS).sub(maxes);
            FloatVector weight = Weight.addTo(zero, d, scales);
            lanes = lanes.add(weight);
            laneProducts = weight.fma(d, laneProducts);
            IntVector bits = FloatVector.fromArray(F, x, look + i).reinterpretAsInts();
            signedMax = signedMax.max(bits);
            signedMin = signedMin.min(bits);
            unsignedMax = Unsigned.max(unsignedMax, bits);
          }
          quarter = quarter.add(lanes);
          quarterProducts = quarterProducts.add(laneProducts);
          FloatVector most =
              signedMax.blend(signedMin, signedMax.compare(LT, 0)).reinterpretAsFloats();
          IntVector negative = Unsigned.bits(unsignedMax);
          FloatVector least =
              signedMin.blend(negative, negative.compare(LT, 0)).reinterpretAsFloats();
          most.intoArray(maxima, strip + part);
          valid +=
              most.compare(LE, max).and(least.compare(GE, Float.NEGATIVE_INFINITY)).trueCount();
          counting += least.sub(maxes).compare(GE, cutoff).trueCount();
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
    sums[SUM] = sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
    sums[PRODUCTS] = products.add(products.rearrange(LaneSum.BY_1)).lane(0);
    return valid < Lanes.COUNT ? RAISED : counting < Lanes.COUNT ? CUT : PLAIN;
  }

  /** A whole block in which weights may lie below the cutoff. */
  static int cutBlock(
      float[] x,
      int at,
      int ahead,
      float max,
      float scale,
      float cutoff,
      float[] maxima,
      int strip,
      double[] sums) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < Float.POSITIVE_INFINITY : "scale " + scale;
    FloatVector maxes = FloatVector.broadcast(F, max);
    FloatVector scales = FloatVector.broadcast(F, scale);
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = FloatVector.zero(F);
    FloatVector products = FloatVector.zero(F);
    // Of the next block: strips that neither raise the maximum nor hold NaN, and strips of which
    // every weight counts.
    int valid = 0;
    int counting = 0;
    for (int a = 0; a < LaneSum.FIRST; a++) {
      FloatVector half = FloatVector.zero(F);
      FloatVector halfProducts = FloatVector.zero(F);
      for (int b = 0; b < LaneSum.SECOND; b++) {
        FloatVector quarter = FloatVector.zero(F);
        FloatVector quarterProducts = FloatVector.zero(F);
        for (int c = 0; c < LaneSum.THIRD; c++) {
          FloatVector lanes = FloatVector.zero(F);
          FloatVector laneProducts = FloatVector.zero(F);
          IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
          IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
          IntVector unsignedMax = IntVector.broadcast(I, Unsigned.LEAST);
          int start = at + LaneSum.offset(a, b, c);
          int part = LaneSum.met(a, b, c) * F.length();
          int look = at + ahead + part * LaneSum.ROUNDS;
          for (int i = 0; i < LaneSum.ROUNDS * F.length(); i += F.length()) {
            FloatVector d = FloatVector.fromArray(F, x, start + i * LaneSum.VECTORS).sub(maxes);
            VectorMask<Float> counts = d.compare(GE, cutoff);
            FloatVector weight = zero.blend(Weight.addTo(zero, d, scales), counts);
            lanes = lanes.add(weight);
            laneProducts = weight.fma(zero.blend(d, counts), laneProducts);
            IntVector bits = FloatVector.fromArray(F, x, look + i).reinterpretAsInts();
            signedMax = signedMax.max(bits);
            signedMin = signedMin.min(bits);
            unsignedMax = Unsigned.max(unsignedMax, bits);
          }
          quarter = quarter.add(lanes);
          quarterProducts = quarterProducts.add(laneProducts);
          FloatVector most =
              signedMax.blend(signedMin, signedMax.compare(LT, 0)).reinterpretAsFloats();
          IntVector negative = Unsigned.bits(unsignedMax);
          FloatVector least =
              signedMin.blend(negative, negative.compare(LT, 0)).reinterpretAsFloats();
          most.intoArray(maxima, strip + part);
          valid +=
              most.compare(LE, max).and(least.compare(GE, Float.NEGATIVE_INFINITY)).trueCount();
          counting += least.sub(maxes).compare(GE, cutoff).trueCount();
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
    sums[SUM] = sum.add(sum.rearrange(LaneSum.BY_1)).lane(0);
    sums[PRODUCTS] = products.add(products.rearrange(LaneSum.BY_1)).lane(0);
    return valid < Lanes.COUNT ? RAISED : counting < Lanes.COUNT ? CUT : PLAIN;
  }
}
