package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Lanes;

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
   * The sum of a block from those of its groups, none of which is negative.
   *
   * @param count how many groups there are: 1, 2, 4 or 8
   */
  static double sum(float[] groups, int count) {
    assert count == 1 || count == 2 || count == 4 || count == Lanes.GROUPS : count + " groups";
    assert groups.length == Lanes.GROUPS * Lanes.COUNT : groups.length + " sums of groups";
    for (int at = 0; at < Lanes.COUNT; at += F.length()) {
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
      lanes.intoArray(groups, at);
    }
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
          LongVector pairs = FloatVector.fromArray(F, groups, at).reinterpretAsLongs();
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
}
