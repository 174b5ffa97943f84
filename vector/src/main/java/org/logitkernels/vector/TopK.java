package org.logitkernels.vector;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.numerics.TokenOrder;
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

  /** A sample is taken to err by no more than so many standard deviations. */
  static final int ERRORS = 4;

  /** How many strips there are for each of the k: enough for a bar that few logits reach. */
  static final int STRIPS_EACH = 4;

  private TopK() {}

  /** Whether too much of the row is kept for a pyramid. */
  static boolean keepsMuch(int from, int to, int k) {
    return k > 1 && depth((to - from) / STRIPS_EACH / k) < SHALLOWEST;
  }

  static void topK(float[] x, int from, int to, int k, Survivors survivors) {
    if (k == 1) {
      int id = Maxima.argMax(x, from, to);
      survivors.only(id, x[from + id]);
      return;
    }
    int depth = depth((to - from) / STRIPS_EACH / k);
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
        keep(survivors, k, first);
        bar = Math.nextUp(survivors.lowest()); // an equal logit has a higher id
      }
    }
    keep(survivors, k, first);
  }

  /**
   * The best k where these are a large part of the row. A sample of the row tells a bar that a
   * little more than k reach, and only what reaches it is cut.
   */
  static void ofMuchKept(float[] x, int from, int to, int k, Survivors survivors) {
    long extremes = Maxima.check(x, from, to, Maxima.scan(x, from, to));
    survivors.max = Maxima.max(extremes);
    float floor = Math.max(Maxima.min(extremes), -Float.MAX_VALUE);
    float bar = k < to - from ? sampledBar(x, from, to, k, floor, survivors) : floor;
    collect(x, from, to, bar, survivors);
    if (survivors.size < k && bar > floor) { // the sample erred
      bar = floor;
      collect(x, from, to, bar, survivors);
    }
    keep(survivors, k, bar);
  }

  private static void collect(float[] x, int from, int to, float bar, Survivors survivors) {
    survivors.size = 0;
    Strips.look(x, from, from, to, 0, bar, Strips.UNKNOWN, survivors);
  }

  /**
   * A bar that at least k logits of the row reach, and not many more, as far as a sample can tell.
   */
  private static float sampledBar(
      float[] x, int from, int to, int k, float floor, Survivors survivors) {
    int step = Strips.sample(x, from, to, survivors);
    int size = survivors.size;
    double rank = (double) k * size / (to - from);
    double error = ERRORS * Math.sqrt(rank * (1 - rank / size)) + 1;
    int safe = step == 1 ? k : (int) Math.ceil(rank + error);
    if (safe >= size) {
      return floor;
    }
    return Threshold.exact(survivors.values, 0, size, safe, floor, survivors.max);
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
      FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).max(max).intoArray(maxima, group);
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
    assert at >= 0 && at <= to && to <= x.length : "finer strips of " + at + " to " + to;
    assert depth >= FINE && depth % FINE == 0 : "finer strips of a depth of " + depth;
    assert strips >= strip && strips <= maxima.length : strip + " of " + strips + " strips";
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
          FloatVector.broadcast(F, Float.NEGATIVE_INFINITY).max(max).intoArray(maxima, end);
        }
      }
    }
    return Threshold.of(maxima, strips, end - strips, k, bar, survivors.max);
  }

  /** Keeps the best k of the survivors, of which all reach a floor. */
  static void keep(Survivors survivors, int k, float floor) {
    if (survivors.size <= k) {
      return;
    }
    int padded = survivors.pad(F.length());
    float[] values = survivors.values;
    float bar = Threshold.exact(values, 0, padded, k, floor, survivors.max);
    int ties = k - Threshold.above(values, 0, padded, bar);
    // Often no logit is equal to the bar.
    long last = ties > 0 ? Nucleus.tie(survivors, padded, bar, ties) : TokenOrder.key(bar, 0);
    Nucleus.keepThrough(survivors, padded, last);
    if (survivors.size > k) { // another thread has changed the row
      throw RowErrors.changed();
    }
  }
}
