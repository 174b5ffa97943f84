package org.logitkernels.vector;

import static jdk.incubator.vector.VectorOperators.AND;
import static jdk.incubator.vector.VectorOperators.ASHR;
import static jdk.incubator.vector.VectorOperators.NE;
import static jdk.incubator.vector.VectorOperators.OR;
import static jdk.incubator.vector.VectorOperators.XOR;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorSpecies;

/**
 * The best eight of each of a few rows, as many as a vector has lanes, by networks that sort lanes.
 *
 * <p>A key is the rank of a score among the floats, with its low bits replaced: the lower the
 * expert, the larger. So one maximum and one minimum compare scores and break ties, and the expert
 * comes along. What the low bits hide is for the caller to find out.
 *
 * <p>A node is eight vectors, sorted lane by lane, the largest keys first. At first it holds one
 * row, of which each lane has a part. To pair two nodes is to bring the halves of each row together
 * and to keep the best eight: afterwards one node holds both rows, in half as many lanes each. In
 * the end one node holds all rows, a lane each. Halves change places by loads at an offset, and two
 * sorted lists of eight are one by a maximum of each with the other's opposite. <b>Source:</b>
 * Batcher, Sorting networks and their applications, doi:10.1145/1468075.1468121.
 *
 * <p>The methods are straight lines, and too long to be inlined: see {@link ExpSum}. None has more
 * than some sixty operations. HotSpot inlines so much and no more: with a hundred, one that made
 * keys and sorted them allocated for good in some JVMs.
 */
final class RoutingNetwork {
  private static final VectorSpecies<Float> F = Species.FLOATS;
  private static final VectorSpecies<Integer> I = Species.INTS;

  /** So many experts can a row have. */
  static final int EXPERTS = 512;

  /** So many keys are kept of each row. */
  static final int BEST = 8;

  /** The bits of a key that are those of a rank. */
  static final int RANK = -EXPERTS;

  /** How far one node is from the next. */
  static final int NODE = BEST * I.length();

  /** Rows are sorted in pieces of so many scores, or twice as many. */
  static final int PIECE = 4 * I.length();

  /** The low bits of the keys of each expert. */
  private static final int[] TIES = new int[EXPERTS];

  static {
    for (int expert = 0; expert < EXPERTS; expert++) {
      TIES[expert] = ~RANK - expert;
    }
  }

  private RoutingNetwork() {}

  /** The expert of a key. */
  static int expert(int key) {
    return ~RANK - (key & ~RANK);
  }

  /** The least score that has the same rank in its keys. */
  static float floor(int key) {
    return ShortRows.logit(key & RANK);
  }

  /** Makes a node of a row, whose length is a multiple of {@link #PIECE}. */
  static void sort(float[] y, int from, int length, int[] nodes, int node, int spare) {
    int odd = length & PIECE;
    int expert = odd == 0 ? 2 * PIECE : PIECE;
    keys(y, from, 0, expert, nodes, node);
    if (odd == 0) {
      sortEight(nodes, node);
    } else {
      sortFour(nodes, node);
    }
    for (; expert < length; expert += 2 * PIECE) {
      keys(y, from + expert, expert, 2 * PIECE, nodes, spare);
      sortEight(nodes, spare);
      merge(nodes, node, spare);
    }
  }

  /**
   * Brings rows together that are nodes, from a place on: the node there then holds all of them.
   *
   * @param four whether only the first four vectors of each node are filled
   */
  static void pair(int[] nodes, int from, int rows, boolean four) {
    boolean halves = four;
    for (int half = I.length() / 2; half > 0; half /= 2) {
      for (int row = 0; row < half && row < rows; row++) {
        int to = from + row * NODE;
        int other = row + half < rows ? to + half * NODE : to;
        if (halves) {
          pairFour(nodes, to, other, half);
        } else {
          pairEight(nodes, to, other, half);
        }
      }
      halves = false;
    }
  }

