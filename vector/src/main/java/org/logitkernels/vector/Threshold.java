package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/**
 * A value that at least k of many reach, and not many more. It is found by halving an interval and
 * counting.
 */
final class Threshold {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /**
   * In so many rounds the middle of the interval is the mean of its ends, which is fast for values
   * as they come. After these rounds it is the middle of their bits.
   */
  private static final int ARITHMETIC = 10;

  private Threshold() {}

  /** How many may reach the value: more are too many. */
  static int enough(int k) {
    return k + k / 4 + 8;
  }

  /**
   * A value that at least k of {@code v[at, at + size)} reach. No more than {@link #enough} reach
   * it, unless many are equal to it. It is the floor if fewer than k reach the floor.
   *
   * @param size a multiple of a vector's length
   * @param floor a finite lower bound of the result
   * @param max the maximum
   */
  static float of(float[] v, int at, int size, int k, float floor, float max) {
    return of(v, at, size, k, enough(k), floor, max);
  }

  /**
   * The k-th largest of {@code v[at, at + size)}, or a value between it and the next one. It is the
   * floor if fewer than k reach the floor.
   */
  static float exact(float[] v, int at, int size, int k, float floor, float max) {
    return of(v, at, size, k, k, floor, max);
  }

  private static float of(float[] v, int at, int size, int k, int enough, float floor, float max) {
    float low = floor;
    float high = max; // the k-th largest lies in [low, high], unless it lies below the floor
    int reached = count(v, at, size, low);
    for (int round = 0; reached > enough && low < high; round++) {
      float middle = round < ARITHMETIC ? low / 2 + high / 2 : between(low, high);
      if (middle <= low) {
        middle = Math.nextUp(low);
      }
      int above = count(v, at, size, middle);
      if (above >= k) {
        low = middle;
        reached = above;
      } else {
        high = Math.nextDown(middle);
      }
    }
    return low;
  }

  /** How many reach a bar. */
  static int count(float[] v, int at, int size, float bar) {
    int count = 0;
    for (int i = at; i < at + size; i += F.length()) {
      count += FloatVector.fromArray(F, v, i).compare(VectorOperators.GE, bar).trueCount();
    }
    return count;
  }

  /**
   * How many lie above a bar: by the loop of {@link #count}, which is hot before a call of this
   * one, and so compiled.
   */
  static int above(float[] v, int at, int size, float bar) {
    return count(v, at, size, Math.nextUp(bar));
  }

  /** The float in the middle between two, counted in floats. */
  static float between(float low, float high) {
    long middle = ((long) rank(low) + rank(high)) >> 1;
    return Float.intBitsToFloat((int) (middle ^ ((middle >> 31) & 0x7fffffff)));
  }

  /** The bits of a float, as an integer that orders as floats do. */
  private static int rank(float value) {
    int bits = Float.floatToRawIntBits(value);
    return bits ^ ((bits >> 31) & 0x7fffffff);
  }
}
