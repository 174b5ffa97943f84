package org.logitkernels.vector;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;

/**
 * Sums of weights for a softmax that stores the weights and then sums them: of more than a block,
 * or of a block that may be cut.
 *
 * <p>The whole row is looked at first, because nothing may be written before the row is known to be
 * valid. In a plain row all weights are stored relative to the row's N. That is as good as the N of
 * their block: another N is another exponent, exactly. So no block has a factor of its own.
 */
final class StoredSum {
  /**
   * So many weights, two blocks, are stored before the first of them is summed: by then its stores
   * are done, and it is still in the nearest cache.
   */
  static final int TURN = 2 * Lanes.BLOCK;

  private StoredSum() {}

  /**
   * Whether a row is plain: every weight counts, and every block is near, which a far least logit
   * would leave open. The weights of a far block are not those of a near one.
   */
  static boolean isPlain(long extremes, double scale) {
    return BlockSoftmax.isPlain(extremes, scale) && !Exponential.isFar(Maxima.min(extremes), scale);
  }

  /** Leaves the maxima and the minima of the blocks, and returns the extremes of the row. */
  static long look(float[] x, int from, int to, Scratch scratch) {
    long row = Maxima.NONE;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      boolean whole = to - at >= Lanes.BLOCK;
      long extremes = whole ? Maxima.scan(x, at, at + Lanes.BLOCK) : Maxima.rest(x, at, to);
      scratch.tops[b] = Maxima.max(extremes);
      scratch.leasts[b] = whole ? Maxima.min(extremes) : Float.NaN;
      row = Maxima.join(row, extremes);
    }
    return Maxima.check(x, from, to, row);
  }

  /**
   * Stores the weights of a plain row, and returns their total. Those behind the last whole block
   * go to the scratch.
   */
  static double plain(
      float[] x, int from, int to, float max, double scale, float[] y, int yFrom, Scratch scratch) {
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float shift = Exponential.ROUND - Exponential.exponent(max, scale);
    int whole = (to - from) / Lanes.BLOCK * Lanes.BLOCK;
    double total = 0;
    for (int i = 0; i < whole; i += TURN) {
      int end = Math.min(whole, i + TURN);
      Weights.plain(x, from + i, from + end, head, tail, shift, y, yFrom + i);
      for (int at = i; at < end; at += Lanes.BLOCK) {
        total += LaneSum.ofWeights(y, yFrom + at, Lanes.GROUPS);
      }
    }
    int rest = to - from - whole;
    if (rest > 0) {
      Weights.write(x, to - rest, to, max, scale, scratch.weights, 0);
      Arrays.fill(scratch.weights, rest, Math.max(rest, Species.FLOATS.length()), 0);
      total += LaneSum.ofWeights(scratch.weights, Math.max(rest, Species.FLOATS.length()));
    }
    return total;
  }

  /**
   * Sums the blocks of a row, as {@link ExpSum} does where there are no survivors. The row has been
   * looked at.
   *
   * <p>Stores the weights of whole blocks, each relative to the N of its block, where a softmax can
   * go on with them: in near blocks of near rows, unless a term of the sum is no weight. The least
   * logits of the blocks tell afterwards which blocks these are.
   */
  static void sums(
      float[] x,
      int from,
      int to,
      float max,
      double temperature,
      Scratch scratch,
      float[] y,
      int yFrom) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    boolean near = !Exponential.isFar(max, scale);
    int blocks = Lanes.blocks(to - from);
    for (int at = from, b = 0; b < blocks; at += Lanes.BLOCK, b++) {
      float top = scratch.tops[b];
      float least = scratch.leasts[b];
      int yAt = yFrom + at - from;
      long extremes = Maxima.pack(top, Float.floatToRawIntBits(least));
      if (!near
          || least != least
          || BlockSoftmax.mayBeCut(x, at, at + Lanes.BLOCK, extremes, scale)) {
        scratch.leasts[b] = Float.NaN;
        sum(x, at, Math.min(to, at + Lanes.BLOCK), temperature, b, scratch);
      } else if (BlockSoftmax.isPlain(extremes, scale)) {
        float shift = Exponential.ROUND - Exponential.exponent(top, scale);
        Weights.plain(x, at, at + Lanes.BLOCK, head, tail, shift, y, yAt);
      } else {
        Weights.write(x, at, at + Lanes.BLOCK, top, scale, y, yAt);
      }
      if (b > 0) { // by now the stores of the block before are done
        sumStored(y, yAt - Lanes.BLOCK, b - 1, scratch);
      }
    }
    sumStored(y, yFrom + (blocks - 1) * Lanes.BLOCK, blocks - 1, scratch);
  }

  /** Sums a block whose weights are not stored. */
  private static void sum(float[] x, int at, int end, double temperature, int b, Scratch scratch) {
    ExpSum.pass(
        x,
        at,
        end,
        temperature,
        Float.NaN,
        b,
        scratch.sums,
        scratch.tops,
        scratch.strips,
        0,
        scratch.groups);
  }

  /** Sums the stored weights of a block, if they are stored. */
  static void sumStored(float[] y, int at, int b, Scratch scratch) {
    float least = scratch.leasts[b];
    if (least == least) {
      scratch.sums[b] = LaneSum.ofWeights(y, at, Lanes.GROUPS);
    }
  }
}
