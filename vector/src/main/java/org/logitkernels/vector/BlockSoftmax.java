package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;

/**
 * Softmax of a short row, which is a block at most, and the sum of its weights.
 *
 * <p>The maximum comes first. Then the weights are stored where the probabilities go, summed on the
 * way, and scaled by the total. A short row is read three times from the first cache, so it needs
 * no maxima of strips and no look ahead.
 */
final class BlockSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private BlockSoftmax() {}

  /** The weights, each divided by the total. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
    Scratch scratch = Scratch.take();
    double scale = Exponential.scale(temperature);
    double total = weights(x, from, to, extremes, scale, y, yFrom, scratch);
    scratch.give();
    ExpSum.checkTotal(total, to - from);
    float first = Exponential.first(total);
    float second = Exponential.second(total);
    assert first >= 0x1p-126f : "factor " + first;
    scale(y, yFrom, yFrom + to - from, first, second);
  }

  /**
   * Leaves the sum and the maximum of the row, as {@link ExpSum#sums} does, and returns the
   * maximum.
   */
  static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
    scratch.tops[0] = Maxima.max(extremes);
    double scale = Exponential.scale(temperature);
    scratch.sums[0] = weights(x, from, to, extremes, scale, scratch.weights, 0, scratch);
    return scratch.tops[0];
  }

  /** Stores the weights, and returns their sum. */
  static double weights(
      float[] x,
      int from,
      int to,
      long extremes,
      double scale,
      float[] y,
      int yFrom,
      Scratch scratch) {
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float max = Maxima.max(extremes);
    boolean far = Exponential.isFar(max, scale);
    float origin = far ? max : 0;
    int exponent = Exponential.exponent(max, scale);
    float shift = Exponential.ROUND - exponent;
    float[] groups = scratch.groups;
    float[] end = scratch.strips; // the weights of the last vector, with as many zeros behind
    int rest = (to - from) % F.length(); // so many logits are behind the last whole vector
    if (rest > 0) { // first, as the output may be the row
      vectors(x, to - F.length(), to, origin, head, tail, shift, groups, 0, end, 0);
      FloatVector.zero(F).intoArray(end, F.length());
    }
    int full = (to - from) / Lanes.GROUP;
    int at = from + full * Lanes.GROUP;
    if (full > 0) {
      if (!far && Maxima.min(extremes) * scale >= exponent + ExpSum.PLAIN) {
        plainGroups(x, from, full, head, tail, shift, groups, y, yFrom);
      } else {
        groups(x, from, full, origin, head, tail, shift, groups, y, yFrom);
      }
    }
    int count = full;
    if (at < to) {
      Arrays.fill(groups, full * Lanes.COUNT, (full + 1) * Lanes.COUNT, 0);
      vectors(
          x,
          at,
          to - rest,
          origin,
          head,
          tail,
          shift,
          groups,
          full * Lanes.COUNT,
          y,
          yFrom + at - from);
      if (rest > 0) {
        int lane = full * Lanes.COUNT + (to - rest - at) % Lanes.COUNT;
        FloatVector.fromArray(F, end, F.length() - rest)
            .add(FloatVector.fromArray(F, groups, lane))
            .intoArray(groups, lane);
        FloatVector.fromArray(F, end, 0).intoArray(y, yFrom + to - from - F.length());
      }
      count++;
    }
    int padded = LaneSum.paired(count);
    if (count < padded) {
      Arrays.fill(groups, count * Lanes.COUNT, padded * Lanes.COUNT, 0);
    }
    return LaneSum.sum(groups, 0, padded);
  }

  /**
   * Stores the weights of whole groups in which every weight counts, and the sums of their lanes.
   */
  private static void plainGroups(
      float[] x,
      int at,
      int count,
      float head,
      float tail,
      float shift,
      float[] groups,
      float[] y,
      int yAt) {
    assert count >= 0 && count <= Lanes.GROUPS : count + " groups";
    assert at >= 0 && at <= x.length - count * Lanes.GROUP : count + " groups at " + at;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert groups.length >= count * Lanes.COUNT : "room for " + groups.length;
    assert yAt >= 0 && yAt <= y.length - count * Lanes.GROUP : "weights at " + yAt;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int ahead = yAt - at;
    for (int group = 0; group < count; group++) {
      for (int part = 0; part < Lanes.COUNT; part += F.length()) {
        int start = at + group * Lanes.GROUP + part;
        FloatVector v0 = FloatVector.fromArray(F, x, start);
        FloatVector v1 = FloatVector.fromArray(F, x, start + Lanes.COUNT);
        FloatVector v2 = FloatVector.fromArray(F, x, start + 2 * Lanes.COUNT);
        FloatVector v3 = FloatVector.fromArray(F, x, start + 3 * Lanes.COUNT);
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
        w3.add(w2.add(w1.add(w0))).intoArray(groups, group * Lanes.COUNT + part);
        int out = start + ahead;
        w0.intoArray(y, out);
        w1.intoArray(y, out + Lanes.COUNT);
        w2.intoArray(y, out + 2 * Lanes.COUNT);
        w3.intoArray(y, out + 3 * Lanes.COUNT);
      }
    }
  }

  /** Stores the weights of whole groups, and the sums of their lanes. */
  private static void groups(
      float[] x,
      int at,
      int count,
      float origin,
      float head,
      float tail,
      float shift,
      float[] groups,
      float[] y,
      int yAt) {
    assert count >= 0 && count <= Lanes.GROUPS : count + " groups";
    assert at >= 0 && at <= x.length - count * Lanes.GROUP : count + " groups at " + at;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert groups.length >= count * Lanes.COUNT : "room for " + groups.length;
    assert yAt >= 0 && yAt <= y.length - count * Lanes.GROUP : "weights at " + yAt;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector zero = FloatVector.zero(F);
    int ahead = yAt - at;
    for (int group = 0; group < count; group++) {
      for (int part = 0; part < Lanes.COUNT; part += F.length()) {
        int start = at + group * Lanes.GROUP + part;
        FloatVector v0 = FloatVector.fromArray(F, x, start).sub(origins);
        FloatVector v1 = FloatVector.fromArray(F, x, start + Lanes.COUNT).sub(origins);
        FloatVector v2 = FloatVector.fromArray(F, x, start + 2 * Lanes.COUNT).sub(origins);
        FloatVector v3 = FloatVector.fromArray(F, x, start + 3 * Lanes.COUNT).sub(origins);
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
        IntVector b0 = p0.reinterpretAsInts().add(t0.reinterpretAsInts().lanewise(LSHL, 23));
        IntVector b1 = p1.reinterpretAsInts().add(t1.reinterpretAsInts().lanewise(LSHL, 23));
        IntVector b2 = p2.reinterpretAsInts().add(t2.reinterpretAsInts().lanewise(LSHL, 23));
        IntVector b3 = p3.reinterpretAsInts().add(t3.reinterpretAsInts().lanewise(LSHL, 23));
        VectorMask<Float> m0 =
            t0.compare(GE, VectorExponential.LEAST)
                .and(b0.compare(GT, VectorExponential.SUBNORMAL).cast(F));
        VectorMask<Float> m1 =
            t1.compare(GE, VectorExponential.LEAST)
                .and(b1.compare(GT, VectorExponential.SUBNORMAL).cast(F));
        VectorMask<Float> m2 =
            t2.compare(GE, VectorExponential.LEAST)
                .and(b2.compare(GT, VectorExponential.SUBNORMAL).cast(F));
        VectorMask<Float> m3 =
            t3.compare(GE, VectorExponential.LEAST)
                .and(b3.compare(GT, VectorExponential.SUBNORMAL).cast(F));
        FloatVector w0 = zero.blend(b0.reinterpretAsFloats(), m0);
        FloatVector w1 = zero.blend(b1.reinterpretAsFloats(), m1);
        FloatVector w2 = zero.blend(b2.reinterpretAsFloats(), m2);
        FloatVector w3 = zero.blend(b3.reinterpretAsFloats(), m3);
        w3.add(w2.add(w1.add(w0))).intoArray(groups, group * Lanes.COUNT + part);
        int out = start + ahead;
        w0.intoArray(y, out);
        w1.intoArray(y, out + Lanes.COUNT);
        w2.intoArray(y, out + 2 * Lanes.COUNT);
        w3.intoArray(y, out + 3 * Lanes.COUNT);
      }
    }
  }

  /**
   * Stores the weights of whole vectors, which are less than a group, and the sums of their lanes.
   */
  private static void vectors(
      float[] x,
      int at,
      int end,
      float origin,
      float head,
      float tail,
      float shift,
      float[] lanes,
      int first,
      float[] y,
      int yAt) {
    assert at >= 0 && at <= end && end <= x.length : "weights of " + at + " to " + end;
    assert end - at <= Lanes.GROUP && (end - at) % F.length() == 0 : at + " to " + end;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert first >= 0 && first <= lanes.length - Lanes.COUNT : "sums at " + first;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert yAt >= 0 && yAt <= y.length - (end - at) : "weights at " + yAt + " of " + y.length;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector origins = FloatVector.broadcast(F, origin);
    for (int part = 0; part < Math.min(Lanes.COUNT, end - at); part += F.length()) {
      FloatVector sum = FloatVector.zero(F);
      for (int i = at + part; i < end; i += Lanes.COUNT) {
        FloatVector v = FloatVector.fromArray(F, x, i).sub(origins);
        FloatVector t = v.fma(heads, shifts);
        FloatVector r = v.fma(heads, shifts.sub(t));
        r = v.fma(tails, r);
        FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
        p = p.fma(r, FloatVector.broadcast(F, C4));
        p = p.fma(r, FloatVector.broadcast(F, C3));
        p = p.fma(r, FloatVector.broadcast(F, C2));
        p = p.fma(r, FloatVector.broadcast(F, C1));
        p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
        IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
        VectorMask<Float> counts =
            t.compare(GE, VectorExponential.LEAST)
                .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
        FloatVector weight = FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts);
        weight.intoArray(y, yAt - at + i);
        sum = weight.add(sum);
      }
      sum.intoArray(lanes, first + part);
    }
  }

  /** Makes probabilities of weights. */
  static void scale(float[] y, int from, int to, float first, float second) {
    assert from >= 0 && from <= to - F.length() && to <= y.length : from + " to " + to;
    assert first >= 0 && first <= 2 : "factor " + first;
    FloatVector firsts = FloatVector.broadcast(F, first);
    FloatVector seconds = FloatVector.broadcast(F, second);
    int last = to - F.length();
    FloatVector end = FloatVector.fromArray(F, y, last);
    int i = from;
    for (; i < last - 3 * F.length(); i += 4 * F.length()) {
      FloatVector w0 = FloatVector.fromArray(F, y, i);
      FloatVector w1 = FloatVector.fromArray(F, y, i + F.length());
      FloatVector w2 = FloatVector.fromArray(F, y, i + 2 * F.length());
      FloatVector w3 = FloatVector.fromArray(F, y, i + 3 * F.length());
      w0.fma(firsts, w0.mul(seconds)).intoArray(y, i);
      w1.fma(firsts, w1.mul(seconds)).intoArray(y, i + F.length());
      w2.fma(firsts, w2.mul(seconds)).intoArray(y, i + 2 * F.length());
      w3.fma(firsts, w3.mul(seconds)).intoArray(y, i + 3 * F.length());
    }
    for (; i < last; i += F.length()) {
      FloatVector weight = FloatVector.fromArray(F, y, i);
      weight.fma(firsts, weight.mul(seconds)).intoArray(y, i);
    }
    end.fma(firsts, end.mul(seconds)).intoArray(y, last);
  }
}