  /** Writes the keys of so many scores, whole vectors, where they are sorted. */
  private static void keys(float[] y, int at, int expert, int count, int[] nodes, int to) {
    for (int i = 0; i < count; i += I.length()) {
      IntVector bits = FloatVector.fromArray(F, y, at + i).add(0).reinterpretAsInts();
      bits.lanewise(ASHR, 31)
          .lanewise(AND, Integer.MAX_VALUE)
          .lanewise(XOR, bits)
          .lanewise(AND, RANK)
          .lanewise(OR, IntVector.fromArray(I, TIES, expert + i))
          .intoArray(nodes, to + i);
    }
  }

  /** Sorts eight vectors. */
  private static void sortEight(int[] nodes, int to) {
    IntVector a1 = IntVector.fromArray(I, nodes, to);
    IntVector b1 = IntVector.fromArray(I, nodes, to + I.length());
    IntVector c1 = IntVector.fromArray(I, nodes, to + 2 * I.length());
    IntVector d1 = IntVector.fromArray(I, nodes, to + 3 * I.length());
    IntVector e1 = IntVector.fromArray(I, nodes, to + 4 * I.length());
    IntVector f1 = IntVector.fromArray(I, nodes, to + 5 * I.length());
    IntVector g1 = IntVector.fromArray(I, nodes, to + 6 * I.length());
    IntVector h1 = IntVector.fromArray(I, nodes, to + 7 * I.length());
    IntVector a2 = a1.max(c1);
    IntVector c2 = a1.min(c1);
    IntVector b2 = b1.max(d1);
    IntVector d2 = b1.min(d1);
    IntVector e2 = e1.max(g1);
    IntVector g2 = e1.min(g1);
    IntVector f2 = f1.max(h1);
    IntVector h2 = f1.min(h1);
    IntVector a3 = a2.max(e2);
    IntVector e3 = a2.min(e2);
    IntVector b3 = b2.max(f2);
    IntVector f3 = b2.min(f2);
    IntVector c3 = c2.max(g2);
    IntVector g3 = c2.min(g2);
    IntVector d3 = d2.max(h2);
    IntVector h3 = d2.min(h2);
    IntVector a4 = a3.max(b3);
    IntVector b4 = a3.min(b3);
    IntVector c4 = c3.max(d3);
    IntVector d4 = c3.min(d3);
    IntVector e4 = e3.max(f3);
    IntVector f4 = e3.min(f3);
    IntVector g4 = g3.max(h3);
    IntVector h4 = g3.min(h3);
    IntVector c5 = c4.max(e4);
    IntVector e5 = c4.min(e4);
    IntVector d5 = d4.max(f4);
    IntVector f5 = d4.min(f4);
    IntVector b5 = b4.max(e5);
    IntVector e6 = b4.min(e5);
    IntVector d6 = d5.max(g4);
    IntVector g5 = d5.min(g4);
    IntVector b6 = b5.max(c5);
    IntVector c6 = b5.min(c5);
    IntVector d7 = d6.max(e6);
    IntVector e7 = d6.min(e6);
    IntVector f6 = f5.max(g5);
    IntVector g6 = f5.min(g5);
    a4.intoArray(nodes, to);
    b6.intoArray(nodes, to + I.length());
    c6.intoArray(nodes, to + 2 * I.length());
    d7.intoArray(nodes, to + 3 * I.length());
    e7.intoArray(nodes, to + 4 * I.length());
    f6.intoArray(nodes, to + 5 * I.length());
    g6.intoArray(nodes, to + 6 * I.length());
    h4.intoArray(nodes, to + 7 * I.length());
  }

