package org.logitkernels.numerics;

/**
 * The order in which weights are added: fixed virtual lanes inside fixed blocks, whatever the
 * machine's vectors.
 *
 * <p>A row is cut into blocks of 1,024 logits, counted from its first. A block has 32 lanes, and in
 * a lane 8 groups: group g of lane l adds the weights at 128 g + l, 128 g + 32 + l, 128 g + 64 + l,
 * 128 g + 96 + l in that order, in float. A lane's groups are added in pairs, and pairs of pairs,
 * in float; then the lanes in double, by halving: l with l + 16, then with l + 8, 4, 2, 1. Missing
 * weights at the end of the row count as 0. So no weight passes through more than 6 roundings in
 * float: the relative error from adding is at most 6 * 2^-24. Sums of equal weights are exact where
 * these fill groups evenly, and so is that of a whole block of them.
 *
 * <p>A block's weights are relative to its own {@link Exponential N}, so its sum is a function of
 * the block alone. Sums are scaled to the row's N, exactly but in far rows, and added in order, in
 * double.
 *
 * <p>Source of the integer exponents: Dukhan and Ablavatski, The Two-Pass Softmax Algorithm,
 * arXiv:2001.04438.
 */
public final class Lanes {
  /** Virtual lanes. */
  public static final int COUNT = 32;

  /** Weights in a block. */
  public static final int BLOCK = 1024;

  /** Words of a mask that has a bit for each logit of a block. */
  public static final int WORDS = BLOCK / Long.SIZE;

  /** Weights of all lanes that are in a group. */
  public static final int GROUP = 128;

  /** Groups in a block. */
  public static final int GROUPS = BLOCK / GROUP;

  private Lanes() {}

  /** Blocks in a row, the last one perhaps in part. */
  public static int blocks(int length) {
    return (length + BLOCK - 1) / BLOCK;
  }

  /**
   * The sum of a block from the sums of its groups, lane by lane: those of group g begin at 32 g.
   *
   * @param lanes scratch, one for each lane
   */
  public static double sum(float[] groups, double[] lanes) {
    for (int l = 0; l < COUNT; l++) {
      float first = groups[l] + groups[l + COUNT] + (groups[l + 2 * COUNT] + groups[l + 3 * COUNT]);
      float second =
          groups[l + 4 * COUNT]
              + groups[l + 5 * COUNT]
              + (groups[l + 6 * COUNT] + groups[l + 7 * COUNT]);
      lanes[l] = first + second;
    }
    for (int half = COUNT / 2; half > 0; half /= 2) {
      for (int l = 0; l < half; l++) {
        lanes[l] += lanes[l + half];
      }
    }
    return lanes[0];
  }

  /** The largest of the blocks' maxima; NaN if one is. */
  public static float max(float[] tops, int blocks) {
    float max = Float.NEGATIVE_INFINITY;
    for (int b = 0; b < blocks; b++) {
      max = Math.max(max, tops[b]);
    }
    return max;
  }

  /**
   * The total of a row's blocks, relative to the row's maximum.
   *
   * @param sums of each block its sum
   * @param tops of each block its maximum
   */
  public static double total(
      double[] sums, float[] tops, int blocks, float max, double temperature) {
    if (blocks == 1) {
      return sums[0]; // the row's maximum is the block's
    }
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    double total = 0;
    for (int b = 0; b < blocks; b++) {
      if (sums[b] != 0) { // masked blocks may be most of them
        total += sums[b] * Exponential.factor(tops[b], max, scale, stretch);
      }
    }
    return total;
  }

  /** The running totals of a row's blocks, all relative to a maximum; returns the last. */
  public static double prefixes(
      double[] sums, float[] tops, int blocks, float max, double temperature, double[] prefixes) {
    double scale = Exponential.scale(temperature);
    float stretch = Exponential.stretch(temperature);
    double total = 0;
    for (int b = 0; b < blocks; b++) {
      if (sums[b] != 0) {
        total += sums[b] * Exponential.factor(tops[b], max, scale, stretch);
      }
      prefixes[b] = total;
    }
    return total;
  }

  /**
   * A hash of a row's sums and maxima: of another row it is another, unless each block has the same
   * weights in another order, or differs in no bit of its sum.
   */
  public static long hash(double[] sums, float[] tops, int blocks) {
    long hash = 0;
    for (int b = 0; b < blocks; b++) {
      hash = mixed(hash, Double.doubleToRawLongBits(sums[b]));
      hash = mixed(hash, Float.floatToRawIntBits(tops[b]));
    }
    return hash;
  }

  private static long mixed(long hash, long more) {
    long product = (hash ^ more) * 0x9e3779b97f4a7c15L;
    return product ^ product >>> 32;
  }
}
