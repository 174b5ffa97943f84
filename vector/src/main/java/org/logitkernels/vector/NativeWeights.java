// Generated from Weights.java by bin/twins: change that, and run bin/twins.
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

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.SegmentAddress;

/** {@link Weights}, for rows in native memory. */
final class NativeWeights {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeWeights() {}

  static void plain(
      SegmentAddress x,
      int at,
      int end,
      float head,
      float tail,
      float shift,
      float[] w,
      int wFrom) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= end && end <= x.length() : "weights of " + at + " to " + end;
    assert (end - at) % F.length() == 0 : "no whole vectors from " + at + " to " + end;
    assert wFrom >= 0 && wFrom <= w.length - (end - at) : "weights from " + wFrom;
    assert head > 0 && head < Float.POSITIVE_INFINITY : "head " + head + ", tail " + tail;
    assert shift > 0x1p23f && shift < 0x1p24f : "shift " + shift;
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int ahead = wFrom - at;
    for (int i = at; i < end; i += F.length()) {
      FloatVector v = FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
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
      bits.reinterpretAsFloats().intoArray(w, i + ahead);
    }
  }

  static void write(
      SegmentAddress x, int at, int end, float max, double scale, float[] w, int wFrom) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert at >= 0 && at <= end && end <= x.length() : "weights of " + at + " to " + end;
    assert wFrom >= 0 && wFrom <= w.length - (end - at) : "weights from " + wFrom;
    assert max < Float.POSITIVE_INFINITY && max > Float.NEGATIVE_INFINITY : "maximum " + max;
    assert scale > 0 && scale < 0x1p128 : "scale " + scale;
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float origin = Exponential.origin(max, scale, 1);
    int exponent = Exponential.exponent(max, scale);
    float shift = Exponential.ROUND - exponent;
    int ahead = wFrom - at;
    int i = at;
    if (end - at < F.length()) {
      for (; i < end; i++) {
        w[i + ahead] = Exponential.weight(x.get(i) - origin, head, tail, exponent);
      }
      return;
    }
    FloatVector heads = FloatVector.broadcast(F, head);
    FloatVector tails = FloatVector.broadcast(F, tail);
    FloatVector origins = FloatVector.broadcast(F, origin);
    FloatVector shifts = FloatVector.broadcast(F, shift);
    int start = end - F.length();
    FloatVector last =
        FloatVector.fromMemorySegment(F, segment, offset + 4L * start, Species.ORDER);
    for (; i <= start; i += F.length()) {
      FloatVector v =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER).sub(origins);
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
      FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts).intoArray(w, i + ahead);
    }
    if (i < end) {
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
      FloatVector.zero(F).blend(bits.reinterpretAsFloats(), counts).intoArray(w, start + ahead);
    }
  }
}
