package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;

import java.util.Arrays;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.Survivors;

/**
 * Softmax of a short row, which is a block at most, and the sum of its weights.
 *
 * <p>The maximum comes first. The weights of a row that is a group at most are written where the
 * probabilities will be. So it needs no scratch: to take one and to give it back costs as much as
 * 100 weights, and keeps the processor from beginning the next row.
 *
 * <p>The weights of a longer row are stored in a scratch, which the first cache holds, are summed
 * there, and go to the output as probabilities. So the output is written once. In either case it
 * may be the row.
 */
final class BlockSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private BlockSoftmax() {}

  /** Whether so many logits are a group at most, but not too few for a vector. */
  static boolean isGroup(int length) {
    return length >= F.length() && length <= Lanes.GROUP;
  }

  /** The weights, each divided by the total. */
  static void softmax(float[] x, int from, int to, double temperature, float[] y, int yFrom) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    double scale = Exponential.scale(temperature);
    int length = to - from;
    if (isGroup(length) && !mayBeCut(x, from, to, extremes, scale)) {
      groupWeights(x, from, to, Maxima.max(extremes), scale, y, yFrom);
      double total = LaneSum.ofGroup(y, yFrom, length);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      probabilities(y, yFrom, length, first, second, y, yFrom);
      return;
    }
    Scratch scratch = Scratch.take(1);
    try {
      double total = weights(x, from, to, extremes, temperature, scale, scratch);
      ExpSum.checkTotal(total, length);
      float first = Exponential.first(total);
      float second = Exponential.second(total);
      probabilities(scratch.weights, 0, length, first, second, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  /**
   * Leaves the sum and the maximum of the row, as {@link ExpSum#sums} does, and returns the
   * maximum.
   */
  static float sums(float[] x, int from, int to, double temperature, Scratch scratch) {
    long extremes = Maxima.check(x, from, to, Maxima.rest(x, from, to));
    scratch.tops[0] = Maxima.max(extremes);
    double scale = Exponential.scale(temperature);
    boolean stored = to - from < F.length() || isPlain(extremes, scale);
    scratch.sums[0] =
        stored
            ? weights(x, from, to, extremes, temperature, scale, scratch)
            : cutSum(x, from, to, temperature, scratch);
    return scratch.tops[0];
  }

  /** Leaves the same for a row of a few logits, and what draws need of it. */
  static void sums(float[] x, int from, int to, double temperature, Survivors survivors) {
    Scratch scratch = Scratch.take(1);
    try {
      float max = sums(x, from, to, temperature, scratch);
      survivors.row.tops[0] = max;
      survivors.row.sums[0] = scratch.sums[0];
      survivors.total(max, 1, temperature);
      survivors.row.forget();
    } finally {
      scratch.give();
    }
  }

  /** Leaves the weights in the scratch, and returns their sum. */
  static double weights(
      float[] x,
      int from,
      int to,
      long extremes,
      double temperature,
      double scale,
      Scratch scratch) {
    float max = Maxima.max(extremes);
    float[] weights = scratch.weights;
    int length = to - from;
    if (length < F.length()) {
      for (int i = from; i < to; i++) {
        weights[i - from] = x[i];
      }
      return filledWeights(length, extremes, temperature, scale, scratch);
    }
    boolean cut = mayBeCut(x, from, to, extremes, scale);
    double sum = cut ? cutSum(x, from, to, temperature, scratch) : 0;
    int whole = length - length % F.length();
    if (isPlain(extremes, scale)) {
      float head = Exponential.head(scale);
      float tail = Exponential.tail(scale);
      float shift = Exponential.ROUND - Exponential.exponent(max, scale);
      Weights.plain(x, from, from + whole, head, tail, shift, weights, 0);
      if (whole < length) { // the last vector, of which some weights are there already
        Weights.plain(x, to - F.length(), to, head, tail, shift, weights, length - F.length());
      }
    } else {
      Weights.write(x, from, from + whole, max, scale, 1, 0, weights, 0);
      if (whole < length) {
        Weights.write(x, to - F.length(), to, max, scale, 1, 0, weights, length - F.length());
      }
    }
    if (cut) {
      return sum;
    }
    if (length <= Lanes.GROUP) {
      return LaneSum.ofGroup(weights, 0, length);
    }
    int groups = LaneSum.paired((length + Lanes.GROUP - 1) / Lanes.GROUP);
    Arrays.fill(weights, length, groups * Lanes.GROUP, 0);
    return LaneSum.ofWeights(weights, 0, groups);
  }

  /**
   * Leaves the weights of so many logits, less than a vector, which stand where the weights will,
   * and returns their sum. They are filled up with masked ones, whose weight is 0.
   */
  static double filledWeights(
      int length, long extremes, double temperature, double scale, Scratch scratch) {
    float[] weights = scratch.weights;
    int filled = F.length();
    Arrays.fill(weights, length, filled, Float.NEGATIVE_INFINITY);
    boolean cut = mayBeCut(weights, 0, filled, extremes, scale);
    double sum = cut ? cutSum(weights, 0, filled, temperature, scratch) : 0;
    Weights.write(weights, 0, filled, Maxima.max(extremes), scale, 1, 0, weights, 0);
    return cut ? sum : LaneSum.ofGroup(weights, 0, filled);
  }

  /** Whether every weight counts, and none is relative to a far maximum. */
  static boolean isPlain(long extremes, double scale) {
    float max = Maxima.max(extremes);
    return !Exponential.isFar(max, scale)
        && Maxima.min(extremes) * scale >= Exponential.exponent(max, scale) + ExpSum.PLAIN;
  }

  /**
   * Whether a logit of a block may have a weight between 2^-126.5 and 2^-126. A sum has it as a
   * term, and as a stored weight it is 0: so the sum cannot be that of stored weights.
   */
  static boolean mayBeCut(float[] x, int from, int to, long extremes, double scale) {
    if (isPlain(extremes, scale)) {
      return false;
    }
    float max = Maxima.max(extremes);
    if (Exponential.isFar(max, scale)) {
      return true;
    }
    int least = Exponential.exponent(max, scale) + Exponential.LEAST;
    return Maxima.anyBetween(
        x, from, to, (float) ((least - 0.52) / scale), (float) ((least + 0.01) / scale));
  }

  /** The sum of a block that is a vector at least, from its logits. */
  private static double cutSum(float[] x, int from, int to, double temperature, Scratch scratch) {
    ExpSum.pass(
        x,
        from,
        to,
        temperature,
        Float.NaN,
        0,
        scratch.sums,
        scratch.tops,
        scratch.strips,
        0,
        scratch.groups);
    return scratch.sums[0];
  }

  /**
   * Writes the weights of a row that is a vector at least, as {@link Weights#write} does. The
   * output may be the row: the last vector, which may overlap with the one before, is read before
   * it is written over.
   */
  static void groupWeights(
      float[] x, int from, int to, float max, double scale, float[] y, int yFrom) {
    int length = to - from;
    assert from >= 0 && to <= x.length && isGroup(length) : from + " to " + to;
    assert yFrom >= 0 && yFrom <= y.length - length : "weights from " + yFrom;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < 0x1p128 : "scale " + scale;
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float origin = Exponential.origin(max, scale, 1);
    float shift = Exponential.ROUND - Exponential.exponent(max, scale);
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int end = to - F.length();
    FloatVector last = FloatVector.fromArray(F, x, end);
    int whole = length - length % F.length();
    for (int i = 0; i < whole; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, from + i).sub(origins);
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
      VectorMask<Float> counts =
          t.compare(GE, VectorExponential.LEAST)
              .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
      FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts).intoArray(y, yFrom + i);
    }
    if (whole < length) {
      FloatVector v = last.sub(origins);
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
      VectorMask<Float> counts =
          t.compare(GE, VectorExponential.LEAST)
              .and(bits.compare(GT, VectorExponential.SUBNORMAL).cast(F));
      FloatVector weight = FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts);
      weight.intoArray(y, yFrom + length - F.length());
    }
  }

  /**
   * Makes probabilities of so many weights, which stand in {@code weights} from {@code at} on: into
   * {@code y} from {@code yFrom} on, or where they stand.
   */
  static void probabilities(
      float[] weights, int at, int length, float first, float second, float[] y, int yFrom) {
    if (length < F.length()) {
      probabilities(weights, at, F.length(), first, second, weights, at);
      System.arraycopy(weights, at, y, yFrom, length);
      return;
    }
    assert at >= 0 && at <= weights.length - length : length + " weights from " + at;
    assert yFrom >= 0 && yFrom <= y.length - length : "probabilities from " + yFrom;
    assert first >= 0 && first <= 2 : "factor " + first;
    assert Math.abs(second) <= first : "factors " + first + ", " + second;
    assert length >= F.length() && length <= Lanes.BLOCK : length + " weights";
    assert y != weights || yFrom == at : "weights over others: " + at + " to " + yFrom;
    FloatVector firsts = FloatVector.broadcast(F, first);
    FloatVector seconds = FloatVector.broadcast(F, second);
    int last = length - F.length();
    FloatVector weightsAtEnd = FloatVector.fromArray(F, weights, at + last); // or written over
    for (int i = 0; i < last; i += F.length()) {
      FloatVector weight = FloatVector.fromArray(F, weights, at + i);
      weight.fma(firsts, weight.mul(seconds)).intoArray(y, yFrom + i);
    }
    // Some of these may be written a second time.
    weightsAtEnd.fma(firsts, weightsAtEnd.mul(seconds)).intoArray(y, yFrom + last);
  }
}