  /** Sorts four vectors. */
  private static void sortFour(int[] nodes, int to) {
    assert to >= 0 && to <= nodes.length - NODE : "node at " + to + " of " + nodes.length;
    assert NODE == 2 * PIECE && PIECE % I.length() == 0 : PIECE + " and " + NODE;
    assert I.length() >= 4 && I.length() <= 16 : "vectors of " + I.length();
    IntVector a1 = IntVector.fromArray(I, nodes, to);
    IntVector b1 = IntVector.fromArray(I, nodes, to + I.length());
    IntVector c1 = IntVector.fromArray(I, nodes, to + 2 * I.length());
    IntVector d1 = IntVector.fromArray(I, nodes, to + 3 * I.length());
    IntVector a2 = a1.max(b1);
    IntVector b2 = a1.min(b1);
    IntVector c2 = c1.max(d1);
    IntVector d2 = c1.min(d1);
    IntVector a3 = a2.max(c2);
    IntVector c3 = a2.min(c2);
    IntVector b3 = b2.max(d2);
    IntVector d3 = b2.min(d2);
    IntVector b4 = b3.max(c3);
    IntVector c4 = b3.min(c3);
    a3.intoArray(nodes, to);
    b4.intoArray(nodes, to + I.length());
    c4.intoArray(nodes, to + 2 * I.length());
    d3.intoArray(nodes, to + 3 * I.length());
    Species.LOWEST.intoArray(nodes, to + 4 * I.length());
    Species.LOWEST.intoArray(nodes, to + 5 * I.length());
    Species.LOWEST.intoArray(nodes, to + 6 * I.length());
    Species.LOWEST.intoArray(nodes, to + 7 * I.length());
  }

  /** The best eight of two nodes of one row. */
  private static void merge(int[] nodes, int to, int other) {
    IntVector a1 =
        IntVector.fromArray(I, nodes, to)
            .max(IntVector.fromArray(I, nodes, other + 7 * I.length()));
    IntVector b1 =
        IntVector.fromArray(I, nodes, to + I.length())
            .max(IntVector.fromArray(I, nodes, other + 6 * I.length()));
    IntVector c1 =
        IntVector.fromArray(I, nodes, to + 2 * I.length())
            .max(IntVector.fromArray(I, nodes, other + 5 * I.length()));
    IntVector d1 =
        IntVector.fromArray(I, nodes, to + 3 * I.length())
            .max(IntVector.fromArray(I, nodes, other + 4 * I.length()));
    IntVector e1 =
        IntVector.fromArray(I, nodes, to + 4 * I.length())
            .max(IntVector.fromArray(I, nodes, other + 3 * I.length()));
    IntVector f1 =
        IntVector.fromArray(I, nodes, to + 5 * I.length())
            .max(IntVector.fromArray(I, nodes, other + 2 * I.length()));
    IntVector g1 =
        IntVector.fromArray(I, nodes, to + 6 * I.length())
            .max(IntVector.fromArray(I, nodes, other + I.length()));
    IntVector h1 =
        IntVector.fromArray(I, nodes, to + 7 * I.length())
            .max(IntVector.fromArray(I, nodes, other));
    IntVector a2 = a1.max(e1);
    IntVector e2 = a1.min(e1);
    IntVector b2 = b1.max(f1);
    IntVector f2 = b1.min(f1);
    IntVector c2 = c1.max(g1);
    IntVector g2 = c1.min(g1);
    IntVector d2 = d1.max(h1);
    IntVector h2 = d1.min(h1);
    IntVector a3 = a2.max(c2);
    IntVector c3 = a2.min(c2);
    IntVector b3 = b2.max(d2);
    IntVector d3 = b2.min(d2);
    IntVector e3 = e2.max(g2);
    IntVector g3 = e2.min(g2);
    IntVector f3 = f2.max(h2);
    IntVector h3 = f2.min(h2);
    IntVector a4 = a3.max(b3);
    IntVector b4 = a3.min(b3);
    IntVector c4 = c3.max(d3);
    IntVector d4 = c3.min(d3);
    IntVector e4 = e3.max(f3);
    IntVector f4 = e3.min(f3);
    IntVector g4 = g3.max(h3);
    IntVector h4 = g3.min(h3);
    a4.intoArray(nodes, to);
    b4.intoArray(nodes, to + I.length());
    c4.intoArray(nodes, to + 2 * I.length());
    d4.intoArray(nodes, to + 3 * I.length());
    e4.intoArray(nodes, to + 4 * I.length());
    f4.intoArray(nodes, to + 5 * I.length());
    g4.intoArray(nodes, to + 6 * I.length());
    h4.intoArray(nodes, to + 7 * I.length());
  }

