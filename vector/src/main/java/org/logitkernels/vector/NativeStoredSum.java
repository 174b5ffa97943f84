// Generated from StoredSum.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.SegmentAddress;

/** {@link StoredSum}, for rows in native memory. */
final class NativeStoredSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeStoredSum() {}

  static float sums(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      Scratch scratch,
      float[] y,
      int yFrom) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      boolean whole = to - at >= Lanes.BLOCK;
      long extremes =
          whole ? NativeStrips.block(x, at, scratch.strips, 0) : NativeMaxima.rest(x, at, to);
      scratch.tops[b] = Maxima.max(extremes);
      scratch.leasts[b] = whole ? Maxima.min(extremes) : Float.NaN;
    }
    float max = NativeExpSum.max(x, from, to, scratch);
    boolean near = !Exponential.isFar(max, scale);
    int waiting = 0; // so many blocks before b wait for the sum of their lanes
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      float top = scratch.tops[b];
      float least = scratch.leasts[b];
      boolean stores = near && least == least && !Exponential.isFar(top, scale);
      if (waiting == LaneSum.BLOCKS || !stores) {
        LaneSum.sums(scratch.groups, waiting, scratch.sums, b - waiting);
        waiting = 0;
      }
      if (!stores) {
        scratch.leasts[b] = Float.NaN;
        int end = Math.min(to, at + Lanes.BLOCK);
        NativeExpSum.pass(
            x,
            at,
            end,
            temperature,
            Float.NaN,
            b,
            scratch.sums,
            scratch.tops,
            scratch.strips,
            0,
            scratch.groups);
        continue;
      }
      int exponent = Exponential.exponent(top, scale);
      float shift = Exponential.BIASED - exponent;
      int yAt = yFrom + at - from;
      int first = waiting++ * LaneSum.ROWS * Lanes.COUNT;
      if (least * scale >= exponent + ExpSum.PLAIN) {
        store(x, at, head, tail, shift, scratch.groups, first, y, yAt);
      } else {
        float floor = Exponential.floor(exponent, inverse);
        storeCut(x, at, floor, head, tail, shift, scratch.groups, first, y, yAt);
      }
    }
    LaneSum.sums(scratch.groups, waiting, scratch.sums, Lanes.blocks(to - from) - waiting);
    return max;
  }

  private static void store(
      SegmentAddress x,
      int at,
      float head,
      float tail,
      float shift,
      float[] groups,
      int first,
      float[] y,
      int yAt) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert first >= 0 && first <= groups.length - LaneSum.ROWS * Lanes.COUNT : "sums at " + first;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert yAt >= 0 && yAt <= y.length - Lanes.BLOCK : "weights at " + yAt + " of " + y.length;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector zero = FloatVector.zero(F);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int row = 0; row < LaneSum.ROWS; row++) {
        FloatVector all = FloatVector.zero(F);
        for (int a4 = 0; a4 < LaneSum.PAIR; a4++) {
          FloatVector half = FloatVector.zero(F);
          for (int a2 = 0; a2 < LaneSum.PAIR; a2++) {
            FloatVector quarter = FloatVector.zero(F);
            for (int a1 = 0; a1 < LaneSum.PAIR; a1++) {
              int group = row + 4 * a4 + 2 * a2 + a1;
              int start = at + group * Lanes.GROUP + part;
              FloatVector sum = FloatVector.zero(F);
              for (int j = 0; j < 4; j++) {
                FloatVector v =
                    FloatVector.fromMemorySegment(
                        F, segment, offset + 4L * start + 4L * (j * Lanes.COUNT), Species.ORDER);
                FloatVector weight = VectorExponential.addTo(zero, v, heads, tails, shifts);
                sum = weight.add(sum);
                weight.intoArray(y, yAt - at + start + j * Lanes.COUNT);
              }
              quarter = LaneSum.COMBINES ? quarter.add(sum) : sum;
            }
            half = LaneSum.COMBINES ? half.add(quarter) : quarter;
          }
          all = LaneSum.COMBINES ? all.add(half) : half;
        }
        all.intoArray(groups, first + row * Lanes.COUNT + part);
      }
    }
  }

  private static void storeCut(
      SegmentAddress x,
      int at,
      float floor,
      float head,
      float tail,
      float shift,
      float[] groups,
      int first,
      float[] y,
      int yAt) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= x.length() - Lanes.BLOCK : "block at " + at + " of " + x.length();
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert first >= 0 && first <= groups.length - LaneSum.ROWS * Lanes.COUNT : "sums at " + first;
    assert floor - floor == 0 : "floor " + floor;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert yAt >= 0 && yAt <= y.length - Lanes.BLOCK : "weights at " + yAt + " of " + y.length;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector zero = FloatVector.zero(F);
    FloatVector floors = FloatVector.broadcast(F, floor);
    for (int part = 0; part < Lanes.COUNT; part += F.length()) {
      for (int row = 0; row < LaneSum.ROWS; row++) {
        FloatVector all = FloatVector.zero(F);
        for (int a4 = 0; a4 < LaneSum.PAIR; a4++) {
          FloatVector half = FloatVector.zero(F);
          for (int a2 = 0; a2 < LaneSum.PAIR; a2++) {
            FloatVector quarter = FloatVector.zero(F);
            for (int a1 = 0; a1 < LaneSum.PAIR; a1++) {
              int group = row + 4 * a4 + 2 * a2 + a1;
              int start = at + group * Lanes.GROUP + part;
              FloatVector sum = FloatVector.zero(F);
              for (int j = 0; j < 4; j++) {
                FloatVector v =
                    FloatVector.fromMemorySegment(
                        F, segment, offset + 4L * start + 4L * (j * Lanes.COUNT), Species.ORDER);
                v = v.blend(floors, v.compare(LT, floors));
                FloatVector t = v.fma(heads, shifts);
                FloatVector r = v.fma(heads, shifts.sub(t));
                r = v.fma(tails, r);
                FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
                p = p.fma(r, FloatVector.broadcast(F, C4));
                p = p.fma(r, FloatVector.broadcast(F, C3));
                p = p.fma(r, FloatVector.broadcast(F, C2));
                p = p.fma(r, FloatVector.broadcast(F, C1));
                p = p.fma(r, FloatVector.broadcast(F, 1)); // as in VectorExponential.addTo
                IntVector power = t.reinterpretAsInts().lanewise(LSHL, 23);
                sum = p.fma(power.reinterpretAsFloats(), sum);
                IntVector weight = p.reinterpretAsInts().add(power.sub(StoredSum.ONE));
                zero.blend(
                        weight.reinterpretAsFloats(),
                        weight.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                    .intoArray(y, yAt - at + start + j * Lanes.COUNT);
              }
              quarter = LaneSum.COMBINES ? quarter.add(sum) : sum;
            }
            half = LaneSum.COMBINES ? half.add(quarter) : quarter;
          }
          all = LaneSum.COMBINES ? all.add(half) : half;
        }
        all.intoArray(groups, first + row * Lanes.COUNT + part);
      }
    }
  }
}
