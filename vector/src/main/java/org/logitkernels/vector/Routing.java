package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.NE;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.RowKernels;

/** Routing of as many rows at a time as a vector has lanes. */
final class Routing {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private Routing() {}

  /** Whether every logit is finite. */
  static boolean areFinite(float[] x, int from, int stride, int rows, int experts) {
    if (stride == experts) {
      return areFinite(x, from, from + rows * experts);
    }
    boolean finite = true;
    for (int row = 0; row < rows; row++) {
      int at = from + row * stride;
      finite &= areFinite(x, at, at + experts);
    }
    return finite;
  }

  /** Sums products with 0, which are NaN for what is not finite. */
  private static boolean areFinite(float[] x, int from, int to) {
    assert from >= 0 && from <= to && to <= x.length : from + " to " + to + " of " + x.length;
    assert F.length() >= 4 && F.length() <= 16 : "vectors of " + F.length();
    FloatVector zero = FloatVector.zero(F);
    FloatVector a = zero;
    FloatVector b = zero;
    FloatVector c = zero;
    FloatVector d = zero;
    int i = from;
    for (; i <= to - 4 * F.length(); i += 4 * F.length()) {
      a = FloatVector.fromArray(F, x, i).fma(zero, a);
      b = FloatVector.fromArray(F, x, i + F.length()).fma(zero, b);
      c = FloatVector.fromArray(F, x, i + 2 * F.length()).fma(zero, c);
      d = FloatVector.fromArray(F, x, i + 3 * F.length()).fma(zero, d);
    }
    float rest = 0;
    for (; i < to; i++) {
      rest = Math.fma(x[i], 0, rest);
    }
    FloatVector sum = zero.add(a).add(zero.add(b)).add(zero.add(c).add(zero.add(d)));
    return rest == 0 && !sum.compare(NE, zero).anyTrue();
  }

  /** Chooses and weighs. */
  static void route(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom,
      RowKernels<float[]> kernels) {
    for (int row = 0; row < rows; row += F.length()) {
      int count = Math.min(F.length(), rows - row);
      int at = from + row * stride;
      int out = row * rule.k();
      if (rule.needsProbabilities()) {
        for (int r = 0; r < count; r++) {
          int begin = at + r * stride;
          int end = begin + rule.experts();
          kernels.softmax(x, begin, end, 1, scratch.probabilities, r * rule.experts());
        }
      }
      choose(rule, x, at, stride, count, scratch, experts, expertsFrom + out);
      RoutingWeights.weigh(
          rule,
          x,
          at,
          stride,
          count,
          scratch,
          experts,
          expertsFrom + out,
          weights,
          weightsFrom + out);
    }
  }

  /** Chooses the experts of as many rows as there are lanes, or fewer. */
  private static void choose(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom) {
    int k = rule.k();
    int length = (rule.experts() + RoutingNetwork.PIECE - 1) & -RoutingNetwork.PIECE;
    float[] y = x;
    int at = from;
    int step = stride;
    if (!rule.comparesLogits() || length != rule.experts() || k > RoutingNetwork.BEST) {
      RoutingScores.write(rule, x, from, stride, rows, scratch);
      y = scratch.scores;
      at = 0;
      step = scratch.room;
    }
    boolean four = length == RoutingNetwork.PIECE;
    int[] nodes = scratch.nodes;
    int first = F.length(); // what stands before is read at an offset, and not used
    for (int done = 0; done < k; done += RoutingNetwork.BEST) {
      for (int r = 0; r < rows; r++) {
        RoutingNetwork.sort(
            y,
            at + r * step,
            length,
            nodes,
            first + r * RoutingNetwork.NODE,
            first + F.length() * RoutingNetwork.NODE);
      }
      RoutingNetwork.pair(nodes, first, rows, four);
      int count = Math.min(RoutingNetwork.BEST, k - done);
      for (int r = 0; r < rows; r++) {
        readOut(
            y, at + r * step, length, nodes, first + r, count, experts, expertsFrom + r * k + done);
      }
      if (done + RoutingNetwork.BEST < k) { // the next best are those without these
        for (int r = 0; r < rows; r++) {
          for (int j = 0; j < count; j++) {
            y[at + r * step + experts[expertsFrom + r * k + done + j]] = Float.NEGATIVE_INFINITY;
          }
        }
      }
    }
  }

  /**
   * Writes the best experts of a row, whose keys stand in a lane. Scores that differ only in what a
   * key hides are put into their order; and where one of them may have been left out, the row is
   * gone through again.
   */
  private static void readOut(
      float[] y, int at, int length, int[] nodes, int lane, int count, int[] experts, int to) {
    float above = Float.POSITIVE_INFINITY;
    boolean sorted = true;
    int key = 0;
    for (int j = 0; j < count; j++) {
      key = nodes[lane + j * F.length()];
      int expert = RoutingNetwork.expert(key);
      experts[to + j] = expert;
      float score = y[at + expert];
      sorted &= score <= above;
      above = score;
    }
    if (!sorted || Threshold.count(y, at, length, RoutingNetwork.floor(key)) != count) {
      resolve(y, at, length, count, experts, to);
    }
  }

  /** The same where keys do not tell enough. */
  private static void resolve(float[] y, int at, int length, int count, int[] experts, int to) {
    for (int j = 1; j < count; j++) {
      int expert = experts[to + j];
      float score = y[at + expert];
      int i = j;
      for (; i > 0 && score > y[at + experts[to + i - 1]]; i--) {
        experts[to + i] = experts[to + i - 1];
      }
      experts[to + i] = expert;
    }
    float last = y[at + experts[to + count - 1]];
    if (!(last > Float.NEGATIVE_INFINITY)) {
      throw RowErrors.changed();
    }
    int better = 0;
    while (y[at + experts[to + better]] > last) {
      better++;
    }
    // Among equals, those with the lowest ids have the largest keys. So only a better one, whose
    // key tells no more than that of the last one, can have been left out.
    if (Threshold.above(y, at, length, last) != better) {
      RoutingScratch.choose(y, at, length, count, experts, to);
    }
  }
}
