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

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;

/**
 * Sums of weights for a softmax, which stores the weights while it sums them. The loops are those
 * of {@link ExpSum}, without a look ahead.
 */
final class StoredSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** The bits of the float 1: what the bits of a power of two have beyond its exponent. */
  static final int ONE = 0x3f800000;

  private StoredSum() {}

  /**
   * Sums the blocks of a row, as {@link ExpSum} does where there are no survivors. Returns the
   * row's maximum.
   *
   * <p>Stores the weights of whole blocks, each relative to the N of its block, where a softmax can
   * go on with them: in near blocks of near rows. The least logits of the blocks tell afterwards
   * which blocks these are.
   *
   * <p>The whole row is looked at first, because nothing may be written before the row is known to
   * be valid.
   */
  static float sums(
      float[] x, int from, int to, double temperature, Scratch scratch, float[] y, int yFrom) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    double inverse = 1 / scale;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      boolean whole = to - at >= Lanes.BLOCK;
      long extremes = whole ? Strips.block(x, at, scratch.strips, 0) : Maxima.rest(x, at, to);
      scratch.tops[b] = Maxima.max(extremes);
      scratch.leasts[b] = whole ? Maxima.min(extremes) : Float.NaN;
    }
    float max = ExpSum.max(x, from, to, scratch);
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
        ExpSum.pass(
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

  /** Sums a plain block. The weights that are stored are relative to the N of the block. */
  private static void store(
      float[] x,
      int at,
      float head,
      float tail,
      float shift,
      float[] groups,
      int first,
      float[] y,
      int yAt) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
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
              for (int a = 0; a < 2; a++) {
                for (int b = 0; b < 2; b++) {
                  int j = 2 * a + b;
                  FloatVector v = FloatVector.fromArray(F, x, start + j * Lanes.COUNT);
                  FloatVector weight = VectorExponential.addTo(zero, v, heads, tails, shifts);
                  sum = weight.add(sum);
                  weight.intoArray(y, yAt - at + start + j * Lanes.COUNT);
                }
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

  /**
   * Sums a near block in which some weights may be too small to count. The polynomial stands here
   * and not in a call, because the sum and the weight are both made of it.
   */
  private static void storeCut(
      float[] x,
      int at,
      float floor,
      float head,
      float tail,
      float shift,
      float[] groups,
      int first,
      float[] y,
      int yAt) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
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
              for (int a = 0; a < 2; a++) {
                for (int b = 0; b < 2; b++) {
                  int j = 2 * a + b;
                  FloatVector v = FloatVector.fromArray(F, x, start + j * Lanes.COUNT);
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
                  IntVector weight = p.reinterpretAsInts().add(power.sub(ONE));
                  zero.blend(
                          weight.reinterpretAsFloats(),
                          weight.compare(GT, VectorExponential.SUBNORMAL).cast(F))
                      .intoArray(y, yAt - at + start + j * Lanes.COUNT);
                }
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
