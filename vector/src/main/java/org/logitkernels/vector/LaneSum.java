package org.logitkernels.vector;

import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.Lanes;

/**
 * {@link Lanes}, a vector at a time.
 *
 * <p>The 32 virtual lanes are 2, 4 or 8 vectors. Halving combines the first half of them with the
 * second, then quarters, so three nested loops of two rounds each, of which wider vectors need
 * fewer, meet the vectors in the order in which they combine. What is left is one vector, halved
 * within.
 */
final class LaneSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /** How many vectors the virtual lanes are. */
  static final int VECTORS = Lanes.COUNT / F.length();

  /** What each virtual lane of a block sums. */
  static final int ROUNDS = Lanes.BLOCK / Lanes.COUNT;

  /** Rounds of the first loop. */
  static final int FIRST = 2;

  /** Rounds of the second loop. */
  static final int SECOND = VECTORS >= 4 ? 2 : 1;

  /** Rounds of the third loop. */
  static final int THIRD = VECTORS >= 8 ? 2 : 1;

  /** Whether a vector has 16 lanes to halve. */
  static final boolean HALVE_16 = F.length() > 8;

  /** Whether a vector has 8 lanes to halve. */
  static final boolean HALVE_8 = F.length() > 4;

  // Lane l takes lane l + 8, 4, 2 or 1. The halving itself stands in each kernel: as a method,
  // which
  // takes a vector, it would allocate that vector wherever the compiler does not inline it.
  static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F, 8, 1, true);
  static final VectorShuffle<Float> BY_4 = VectorShuffle.iota(F, 4, 1, true);
  static final VectorShuffle<Float> BY_2 = VectorShuffle.iota(F, 2, 1, true);
  static final VectorShuffle<Float> BY_1 = VectorShuffle.iota(F, 1, 1, true);

  private LaneSum() {}

  /** How many vectors were met before. */
  static int met(int a, int b, int c) {
    return (a * SECOND + b) * THIRD + c;
  }

  /** The first lane of the vector met in these rounds of the three loops. */
  static int offset(int a, int b, int c) {
    return (a + 2 * b + 4 * c) * F.length();
  }
}
