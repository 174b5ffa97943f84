// Generated from DivergenceSum.java by bin/twins: change that, and run bin/twins.
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
import org.logitkernels.numerics.Divergence;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link DivergenceSum}, for rows in native memory. */
final class NativeDivergenceSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private NativeDivergenceSum() {}

  static double divergence(
      SegmentAddress x,
      int from,
      int to,
      float[] other,
      int otherFrom,
      float[] otherTops,
      Survivors survivors) {
    float otherMax = Lanes.max(otherTops, Lanes.blocks(to - from));
    Scratch scratch = Scratch.take();
    try {
      pass(x, from, to, other, otherFrom, otherTops, scratch, survivors);
    } finally {
      scratch.give();
    }
    NativeExpSum.total(x, from, to, Divergence.TEMPERATURE, survivors);
    double scale = Exponential.scale(Divergence.TEMPERATURE);
    float max = survivors.max;
    double ofRows = Divergence.ofMaxima(max, otherMax);
    double differences = 0;
    for (int b = 0; b < Lanes.blocks(to - from); b++) {
      float top = survivors.row.tops[b];
      double factor = Exponential.factor(top, max, scale, 1);
      if (factor > 0) {
        float shrink = Divergence.shrink(top, otherTops[b]);
        float centre = Divergence.centre(top, otherTops[b], shrink);
        double product = survivors.row.products[b];
        differences +=
            Divergence.products(product, survivors.row.sums[b], centre, shrink, ofRows) * factor;
      }
    }
    return differences / survivors.total;
  }

  private static void pass(
      SegmentAddress x,
      int from,
      int to,
      float[] other,
      int otherFrom,
      float[] otherTops,
      Scratch scratch,
      Survivors survivors) {
    double scale = Exponential.scale(Divergence.TEMPERATURE);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    float[] maxima = survivors.row.maxima;
    float[] groups = scratch.groups;
    float[] products = scratch.products;
    boolean seen = false;
    long extremes = Maxima.NONE;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      int end = Math.min(to, at + Lanes.BLOCK);
      boolean whole = end - at == Lanes.BLOCK;
      int strip = b * Lanes.COUNT;
      int otherAt = otherFrom + b * Lanes.BLOCK;
      if (!whole) {
        extremes = NativeMaxima.rest(x, at, end);
      } else if (!seen) {
        extremes = NativeStrips.block(x, at, maxima, strip);
      }
      float top = Maxima.max(extremes);
      float otherTop = otherTops[b];
      survivors.row.tops[b] = top;
      survivors.row.sums[b] = 0;
      survivors.row.products[b] = 0;
      seen = Math.abs(top) < Float.POSITIVE_INFINITY;
      if (!seen) {
        continue;
      }
      float least = Maxima.min(extremes);
      boolean far = Exponential.isFar(top, scale);
      int exponent = Exponential.exponent(top, scale);
      float shift = Exponential.BIASED - exponent;
      float shrink = Divergence.shrink(top, otherTop);
      float centre = Divergence.centre(top, otherTop, shrink);
      int ahead = whole && to - end >= Lanes.BLOCK ? Lanes.BLOCK : 0;
      int next = ahead > 0 ? strip + Lanes.COUNT : strip;
      boolean plain = whole && !far && shrink == 1;
      if (plain && least * scale >= exponent + ExpSum.PLAIN) {
        extremes =
            plainBlock(
                x, at, ahead, other, otherAt, centre, head, tail, shift, maxima, next, groups,
                products);
      } else {
        float origin = far ? top : 0;
        float floor = Exponential.floor(exponent, inverse);
        if (whole) {
          extremes =
              cutBlock(
                  x, at, ahead, other, otherAt, shrink, centre, origin, floor, head, tail, shift,
                  maxima, next, groups, products);
        } else { // the rest of the block is filled with masked logits
          x.copy(at, survivors.values, 0, end - at);
          Arrays.fill(survivors.values, end - at, Lanes.BLOCK, Float.NEGATIVE_INFINITY);
          System.arraycopy(other, otherAt, scratch.others, 0, end - at);
          DivergenceSum.cutBlock(
              survivors.values,
              0,
              0,
              scratch.others,
              0,
              shrink,
              centre,
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
      survivors.row.products[b] = LaneSum.signed(products, survivors.row.lanes);
    }
  }

  private static long plainBlock(
      SegmentAddress x,
      int at,
      int ahead,
      float[] other,
      int otherAt,
      float centre,
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
    assert centre - centre == 0 : "centre " + centre;
    assert otherAt >= 0 && otherAt <= other.length - Lanes.BLOCK : "block at " + otherAt;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector centres = FloatVector.broadcast(F, centre);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        int beside = otherAt + group * Lanes.GROUP + part;
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
          FloatVector others = FloatVector.fromArray(F, other, beside + j * Lanes.COUNT);
          product = p.mul(power).fma(v.sub(others).sub(centres), product);
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
      float[] other,
      int otherAt,
      float shrink,
      float centre,
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
    assert centre - centre == 0 : "centre " + centre;
    assert otherAt >= 0 && otherAt <= other.length - Lanes.BLOCK : "block at " + otherAt;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector floors = FloatVector.broadcast(F, floor);
    FloatVector centres = FloatVector.broadcast(F, centre);
    FloatVector shrinks = FloatVector.broadcast(F, shrink);
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      int look = at + ahead + part * LaneSum.ROUNDS;
      for (int group = 0; group < Lanes.GROUPS; group++) {
        int start = at + group * Lanes.GROUP + part;
        int beside = otherAt + group * Lanes.GROUP + part;
        int watch = look + 4 * group * F.length();
        FloatVector sum = FloatVector.zero(F);
        FloatVector product = FloatVector.zero(F);
        for (int j = 0; j < 4; j++) {
          FloatVector logits =
              FloatVector.fromMemorySegment(
                  F, segment, offset + 4L * start + 4L * (j * Lanes.COUNT), Species.ORDER);
          FloatVector others = FloatVector.fromArray(F, other, beside + j * Lanes.COUNT);
          FloatVector v = logits.sub(origins);
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
          FloatVector difference = logits.mul(shrinks).sub(others.mul(shrinks)).sub(centres);
          difference = difference.blend(0, power.compare(EQ, 0)); // it may be infinite there
          product = p.mul(power).fma(difference, product);
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
