package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;

import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.testkit.EntryPoint;

/**
 * Probabilities of weights of every size, by factors of every size: the bits of one multiply-add,
 * also where its product, its addend or its result is subnormal.
 */
class ProbabilityTest {
  @Property(tries = 20_000)
  void probabilitiesAreThoseOfTheScalarFormula(@ForAll long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    int length = random.nextInt(1, 200);
    int below = random.nextBoolean() ? 0 : random.nextInt(0, 127);
    double total = total(random);
    float first = Exponential.first(total);
    float second = Exponential.second(total);
    int lowest = random.nextInt(-126, 1);
    boolean masked = random.nextBoolean();
    float[] w = new float[length + 7];
    float[] expected = new float[length];
    for (int i = 0; i < length; i++) {
      float weight = Math.scalb((float) random.nextDouble(0.5, 1), random.nextInt(lowest, 1));
      w[7 + i] = masked && random.nextInt(9) == 0 || weight < Float.MIN_NORMAL ? 0 : weight;
      float ofRow = w[7 + i] * Math.scalb(1f, -below);
      ofRow = w[7 + i] < Math.scalb(1f, below + Exponential.LEAST) ? 0 : ofRow;
      expected[i] = Exponential.probability(ofRow, first, second);
    }
    double least = masked ? Double.NEGATIVE_INFINITY : lowest - 1 - below;
    float[] y = new float[length];
    Probability.write(w, 7, length, below, least, first, second, y, 0);
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(y), "total " + total);
    Probability.write(w, 7, length, below, least, first, second, w, 7);
    System.arraycopy(w, 7, y, 0, length);
    assertArrayEquals(EntryPoint.bits(expected), EntryPoint.bits(y), "in place, total " + total);
  }

  /** Totals near which the second factor is 0, tiny or as large as it can be. */
  private static double total(SplittableRandom random) {
    double total = Math.scalb(1.0, random.nextInt(0, 19));
    return switch (random.nextInt(4)) {
      case 0 -> total;
      case 1 -> total * (1 + Math.scalb(random.nextDouble(), -random.nextInt(1, 53)));
      case 2 -> total / (1 + random.nextInt(100) * 0x1p-52);
      default -> total * random.nextDouble(0.5, 1);
    };
  }
}
