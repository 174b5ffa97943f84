package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.EQ;
import static jdk.incubator.vector.VectorOperators.GT;
import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LSHR;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.util.Arrays;
import jdk.incubator.vector.DoubleVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.LongVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Deviation;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Survivors;

/**
 * The moments of the whole row: the standard deviation of its logits, in one read that leaves the
 * maxima of the strips too.
 */
final class MomentSum {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;
  private static final VectorSpecies<Long> L = VectorSpecies.of(long.class, F.vectorShape());
  private static final VectorSpecies<Double> D = VectorSpecies.of(double.class, F.vectorShape());

  // A float becomes a double as in Mass. Here it may be negative: its magnitude is shifted, and the
  // sign is added. To shift signed longs is no intrinsic of Graal without AVX-512.
  static final long OF_HIGH = 0x8fffffffe0000000L;
  static final long SIGN = Long.MIN_VALUE;
  static final long MAGNITUDE = Long.MAX_VALUE;

  /** A bit beside the count of masked tokens: the block holds NaN with the sign set. */
  static final int NEGATIVE_NAN = 1 << 30;

  private MomentSum() {}

  /** Leaves the row's maximum, its deviation, and the maxima of its strips. */
  static void moments(float[] x, int from, int to, Survivors survivors) {
    float origin = x[first(x, from, to)];
    double[] lanes = survivors.row.lanes;
    Arrays.fill(lanes, 0);
    if (survivors.row.isLooked() && Maxima.min(survivors.row.extremes) > Float.NEGATIVE_INFINITY) {
      survivors.max = Maxima.max(Maxima.check(x, from, to, survivors.row.extremes));
      ofUnmasked(x, from, to, origin, lanes);
      survivors.row.stripsLeft();
      survivors.deviation = Deviation.deviation(lanes, to - from);
      return;
    }
    int at = from;
    int strips = 0;
    int masked = 0;
    boolean negativeNan = false;
    for (; at <= to - Lanes.BLOCK; at += Lanes.BLOCK, strips += Lanes.COUNT) {
      int found = block(x, at, origin, lanes, survivors.row.maxima, strips);
      masked += found & NEGATIVE_NAN - 1;
      negativeNan |= found >= NEGATIVE_NAN;
    }
    // The scan may read some logits a second time. That changes no extreme.
    long extremes = Maxima.scan(x, Math.min(at, to - F.length()), to);
    if (strips > 0) {
      long ofStrips = Maxima.scan(survivors.row.maxima, 0, strips);
      extremes = Maxima.merge(extremes, ofStrips, negativeNan ? -1 : Maxima.MINUS_INFINITY);
    }
    survivors.max = Maxima.max(Maxima.check(x, from, to, extremes));
    survivors.row.stripsLeft();
    masked += add(x, from, at, to, origin, lanes);
    survivors.deviation = Deviation.deviation(lanes, to - from - masked);
  }

  /** The index of the row's first unmasked logit. Throws where every token is masked. */
  private static int first(float[] x, int from, int to) {
    int i = from;
    while (i < to && x[i] == Float.NEGATIVE_INFINITY) {
      i++;
    }
    if (i == to) {
      throw RowErrors.allMasked();
    }
    return i;
  }

  /**
   * Adds the logits {@code x[at, end)} to the lanes of a row that begins at {@code from}. Returns
   * how many of these logits are masked.
   */
  private static int add(float[] x, int from, int at, int end, float origin, double[] lanes) {
    int masked = 0;
    for (int i = at; i < end; i++) {
      masked += Deviation.add(x[i], i - from, origin, lanes);
    }
    return masked;
  }

  /**
   * Adds a row in which no token is masked. The extremes of the row and the maxima of its strips
   * are known.
   */
  private static void ofUnmasked(float[] x, int from, int to, float origin, double[] lanes) {
    int at = from;
    for (; at <= to - Lanes.BLOCK; at += Lanes.BLOCK) {
      plainBlock(x, at, origin, lanes);
    }
    add(x, from, at, to, origin, lanes);
  }

