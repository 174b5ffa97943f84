package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.AttentionRows;

/**
 * Softmax of many rows, each with the bits of {@link Softmax}.
 *
 * <p>Rows of a block at most are taken together, as many as there is room for the sums of their
 * lanes. Each step goes through all of them before the next step begins: the maxima, the weights,
 * the totals, the probabilities. So what a call costs is paid once for all of them, and no row
 * waits for the slow operations of another: the reduction of its maximum, the halving of its lanes,
 * the division. Longer rows are taken one by one.
 *
 * <p>What lies behind the last whole vector of a row is copied to a vector of its own, filled with
 * -Infinity. A row shorter than a vector is nothing but such an end.
 */
final class AttentionPass {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final VectorSpecies<Double> D = LaneSum.D;
  private static final int INFINITY = 0x7f800000;

  /** With such a weight a total is hardly larger than that of the longest row may be. */
  private static final double HIGHEST_SINK = 0x1p30;

  // The kinds of rows.

  /** Every weight counts. */
  private static final byte PLAIN = 0;

  /** Some weights may be too small to count, or the maximum is far. */
  private static final byte CUT = 1;

  /** There is no logit that is not masked. */
  private static final byte MASKED = 2;

  private AttentionPass() {}

  /** Softmax of all rows, none of which is written before all are known to be valid. */
  static void softmax(AttentionRows rows) {
    look(rows);
    for (int row = 0; row < rows.count; ) {
      if (rows.lengths[row] > Lanes.BLOCK) {
        longRow(rows, row++);
      } else {
        int end = row;
        int groups = 0;
        while (end < rows.count && rows.lengths[end] <= Lanes.BLOCK) {
          groups += groups(rows.lengths[end]);
          if (groups > AttentionRows.GROUPS) {
            break;
          }
          end++;
        }
        together(rows, row, end);
        row = end;
      }
    }
  }

  /** How many groups of lanes a row has room for: a power of two, at least 1. */
  private static int groups(int length) {
    return length <= Lanes.GROUP ? 1 : LaneSum.paired((length + Lanes.GROUP - 1) / Lanes.GROUP);
  }

  /** Short rows, for whose lanes there is room. */
  private static void together(AttentionRows rows, int from, int to) {
    ends(rows, from, to);
    double scale = Exponential.scale(rows.temperature());
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    int place = 0;
    for (int row = from; row < to; row++) {
      if (rows.kinds[row] != MASKED) {
        weights(rows, row, (row - from) * F.length(), place, head, tail);
      }
      place += groups(rows.lengths[row]) * Lanes.COUNT;
    }
    halve(rows, from, to);
    for (int row = from; row < to; row++) {
      if (rows.kinds[row] == MASKED) {
        rows.masked(row);
      } else {
        double total = total(rows.halves, (row - from) * 2 * D.length());
        ExpSum.checkTotal(total, rows.lengths[row]);
        rows.total(row, total);
      }
    }
    scale(rows, from, to);
    for (int row = from; row < to; row++) {
      int rest = rows.lengths[row] % F.length();
      if (rest > 0 && rows.kinds[row] != MASKED) {
        int at = rows.yAt(row) + rows.lengths[row] - rest;
        System.arraycopy(rows.ends, (row - from) * F.length(), rows.y, at, rest);
      }
    }
  }

