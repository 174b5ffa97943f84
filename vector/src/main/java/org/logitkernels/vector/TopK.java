package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.Survivors;

/**
 * The best k, by a pyramid of maxima: strips, and groups of strips.
 *
 * <p>If the maxima of k strips reach a bar, so do at least k logits, and the best k are among the
 * logits that do. The bar is found in the maxima of the strips. For a small k it is first found in
 * the maxima of groups of strips. Then only the strips that reach the bar are read again.
 *
 * <p>Whatever the row, about k strips lie above the bar. Many logits may be equal to it. Ids
 * ascend, so once k tokens are found, further equal logits are not needed. Then the bar is raised
 * just above the lowest logit found.
 */
final class TopK {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  static final int DEEPEST = 32;
  static final int SHALLOWEST = Strips.SHORTEST;

  /** Depth of the finer strips of a second look. */
  static final int FINE = 4;

  /** How many strips there are for each of the k: enough for a bar that few logits reach. */
  static final int STRIPS_EACH = 4;

  private TopK() {}

  static void topK(
      float[] x, int from, int to, int k, Survivors survivors, RowKernels<float[]> scalar) {
    if (k == 1) {
      int id = Maxima.argMax(x, from, to);
      survivors.only(id, x[from + id]);
      return;
    }
    int depth = depth((to - from) / STRIPS_EACH / k);
    if (depth < SHALLOWEST) {
      scalar.topK(x, from, to, k, survivors); // too much of the row is kept for a pyramid
      return;
    }
    long extremes = Strips.maxima(x, from, to, depth, survivors);
    survivors.max = Maxima.max(extremes);
    survivors.size = 0;
    float floor = Math.max(Maxima.min(extremes), -Float.MAX_VALUE);
    int strips = Strips.count(to - from, depth);
    float first = bar(survivors, strips, k, floor);
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
      Strips.look(x, from, at, whole ? at + run : to, 0, bar, reaching, survivors);
      if (survivors.size > full && !refined) {
        bar = refine(x, at, to, depth, strip, strips, k, bar, survivors);
        survivors.atLeast(bar);
        refined = true;
      }
      if (survivors.size > full) {
        narrow(survivors, k, first);
        if (survivors.size > full / 2) { // many are equal
          survivors.topK(k);
        }
        bar = Math.nextUp(survivors.lowest()); // an equal logit has a higher id
      }
    }
    narrow(survivors, k, first);
    survivors.topK(k);
  }

  static int depth(int most) {
    return Math.min(DEEPEST, Integer.highestOneBit(most));
  }

  /** A bar that k strips reach. It is the floor if fewer strips reach the floor. */
  static float bar(Survivors survivors, int strips, int k, float floor) {
    float[] maxima = survivors.row.maxima;
    int depth = depth(strips / STRIPS_EACH / k);
    float bar = floor;
    if (depth >= 2) {
      int groups = Strips.count(strips, depth);
      groupMaxima(maxima, strips, depth);
      bar = Threshold.of(maxima, strips, groups, k, floor, survivors.max);
    }
    return Threshold.of(maxima, 0, strips, k, bar, survivors.max);
  }

  /** Leaves the maxima of groups of strips, behind those of the strips. */
  private static void groupMaxima(float[] maxima, int strips, int depth) {
    int run = Strips.run(depth);
    int group = strips;
    for (int at = 0; at <= strips - run; at += run, group += F.length()) {
      FloatVector max = FloatVector.fromArray(F, maxima, at);
      for (int i = at + F.length(); i < at + run; i += F.length()) {
        max = FloatVector.fromArray(F, maxima, i).max(max);
      }
      max.intoArray(maxima, group);
    }
  }

  /**
   * A higher bar, for a row whose best logits lie together and so in few strips. Makes finer strips
   * of the runs from {@code at} on that reach the bar, and returns a bar that k of these strips
   * reach. Returns the bar given if fewer do.
   */
  private static float refine(
      float[] x,
      int at,
      int to,
      int depth,
      int strip,
      int strips,
      int k,
      float bar,
      Survivors survivors) {
    float[] maxima = survivors.row.maxima;
    int run = Strips.run(depth);
    int finer = depth / FINE * F.length();
    int end = strips;
    for (; at <= to - run && end + finer <= maxima.length; at += run, strip += F.length()) {
      if (Strips.reaching(maxima, strip, 0, bar) > 0) {
        for (int i = at; i < at + run; i += FINE * F.length(), end += F.length()) {
          FloatVector max = FloatVector.fromArray(F, x, i);
          for (int j = i + F.length(); j < i + FINE * F.length(); j += F.length()) {
            max = FloatVector.fromArray(F, x, j).max(max);
          }
          max.intoArray(maxima, end);
        }
      }
    }
    return Threshold.of(maxima, strips, end - strips, k, bar, survivors.max);
  }

  /**
   * Keeps the best k of the survivors and few more, by a bar. Keeps many more only where many
   * logits are equal.
   */
  static void narrow(Survivors survivors, int k, float floor) {
    if (survivors.size > 2 * Threshold.enough(k)) {
      int padded = survivors.pad(F.length());
      survivors.atLeast(Threshold.of(survivors.values, 0, padded, k, floor, survivors.max));
    }
  }
}