  /**
   * Adds a whole block to the lanes. A vector holds some of the lanes. Returns how many tokens are
   * masked, and {@link #NEGATIVE_NAN}.
   */
  private static int block(
      float[] x, int at, float origin, double[] lanes, float[] maxima, int strip) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert lanes.length == 2 * Deviation.LANES : lanes.length + " lanes";
    FloatVector origins = FloatVector.broadcast(F, origin);
    DoubleVector minusOrigin = DoubleVector.broadcast(D, -(double) origin);
    DoubleVector scale = DoubleVector.broadcast(D, Mass.SCALE);
    LongVector ofHigh = LongVector.broadcast(L, OF_HIGH);
    int run = LaneSum.ROUNDS * F.length();
    int masked = 0;
    int negativeNans = 0;
    for (int start = at; start < at + Lanes.BLOCK; start += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      for (int lane = 0; lane < Deviation.LANES; lane += F.length()) {
        int even = lane / 2;
        int odd = Deviation.LANES / 2 + even;
        DoubleVector evenSum = DoubleVector.fromArray(D, lanes, even);
        DoubleVector oddSum = DoubleVector.fromArray(D, lanes, odd);
        DoubleVector evenSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + even);
        DoubleVector oddSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + odd);
        for (int i = start + lane; i < start + run; i += Deviation.LANES) {
          FloatVector v = FloatVector.fromArray(F, x, i);
          IntVector bits = v.reinterpretAsInts();
          signedMax = bits.max(signedMax);
          signedMin = bits.min(signedMin);
          flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
          VectorMask<Float> isMasked = v.compare(EQ, Float.NEGATIVE_INFINITY);
          masked += isMasked.trueCount();
          LongVector pairs = v.blend(origins, isMasked).reinterpretAsLongs();
          LongVector half = pairs.lanewise(LSHL, Mass.HALF);
          LongVector low =
              half.lanewise(AND, MAGNITUDE)
                  .lanewise(LSHR, Mass.TO_DOUBLE)
                  .lanewise(OR, half.lanewise(AND, SIGN));
          DoubleVector d = low.reinterpretAsDoubles().fma(scale, minusOrigin);
          evenSum = d.add(evenSum);
          evenSquares = d.fma(d, evenSquares);
          LongVector high =
              pairs
                  .lanewise(AND, MAGNITUDE)
                  .lanewise(LSHR, Mass.TO_DOUBLE)
                  .lanewise(AND, ofHigh)
                  .lanewise(OR, pairs.lanewise(AND, SIGN));
          d = high.reinterpretAsDoubles().fma(scale, minusOrigin);
          oddSum = d.add(oddSum);
          oddSquares = d.fma(d, oddSquares);
        }
        DoubleVector.zero(D).add(evenSum).intoArray(lanes, even);
        DoubleVector.zero(D).add(oddSum).intoArray(lanes, odd);
        DoubleVector.zero(D).add(evenSquares).intoArray(lanes, Deviation.LANES + even);
        DoubleVector.zero(D).add(oddSquares).intoArray(lanes, Deviation.LANES + odd);
      }
      negativeNans +=
          Species.LOWEST
              .max(flippedMax)
              .compare(GT, Maxima.MINUS_INFINITY ^ Integer.MIN_VALUE)
              .trueCount();
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(LT, 0)).reinterpretAsFloats().intoArray(maxima, strip);
    }
    return masked + (negativeNans > 0 ? NEGATIVE_NAN : 0);
  }

  /** Adds a whole block in which no token is masked, and whose extremes are known. */
  private static void plainBlock(float[] x, int at, float origin, double[] lanes) {
    assert at >= 0 && at <= x.length - Lanes.BLOCK : "block at " + at + " of " + x.length;
    assert lanes.length == 2 * Deviation.LANES : lanes.length + " lanes";
    DoubleVector minusOrigin = DoubleVector.broadcast(D, -(double) origin);
    DoubleVector scale = DoubleVector.broadcast(D, Mass.SCALE);
    LongVector ofHigh = LongVector.broadcast(L, OF_HIGH);
    for (int lane = 0; lane < Deviation.LANES; lane += F.length()) {
      int even = lane / 2;
      int odd = Deviation.LANES / 2 + even;
      DoubleVector evenSum = DoubleVector.fromArray(D, lanes, even);
      DoubleVector oddSum = DoubleVector.fromArray(D, lanes, odd);
      DoubleVector evenSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + even);
      DoubleVector oddSquares = DoubleVector.fromArray(D, lanes, Deviation.LANES + odd);
      for (int i = at + lane; i < at + Lanes.BLOCK; i += Deviation.LANES) {
        LongVector pairs = FloatVector.fromArray(F, x, i).reinterpretAsLongs();
        LongVector half = pairs.lanewise(LSHL, Mass.HALF);
        LongVector low =
            half.lanewise(AND, MAGNITUDE)
                .lanewise(LSHR, Mass.TO_DOUBLE)
                .lanewise(OR, half.lanewise(AND, SIGN));
        DoubleVector d = low.reinterpretAsDoubles().fma(scale, minusOrigin);
        evenSum = d.add(evenSum);
        evenSquares = d.fma(d, evenSquares);
        LongVector high =
            pairs
                .lanewise(AND, MAGNITUDE)
                .lanewise(LSHR, Mass.TO_DOUBLE)
                .lanewise(AND, ofHigh)
                .lanewise(OR, pairs.lanewise(AND, SIGN));
        d = high.reinterpretAsDoubles().fma(scale, minusOrigin);
        oddSum = d.add(oddSum);
        oddSquares = d.fma(d, oddSquares);
      }
      DoubleVector.zero(D).add(evenSum).intoArray(lanes, even);
      DoubleVector.zero(D).add(oddSum).intoArray(lanes, odd);
      DoubleVector.zero(D).add(evenSquares).intoArray(lanes, Deviation.LANES + even);
      DoubleVector.zero(D).add(oddSquares).intoArray(lanes, Deviation.LANES + odd);
    }
  }
}