  /** Copies what lies behind the last whole vector of each row. */
  private static void ends(AttentionRows rows, int from, int to) {
    for (int row = from; row < to; row++) {
      int rest = rows.lengths[row] % F.length();
      if (rest > 0) {
        int place = (row - from) * F.length();
        FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).intoArray(rows.ends, place);
        int at = rows.at(row) + rows.lengths[row] - rest;
        System.arraycopy(rows.x, at, rows.ends, place, rest);
      }
    }
  }

  /**
   * Leaves the maximum of each row, what its weights are relative to, and its kind. Throws for NaN
   * and +Infinity.
   *
   * <p>A row is looked at as in {@link Maxima#scan}, but for the signed minimum: that is the
   * maximum of a row without a logit from 0 on, which takes a second read.
   */
  static void look(AttentionRows rows) {
    double scale = Exponential.scale(rows.temperature());
    double inverse = 1 / scale;
    float[] x = rows.x;
    int at = rows.from;
    for (int row = 0; row < rows.count; row++, at += rows.stride) {
      int length = rows.lengths[row];
      int signedMax;
      int flippedMax;
      if (length >= F.length()) {
        int last = at + length - F.length();
        IntVector end = FloatVector.fromArray(F, x, last).reinterpretAsInts();
        IntVector most = end;
        IntVector flipped = end.lanewise(XOR, Integer.MIN_VALUE);
        int i = at;
        for (; i <= last - 4 * F.length(); i += 4 * F.length()) {
          IntVector a = FloatVector.fromArray(F, x, i).reinterpretAsInts();
          IntVector b = FloatVector.fromArray(F, x, i + F.length()).reinterpretAsInts();
          IntVector c = FloatVector.fromArray(F, x, i + 2 * F.length()).reinterpretAsInts();
          IntVector d = FloatVector.fromArray(F, x, i + 3 * F.length()).reinterpretAsInts();
          most = a.max(b).max(c.max(d)).max(most);
          flipped =
              a.lanewise(XOR, Integer.MIN_VALUE)
                  .max(b.lanewise(XOR, Integer.MIN_VALUE))
                  .max(flipped);
          flipped =
              c.lanewise(XOR, Integer.MIN_VALUE)
                  .max(d.lanewise(XOR, Integer.MIN_VALUE))
                  .max(flipped);
        }
        for (; i < last; i += F.length()) {
          IntVector bits = FloatVector.fromArray(F, x, i).reinterpretAsInts();
          most = bits.max(most);
          flipped = bits.lanewise(XOR, Integer.MIN_VALUE).max(flipped);
        }
        signedMax = Species.LOWEST.max(most).reduceLanes(MAX);
        flippedMax = Species.LOWEST.max(flipped).reduceLanes(MAX);
      } else {
        signedMax = Integer.MIN_VALUE;
        flippedMax = Integer.MIN_VALUE;
        for (int i = at; i < at + length; i++) {
          int bits = Float.floatToRawIntBits(x[i]);
          signedMax = Math.max(signedMax, bits);
          flippedMax = Math.max(flippedMax, bits ^ Integer.MIN_VALUE);
        }
      }
      if (signedMax >= INFINITY || flippedMax > INFINITY) {
        throw rows.invalid(row);
      }
      float max = length == 0 ? Float.NEGATIVE_INFINITY : Float.intBitsToFloat(signedMax) + 0f;
      if (signedMax < 0 && length > 0) {
        max = negative(x, at, at + length) + 0f;
      }
      rows.maxima[row] = max;
      if (max == Float.NEGATIVE_INFINITY) {
        rows.kinds[row] = MASKED;
        continue;
      }
      int exponent = Exponential.exponent(max, scale);
      rows.shifts[row] = Exponential.ROUND - exponent;
      rows.origins[row] = Exponential.origin(max, scale, 1);
      // The least logit that is negative, if there is one; others are above it.
      float least = Float.intBitsToFloat(Math.max(flippedMax, 0) ^ Integer.MIN_VALUE);
      boolean plain = least >= (exponent + ExpSum.PLAIN + 1) * inverse;
      rows.kinds[row] = plain && !Exponential.isFar(max, scale) ? PLAIN : CUT;
    }
  }

  /** The maximum of a part in which all logits are negative: of their bits it is the minimum. */
  private static float negative(float[] x, int from, int to) {
    int min = Integer.MAX_VALUE;
    int i = from;
    if (to - from >= F.length()) {
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      for (; i <= to - F.length(); i += F.length()) {
        signedMin = FloatVector.fromArray(F, x, i).reinterpretAsInts().min(signedMin);
      }
      min = Species.HIGHEST.min(signedMin).reduceLanes(MIN);
    }
    for (; i < to; i++) {
      min = Math.min(min, Float.floatToRawIntBits(x[i]));
    }
    return Float.intBitsToFloat(min);
  }

  /** The weights of a row, and the sums of its lanes from a place on. */
  private static void weights(
      AttentionRows rows, int row, int spot, int place, float head, float tail) {
    float[] groups = rows.groups;
    int at = rows.at(row);
    int length = rows.lengths[row];
    int rest = length % F.length();
    int full = length / Lanes.GROUP;
    int last = at + full * Lanes.GROUP;
    int end = at + length - rest;
    int yAt = rows.yAt(row);
    float origin = rows.origins[row];
    float shift = rows.shifts[row];
    if (full > 0 && rows.kinds[row] == PLAIN) {
      BlockSoftmax.plainGroups(rows.x, at, full, head, tail, shift, groups, place, rows.y, yAt);
    } else if (full > 0) {
      BlockSoftmax.groups(rows.x, at, full, origin, head, tail, shift, groups, place, rows.y, yAt);
    }
    int lanes = place + full * Lanes.COUNT;
    int behind = place + groups(length) * Lanes.COUNT;
    if (lanes < behind) {
      Arrays.fill(groups, lanes, behind, 0);
    }
    if (last < end) {
      BlockSoftmax.vectors(
          rows.x, last, end, origin, head, tail, shift, groups, lanes, rows.y, yAt + last - at);
    }
    if (rest > 0) {
      rest(rows, row, spot, lanes + (end - last) % Lanes.COUNT, head, tail);
    }
  }

  /**
   * The weights of what lies behind the last whole vector of a row, and their part of the sums of
   * lanes.
   *
   * @param spot where they lie in the ends, with -Infinity behind
   * @param lane where the sums of their lanes are
   */
  private static void rest(
      AttentionRows rows, int row, int spot, int lane, float head, float tail) {
    float[] ends = rows.ends;
    float[] groups = rows.groups;
    float origin = rows.origins[row];
    float shift = rows.shifts[row];
    assert spot >= 0 && spot <= ends.length - F.length() : "end at " + spot;
    assert lane >= 0 && lane <= groups.length - F.length() : "lanes at " + lane;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    assert origin - origin == 0 : "origin " + origin + " of row " + row + " of " + rows.count;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    FloatVector v = FloatVector.fromArray(F, ends, spot).sub(FloatVector.broadcast(F, origin));
    FloatVector t = v.fma(heads, shifts);
    FloatVector r = v.fma(heads, shifts.sub(t));
    r = v.fma(FloatVector.broadcast(F, tail), r);
    FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
    p = p.fma(r, FloatVector.broadcast(F, C4));
    p = p.fma(r, FloatVector.broadcast(F, C3));
    p = p.fma(r, FloatVector.broadcast(F, C2));
    p = p.fma(r, FloatVector.broadcast(F, C1));
    p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
    IntVector b = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
    VectorMask<Float> m =
        t.compare(GE, VectorExponential.LEAST)
            .and(b.compare(GT, VectorExponential.SUBNORMAL).cast(F));
    FloatVector w = FloatVector.zero(F).blend(b.reinterpretAsFloats(), m);
    w.intoArray(ends, spot);
    w.add(FloatVector.fromArray(F, groups, lane)).intoArray(groups, lane);
  }

  /**
   * Combines the groups of each row, and halves its lanes down to two vectors: those of the even
   * lanes and of the odd ones, as in {@link LaneSum}.
   */
  private static void halve(AttentionRows rows, int from, int to) {
    float[] groups = rows.groups;
    double[] halves = rows.halves;
    assert from >= 0 && from <= to && to <= rows.count : "rows " + from + " to " + to;
    int place = 0;
    for (int row = from; row < to; row++) {
      int count = groups(rows.lengths[row]);
      DoubleVector even = DoubleVector.zero(D);
      DoubleVector odd = DoubleVector.zero(D);
      for (int a = 0; a < LaneSum.FIRST; a++) {
        DoubleVector halfEven = DoubleVector.zero(D);
        DoubleVector halfOdd = DoubleVector.zero(D);
        for (int b = 0; b < LaneSum.SECOND; b++) {
          DoubleVector quarterEven = DoubleVector.zero(D);
          DoubleVector quarterOdd = DoubleVector.zero(D);
          for (int c = 0; c < LaneSum.THIRD; c++) {
            int at = place + (a + 2 * b + 4 * c) * F.length();
            FloatVector lanes = FloatVector.fromArray(F, groups, at);
            if (count > 1) {
              lanes = lanes.add(FloatVector.fromArray(F, groups, at + Lanes.COUNT));
            }
            if (count > 2) {
              FloatVector third = FloatVector.fromArray(F, groups, at + 2 * Lanes.COUNT);
              FloatVector fourth = FloatVector.fromArray(F, groups, at + 3 * Lanes.COUNT);
              lanes = lanes.add(third.add(fourth));
            }
            if (count > 4) {
              FloatVector fifth = FloatVector.fromArray(F, groups, at + 4 * Lanes.COUNT);
              FloatVector sixth = FloatVector.fromArray(F, groups, at + 5 * Lanes.COUNT);
              FloatVector seventh = FloatVector.fromArray(F, groups, at + 6 * Lanes.COUNT);
              FloatVector eighth = FloatVector.fromArray(F, groups, at + 7 * Lanes.COUNT);
              lanes = lanes.add(fifth.add(sixth).add(seventh.add(eighth)));
            }
            LongVector pairs = lanes.reinterpretAsLongs();
            LongVector low = pairs.lanewise(LSHL, Mass.HALF).lanewise(LSHR, Mass.TO_DOUBLE);
            LongVector high =
                pairs.lanewise(LSHR, Mass.HALF).lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE);
            quarterEven = low.reinterpretAsDoubles().add(quarterEven);
            quarterOdd = high.reinterpretAsDoubles().add(quarterOdd);
          }
          halfEven = halfEven.add(quarterEven);
          halfOdd = halfOdd.add(quarterOdd);
        }
        even = even.add(halfEven);
        odd = odd.add(halfOdd);
      }
      int at = (row - from) * 2 * D.length();
      even.intoArray(halves, at);
      odd.intoArray(halves, at + D.length());
      place += count * Lanes.COUNT;
    }
  }

  /** The total of a row from its halved lanes. */
  private static double total(double[] halves, int at) {
    return (halved(halves, at) + halved(halves, at + D.length())) * Mass.SCALE;
  }

  private static double halved(double[] h, int at) {
    if (D.length() == 8) {
      return (h[at] + h[at + 4] + (h[at + 2] + h[at + 6]))
          + (h[at + 1] + h[at + 5] + (h[at + 3] + h[at + 7]));
    }
    return D.length() == 4 ? h[at] + h[at + 2] + (h[at + 1] + h[at + 3]) : h[at] + h[at + 1];
  }

  /** Makes probabilities of the weights. */
  private static void scale(AttentionRows rows, int from, int to) {
    float[] y = rows.y;
    assert from >= 0 && from <= to && to <= rows.count : "rows " + from + " to " + to;
    assert rows.yFrom >= 0 && rows.yFrom <= y.length : "from " + rows.yFrom + " of " + y.length;
    assert rows.ends.length >= (to - from) * F.length() : "room for " + rows.ends.length;
    assert rows.yStride >= 0 : "rows " + rows.yStride + " apart";
    for (int row = from; row < to; row++) {
      if (rows.kinds[row] != MASKED) {
        FloatVector firsts = FloatVector.broadcast(F, rows.firsts[row]);
        FloatVector seconds = FloatVector.broadcast(F, rows.seconds[row]);
        int i = rows.yAt(row);
        int end = i + rows.lengths[row];
        for (; i <= end - 4 * F.length(); i += 4 * F.length()) {
          FloatVector w0 = FloatVector.fromArray(F, y, i);
          FloatVector w1 = FloatVector.fromArray(F, y, i + F.length());
          FloatVector w2 = FloatVector.fromArray(F, y, i + 2 * F.length());
          FloatVector w3 = FloatVector.fromArray(F, y, i + 3 * F.length());
          w0.fma(firsts, w0.mul(seconds)).intoArray(y, i);
          w1.fma(firsts, w1.mul(seconds)).intoArray(y, i + F.length());
          w2.fma(firsts, w2.mul(seconds)).intoArray(y, i + 2 * F.length());
          w3.fma(firsts, w3.mul(seconds)).intoArray(y, i + 3 * F.length());
        }
        for (; i <= end - F.length(); i += F.length()) {
          FloatVector weight = FloatVector.fromArray(F, y, i);
          weight.fma(firsts, weight.mul(seconds)).intoArray(y, i);
        }
        if (i < end) {
          int place = (row - from) * F.length();
          FloatVector weight = FloatVector.fromArray(F, rows.ends, place);
          weight.fma(firsts, weight.mul(seconds)).intoArray(rows.ends, place);
        }
      }
    }
  }

  /** A row of more than a block. */
  private static void longRow(AttentionRows rows, int row) {
    float[] x = rows.x;
    float[] y = rows.y;
    int at = rows.at(row);
    int end = at + rows.lengths[row];
    int yAt = rows.yAt(row);
    if (rows.kinds[row] == MASKED) {
      rows.masked(row);
      return;
    }
    double temperature = rows.temperature();
    double scale = Exponential.scale(temperature);
    // Under a high sink, the factors of stored weights could underflow.
    boolean stores = rows.sinkWeight(row) <= HIGHEST_SINK;
    Scratch scratch = Scratch.take(Lanes.blocks(end - at));
    try {
      float max =
          stores
              ? StoredSum.sums(x, at, end, temperature, scratch, y, yAt)
              : ExpSum.sums(x, at, end, temperature, scratch);
      rows.total(row, Softmax.total(scratch, end - at, max, temperature));
      float first = rows.firsts[row];
      float second = rows.seconds[row];
      if (stores) {
        Softmax.scale(x, at, end, max, scale, first, second, y, yAt, scratch);
      } else {
        Weights.write(x, at, end, max, scale, first, second, y, yAt);
      }
    } finally {
      scratch.give();
    }
  }
}
