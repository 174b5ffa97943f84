package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;

/**
 * The sums of {@link Lanes}, a vector at a time. Kernels sum the groups of the lanes; this class
 * combines the groups. Where weights are stored, it also sums the groups.
 *
 * <p>The 32 virtual lanes are 2, 4 or 8 vectors. To halve is to add the second half of these to the
 * first, then the second quarter, and so on. Three nested loops of two rounds meet the vectors in
 * the order in which they combine; wider vectors need fewer of the loops. They leave two vectors of
 * doubles, one of the even lanes and one of the odd, which are halved within.
 */
final class LaneSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  /** How many vectors the virtual lanes are. */
  static final int VECTORS = Lanes.COUNT / F.length();

  /** How many weights each virtual lane of a block sums. */
  static final int ROUNDS = Lanes.BLOCK / Lanes.COUNT;

  static final int FIRST = 2;
  static final int SECOND = VECTORS >= 4 ? 2 : 1;
  static final int THIRD = VECTORS >= 8 ? 2 : 1;

  static final boolean HALVE_8 = D.length() > 4;
  static final boolean HALVE_4 = D.length() > 2;
  static final VectorShuffle<Double> BY_4 = VectorShuffle.iota(D, 4, 1, true);
  static final VectorShuffle<Double> BY_2 = VectorShuffle.iota(D, 2, 1, true);

  /** What is left of a float's bits, which are moved to where those of a double are. */
  private static final long MAGNITUDE = (1L << 60) - 1;

  private static final long SIGN = Long.MIN_VALUE;

  private static final double LARGEST_FLOAT = 0x1p127;

  private LaneSum() {}

  /**
   * How many groups are combined where a block has fewer than all: a power of two. The groups
   * behind the end of the block are 0.
   */
  static int paired(int groups) {
    return groups == 1 ? 1 : Integer.highestOneBit(groups - 1) * 2;
  }

  /**
   * The sum of a block from the sums of its groups. No sum is negative.
   *
   * @param from where the sums begin in {@code groups}
   * @param rows how many groups there are: 1, 2, 4 or 8
   */
  static double sum(float[] groups, int from, int rows) {
    assert rows == 1 || rows == 2 || rows == 4 || rows == Lanes.GROUPS : rows + " groups";
    assert from >= 0 && from <= groups.length - rows * Lanes.COUNT : rows + " groups at " + from;
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    DoubleVector even = DoubleVector.zero(D);
    DoubleVector odd = DoubleVector.zero(D);
    for (int a = 0; a < FIRST; a++) {
      DoubleVector halfEven = DoubleVector.zero(D);
      DoubleVector halfOdd = DoubleVector.zero(D);
      for (int b = 0; b < SECOND; b++) {
        DoubleVector quarterEven = DoubleVector.zero(D);
        DoubleVector quarterOdd = DoubleVector.zero(D);
        for (int c = 0; c < THIRD; c++) {
          int at = from + (a + 2 * b + 4 * c) * F.length();
          FloatVector lanes = FloatVector.fromArray(F, groups, at);
          if (rows > 1) {
            lanes = lanes.add(FloatVector.fromArray(F, groups, at + Lanes.COUNT));
          }
          if (rows > 2) {
            FloatVector third = FloatVector.fromArray(F, groups, at + 2 * Lanes.COUNT);
            FloatVector fourth = FloatVector.fromArray(F, groups, at + 3 * Lanes.COUNT);
            lanes = lanes.add(third.add(fourth));
          }
          if (rows > 4) {
            FloatVector fifth = FloatVector.fromArray(F, groups, at + 4 * Lanes.COUNT);
            FloatVector sixth = FloatVector.fromArray(F, groups, at + 5 * Lanes.COUNT);
            FloatVector seventh = FloatVector.fromArray(F, groups, at + 6 * Lanes.COUNT);
            FloatVector eighth = FloatVector.fromArray(F, groups, at + 7 * Lanes.COUNT);
            lanes = lanes.add(fifth.add(sixth).add(seventh.add(eighth)));
          }
          LongVector pairs = lanes.reinterpretAsLongs();
          // A float becomes a double as in Mass.
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
    if (HALVE_8) {
      even = even.add(even.rearrange(BY_4));
      odd = odd.add(odd.rearrange(BY_4));
    }
    if (HALVE_4) {
      even = even.add(even.rearrange(BY_2));
      odd = odd.add(odd.rearrange(BY_2));
    }
    // Lane by lane: not every machine rearranges two doubles without an allocation.
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    return (evens + odds) * Mass.SCALE;
  }

  /**
   * The sum of a block from its weights. The end is that of {@link #sum}, written again: a vector
   * that a method returns may be allocated.
   *
   * @param from where the weights begin
   * @param groups how many groups they are, with zeros behind: 2, 4 or 8
   */
  static double ofWeights(float[] weights, int from, int groups) {
    assert groups == 2 || groups == 4 || groups == Lanes.GROUPS : groups + " groups";
    assert from >= 0 && from <= weights.length - groups * Lanes.GROUP : "weights from " + from;
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    DoubleVector even = DoubleVector.zero(D);
    DoubleVector odd = DoubleVector.zero(D);
    for (int a = 0; a < FIRST; a++) {
      DoubleVector halfEven = DoubleVector.zero(D);
      DoubleVector halfOdd = DoubleVector.zero(D);
      for (int b = 0; b < SECOND; b++) {
        DoubleVector quarterEven = DoubleVector.zero(D);
        DoubleVector quarterOdd = DoubleVector.zero(D);
        for (int c = 0; c < THIRD; c++) {
          int at = from + (a + 2 * b + 4 * c) * F.length();
          FloatVector lanes = FloatVector.fromArray(F, weights, at);
          lanes = FloatVector.fromArray(F, weights, at + Lanes.COUNT).add(lanes);
          lanes = FloatVector.fromArray(F, weights, at + 2 * Lanes.COUNT).add(lanes);
          lanes = FloatVector.fromArray(F, weights, at + 3 * Lanes.COUNT).add(lanes);
          int g1 = at + 1 * Lanes.GROUP;
          FloatVector second = FloatVector.fromArray(F, weights, g1);
          second = FloatVector.fromArray(F, weights, g1 + Lanes.COUNT).add(second);
          second = FloatVector.fromArray(F, weights, g1 + 2 * Lanes.COUNT).add(second);
          second = FloatVector.fromArray(F, weights, g1 + 3 * Lanes.COUNT).add(second);
          lanes = lanes.add(second);
          if (groups > 2) {
            int g2 = at + 2 * Lanes.GROUP;
            FloatVector third = FloatVector.fromArray(F, weights, g2);
            third = FloatVector.fromArray(F, weights, g2 + Lanes.COUNT).add(third);
            third = FloatVector.fromArray(F, weights, g2 + 2 * Lanes.COUNT).add(third);
            third = FloatVector.fromArray(F, weights, g2 + 3 * Lanes.COUNT).add(third);
            int g3 = at + 3 * Lanes.GROUP;
            FloatVector fourth = FloatVector.fromArray(F, weights, g3);
            fourth = FloatVector.fromArray(F, weights, g3 + Lanes.COUNT).add(fourth);
            fourth = FloatVector.fromArray(F, weights, g3 + 2 * Lanes.COUNT).add(fourth);
            fourth = FloatVector.fromArray(F, weights, g3 + 3 * Lanes.COUNT).add(fourth);
            lanes = lanes.add(third.add(fourth));
          }
          if (groups > 4) {
            int g4 = at + 4 * Lanes.GROUP;
            FloatVector fifth = FloatVector.fromArray(F, weights, g4);
            fifth = FloatVector.fromArray(F, weights, g4 + Lanes.COUNT).add(fifth);
            fifth = FloatVector.fromArray(F, weights, g4 + 2 * Lanes.COUNT).add(fifth);
            fifth = FloatVector.fromArray(F, weights, g4 + 3 * Lanes.COUNT).add(fifth);
            int g5 = at + 5 * Lanes.GROUP;
            FloatVector sixth = FloatVector.fromArray(F, weights, g5);
            sixth = FloatVector.fromArray(F, weights, g5 + Lanes.COUNT).add(sixth);
            sixth = FloatVector.fromArray(F, weights, g5 + 2 * Lanes.COUNT).add(sixth);
            sixth = FloatVector.fromArray(F, weights, g5 + 3 * Lanes.COUNT).add(sixth);
            int g6 = at + 6 * Lanes.GROUP;
            FloatVector seventh = FloatVector.fromArray(F, weights, g6);
            seventh = FloatVector.fromArray(F, weights, g6 + Lanes.COUNT).add(seventh);
            seventh = FloatVector.fromArray(F, weights, g6 + 2 * Lanes.COUNT).add(seventh);
            seventh = FloatVector.fromArray(F, weights, g6 + 3 * Lanes.COUNT).add(seventh);
            int g7 = at + 7 * Lanes.GROUP;
            FloatVector eighth = FloatVector.fromArray(F, weights, g7);
            eighth = FloatVector.fromArray(F, weights, g7 + Lanes.COUNT).add(eighth);
            eighth = FloatVector.fromArray(F, weights, g7 + 2 * Lanes.COUNT).add(eighth);
            eighth = FloatVector.fromArray(F, weights, g7 + 3 * Lanes.COUNT).add(eighth);
            lanes = lanes.add(fifth.add(sixth).add(seventh.add(eighth)));
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
    if (HALVE_8) {
      even = even.add(even.rearrange(BY_4));
      odd = odd.add(odd.rearrange(BY_4));
    }
    if (HALVE_4) {
      even = even.add(even.rearrange(BY_2));
      odd = odd.add(odd.rearrange(BY_2));
    }
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    return (evens + odds) * Mass.SCALE;
  }

  /**
   * The sum of so many weights, at least a vector and a block at most, which stand at the
   * beginning. What is behind more than a group of them is overwritten.
   */
  static double ofWeights(float[] weights, int length) {
    if (length <= Lanes.GROUP) {
      return ofGroup(weights, 0, length);
    }
    int groups = paired((length + Lanes.GROUP - 1) / Lanes.GROUP);
    Arrays.fill(weights, length, groups * Lanes.GROUP, 0);
    return ofWeights(weights, 0, groups);
  }

  /**
   * The sum of the weights of a row that is a group at most and a vector at least.
   *
   * <p>What is not a whole vector at the row's end is read with the weights before it, which the
   * lanes have already, and moved into place.
   */
  static double ofGroup(float[] weights, int from, int length) {
    assert length >= F.length() && length <= Lanes.GROUP : length + " weights";
    assert from >= 0 && from <= weights.length - length : "weights from " + from;
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    DoubleVector even = DoubleVector.zero(D);
    DoubleVector odd = DoubleVector.zero(D);
    int to = from + length;
    int last = to - F.length();
    for (int a = 0; a < FIRST; a++) {
      DoubleVector halfEven = DoubleVector.zero(D);
      DoubleVector halfOdd = DoubleVector.zero(D);
      for (int b = 0; b < SECOND; b++) {
        DoubleVector quarterEven = DoubleVector.zero(D);
        DoubleVector quarterOdd = DoubleVector.zero(D);
        for (int c = 0; c < THIRD; c++) {
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
    if (HALVE_8) {
      even = even.add(even.rearrange(BY_4));
      odd = odd.add(odd.rearrange(BY_4));
    }
    if (HALVE_4) {
      even = even.add(even.rearrange(BY_2));
      odd = odd.add(odd.rearrange(BY_2));
    }
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    return (evens + odds) * Mass.SCALE;
  }

  /**
   * The sum of a block from the sums of its groups, which may be negative or infinite.
   *
   * <p>An infinite float becomes a finite double here. So where the sum is as large as a float may
   * be, the lanes are added again one by one.
   */
  static double signed(float[] groups, double[] scratch) {
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    DoubleVector one = DoubleVector.broadcast(D, 1); // what a loop carries is an argument
    DoubleVector even = DoubleVector.zero(D);
    DoubleVector odd = DoubleVector.zero(D);
    for (int a = 0; a < FIRST; a++) {
      DoubleVector halfEven = DoubleVector.zero(D);
      DoubleVector halfOdd = DoubleVector.zero(D);
      for (int b = 0; b < SECOND; b++) {
        DoubleVector quarterEven = DoubleVector.zero(D);
        DoubleVector quarterOdd = DoubleVector.zero(D);
        for (int c = 0; c < THIRD; c++) {
          int at = (a + 2 * b + 4 * c) * F.length();
          FloatVector lanes = FloatVector.fromArray(F, groups, at);
          lanes = lanes.add(FloatVector.fromArray(F, groups, at + Lanes.COUNT));
          FloatVector third = FloatVector.fromArray(F, groups, at + 2 * Lanes.COUNT);
          FloatVector fourth = FloatVector.fromArray(F, groups, at + 3 * Lanes.COUNT);
          lanes = lanes.add(third.add(fourth));
          FloatVector fifth = FloatVector.fromArray(F, groups, at + 4 * Lanes.COUNT);
          FloatVector sixth = FloatVector.fromArray(F, groups, at + 5 * Lanes.COUNT);
          FloatVector seventh = FloatVector.fromArray(F, groups, at + 6 * Lanes.COUNT);
          FloatVector eighth = FloatVector.fromArray(F, groups, at + 7 * Lanes.COUNT);
          lanes = lanes.add(fifth.add(sixth).add(seventh.add(eighth)));
          LongVector pairs = lanes.reinterpretAsLongs();
          // As in Mass, and the sign stays where it is. Graal spreads no sign without AVX-512.
          LongVector half = pairs.lanewise(LSHL, Mass.HALF);
          LongVector low =
              half.lanewise(LSHR, Mass.TO_DOUBLE)
                  .lanewise(AND, MAGNITUDE)
                  .lanewise(OR, half.lanewise(AND, SIGN));
          LongVector high =
              pairs
                  .lanewise(LSHR, Mass.HALF)
                  .lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE)
                  .lanewise(AND, MAGNITUDE)
                  .lanewise(OR, pairs.lanewise(AND, SIGN));
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
    if (HALVE_8) {
      even = even.add(even.rearrange(BY_4));
      odd = odd.add(odd.rearrange(BY_4));
    }
    if (HALVE_4) {
      even = even.add(even.rearrange(BY_2));
      odd = odd.add(odd.rearrange(BY_2));
    }
    // Lane by lane: not every machine rearranges two doubles without an allocation.
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    double sum = (evens + odds) * Mass.SCALE;
    return Math.abs(sum) < LARGEST_FLOAT ? sum : Lanes.sum(groups, scratch);
  }
}
