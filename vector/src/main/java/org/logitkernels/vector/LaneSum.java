package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;

/**
 * {@link Lanes}, a vector at a time: groups of lanes are summed by kernels, and here combined.
 *
 * <p>The 32 virtual lanes are 2, 4 or 8 vectors. Halving combines the first half of them with the
 * second, then quarters, so three nested loops of two rounds each, of which wider vectors need
 * fewer, meet the vectors in the order in which they combine. What is left is two vectors of
 * doubles, of even lanes and of odd ones, halved within.
 */
final class LaneSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  /** How many vectors the virtual lanes are. */
  static final int VECTORS = Lanes.COUNT / F.length();

  /** What each virtual lane of a block sums. */
  static final int ROUNDS = Lanes.BLOCK / Lanes.COUNT;

  /**
   * Whether kernels combine a block's groups in registers: in pairs, pairs of pairs, and the two of
   * these. With fewer than the 32 registers of AVX-512, the sum of every group goes to memory.
   */
  static final boolean COMBINES = F.length() >= 16;

  /** How many groups, pairs or pairs of pairs a kernel combines. */
  static final int PAIR = COMBINES ? 2 : 1;

  /** How many sums of each lane a kernel leaves of a block. */
  static final int ROWS = Lanes.GROUPS / (PAIR * PAIR * PAIR);

  /** Of so many blocks there is room for what kernels leave. */
  static final int BLOCKS = Lanes.GROUPS / ROWS;

  private static final int FIRST = 2;
  private static final int SECOND = VECTORS >= 4 ? 2 : 1;
  private static final int THIRD = VECTORS >= 8 ? 2 : 1;

  private static final boolean HALVE_8 = D.length() > 4;
  private static final boolean HALVE_4 = D.length() > 2;
  private static final VectorShuffle<Double> BY_4 = VectorShuffle.iota(D, 4, 1, true);
  private static final VectorShuffle<Double> BY_2 = VectorShuffle.iota(D, 2, 1, true);

  private LaneSum() {}

  /**
   * How many groups are summed where a block has fewer: so many that they combine in pairs. Those
   * behind the block's end are 0.
   */
  static int paired(int groups) {
    return groups == 1 ? 1 : Integer.highestOneBit(groups - 1) * 2;
  }

  /**
   * The sum of a block from those of its groups, or from the lanes in which they were combined.
   * None is negative.
   *
   * @param from where they lie in {@code groups}
   * @param rows how many groups there are: 1, 2, 4 or 8; 1 if they were combined
   */
  static double sum(float[] groups, int from, int rows) {
    assert rows == 1 || rows == 2 || rows == 4 || rows == Lanes.GROUPS : rows + " groups";
    assert from >= 0 && from <= groups.length - rows * Lanes.COUNT : rows + " groups at " + from;
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
          // Floats become doubles as in Mass.
          LongVector low = pairs.lanewise(LSHL, Mass.HALF).lanewise(LSHR, Mass.TO_DOUBLE);
          LongVector high =
              pairs.lanewise(LSHR, Mass.HALF).lanewise(LSHL, Mass.HALF - Mass.TO_DOUBLE);
          quarterEven = quarterEven.add(low.reinterpretAsDoubles());
          quarterOdd = quarterOdd.add(high.reinterpretAsDoubles());
        }
        halfEven = halfEven.add(quarterEven);
        halfOdd = halfOdd.add(quarterOdd);
      }
      even = even.add(halfEven);
      odd = odd.add(halfOdd);
    }
    if (HALVE_8) {
      even = even.add(even.rearrange(BY_4));
      odd = odd.add(odd.rearrange(BY_4));
    }
    if (HALVE_4) {
      even = even.add(even.rearrange(BY_2));
      odd = odd.add(odd.rearrange(BY_2));
    }
    // Lane by lane: two doubles cannot be rearranged without an allocation everywhere.
    double evens = even.lane(0) + even.lane(1);
    double odds = odd.lane(0) + odd.lane(1);
    return (evens + odds) * Mass.SCALE;
  }

  /** The sums of so many blocks of which kernels left what they leave. */
  static void sums(float[] groups, int blocks, double[] sums, int first) {
    for (int b = 0; b < blocks; b++) {
      sums[first + b] = sum(groups, b * ROWS * Lanes.COUNT, ROWS);
    }
  }
}
