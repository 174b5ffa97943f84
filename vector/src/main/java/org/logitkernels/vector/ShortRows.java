package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GE;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LE;
import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Survivors;

/**
 * The best of rows so short that each pass over them costs less than a wrong guess of the
 * processor. No strips, and few branches that depend on the logits.
 */
final class ShortRows {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /** The rank of -Infinity. */
  static final int MASKED_RANK = 0x807fffff;

  /** In so many rounds bars lie between logits, then between the bits of logits. */
  static final int ARITHMETIC = 6;

  /** The longest row of the top-k. */
  static final int LONGEST_TOP_K = 512;

  private ShortRows() {}

  /** Whether a row is short for the arg-max, but not too short for vectors. */
  static boolean isForArgMax(int from, int to) {
    return to - from >= F.length() && to - from <= 8 * F.length();
  }

  /** Whether a row is short for the top-k, but not too short for a vector. */
  static boolean isForTopK(int from, int to) {
    return to - from >= F.length() && to - from <= LONGEST_TOP_K;
  }

  /**
   * The first id with the maximum. Rows whose maximum is negative, or which may hold what is no
   * logit, go the long way.
   *
   * <p>The assertions make the methods here longer than HotSpot would inline: see {@link ExpSum}.
   */
  static int argMax(float[] x, int from, int to) {
    return to - from <= 4 * F.length() ? argMaxOfFour(x, from, to) : argMaxOfEight(x, from, to);
  }

  /** Of a row of four vectors at most. */
  private static int argMaxOfFour(float[] x, int from, int to) {
    assert from >= 0 && from <= to - F.length() : from + " to " + to;
    assert to <= x.length && to - from <= 4 * F.length() : to + " of " + x.length;
    int last = to - F.length();
    int second = Math.min(from + F.length(), last);
    int third = Math.min(from + 2 * F.length(), last);
    FloatVector a = FloatVector.fromArray(F, x, from);
    FloatVector b = FloatVector.fromArray(F, x, second);
    FloatVector c = FloatVector.fromArray(F, x, third);
    FloatVector d = FloatVector.fromArray(F, x, last);
    // Bits of floats that are not negative order as the floats do, and above those of all others.
    int max =
        a.reinterpretAsInts()
            .max(b.reinterpretAsInts())
            .max(c.reinterpretAsInts().max(d.reinterpretAsInts()))
            .reduceLanes(MAX);
    FloatVector sum = a.add(b).add(c.add(d)); // NaN if a logit is NaN
    if (max < 0 || max >= Maxima.INFINITY || sum.compare(NE, sum).anyTrue()) {
      return Maxima.argMax(x, from, to);
    }
    float best = Float.intBitsToFloat(max);
    return Long.numberOfTrailingZeros(
        a.compare(EQ, best).toLong()
            | b.compare(EQ, best).toLong() << second - from
            | c.compare(EQ, best).toLong() << third - from
            | d.compare(EQ, best).toLong() << last - from);
  }

