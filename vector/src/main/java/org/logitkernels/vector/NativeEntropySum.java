// Generated from EntropySum.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Entropy;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link EntropySum}, for rows in native memory. */
final class NativeEntropySum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private NativeEntropySum() {}

  static void entropy(SegmentAddress x, int from, int to, double temperature, Survivors survivors) {
    Scratch scratch = Scratch.take();
    int masked;
    try {
      masked = pass(x, from, to, temperature, scratch, survivors);
    } finally {
      scratch.give();
    }
    NativeExpSum.total(x, from, to, temperature, survivors);
    double scale = Exponential.scale(temperature);
    double products = 0;
    for (int b = 0; b < Lanes.blocks(to - from); b++) {
      double factor = Exponential.factor(survivors.row.tops[b], survivors.max, scale, 1);
      if (factor > 0) {
        double product = survivors.row.products[b];
        products +=
            Entropy.products(
                    product, survivors.row.sums[b], survivors.row.tops[b], survivors.max, 1)
                * factor;
      }
    }
    survivors.entropy =
        Entropy.of(products, survivors.total, survivors.logPartition(temperature), temperature);
    survivors.unmasked = to - from - masked;
  }

  private static int pass(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      Scratch scratch,
      Survivors survivors) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    float[] maxima = survivors.row.maxima;
    float[] groups = scratch.groups;
    float[] products = scratch.products;
    int masked = 0;
    boolean seen = false;
    long extremes = Maxima.NONE;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      int strip = b * Lanes.COUNT;
      if (!whole) {
        extremes = NativeMaxima.rest(x, at, end);
      } else if (!seen) {
        extremes = NativeStrips.block(x, at, maxima, strip);
      }
      float top = Maxima.max(extremes);
      survivors.row.tops[b] = top;
      survivors.row.sums[b] = 0;
      survivors.row.products[b] = 0;
      seen = Math.abs(top) < Float.POSITIVE_INFINITY;
      float least = Maxima.min(extremes);
      if (least == Float.NEGATIVE_INFINITY) {
        masked += masked(x, at, end);
      }
      if (!seen) {
        continue;
      }
      boolean far = Exponential.isFar(top, scale);
      int exponent = Exponential.exponent(top, scale);
      float shift = Exponential.BIASED - exponent;
      int ahead = whole && to - end >= Lanes.BLOCK ? Lanes.BLOCK : 0;
      int next = ahead > 0 ? strip + Lanes.COUNT : strip;
      if (whole && !far && least * scale >= exponent + ExpSum.PLAIN) {
        extremes = plainBlock(x, at, ahead, top, head, tail, shift, maxima, next, groups, products);
      } else {
        float origin = far ? top : 0;
        float nearest = far ? 0 : top;
        float floor = Exponential.floor(exponent, inverse);
        if (whole) {
          extremes =
              cutBlock(
                  x, at, ahead, nearest, origin, floor, head, tail, shift, maxima, next, groups,
                  products);
        } else { // the rest of the block is filled with masked logits
          x.copy(at, survivors.values, 0, end - at);
          Arrays.fill(survivors.values, end - at, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
          EntropySum.cutBlock(
              survivors.values,
              0,
              0,
              nearest,
              origin,
              floor,
              head,
              tail,
              shift,
              maxima,
              next,
              groups,
              products);
        }
      }
      survivors.row.sums[b] = LaneSum.sum(groups, 0, Lanes.GROUPS);
      survivors.row.products[b] = LaneSum.sum(products, 0, Lanes.GROUPS);
    }
    return masked;
  }

  private static int masked(SegmentAddress x, int at, int end) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    int masked = 0;
    int i = at;
    for (; i <= end - F.length(); i += F.length()) {
      FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
      masked += v.compare(EQ, Float.NEGATIVE_INFINITY).trueCount();
    }
    for (; i < end; i++) {
      masked += x.get(i) == Float.NEGATIVE_INFINITY ? 1 : 0;
    }
    return masked;
  }

  private static long plainBlock(
      SegmentAddress x,
      int at,
      int ahead,
      float nearest,
      float head,
      float tail,
      float shift,
      float[] maxima,
      int strip,
      float[] groups,
      float[] products) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert nearest - nearest == 0 : "nearest " + nearest;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector nearests = FloatVector.broadcast(F, nearest);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        int watch = look + 4 * group * F.length();
        FloatVector sum = FloatVector.zero(F);
        FloatVector product = FloatVector.zero(F);
        for (int j = 0; j < 4; j++) {
          FloatVector v =
              FloatVector.fromMemorySegment(
                  F, segment, offset + 4L * start + 4L * (j * Lanes.COUNT), Species.ORDER);
          FloatVector t = v.fma(heads, shifts);
          FloatVector r = v.fma(heads, shifts.sub(t));
          r = v.fma(tails, r);
          FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
          p = p.fma(r, FloatVector.broadcast(F, C4));
          p = p.fma(r, FloatVector.broadcast(F, C3));
          p = p.fma(r, FloatVector.broadcast(F, C2));
          p = p.fma(r, FloatVector.broadcast(F, C1));
          p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
          FloatVector power = t.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
          sum = p.fma(power, sum);
          product = p.mul(power).fma(nearests.sub(v), product);
          IntVector bits =
              FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * watch + 4L * (j * F.length()), Species.ORDER)
                  .reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
        FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
        FloatVector.zero(F).add(product).intoArray(products, group * Lanes.COUNT + part);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part);
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  static long cutBlock(
      SegmentAddress x,
      int at,
      int ahead,
      float nearest,
      float origin,
      float floor,
      float head,
      float tail,
      float shift,
      float[] maxima,
      int strip,
      float[] groups,
      float[] products) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert origin - origin == 0 && floor - floor == 0 : "origin " + origin + ", floor " + floor;
    assert nearest - nearest == 0 : "nearest " + nearest;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector floors = FloatVector.broadcast(F, floor);
    FloatVector nearests = FloatVector.broadcast(F, nearest);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        int watch = look + 4 * group * F.length();
        FloatVector sum = FloatVector.zero(F);
        FloatVector product = FloatVector.zero(F);
        for (int j = 0; j < 4; j++) {
          FloatVector v =
              FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * (j * Lanes.COUNT), Species.ORDER)
                  .sub(origins);
          v = v.blend(floors, v.compare(LT, floors));
          FloatVector t = v.fma(heads, shifts);
          FloatVector r = v.fma(heads, shifts.sub(t));
          r = v.fma(tails, r);
          FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
          p = p.fma(r, FloatVector.broadcast(F, C4));
          p = p.fma(r, FloatVector.broadcast(F, C3));
          p = p.fma(r, FloatVector.broadcast(F, C2));
          p = p.fma(r, FloatVector.broadcast(F, C1));
          p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
          FloatVector power = t.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
          sum = p.fma(power, sum);
          product = p.mul(power).fma(nearests.sub(v), product);
          IntVector bits =
              FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * watch + 4L * (j * F.length()), Species.ORDER)
                  .reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
        FloatVector.zero(F).add(sum).intoArray(groups, group * Lanes.COUNT + part);
        FloatVector.zero(F).add(product).intoArray(products, group * Lanes.COUNT + part);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part);
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }
}
