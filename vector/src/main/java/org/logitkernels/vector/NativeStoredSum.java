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
      int yAt = yFrom + at - from;
      int first = waiting++ * LaneSum.ROWS * Lanes.COUNT;
      if (least * scale >= exponent + ExpSum.PLAIN) {
        float shift = Exponential.ROUND - exponent;
        store(x, at, head, tail, shift, scratch.groups, first, y, yAt);
      } else {
        float shift = Exponential.BIASED - exponent;
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
              FloatVector v0 =
                  FloatVector.fromMemorySegment(F, segment, offset + 4L * start, Species.ORDER);
              FloatVector v1 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * Lanes.COUNT, Species.ORDER);
              FloatVector v2 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * (2 * Lanes.COUNT), Species.ORDER);
              FloatVector v3 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * (3 * Lanes.COUNT), Species.ORDER);
              FloatVector t0 = v0.fma(heads, shifts);
              FloatVector t1 = v1.fma(heads, shifts);
              FloatVector t2 = v2.fma(heads, shifts);
              FloatVector t3 = v3.fma(heads, shifts);
              FloatVector r0 = v0.fma(heads, shifts.sub(t0));
              FloatVector r1 = v1.fma(heads, shifts.sub(t1));
              FloatVector r2 = v2.fma(heads, shifts.sub(t2));
              FloatVector r3 = v3.fma(heads, shifts.sub(t3));
              r0 = v0.fma(tails, r0);
              r1 = v1.fma(tails, r1);
              r2 = v2.fma(tails, r2);
              r3 = v3.fma(tails, r3);
              FloatVector p0 = FloatVector.broadcast(F, C6).fma(r0, FloatVector.broadcast(F, C5));
              FloatVector p1 = FloatVector.broadcast(F, C6).fma(r1, FloatVector.broadcast(F, C5));
              FloatVector p2 = FloatVector.broadcast(F, C6).fma(r2, FloatVector.broadcast(F, C5));
              FloatVector p3 = FloatVector.broadcast(F, C6).fma(r3, FloatVector.broadcast(F, C5));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C4));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C4));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C4));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C4));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C3));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C3));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C3));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C3));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C2));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C2));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C2));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C2));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C1));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C1));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C1));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C1));
              p0 = p0.fma(r0, FloatVector.broadcast(F, 1));
              p1 = p1.fma(r1, FloatVector.broadcast(F, 1));
              p2 = p2.fma(r2, FloatVector.broadcast(F, 1));
              p3 = p3.fma(r3, FloatVector.broadcast(F, 1));
              IntVector q0 = t0.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q1 = t1.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q2 = t2.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q3 = t3.reinterpretAsInts().lanewise(LSHL, 23);
              FloatVector w0 = p0.reinterpretAsInts().add(q0).reinterpretAsFloats();
              FloatVector w1 = p1.reinterpretAsInts().add(q1).reinterpretAsFloats();
              FloatVector w2 = p2.reinterpretAsInts().add(q2).reinterpretAsFloats();
              FloatVector w3 = p3.reinterpretAsInts().add(q3).reinterpretAsFloats();
              FloatVector sum = w3.add(w2.add(w1.add(w0)));
              int out = start + yAt - at;
              w0.intoArray(y, out);
              w1.intoArray(y, out + Lanes.COUNT);
              w2.intoArray(y, out + 2 * Lanes.COUNT);
              w3.intoArray(y, out + 3 * Lanes.COUNT);
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
              FloatVector v0 =
                  FloatVector.fromMemorySegment(F, segment, offset + 4L * start, Species.ORDER);
              FloatVector v1 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * Lanes.COUNT, Species.ORDER);
              FloatVector v2 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * (2 * Lanes.COUNT), Species.ORDER);
              FloatVector v3 =
                  FloatVector.fromMemorySegment(
                      F, segment, offset + 4L * start + 4L * (3 * Lanes.COUNT), Species.ORDER);
              v0 = v0.blend(floors, v0.compare(LT, floors));
              v1 = v1.blend(floors, v1.compare(LT, floors));
              v2 = v2.blend(floors, v2.compare(LT, floors));
              v3 = v3.blend(floors, v3.compare(LT, floors));
              FloatVector t0 = v0.fma(heads, shifts);
              FloatVector t1 = v1.fma(heads, shifts);
              FloatVector t2 = v2.fma(heads, shifts);
              FloatVector t3 = v3.fma(heads, shifts);
              FloatVector r0 = v0.fma(heads, shifts.sub(t0));
              FloatVector r1 = v1.fma(heads, shifts.sub(t1));
              FloatVector r2 = v2.fma(heads, shifts.sub(t2));
              FloatVector r3 = v3.fma(heads, shifts.sub(t3));
              r0 = v0.fma(tails, r0);
              r1 = v1.fma(tails, r1);
              r2 = v2.fma(tails, r2);
              r3 = v3.fma(tails, r3);
              FloatVector p0 = FloatVector.broadcast(F, C6).fma(r0, FloatVector.broadcast(F, C5));
              FloatVector p1 = FloatVector.broadcast(F, C6).fma(r1, FloatVector.broadcast(F, C5));
              FloatVector p2 = FloatVector.broadcast(F, C6).fma(r2, FloatVector.broadcast(F, C5));
              FloatVector p3 = FloatVector.broadcast(F, C6).fma(r3, FloatVector.broadcast(F, C5));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C4));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C4));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C4));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C4));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C3));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C3));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C3));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C3));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C2));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C2));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C2));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C2));
              p0 = p0.fma(r0, FloatVector.broadcast(F, C1));
              p1 = p1.fma(r1, FloatVector.broadcast(F, C1));
              p2 = p2.fma(r2, FloatVector.broadcast(F, C1));
              p3 = p3.fma(r3, FloatVector.broadcast(F, C1));
              p0 = p0.fma(r0, FloatVector.broadcast(F, 1));
              p1 = p1.fma(r1, FloatVector.broadcast(F, 1));
              p2 = p2.fma(r2, FloatVector.broadcast(F, 1));
              p3 = p3.fma(r3, FloatVector.broadcast(F, 1));
              IntVector q0 = t0.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q1 = t1.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q2 = t2.reinterpretAsInts().lanewise(LSHL, 23);
              IntVector q3 = t3.reinterpretAsInts().lanewise(LSHL, 23);
              FloatVector sum = p0.fma(q0.reinterpretAsFloats(), zero);
              sum = p1.fma(q1.reinterpretAsFloats(), sum);
              sum = p2.fma(q2.reinterpretAsFloats(), sum);
              sum = p3.fma(q3.reinterpretAsFloats(), sum);
              IntVector w0 = p0.reinterpretAsInts().add(q0.sub(StoredSum.ONE));
              IntVector w1 = p1.reinterpretAsInts().add(q1.sub(StoredSum.ONE));
              IntVector w2 = p2.reinterpretAsInts().add(q2.sub(StoredSum.ONE));
              IntVector w3 = p3.reinterpretAsInts().add(q3.sub(StoredSum.ONE));
              int out = start + yAt - at;
              zero.blend(
                      w0.reinterpretAsFloats(), w0.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                  .intoArray(y, out);
              zero.blend(
                      w1.reinterpretAsFloats(), w1.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                  .intoArray(y, out + Lanes.COUNT);
              zero.blend(
                      w2.reinterpretAsFloats(), w2.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                  .intoArray(y, out + 2 * Lanes.COUNT);
              zero.blend(
                      w3.reinterpretAsFloats(), w3.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                  .intoArray(y, out + 3 * Lanes.COUNT);
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