  /**
   * Sorts eight vectors whose lanes rise and then fall, or fall and then rise. Only {@link
   * #pairEight} calls it, which would be too long with it. Where there is room the same is written
   * again: to store the vectors and to load them takes up to a fifth longer.
   */
  private static void order(int[] nodes, int to) {
    IntVector a1 = IntVector.fromArray(I, nodes, to);
    IntVector b1 = IntVector.fromArray(I, nodes, to + I.length());
    IntVector c1 = IntVector.fromArray(I, nodes, to + 2 * I.length());
    IntVector d1 = IntVector.fromArray(I, nodes, to + 3 * I.length());
    IntVector e1 = IntVector.fromArray(I, nodes, to + 4 * I.length());
    IntVector f1 = IntVector.fromArray(I, nodes, to + 5 * I.length());
    IntVector g1 = IntVector.fromArray(I, nodes, to + 6 * I.length());
    IntVector h1 = IntVector.fromArray(I, nodes, to + 7 * I.length());
    IntVector a2 = a1.max(e1);
    IntVector e2 = a1.min(e1);
    IntVector b2 = b1.max(f1);
    IntVector f2 = b1.min(f1);
    IntVector c2 = c1.max(g1);
    IntVector g2 = c1.min(g1);
    IntVector d2 = d1.max(h1);
    IntVector h2 = d1.min(h1);
    IntVector a3 = a2.max(c2);
    IntVector c3 = a2.min(c2);
    IntVector b3 = b2.max(d2);
    IntVector d3 = b2.min(d2);
    IntVector e3 = e2.max(g2);
    IntVector g3 = e2.min(g2);
    IntVector f3 = f2.max(h2);
    IntVector h3 = f2.min(h2);
    IntVector a4 = a3.max(b3);
    IntVector b4 = a3.min(b3);
    IntVector c4 = c3.max(d3);
    IntVector d4 = c3.min(d3);
    IntVector e4 = e3.max(f3);
    IntVector f4 = e3.min(f3);
    IntVector g4 = g3.max(h3);
    IntVector h4 = g3.min(h3);
    a4.intoArray(nodes, to);
    b4.intoArray(nodes, to + I.length());
    c4.intoArray(nodes, to + 2 * I.length());
    d4.intoArray(nodes, to + 3 * I.length());
    e4.intoArray(nodes, to + 4 * I.length());
    f4.intoArray(nodes, to + 5 * I.length());
    g4.intoArray(nodes, to + 6 * I.length());
    h4.intoArray(nodes, to + 7 * I.length());
  }

