// Generated from TopK.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link TopK}, for rows in native memory. */
final class NativeTopK {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeTopK() {}

  static void topK(SegmentAddress x, int from, int to, int k, Survivors survivors) {
    if (k == 1) {
      int id = NativeMaxima.argMax(x, from, to);
      survivors.only(id, x.get(from + id));
      return;
    }
    int depth = TopK.depth((to - from) / TopK.STRIPS_EACH / k);
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
        TopK.keep(survivors, k, first);
        bar = Math.nextUp(survivors.lowest()); // an equal logit has a higher id
      }
    }
    TopK.keep(survivors, k, first);
  }

  static void ofMuchKept(SegmentAddress x, int from, int to, int k, Survivors survivors) {
    long extremes = NativeMaxima.check(x, from, to, NativeMaxima.scan(x, from, to));
    survivors.max = Maxima.max(extremes);
    float floor = Math.max(Maxima.min(extremes), -Float.MAX_VALUE);
    float bar = k < to - from ? sampledBar(x, from, to, k, floor, survivors) : floor;
    collect(x, from, to, bar, survivors);
    if (survivors.size < k && bar > floor) { // the sample erred
      bar = floor;
      collect(x, from, to, bar, survivors);
    }
    TopK.keep(survivors, k, bar);
  }

  private static void collect(SegmentAddress x, int from, int to, float bar, Survivors survivors) {
    survivors.size = 0;
    NativeStrips.look(x, from, from, to, 0, bar, Strips.UNKNOWN, survivors);
  }

  private static float sampledBar(
      SegmentAddress x, int from, int to, int k, float floor, Survivors survivors) {
    int step = NativeStrips.sample(x, from, to, survivors);
    int size = survivors.size;
    double rank = (double) k * size / (to - from);
    double error = TopK.ERRORS * Math.sqrt(rank * (1 - rank / size)) + 1;
    int safe = step == 1 ? k : (int) Math.ceil(rank + error);
    if (safe >= size) {
      return floor;
    }
    return Threshold.exact(survivors.values, 0, size, safe, floor, survivors.max);
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
    assert at >= 0 && at <= to && to <= x.length() : "finer strips of " + at + " to " + to;
    assert depth >= TopK.FINE && depth % TopK.FINE == 0 : "finer strips of a depth of " + depth;
    assert strips >= strip && strips <= maxima.length : strip + " of " + strips + " strips";
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
          FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).max(max).intoArray(maxima, end);
        }
      }
    }
    return Threshold.of(maxima, strips, end - strips, k, bar, survivors.max);
  }
}
