package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.LT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;

/**
 * Probabilities of stored weights: each weight times the inverse of the total, in two factors.
 *
 * <p>A weight is 0 or at least 2^-126, but its products may be subnormal: in most rows of a low
 * temperature some are. Many processors take a hundred cycles and more for such a product. So where
 * there may be one, all is computed 2^100 times as large, and what is rounded to a subnormal float
 * is rounded by a sum: the last bit of 2^-26 is 2^-49, which is the least float, 2^100 times as
 * large.
 */
final class Probability {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  /**
   * So many powers of two larger: a second factor is 0 or at least 2^-84, but under a high sink,
   * where some products are subnormal all the same.
   */
  private static final int UP = 100;

  /** The least normal float, so much larger. */
  private static final float LEAST = 0x1p-26f;

  private Probability() {}

  /**
   * Writes the probabilities of so many weights, which stand in {@code w} from {@code at} on: into
   * {@code y} from {@code yAt} on, or where they stand.
   *
   * @param below how far the N of these weights lies below that of the row
   * @param least no weight but 0 is below 2 to this power, by the N of the row, if that is near
   */
  static void write(
      float[] w,
      int at,
      int length,
      int below,
      double least,
      float first,
      float second,
      float[] y,
      int yAt) {
    float power = Float.intBitsToFloat(Float.MAX_EXPONENT - below << 23); // 2^-below, at once
    if (length < F.length()) {
      for (int i = 0; i < length; i++) {
        float weight = w[at + i] < Float.MIN_NORMAL / power ? 0 : w[at + i] * power;
        y[yAt + i] = Exponential.probability(weight, first, second);
      }
    } else if (hasSubnormal(w, at, length, below, least, second == 0 ? first : second)) {
      cut(w, at, length, below, first, second, y, yAt);
    } else {
      plain(w, at, length, first * power, second * power, y, yAt);
    }
  }

  /**
   * Whether the product of a weight and a factor is subnormal. Looks at the weights where the least
   * of them is 0.
   */
  private static boolean hasSubnormal(
      float[] w, int at, int length, int below, double least, float factor) {
    int exponent = Exponential.LEAST - Math.getExponent(factor);
    if (least >= Exponential.LEAST) {
      return least <= exponent;
    }
    float bound = Math.scalb(1f, Math.min(exponent + 1 + below, Float.MAX_EXPONENT));
    return Maxima.anyBetween(w, at, at + length, Float.MIN_NORMAL, bound);
  }

  /**
   * Writes the probabilities of weights of which no product is subnormal.
   *
   * <p>The assertions make the method longer than HotSpot would inline. With it in them, its
   * callers would be too long for that themselves, and attention rows take 5 % longer.
   */
  private static void plain(
      float[] w, int at, int length, float first, float second, float[] y, int yAt) {
    assert at >= 0 && at <= w.length - length : length + " weights from " + at;
    assert yAt >= 0 && yAt <= y.length - length : "probabilities from " + yAt;
    assert length >= F.length() : length + " weights";
    assert first >= 0 && first <= 2 : "factor " + first + " of a total that is less than 1/2";
    assert Math.abs(second) <= first : "factors " + first + ", " + second;
    assert y != w || yAt == at : "weights over others: " + at + " to " + yAt;
    FloatVector firsts = FloatVector.broadcast(F, first);
    FloatVector seconds = FloatVector.broadcast(F, second);
    int last = length - F.length();
    FloatVector weightsAtEnd = FloatVector.fromArray(F, w, at + last); // or written over
    for (int i = 0; i < last; i += F.length()) {
      FloatVector weight = FloatVector.fromArray(F, w, at + i);
      weight.fma(firsts, weight.mul(seconds)).intoArray(y, yAt + i);
    }
    // Some of these may be written a second time.
    weightsAtEnd.fma(firsts, weightsAtEnd.mul(seconds)).intoArray(y, yAt + last);
  }

  /**
   * Writes the probabilities of any weights. A weight below 2^-126 by the N of the row becomes 0.
   */
  private static void cut(
      float[] w, int at, int length, int below, float first, float second, float[] y, int yAt) {
    assert at >= 0 && at <= w.length - length : length + " weights from " + at;
    assert yAt >= 0 && yAt <= y.length - length : "probabilities from " + yAt;
    assert below >= 0 && below <= -Exponential.LEAST : "2^-" + below;
    assert first >= 0 && first <= 2 : "factor " + first + " of a total that is less than 1/2";
    assert Math.abs(second) <= first : "factors " + first + ", " + second;
    assert length >= F.length() : length + " weights";
    assert y != w || yAt == at : "weights over others: " + at + " to " + yAt;
    float scale = Math.scalb(1f, UP - below);
    float unit = Math.copySign(LEAST, second);
    int unitBits = Float.floatToRawIntBits(unit);
    int leastBits = Float.floatToRawIntBits(LEAST);
    FloatVector zero = FloatVector.zero(F);
    FloatVector leasts = FloatVector.broadcast(F, Math.scalb(1f, below + Exponential.LEAST));
    FloatVector firsts = FloatVector.broadcast(F, first * scale);
    FloatVector seconds = FloatVector.broadcast(F, second * scale);
    FloatVector units = FloatVector.broadcast(F, unit);
    int end = length - F.length();
    FloatVector weightsAtEnd = FloatVector.fromArray(F, w, at + end); // or written over
    for (int i = 0; i < end; i += F.length()) {
      FloatVector weight = FloatVector.fromArray(F, w, at + i);
      weight = weight.blend(zero, weight.compare(LT, leasts));
      FloatVector exact = weight.mul(seconds);
      FloatVector rounded = weight.fma(seconds, units).sub(units);
      FloatVector rest =
          rounded.blend(exact, exact.reinterpretAsInts().compare(GE, unitBits).cast(F));
      FloatVector normal = weight.fma(firsts, rest);
      FloatVector small = weight.fma(firsts, rest.add(LEAST));
      IntVector bits = normal.reinterpretAsInts().sub(UP << 23);
      IntVector few = small.reinterpretAsInts().sub(leastBits);
      bits.reinterpretAsFloats()
          .blend(few.reinterpretAsFloats(), normal.compare(LT, LEAST))
          .intoArray(y, yAt + i);
    }
    FloatVector weight = weightsAtEnd;
    weight = weight.blend(zero, weight.compare(LT, leasts));
    FloatVector exact = weight.mul(seconds);
    FloatVector rounded = weight.fma(seconds, units).sub(units);
    FloatVector rest =
        rounded.blend(exact, exact.reinterpretAsInts().compare(GE, unitBits).cast(F));
    FloatVector normal = weight.fma(firsts, rest);
    FloatVector small = weight.fma(firsts, rest.add(LEAST));
    IntVector bits = normal.reinterpretAsInts().sub(UP << 23);
    IntVector few = small.reinterpretAsInts().sub(leastBits);
    bits.reinterpretAsFloats()
        .blend(few.reinterpretAsFloats(), normal.compare(LT, LEAST))
        .intoArray(y, yAt + end);
  }
}
