package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.LSHL;
import static jdk.incubator.vector.VectorOperators.LT;
import static jdk.incubator.vector.VectorOperators.MAX;
import static org.logitkernels.numerics.Exponential.BIASED;
import static org.logitkernels.numerics.Exponential.C1;
import static org.logitkernels.numerics.Exponential.C2;
import static org.logitkernels.numerics.Exponential.C3;
import static org.logitkernels.numerics.Exponential.C4;
import static org.logitkernels.numerics.Exponential.C5;
import static org.logitkernels.numerics.Exponential.C6;
import static org.logitkernels.numerics.SoftCap.Q0;
import static org.logitkernels.numerics.SoftCap.Q1;
import static org.logitkernels.numerics.SoftCap.Q2;
import static org.logitkernels.numerics.SoftCap.Q3;
import static org.logitkernels.numerics.SoftCap.Q4;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.SoftCap;

/**
 * The soft cap of every logit of a row. A block whose logits are all near takes the short formula,
 * without a division; any other takes both, and chooses.
 */
final class SoftCaps {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  static final int SIGN = Integer.MIN_VALUE;
  static final int MAGNITUDE = Integer.MAX_VALUE;

  private SoftCaps() {}

  /** Not for caps that need a stretch. */
  static void write(float[] x, int from, int to, float cap, float[] y, int yFrom) {
    float inverse = SoftCap.inverse(cap);
    float rate = SoftCap.rate(cap);
    float bound = SoftCap.bound(cap);
    float end = SoftCap.end(cap);
    float floor = SoftCap.floor(cap);
    int ahead = yFrom - from;
    int whole = from + (to - from) / F.length() * F.length();
    for (int at = from; at < whole; at += Lanes.BLOCK) {
      int stop = Math.min(whole, at + Lanes.BLOCK);
      if (magnitude(x, at, stop) < Float.floatToRawIntBits(bound)) {
        near(x, at, stop, inverse, y, ahead);
      } else {
        any(x, at, stop, cap, inverse, rate, bound, end, floor, y, ahead);
      }
    }
    for (int i = whole; i < to; i++) {
      y[i + ahead] = SoftCap.of(x[i], cap, 1, inverse, rate, bound, end, floor);
    }
  }

  /** The largest bits of the magnitudes of whole vectors. */
  private static int magnitude(float[] x, int at, int end) {
    IntVector most = IntVector.zero(I);
    for (int i = at; i < end; i += F.length()) {
      most = FloatVector.fromArray(F, x, i).reinterpretAsInts().and(MAGNITUDE).max(most);
    }
    return Species.LOWEST.max(most).reduceLanes(MAX);
  }

  /**
   * Whole vectors of which every logit is near.
   *
   * <p>The assertions make the methods here longer than HotSpot would inline: see {@link ExpSum}.
   */
  private static void near(float[] x, int at, int end, float inverse, float[] y, int ahead) {
    assert at >= 0 && at <= end && (end - at) % F.length() == 0 : "vectors of " + at + " to " + end;
    assert end <= x.length && end - at <= Lanes.BLOCK : end + " of " + x.length + " from " + at;
    assert at + ahead >= 0 && end + ahead <= y.length : at + ahead + " to " + (end + ahead);
    assert inverse > 0 && inverse < Float.POSITIVE_INFINITY : "1 / cap is " + inverse;
    assert F.length() == I.length() && Lanes.BLOCK % F.length() == 0 : "lanes: " + F.length();
    FloatVector inverses = FloatVector.broadcast(F, inverse);
    for (int i = at; i < end; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      FloatVector z = v.mul(inverses);
      FloatVector s = z.mul(z);
      FloatVector q = FloatVector.broadcast(F, Q4).fma(s, FloatVector.broadcast(F, Q3));
      q = q.fma(s, FloatVector.broadcast(F, Q2));
      q = q.fma(s, FloatVector.broadcast(F, Q1));
      q = q.fma(s, FloatVector.broadcast(F, Q0));
      s.fma(q, FloatVector.zero(F)).fma(v, v).intoArray(y, i + ahead);
    }
  }

  /** Whole vectors, whatever they hold. */
  private static void any(
      float[] x,
      int at,
      int end,
      float cap,
      float inverse,
      float rate,
      float bound,
      float last,
      float floor,
      float[] y,
      int ahead) {
    assert at >= 0 && at <= end && (end - at) % F.length() == 0 : "vectors of " + at + " to " + end;
    assert end <= x.length && end - at <= Lanes.BLOCK : end + " of " + x.length + " from " + at;
    assert at + ahead >= 0 && end + ahead <= y.length : at + ahead + " to " + (end + ahead);
    FloatVector inverses = FloatVector.broadcast(F, inverse);
    FloatVector rates = FloatVector.broadcast(F, rate);
    FloatVector caps = FloatVector.broadcast(F, cap);
    FloatVector minusCaps = FloatVector.broadcast(F, -cap);
    FloatVector biased = FloatVector.broadcast(F, BIASED);
    FloatVector ones = FloatVector.broadcast(F, 1);
    int first = Float.floatToRawIntBits(bound);
    int greatest = Float.floatToRawIntBits(last);
    int least = Float.floatToRawIntBits(floor);
    for (int i = at; i < end; i += F.length()) {
      FloatVector v = FloatVector.fromArray(F, x, i);
      FloatVector z = v.mul(inverses);
      FloatVector s = z.mul(z);
      FloatVector q = FloatVector.broadcast(F, Q4).fma(s, FloatVector.broadcast(F, Q3));
      q = q.fma(s, FloatVector.broadcast(F, Q2));
      q = q.fma(s, FloatVector.broadcast(F, Q1));
      q = q.fma(s, FloatVector.broadcast(F, Q0));
      IntVector near = s.fma(q, FloatVector.zero(F)).fma(v, v).reinterpretAsInts();
      IntVector bits = v.reinterpretAsInts();
      IntVector magnitude = bits.and(MAGNITUDE);
      FloatVector m = magnitude.min(greatest).reinterpretAsFloats();
      FloatVector t = m.fma(rates, biased);
      FloatVector r = m.fma(rates, biased.sub(t));
      FloatVector p = FloatVector.broadcast(F, C6).fma(r, FloatVector.broadcast(F, C5));
      p = p.fma(r, FloatVector.broadcast(F, C4));
      p = p.fma(r, FloatVector.broadcast(F, C3));
      p = p.fma(r, FloatVector.broadcast(F, C2));
      p = p.fma(r, FloatVector.broadcast(F, C1));
      p = p.fma(r, ones); // 2^r
      FloatVector power = t.reinterpretAsInts().lanewise(LSHL, 23).reinterpretAsFloats();
      FloatVector share = FloatVector.broadcast(F, 2).div(p.fma(power, ones));
      IntVector far = share.fma(minusCaps, caps).reinterpretAsInts().max(least).or(bits.and(SIGN));
      bits.blend(far, magnitude.compare(LT, Maxima.INFINITY))
          .blend(near, magnitude.compare(LT, first))
          .reinterpretAsFloats()
          .intoArray(y, i + ahead);
    }
  }
}
