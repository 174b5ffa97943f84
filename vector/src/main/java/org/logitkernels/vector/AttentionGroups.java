package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
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
 * Softmax of attention rows that are a vector at least and a group at most, and in which no weight
 * is very small: many rows at a time. Each loop goes through all of them.
 *
 * <p>One such row alone is a chain of some two hundred cycles, in which each step waits for the one
 * before: its maximum, its weights, their sum, the factor. Side by side, the rows wait together.
 * And what is the same for all rows is done once.
 *
 * <p>The weights go where the probabilities will be, which may be where the logits are.
 */
final class AttentionGroups {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final VectorSpecies<Double> D = LaneSum.D;

  /** So many rows are taken together at most: with their weights, they lie in the nearest cache. */
  static final int TURN = 32;

  /**
   * The power of two of the least weight. Its products with both factors are normal, but where one
   * total in a billion leaves a tiny second factor, or under a high sink.
   */
  private static final double LEAST = -64;

  private AttentionGroups() {}

  /** Leaves the extremes of each row that is a group at most, but not shorter than a vector. */
  static void look(AttentionRows rows) {
    assert rows.count >= 0 && rows.count <= rows.extremes.length : rows.count + " rows";
    assert rows.count <= rows.lengths.length : rows.count + " rows";
    float[] x = rows.x;
    int[] lengths = rows.lengths;
    long[] extremes = rows.extremes;
    for (int row = 0; row < rows.count; row++) {
      int length = lengths[row];
      if (BlockSoftmax.isGroup(length)) {
        int at = rows.at(row);
        int last = at + length - F.length();
        assert at >= 0 && length <= x.length - at : length + " logits from " + at;
        IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
        IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
        IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
        for (int i = at; i < last; i += F.length()) {
          IntVector bits = FloatVector.fromArray(F, x, i).reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
        }
        IntVector bits = FloatVector.fromArray(F, x, last).reinterpretAsInts();
        int unsignedMax =
            bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax).reduceLanes(MAX)
                ^ Integer.MIN_VALUE;
        extremes[row] =
            Maxima.extremes(
                bits.max(signedMax).reduceLanes(MAX),
                bits.min(signedMin).reduceLanes(MIN),
                unsignedMax);
      }
    }
  }

  /**
   * Decides which rows are taken together, leaves 1.5 * 2^23 - N of each of these, and returns how
   * many they are.
   */
  static int references(AttentionRows rows, int begin, int end, double scale) {
    int[] lengths = rows.lengths;
    long[] extremes = rows.extremes;
    float[] shifts = rows.shifts;
    int count = 0;
    for (int row = begin; row < end; row++) {
      float max = Maxima.max(extremes[row]);
      boolean together =
          BlockSoftmax.isGroup(lengths[row])
              && !Exponential.isFar(max, scale)
              && BlockSoftmax.least(extremes[row], scale) >= LEAST;
      shifts[row] = together ? Exponential.ROUND - Exponential.exponent(max, scale) : Float.NaN;
      count += together ? 1 : 0;
    }
    return count;
  }

  /** Whether this row is taken together with others. */
  static boolean has(AttentionRows rows, int row) {
    return rows.shifts[row] > 0;
  }

  /** Writes the weights. */
  static void weights(AttentionRows rows, int begin, int end, double scale) {
    assert begin >= 0 && begin <= end && end <= rows.count : "rows " + begin + " to " + end;
    assert scale > 0 && scale < 0x1p128 : "scale " + scale;
    float[] x = rows.x;
    float[] w = rows.y;
    FloatVector heads = FloatVector.broadcast(F, Exponential.head(scale));
    FloatVector tails = FloatVector.broadcast(F, Exponential.tail(scale));
    for (int row = begin; row < end; row++) {
      if (has(rows, row)) {
        int at = rows.at(row);
        int ahead = rows.yAt(row) - at;
        int start = at + rows.lengths[row] - F.length();
        FloatVector shifts = FloatVector.broadcast(F, rows.shifts[row]);
        FloatVector last = FloatVector.fromArray(F, x, start); // or written over
        for (int i = at; i < start; i += F.length()) {
          FloatVector v = FloatVector.fromArray(F, x, i);
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
          bits.reinterpretAsFloats().intoArray(w, i + ahead);
        }
        FloatVector t = last.fma(heads, shifts);
        FloatVector r = last.fma(heads, shifts.sub(t));
        r = last.fma(tails, r);
        FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
        p = p.fma(r, FloatVector.broadcast(F, C4));
        p = p.fma(r, FloatVector.broadcast(F, C3));
        p = p.fma(r, FloatVector.broadcast(F, C2));
        p = p.fma(r, FloatVector.broadcast(F, C1));
        p = p.fma(r, FloatVector.broadcast(F, 1)); // 2^r
        IntVector bits = p.reinterpretAsInts().add(t.reinterpretAsInts().lanewise(LSHL, 23));
        bits.reinterpretAsFloats().intoArray(w, start + ahead);
      }
    }
  }

  /** Sums the weights of each row, as {@link LaneSum#ofGroup} does. */
  static void sums(AttentionRows rows, int begin, int end) {
    assert begin >= 0 && begin <= end && end <= rows.count : "rows " + begin + " to " + end;
    float[] weights = rows.y;
    int[] lengths = rows.lengths;
    double[] totals = rows.totals;
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    for (int row = begin; row < end; row++) {
      if (!has(rows, row)) {
        continue;
      }
      int from = rows.yAt(row);
      DoubleVector even = DoubleVector.zero(D);
      DoubleVector odd = DoubleVector.zero(D);
      int to = from + lengths[row];
      int last = to - F.length();
      for (int a = 0; a < LaneSum.FIRST; a++) {
        DoubleVector halfEven = DoubleVector.zero(D);
        DoubleVector halfOdd = DoubleVector.zero(D);
        for (int b = 0; b < LaneSum.SECOND; b++) {
          DoubleVector quarterEven = DoubleVector.zero(D);
          DoubleVector quarterOdd = DoubleVector.zero(D);
          for (int c = 0; c < LaneSum.THIRD; c++) {
            int at = from + (a + 2 * b + 4 * c) * F.length();
            FloatVector lanes = FloatVector.zero(F);
            // Four at most. A loop would keep the compiler from unrolling those around it.
            if (at <= last) {
              lanes = FloatVector.fromArray(F, weights, at);
              at += Lanes.COUNT;
            }
            if (at <= last) {
              lanes = FloatVector.fromArray(F, weights, at).add(lanes);
              at += Lanes.COUNT;
            }
            if (at <= last) {
              lanes = FloatVector.fromArray(F, weights, at).add(lanes);
              at += Lanes.COUNT;
            }
            if (at <= last) {
              lanes = FloatVector.fromArray(F, weights, at).add(lanes);
              at += Lanes.COUNT;
            }
            if (at < to) {
              IntVector places = Species.LANES.add(at - last).lanewise(AND, F.length() - 1);
              VectorMask<Float> inside = Species.LANES.compare(LT, to - at).cast(F);
              FloatVector rest = FloatVector.fromArray(F, weights, last);
              rest = rest.rearrange(places.toShuffle().cast(F));
              lanes = FloatVector.zero(F).blend(rest, inside).add(lanes);
            }
            LongVector pairs = lanes.reinterpretAsLongs();
            LongVector low = pairs.lanewise(LSHL, Mass.HALF).lanewise(LSHR, Mass.TO_DOUBLE);
            LongVector high =
                pairs.lanewise(LSHR, Mass.HALF).lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE);
            quarterEven = low.reinterpretAsDoubles().add(quarterEven);
            quarterOdd = high.reinterpretAsDoubles().add(quarterOdd);
          }
          halfEven = one.fma(quarterEven, halfEven);
          halfOdd = one.fma(quarterOdd, halfOdd);
        }
        even = one.fma(halfEven, even);
        odd = one.fma(halfOdd, odd);
      }
      even = DoubleVector.zero(D).add(even);
      odd = DoubleVector.zero(D).add(odd);
      if (LaneSum.HALVE_8) {
        even = even.add(even.rearrange(LaneSum.BY_4));
        odd = odd.add(odd.rearrange(LaneSum.BY_4));
      }
      if (LaneSum.HALVE_4) {
        even = even.add(even.rearrange(LaneSum.BY_2));
        odd = odd.add(odd.rearrange(LaneSum.BY_2));
      }
      double evens = even.lane(0) + even.lane(1);
      double odds = odd.lane(0) + odd.lane(1);
      totals[row] = (evens + odds) * Mass.SCALE;
    }
  }

  /** Leaves the factors, and the log-sum-exps that are asked for. */
  static void factors(AttentionRows rows, int begin, int end) {
    for (int row = begin; row < end; row++) {
      if (has(rows, row)) {
        ExpSum.checkTotal(rows.totals[row], rows.lengths[row]);
        rows.total(row, rows.totals[row]);
      }
    }
  }

  /** Makes probabilities of the weights. */
  static void probabilities(AttentionRows rows, int begin, int end) {
    assert begin >= 0 && begin <= end && end <= rows.count : "rows " + begin + " to " + end;
    float[] y = rows.y;
    int[] lengths = rows.lengths;
    float[] firsts = rows.firsts;
    float[] seconds = rows.seconds;
    for (int row = begin; row < end; row++) {
      if (!has(rows, row)) {
        continue;
      }
      int at = rows.yAt(row);
      FloatVector first = FloatVector.broadcast(F, firsts[row]);
      FloatVector second = FloatVector.broadcast(F, seconds[row]);
      int last = at + lengths[row] - F.length();
      FloatVector weightsAtEnd = FloatVector.fromArray(F, y, last); // or written over
      for (int i = at; i < last; i += F.length()) {
        FloatVector weight = FloatVector.fromArray(F, y, i);
        weight.fma(first, weight.mul(second)).intoArray(y, i);
      }
      // Some of these may be written a second time.
      weightsAtEnd.fma(first, weightsAtEnd.mul(second)).intoArray(y, last);
    }
  }
}
