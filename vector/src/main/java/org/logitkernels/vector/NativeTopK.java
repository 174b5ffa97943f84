// Generated from TopK.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link TopK}, for rows in native memory. */
final class NativeTopK {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeTopK() {}

  static void topK(
      SegmentAddress x,
      int from,
      int to,
      int k,
      Survivors survivors,
      RowKernels<SegmentAddress> scalar) {
    if (k == 1) {
      int id = NativeMaxima.argMax(x, from, to);
      survivors.only(id, x.get(from + id));
      return;
    }
    int depth = TopK.depth((to - from) / TopK.STRIPS_EACH / k);
    if (depth < TopK.SHALLOWEST) {
      scalar.topK(x, from, to, k, survivors); // too much of the row is kept for a pyramid
      return;
    }
    long extremes = NativeStrips.maxima(x, from, to, depth, survivors);
    survivors.max = Maxima.max(extremes);
    survivors.size = 0;
    float floor = Math.max(Maxima.min(extremes), -Float.MAX_VALUE);
    int strips = Strips.count(to - from, depth);
    float first = TopK.bar(survivors, strips, k, floor);
    float bar = first;
    boolean refined = bar == survivors.max; // all that reach it are equal, so no higher bar is left
    int run = Strips.run(depth);
    int full = 2 * (k + run);
    int at = from;
    for (int strip = 0; at < to; at += run, strip += F.length()) {
      boolean whole = at <= to - run;
      int reaching = whole ? Strips.reaching(survivors.row.maxima, strip, 0, bar) : Strips.UNKNOWN;
      if (reaching == 0) {
        continue;
      }
      NativeStrips.look(x, from, at, whole ? at + run : to, 0, bar, reaching, survivors);
      if (survivors.size > full && !refined) {
        bar = refine(x, at, to, depth, strip, strips, k, bar, survivors);
        survivors.atLeast(bar);
        refined = true;
      }
      if (survivors.size > full) {
        TopK.narrow(survivors, k, first);
        if (survivors.size > full / 2) { // many are equal
          survivors.topK(k);
        }
        bar = Math.nextUp(survivors.lowest()); // an equal logit has a higher id
      }
    }
    TopK.narrow(survivors, k, first);
    survivors.topK(k);
  }

  private static float refine(
      SegmentAddress x,
      int at,
      int to,
      int depth,
      int strip,
      int strips,
      int k,
      float bar,
      Survivors survivors) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    float[] maxima = survivors.row.maxima;
    int run = Strips.run(depth);
    int finer = depth / TopK.FINE * F.length();
    int end = strips;
    for (; at <= to - run && end + finer <= maxima.length; at += run, strip += F.length()) {
      if (Strips.reaching(maxima, strip, 0, bar) > 0) {
        for (int i = at; i < at + run; i += TopK.FINE * F.length(), end += F.length()) {
          FloatVector max =
              FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER);
          for (int j = i + F.length(); j < i + TopK.FINE * F.length(); j += F.length()) {
            max =
                FloatVector.fromMemorySegment(F, segment, offset + 4L * j, Species.ORDER).max(max);
          }
          max.intoArray(maxima, end);
        }
      }
    }
    return Threshold.of(maxima, strips, end - strips, k, bar, survivors.max);
  }
}
