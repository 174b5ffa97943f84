package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.ADD;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MIN;

import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;

/**
 * Sums of weights that are the same in any order of addition. Some are integers: the masses of a
 * nucleus. Others are doubles, of weights so much alike that every partial sum is exact.
 *
 * <p>The methods with the loops are compiled alone, as those of {@link ExpSum} are.
 */
final class Mass {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Long> L = VectorSpecies.of(long.class, F.vectorShape());
  private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  // A long is as wide as two floats. The bits of either float, moved to where a double has its
  // exponent and its fraction, are the double that is 2^-896 times the float. A conversion would
  // need float vectors of half the width, and HotSpot must see one width of a type in a program:
  // its type profiles belong to the methods of FloatVector, which all widths share.
  static final int HALF = 32;
  static final int TO_DOUBLE = 3;
  static final double SCALE = 0x1p896;

  /**
   * Added to a double below 2^51, this number rounds to an integer, and leaves the integer in the
   * low bits.
   */
  private static final double ROUND = 0x1.8p52;

  private Mass() {}

  /**
   * The mass of the tokens with {@code values >= bar}: the sum of {@code rint(weight * quantum)}.
   *
   * @param size a multiple of a vector's length
   */
  static long atLeast(float[] values, float[] weights, int size, float bar, double quantum) {
    assert size >= 0 && size % F.length() == 0 : size + " weights in vectors of " + F.length();
    assert size <= values.length : size + " values of " + values.length;
    assert size <= weights.length : size + " weights of " + weights.length;
    assert quantum > 0 && quantum < Double.POSITIVE_INFINITY : "quantum " + quantum;
    FloatVector zero = FloatVector.zero(F);
    DoubleVector quanta = DoubleVector.broadcast(D, quantum * SCALE);
    DoubleVector round = DoubleVector.broadcast(D, ROUND);
    LongVector sum = LongVector.zero(L);
    for (int i = 0; i < size; i += F.length()) {
      LongVector pairs =
          FloatVector.fromArray(F, weights, i)
              .blend(zero, FloatVector.fromArray(F, values, i).compare(LT, bar))
              .reinterpretAsLongs();
      LongVector low = pairs.lanewise(LSHL, HALF).lanewise(LSHR, TO_DOUBLE);
      LongVector high = pairs.lanewise(LSHR, HALF).lanewise(LSHL, HALF - TO_DOUBLE);
      sum = quanta.fma(low.reinterpretAsDoubles(), round).reinterpretAsLongs().add(sum);
      sum = quanta.fma(high.reinterpretAsDoubles(), round).reinterpretAsLongs().add(sum);
    }
    return LongVector.zero(L).add(sum).reduceLanes(ADD)
        - (long) size * Double.doubleToRawLongBits(ROUND); // exact: modulo 2^64
  }

  /**
   * Leaves the running sum after each block of weights, in double. The bits are those of a sum one
   * by one. Returns false if some weights are so small beside the sum that the order of addition
   * might show.
   *
   * @param size a multiple of a vector's length
   */
  static boolean prefixes(float[] weights, int size, double[] prefixes) {
    assert size >= 0 && size % F.length() == 0 : size + " weights in vectors of " + F.length();
    assert size <= weights.length : size + " weights of " + weights.length;
    assert prefixes.length >= Lanes.blocks(size) : prefixes.length + " prefixes of " + size;
    FloatVector zero = FloatVector.zero(F);
    FloatVector one = FloatVector.broadcast(F, 1);
    double total = 0;
    float least = 1;
    for (int at = 0, b = 0; at < size; at += Lanes.BLOCK, b++) {
      int end = Math.min(size, at + Lanes.BLOCK);
      DoubleVector sum = DoubleVector.zero(D);
      IntVector lowest = one.reinterpretAsInts();
      for (int i = at; i < end; i += F.length()) {
        FloatVector w = FloatVector.fromArray(F, weights, i);
        lowest = w.blend(one, w.compare(EQ, zero)).reinterpretAsInts().min(lowest);
        LongVector pairs = w.reinterpretAsLongs();
        LongVector low = pairs.lanewise(LSHL, HALF).lanewise(LSHR, TO_DOUBLE);
        LongVector high = pairs.lanewise(LSHR, HALF).lanewise(LSHL, HALF - TO_DOUBLE);
        sum = low.reinterpretAsDoubles().add(sum);
        sum = high.reinterpretAsDoubles().add(sum);
      }
      least =
          Math.min(
              least, Float.intBitsToFloat(one.reinterpretAsInts().min(lowest).reduceLanes(MIN)));
      total += DoubleVector.zero(D).add(sum).reduceLanes(ADD) * SCALE;
      prefixes[b] = total;
    }
    // All weights are multiples of the last bit of the least, and the sum is below 2^53 of those.
    return least >= total * 0x1p-28;
  }

  /** The weight of the tokens with {@code values < bar}, roughly. */
  static float about(float[] values, float[] weights, int size, float bar) {
    FloatVector zero = FloatVector.zero(F);
    FloatVector sum = zero;
    for (int i = 0; i < size; i += F.length()) {
      sum =
          zero.blend(
                  FloatVector.fromArray(F, weights, i),
                  FloatVector.fromArray(F, values, i).compare(LT, bar))
              .add(sum);
    }
    return zero.add(sum).reduceLanes(ADD);
  }
}
