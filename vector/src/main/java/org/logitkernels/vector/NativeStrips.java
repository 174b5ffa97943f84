// Generated from Strips.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.MAX;
import static jdk.incubator.vector.VectorOperators.MIN;
import static jdk.incubator.vector.VectorOperators.XOR;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link Strips}, for rows in native memory. */
final class NativeStrips {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  private NativeStrips() {}

  static long maxima(SegmentAddress x, int from, int to, int depth, Survivors survivors) {
    if (survivors.row.isLooked() && depth == LaneSum.ROUNDS) {
      return NativeMaxima.check(x, from, to, survivors.row.extremes);
    }
    survivors.row.forget();
    int strips = Strips.count(to - from, depth);
    int rest = from + strips * depth;
    // The scan may read some logits a second time. That changes no extreme.
    long extremes = NativeMaxima.scan(x, Math.min(rest, to - F.length()), to);
    if (strips > 0) {
      int mostUnsigned = fill(x, from, rest, depth * F.length(), survivors.row.maxima, 0);
      extremes = Maxima.merge(extremes, Maxima.scan(survivors.row.maxima, 0, strips), mostUnsigned);
    }
    return NativeMaxima.check(x, from, to, extremes);
  }

  static int fill(SegmentAddress x, int from, int to, int run, float[] maxima, int first) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    assert from >= 0 && from <= to && to <= x.length() : "strips of " + from + " to " + to;
    assert run >= Strips.SHORTEST * F.length() && (to - from) % run == 0 : "runs of " + run;
    assert run <= to - from : "a run of " + run + " in " + (to - from) + " logits";
    assert first >= 0 && first % F.length() == 0 : "first of the strips " + first;
    assert maxima.length >= first + (to - from) / run * F.length() : maxima.length + " strips";
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int at = from, strip = first; at < to; at += run, strip += F.length()) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      for (int i = 0; i < run; i += F.length()) {
        IntVector bits =
            FloatVector.fromMemorySegment(F, segment, offset + 4L * at + 4L * i, Species.ORDER)
                .reinterpretAsInts();
        signedMax = bits.max(signedMax);
        signedMin = bits.min(signedMin);
        flippedMax = bits.lanewise(XOR, Integer.MIN_VALUE).max(flippedMax);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(VectorOperators.LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip);
    }
    return Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE;
  }

  static long block(SegmentAddress x, int at, float[] maxima, int strip) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    int depth = LaneSum.ROUNDS * F.length();
    IntVector blockMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    IntVector blockMin = IntVector.broadcast(I, Integer.MAX_VALUE);
    IntVector flippedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
    for (int part = 0; part < LaneSum.VECTORS; part++) {
      IntVector signedMax = IntVector.broadcast(I, Integer.MIN_VALUE);
      IntVector signedMin = IntVector.broadcast(I, Integer.MAX_VALUE);
      for (int i = at + part * depth; i < at + (part + 1) * depth; i += 4 * F.length()) {
        IntVector a =
            FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
                .reinterpretAsInts();
        IntVector b =
            FloatVector.fromMemorySegment(
                    F, segment, offset + 4L * i + 4L * F.length(), Species.ORDER)
                .reinterpretAsInts();
        IntVector c =
            FloatVector.fromMemorySegment(
                    F, segment, offset + 4L * i + 4L * (2 * F.length()), Species.ORDER)
                .reinterpretAsInts();
        IntVector d =
            FloatVector.fromMemorySegment(
                    F, segment, offset + 4L * i + 4L * (3 * F.length()), Species.ORDER)
                .reinterpretAsInts();
        signedMax = a.max(b).max(c.max(d)).max(signedMax);
        signedMin = a.min(b).min(c.min(d)).min(signedMin);
        flippedMax =
            a.lanewise(XOR, Integer.MIN_VALUE)
                .max(b.lanewise(XOR, Integer.MIN_VALUE))
                .max(flippedMax);
        flippedMax =
            c.lanewise(XOR, Integer.MIN_VALUE)
                .max(d.lanewise(XOR, Integer.MIN_VALUE))
                .max(flippedMax);
      }
      IntVector most = Species.LOWEST.max(signedMax);
      most.blend(signedMin, most.compare(VectorOperators.LT, 0))
          .reinterpretAsFloats()
          .intoArray(maxima, strip + part * F.length());
      blockMax = most.max(blockMax);
      blockMin = Species.HIGHEST.min(signedMin).min(blockMin);
    }
    return Maxima.extremes(
        Species.LOWEST.max(blockMax).reduceLanes(MAX),
        Species.HIGHEST.min(blockMin).reduceLanes(MIN),
        Species.LOWEST.max(flippedMax).reduceLanes(MAX) ^ Integer.MIN_VALUE);
  }

  static void collect(
      SegmentAddress x, int from, int to, int depth, float base, float bar, Survivors survivors) {
    int run = Strips.run(depth);
    int at = from;
    for (int strip = 0; at <= to - run; at += run, strip += F.length()) {
      int reaching = Strips.reaching(survivors.row.maxima, strip, base, bar);
      if (reaching > 0) {
        look(x, from, at, at + run, base, bar, reaching, survivors);
      }
    }
    look(x, from, at, to, base, bar, Strips.UNKNOWN, survivors);
  }

  static void collectBlocks(
      SegmentAddress x, int from, int to, float base, float bar, Survivors survivors) {
    if (bar == Float.NEGATIVE_INFINITY) {
      all(x, from, to, survivors);
      return;
    }
    survivors.size = 0;
    int blocks = survivors.row.hasStrips() ? (to - from) / Lanes.BLOCK * Lanes.BLOCK : 0;
    collect(x, from, from + blocks, LaneSum.ROUNDS, base, bar, survivors);
    look(x, from, from + blocks, to, base, bar, Strips.UNKNOWN, survivors);
  }

  static int sample(SegmentAddress x, int from, int to, Survivors survivors) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    int vectors = (to - from) / F.length();
    int most = Strips.SAMPLE / F.length();
    int step = (vectors + most - 1) / most;
    survivors.size = 0;
    survivors.reserve(Math.min(to - from, Strips.SAMPLE));
    float[] values = survivors.values;
    int size = 0;
    for (int i = from; i <= to - F.length(); i += step * F.length()) {
      FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
          .intoArray(values, size);
      size += F.length();
    }
    survivors.size = size;
    return step;
  }

  static void all(SegmentAddress x, int from, int to, Survivors survivors) {
    survivors.size = 0;
    look(x, from, from, to, 0, -Float.MAX_VALUE, Strips.UNKNOWN, survivors);
  }

  static void look(
      SegmentAddress x,
      int from,
      int at,
      int end,
      float base,
      float bar,
      int reaching,
      Survivors survivors) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    survivors.reserve(survivors.size + end - at);
    boolean many = reaching >= (end - at) / F.length() / Strips.FEW;
    int i = many && Species.COMPRESSES ? pack(x, from, at, end, base, bar, survivors) : at;
    for (; i <= end - F.length(); i += F.length()) {
      long hits =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
              .sub(base)
              .compare(VectorOperators.GE, bar)
              .toLong();
      for (; hits != 0; hits &= hits - 1) {
        int hit = i + Long.numberOfTrailingZeros(hits);
        survivors.add(hit - from, x.get(hit));
      }
    }
    for (; i < end; i++) {
      if (x.get(i) - base >= bar) {
        survivors.add(i - from, x.get(i));
      }
    }
  }

  private static int pack(
      SegmentAddress x, int from, int at, int end, float base, float bar, Survivors survivors) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    int[] ids = survivors.ids;
    float[] values = survivors.values;
    int size = survivors.size;
    assert from >= 0 && from <= at && at <= end && end <= x.length()
        : at + " to " + end + " of " + x.length();
    assert size >= 0 && size <= ids.length - (end - at) : size + " ids of " + ids.length;
    assert size <= values.length - (end - at) : size + " values of " + values.length;
    assert size <= survivors.capacity() : size + " survivors of " + survivors.capacity();
    IntVector lanes = IntVector.zero(I).addIndex(1).add(at - from);
    int whole = (end - at) & -F.length();
    for (int i = 0; i < whole; i += F.length()) {
      FloatVector v =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * at + 4L * i, Species.ORDER);
      VectorMask<Float> hits = v.sub(base).compare(VectorOperators.GE, bar);
      v.compress(hits).intoArray(values, size);
      lanes.add(i).compress(hits.cast(I)).intoArray(ids, size);
      size += hits.trueCount();
    }
    survivors.size = size;
    return at + whole;
  }
}
