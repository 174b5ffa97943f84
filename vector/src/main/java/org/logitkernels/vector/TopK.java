package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.internal.RowKernels;
import org.logitkernels.internal.Survivors;

/**
 * The best k: down the pyramid of maxima.
 *
 * <p>If k strips' maxima reach a bar, so do k logits, and the top k lie among those that do. The
 * bar comes from the strips' maxima, and for a small k first from the maxima of these; then only
 * strips that reach it are looked at again. Whatever the row, about k strips lie above the bar; of
 * logits equal to the bar, ever higher ids are not needed once k tokens are found, and raising the
 * bar above what is found then leaves them out.
 */
final class TopK {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final int DEEPEST = 32;
  private static final int SHALLOWEST = Strips.UNROLLED;

  /** Strips for each of the k: enough for a bar that few logits reach. */
  private static final int STRIPS_EACH = 4;

  private TopK() {}

  static void topK(float[] x, int from, int to, int k, Survivors survivors, RowKernels scalar) {
    if (k == 1) {
      int id = Maxima.argMax(x, from, to);
      survivors.only(id, x[from + id]);
      return;
    }
    int depth = depth((to - from) / STRIPS_EACH / k);
    if (depth < SHALLOWEST) {
      scalar.topK(
          x, from, to, k,
          survivors); // a large part of the row survives: a pyramid would not narrow it
      return;
    }
    long extremes = Strips.maxima(x, from, to, depth, survivors.maxima);
    survivors.max = Maxima.max(extremes);
    survivors.size = 0;
    float floor = Math.max(Maxima.min(extremes), -Float.MAX_VALUE);
    float first = bar(survivors, Strips.count(to - from, depth), k, floor);
    float bar = first;
    int run = Strips.run(depth);
    int full = 2 * (k + run);
    int at = from;
    for (int strip = 0; at < to; at += run, strip += F.length()) {
      boolean whole = at <= to - run;
      if (whole && !Strips.reaches(survivors.maxima, strip, 0, bar)) {
        continue;
      }
      Strips.look(x, from, at, whole ? at + run : to, 0, bar, survivors);
      if (survivors.size > full) {
        cut(survivors, k, first);
        bar = Math.nextUp(survivors.lowest()); // an equal logit has a higher id: it comes too late
      }
    }
    cut(survivors, k, first);
  }

  private static int depth(int most) {
    return Math.min(DEEPEST, Integer.highestOneBit(most));
  }

  /** A bar that k strips reach; the floor if there are fewer. */
  private static float bar(Survivors survivors, int strips, int k, float floor) {
    float[] maxima = survivors.maxima;
    int depth = depth(strips / STRIPS_EACH / k);
    float bar = floor;
    if (depth >= 2) {
      int groups = Strips.count(strips, depth);
      groupMaxima(maxima, strips, depth);
      bar = Threshold.of(maxima, strips, groups, k, floor, survivors.max);
    }
    return Threshold.of(maxima, 0, strips, k, bar, survivors.max);
  }

  /** The pyramid's second level: maxima of strips of strips' maxima, behind these. */
  private static void groupMaxima(float[] maxima, int strips, int depth) {
    int run = Strips.run(depth);
    int group = strips;
    for (int at = 0; at <= strips - run; at += run, group += F.length()) {
      FloatVector max = FloatVector.fromArray(F, maxima, at);
      for (int i = at + F.length(); i < at + run; i += F.length()) {
        max = max.max(FloatVector.fromArray(F, maxima, i));
      }
      max.intoArray(maxima, group);
    }
  }

  /** Keeps the best k of the survivors: by a bar that not many more than k reach, then exactly. */
  private static void cut(Survivors survivors, int k, float floor) {
    if (survivors.size > 2 * Threshold.enough(k)) {
      int padded = survivors.pad(F.length());
      survivors.atLeast(Threshold.of(survivors.values, 0, padded, k, floor, survivors.max));
    }
    survivors.topK(k);
  }
}