  /** Of a row of four to eight vectors. */
  private static int argMaxOfEight(float[] x, int from, int to) {
    assert from >= 0 && from < to - 4 * F.length() : from + " to " + to;
    assert to <= x.length && to - from <= 8 * F.length() : to + " of " + x.length;
    int last = to - F.length();
    int fifth = from + 4 * F.length();
    int sixth = Math.min(fifth + F.length(), last);
    int seventh = Math.min(fifth + 2 * F.length(), last);
    if (fifth > last) {
      fifth = last;
    }
    int second = from + F.length();
    int third = from + 2 * F.length();
    int fourth = from + 3 * F.length();
    FloatVector a = FloatVector.fromArray(F, x, from);
    FloatVector b = FloatVector.fromArray(F, x, second);
    FloatVector c = FloatVector.fromArray(F, x, third);
    FloatVector d = FloatVector.fromArray(F, x, fourth);
    FloatVector e = FloatVector.fromArray(F, x, fifth);
    FloatVector f = FloatVector.fromArray(F, x, sixth);
    FloatVector g = FloatVector.fromArray(F, x, seventh);
    FloatVector h = FloatVector.fromArray(F, x, last);
    IntVector ab = a.reinterpretAsInts().max(b.reinterpretAsInts());
    IntVector cd = c.reinterpretAsInts().max(d.reinterpretAsInts());
    IntVector ef = e.reinterpretAsInts().max(f.reinterpretAsInts());
    IntVector gh = g.reinterpretAsInts().max(h.reinterpretAsInts());
    int max = ab.max(cd).max(ef.max(gh)).reduceLanes(MAX);
    FloatVector sum = a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))); // NaN if a logit is NaN
    if (max < 0 || max >= Maxima.INFINITY || sum.compare(NE, sum).anyTrue()) {
      return Maxima.argMax(x, from, to);
    }
    float best = Float.intBitsToFloat(max);
    long hits =
        a.compare(EQ, best).toLong()
            | b.compare(EQ, best).toLong() << second - from
            | c.compare(EQ, best).toLong() << third - from
            | d.compare(EQ, best).toLong() << fourth - from;
    if (hits != 0) {
      return Long.numberOfTrailingZeros(hits);
    }
    hits =
        e.compare(EQ, best).toLong()
            | f.compare(EQ, best).toLong() << sixth - fifth
            | g.compare(EQ, best).toLong() << seventh - fifth
            | h.compare(EQ, best).toLong() << last - fifth;
    return fifth - from + Long.numberOfTrailingZeros(hits);
  }

  /** The float with a rank among the floats. */
  static float logit(int rank) {
    return Float.intBitsToFloat(rank ^ rank >> 31 & Integer.MAX_VALUE);
  }

  /**
   * Leaves the best k. The row is copied to where survivors stand, and there a bar is found that k
   * of them reach, or of equal logits more.
   */
  static void topK(float[] x, int from, int to, int k, Survivors survivors) {
    assert from >= 0 && from <= to - F.length() && to <= x.length : from + " to " + to;
    int length = to - from;
    survivors.reserve(length);
    float[] values = survivors.values;
    int last = to - F.length();
    FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).intoArray(values, length);
    IntVector most = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector least = IntVector.broadcast(I, Integer.MAX_VALUE);
    for (int i = from; i < last; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      v.intoArray(values, i - from);
      IntVector bits = v.reinterpretAsInts();
      IntVector rank = bits.lanewise(ASHR, 31).lanewise(AND, Integer.MAX_VALUE).lanewise(XOR, bits);
      most = rank.max(most);
      least = rank.min(least);
    }
    FloatVector v = FloatVector.fromArray(F, x, last);
    v.intoArray(values, last - from);
    IntVector bits = v.reinterpretAsInts();
    IntVector rank = bits.lanewise(ASHR, 31).lanewise(AND, Integer.MAX_VALUE).lanewise(XOR, bits);
    int max = rank.max(most).reduceLanes(MAX);
    int min = rank.min(least).reduceLanes(MIN);
    if (max >= Maxima.INFINITY || min < MASKED_RANK) {
      throw RowErrors.invalid(x, from, to);
    }
    if (max == MASKED_RANK) {
      throw RowErrors.allMasked();
    }
    survivors.size = length;
    survivors.max(logit(max));
    cut(survivors, k, Math.max(logit(min), -Float.MAX_VALUE));
  }

  /** Keeps the best k of unmasked survivors whose ids are their places. */
  static void cut(Survivors survivors, int k, float floor) {
    float[] values = survivors.values;
    int size = (survivors.size + F.length() - 1) & -F.length();
    float low = floor;
    float high = survivors.max;
    int reached = Threshold.count(values, 0, size, low);
    for (int round = 0; reached > k && low < high; round++) {
      boolean arithmetic = round < ARITHMETIC;
      float second = arithmetic ? low / 2 + high / 2 : Threshold.between(low, high);
      float first = arithmetic ? low / 2 + second / 2 : Threshold.between(low, second);
      float third = arithmetic ? second / 2 + high / 2 : Threshold.between(second, high);
      if (!(low < first && first < second && second < third && third < high)) {
        first = Math.nextUp(low);
        second = Math.max(first, second);
        third = Math.max(first, third);
      }
      int one = 0;
      int two = 0;
      int three = 0;
      for (int i = 0; i < size; i += F.length()) {
        FloatVector v = FloatVector.fromArray(F, values, i);
        one += v.compare(GE, first).trueCount();
        two += v.compare(GE, second).trueCount();
        three += v.compare(GE, third).trueCount();
      }
      if (three >= k) {
        low = third;
        reached = three;
      } else if (two >= k) {
        low = second;
        reached = two;
        high = Math.nextDown(third);
      } else if (one >= k) {
        low = first;
        reached = one;
        high = Math.nextDown(second);
      } else {
        high = Math.nextDown(first);
      }
    }
    int lastTie = Integer.MAX_VALUE;
    if (reached > k) { // all of these and more are equal to the bar
      lastTie = lastTie(values, size, low, k - Threshold.above(values, 0, size, low));
    }
    keep(survivors, size, low, lastTie);
  }

  /** Where the n-th logit of a kind stands. */
  static int lastTie(float[] values, int size, float logit, int n) {
    for (int i = 0; i < size; i += F.length()) {
      long hits = FloatVector.fromArray(F, values, i).compare(EQ, logit).toLong();
      int here = Long.bitCount(hits);
      if (n <= here) {
        for (; n > 1; n--) {
          hits &= hits - 1;
        }
        return i + Long.numberOfTrailingZeros(hits);
      }
      n -= here;
    }
    return size;
  }

  /** Keeps what lies above a bar, and what is equal to it up to a place. */
  private static void keep(Survivors survivors, int size, float bar, int lastTie) {
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    assert size >= 0 && size % F.length() == 0 : size + " in vectors of " + F.length();
    assert size <= ids.length && size <= values.length : size + " of " + ids.length;
    int kept = 0;
    if (Species.COMPRESSES) {
      for (int i = 0; i < size; i += F.length()) {
        FloatVector v = FloatVector.fromArray(F, values, i);
        IntVector id = Species.LANES.add(i);
        VectorMask<Float> keep =
            v.compare(GT, bar).or(v.compare(EQ, bar).and(id.compare(LE, lastTie).cast(F)));
        v.compress(keep).intoArray(values, kept);
        id.compress(keep.cast(I)).intoArray(ids, kept);
        kept += keep.trueCount();
      }
    } else {
      for (int i = 0; i < size; i += F.length()) {
        long hits = FloatVector.fromArray(F, values, i).compare(GE, bar).toLong();
        for (; hits != 0; hits &= hits - 1) {
          int id = i + Long.numberOfTrailingZeros(hits);
          float value = values[id];
          values[kept] = value;
          ids[kept] = id;
          kept += value > bar || id <= lastTie ? 1 : 0;
        }
      }
    }
    survivors.size = kept;
  }
}
