package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.Survivors;

/**
 * A row with penalties: one read of the row and of the counts, and one write. Leaves the maxima of
 * the strips as {@link Strips} does.
 *
 * <p>The bits of 64 tokens are a word. A block is changed, and then its strips are made while it is
 * near.
 */
final class PenaltyPass {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final boolean LONGS = Species.MASKS_OF_LONGS;
  private static final IntVector BITS = Species.BITS;

  /** Bits of the tokens of a vector. */
  private static final long LANES = (1L << F.length()) - 1;

  private static final int SIGN = Integer.MIN_VALUE;
  private static final int MAGNITUDE = Integer.MAX_VALUE;

  /**
   * The bits of the largest float. Integers clamp in fewer instructions than floats do. What was no
   * finite logit before has larger bits, and is not clamped.
   */
  private static final int GREATEST = 0x7f7fffff;

  private PenaltyPass() {}

  static void penalise(
      float[] x,
      int from,
      int length,
      long[] occurred,
      int[] counts,
      Penalty penalty,
      double temperature,
      float[] y,
      Survivors survivors) {
    int strips = Strips.count(length, LaneSum.ROUNDS);
    int rest = strips * LaneSum.ROUNDS;
    int run = Strips.run(LaneSum.ROUNDS);
    float[] maxima = survivors.row.maxima;
    int most = 0;
    survivors.row.forget();
    survivors.forgetWeights();
    for (int at = 0; at < rest; at += Lanes.BLOCK) {
      int end = Math.min(rest, at + Lanes.BLOCK);
      if (penalty.isFactor()) {
        multiply(x, from, at, end, occurred, penalty.factor, y);
      } else {
        // A scratch is a block long at least, and of no use for now.
        float[] before = x == y ? survivors.weights : x;
        int first = x == y ? 0 : from + at;
        if (x == y) {
          System.arraycopy(x, at, before, 0, end - at);
        } else {
          System.arraycopy(x, first, y, at, end - at);
        }
        subtract(at, end, counts, penalty.each, penalty.once, temperature, y);
        choose(before, first, at, end, occurred, y);
      }
      int greatest = Strips.fill(y, at, end, run, maxima, at / LaneSum.ROUNDS);
      most = Integer.compareUnsigned(greatest, most) > 0 ? greatest : most;
    }
    long extremes = Maxima.NONE;
    if (strips > 0) {
      extremes = Maxima.merge(extremes, Maxima.scan(maxima, 0, strips), most);
    }
    if (rest < length) { // shorter than a vector, it takes some logits before it
      for (int i = rest; i < length; i++) {
        boolean in = (occurred[i >> 6] >>> i & 1) != 0;
        y[i] = in ? penalty.of(x[from + i], counts[i], temperature) : x[from + i];
      }
      extremes = Maxima.join(extremes, Maxima.scan(y, Math.min(rest, length - F.length()), length));
    }
    survivors.row.looked(extremes);
  }

  /** Whole words. */
  private static void multiply(
      float[] x, int from, int at, int end, long[] occurred, float factor, float[] y) {
    assert at >= 0 && at <= end && (end - at) % Long.SIZE == 0 : "words of " + at + " to " + end;
    assert from >= 0 && from <= x.length - end : "row at " + from + " of " + x.length;
    assert end <= y.length && end <= (long) occurred.length * Long.SIZE : end + " of " + y.length;
    assert factor > 0 && factor < Float.POSITIVE_INFINITY : "factor " + factor;
    for (int i = at; i < end; i += Long.SIZE) {
      long word = occurred[i >> 6];
      for (int k = 0; k < Long.SIZE; k += F.length()) {
        int j = i + k;
        int far = k & -Integer.SIZE; // beyond the first half of the word
        FloatVector v = FloatVector.fromArray(F, x, from + j);
        FloatVector product = v.mul(factor);
        IntVector bits = product.blend(v.div(factor), v.compare(GT, 0)).reinterpretAsInts();
        IntVector greatest = v.reinterpretAsInts().and(MAGNITUDE).max(GREATEST);
        IntVector magnitude = bits.and(MAGNITUDE).min(greatest);
        IntVector clamped = bits.and(SIGN).or(magnitude);
        VectorMask<Float> others =
            LONGS
                ? VectorMask.fromLong(F, ~word >>> k & LANES)
                : BITS.lanewise(LSHL, k - far)
                    .lanewise(AND, (int) (word >>> far))
                    .compare(EQ, 0)
                    .cast(F);
        clamped.reinterpretAsFloats().blend(v, others).intoArray(y, j);
      }
    }
  }

  /** Whole words: keeps the changes of tokens that occurred, and has the others as they were. */
  private static void choose(
      float[] before, int from, int at, int end, long[] occurred, float[] y) {
    assert at >= 0 && at <= end && (end - at) % Long.SIZE == 0 : "words of " + at + " to " + end;
    assert from >= 0 && from <= before.length - (end - at)
        : from + " of " + before.length + " for " + at + " to " + end;
    assert end <= y.length && end <= (long) occurred.length * Long.SIZE
        : end + " of " + y.length + " for " + occurred.length;
    assert before != y && at % Long.SIZE == 0 && end % Long.SIZE == 0
        : "the row is to be read as it was, from " + at + " to its end " + end;
    for (int i = at; i < end; i += Long.SIZE) {
      long word = occurred[i >> 6];
      for (int k = 0; k < Long.SIZE; k += F.length()) {
        int j = i + k;
        int far = k & -Integer.SIZE; // beyond the first half of the word
        FloatVector v = FloatVector.fromArray(F, before, from + j - at);
        IntVector bits = FloatVector.fromArray(F, y, j).reinterpretAsInts();
        IntVector greatest = v.reinterpretAsInts().and(MAGNITUDE).max(GREATEST);
        IntVector magnitude = bits.and(MAGNITUDE).min(greatest);
        IntVector clamped = bits.and(SIGN).or(magnitude);
        VectorMask<Float> others =
            LONGS
                ? VectorMask.fromLong(F, ~word >>> k & LANES)
                : BITS.lanewise(LSHL, k - far)
                    .lanewise(AND, (int) (word >>> far))
                    .compare(EQ, 0)
                    .cast(F);
        clamped.reinterpretAsFloats().blend(v, others).intoArray(y, j);
      }
    }
  }

  /**
   * As if every token had occurred, by its count. In double, and without a call: a loop that the
   * compiler makes vectors of, as long as there is one index.
   */
  private static void subtract(
      int at, int end, int[] counts, double each, double once, double temperature, float[] y) {
    for (int i = at; i < end; i++) {
      y[i] = (float) (y[i] - (counts[i] * each + once) * temperature);
    }
  }
}