  /** The best eight of each half of two nodes. */
  private static void pairEight(int[] nodes, int to, int other, int half) {
    VectorMask<Integer> upper = Species.LANES.lanewise(AND, half).compare(NE, 0);
    IntVector a1 =
        IntVector.fromArray(I, nodes, to)
            .blend(IntVector.fromArray(I, nodes, other), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 7 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 7 * I.length()), upper));
    IntVector b1 =
        IntVector.fromArray(I, nodes, to + I.length())
            .blend(IntVector.fromArray(I, nodes, other + I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 6 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 6 * I.length()), upper));
    IntVector c1 =
        IntVector.fromArray(I, nodes, to + 2 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 2 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 5 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 5 * I.length()), upper));
    IntVector d1 =
        IntVector.fromArray(I, nodes, to + 3 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 3 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 4 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 4 * I.length()), upper));
    IntVector e1 =
        IntVector.fromArray(I, nodes, to + 4 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 4 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 3 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 3 * I.length()), upper));
    IntVector f1 =
        IntVector.fromArray(I, nodes, to + 5 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 5 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + 2 * I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + 2 * I.length()), upper));
    IntVector g1 =
        IntVector.fromArray(I, nodes, to + 6 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 6 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half + I.length())
                    .blend(IntVector.fromArray(I, nodes, other - half + I.length()), upper));
    IntVector h1 =
        IntVector.fromArray(I, nodes, to + 7 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 7 * I.length()), upper)
            .max(
                IntVector.fromArray(I, nodes, to + half)
                    .blend(IntVector.fromArray(I, nodes, other - half), upper));
    a1.intoArray(nodes, to);
    b1.intoArray(nodes, to + I.length());
    c1.intoArray(nodes, to + 2 * I.length());
    d1.intoArray(nodes, to + 3 * I.length());
    e1.intoArray(nodes, to + 4 * I.length());
    f1.intoArray(nodes, to + 5 * I.length());
    g1.intoArray(nodes, to + 6 * I.length());
    h1.intoArray(nodes, to + 7 * I.length());
    order(nodes, to);
  }

  /** The eight of each half of two nodes that have four vectors. */
  private static void pairFour(int[] nodes, int to, int other, int half) {
    VectorMask<Integer> upper = Species.LANES.lanewise(AND, half).compare(NE, 0);
    IntVector a1 =
        IntVector.fromArray(I, nodes, to).blend(IntVector.fromArray(I, nodes, other), upper);
    IntVector b1 =
        IntVector.fromArray(I, nodes, to + I.length())
            .blend(IntVector.fromArray(I, nodes, other + I.length()), upper);
    IntVector c1 =
        IntVector.fromArray(I, nodes, to + 2 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 2 * I.length()), upper);
    IntVector d1 =
        IntVector.fromArray(I, nodes, to + 3 * I.length())
            .blend(IntVector.fromArray(I, nodes, other + 3 * I.length()), upper);
    IntVector e1 =
        IntVector.fromArray(I, nodes, to + half + 3 * I.length())
            .blend(IntVector.fromArray(I, nodes, other - half + 3 * I.length()), upper);
    IntVector f1 =
        IntVector.fromArray(I, nodes, to + half + 2 * I.length())
            .blend(IntVector.fromArray(I, nodes, other - half + 2 * I.length()), upper);
    IntVector g1 =
        IntVector.fromArray(I, nodes, to + half + I.length())
            .blend(IntVector.fromArray(I, nodes, other - half + I.length()), upper);
    IntVector h1 =
        IntVector.fromArray(I, nodes, to + half)
            .blend(IntVector.fromArray(I, nodes, other - half), upper);
    IntVector a2 = a1.max(e1);
    IntVector e2 = a1.min(e1);
    IntVector b2 = b1.max(f1);
    IntVector f2 = b1.min(f1);
    IntVector c2 = c1.max(g1);
    IntVector g2 = c1.min(g1);
    IntVector d2 = d1.max(h1);
    IntVector h2 = d1.min(h1);
    IntVector a3 = a2.max(c2);
    IntVector c3 = a2.min(c2);
    IntVector b3 = b2.max(d2);
    IntVector d3 = b2.min(d2);
    IntVector e3 = e2.max(g2);
    IntVector g3 = e2.min(g2);
    IntVector f3 = f2.max(h2);
    IntVector h3 = f2.min(h2);
    IntVector a4 = a3.max(b3);
    IntVector b4 = a3.min(b3);
    IntVector c4 = c3.max(d3);
    IntVector d4 = c3.min(d3);
    IntVector e4 = e3.max(f3);
    IntVector f4 = e3.min(f3);
    IntVector g4 = g3.max(h3);
    IntVector h4 = g3.min(h3);
    a4.intoArray(nodes, to);
    b4.intoArray(nodes, to + I.length());
    c4.intoArray(nodes, to + 2 * I.length());
    d4.intoArray(nodes, to + 3 * I.length());
    e4.intoArray(nodes, to + 4 * I.length());
    f4.intoArray(nodes, to + 5 * I.length());
    g4.intoArray(nodes, to + 6 * I.length());
    h4.intoArray(nodes, to + 7 * I.length());
  }
}
