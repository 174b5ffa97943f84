package org.logitkernels.spi;

import org.logitkernels.numerics.Deviation;
import org.logitkernels.numerics.Lanes;

/** What kernels have found out about the row at hand: of its blocks, and of its strips. */
public final class RowScratch {
  private static final float[] NONE = {};

  /** Of each block of a row that was summed, its sum: a function of the block alone. */
  public final double[] sums;

  /**
   * Of each block, its maximum: -Infinity if all of it is masked, NaN or +Infinity if it holds what
   * is no logit.
   */
  public final float[] tops;

  /** Of each block, the sum of its weights' products with what they are multiplied by. */
  public final double[] products;

  /** Running totals of the blocks. */
  public final double[] prefixes;

  /** Sums by lane, and sums of squares. */
  public final double[] lanes = new double[2 * Deviation.LANES];

  /** Of each part that was looked at, its extremes. */
  public final long[] partExtremes;

  /** Maxima of the strips of the row, and behind them of groups of strips. */
  public float[] maxima = NONE;

  /** The extremes of a row that was looked at, as that backend packs them. */
  public long extremes;

  private Known known = Known.NOTHING;
  private long looks;

  RowScratch(int capacity) {
    this.sums = new double[Lanes.blocks(capacity)];
    this.tops = new float[sums.length];
    this.products = new double[sums.length];
    this.prefixes = new double[sums.length];
    this.partExtremes = new long[sums.length];
  }

  /** Whether the extremes of the row are known, and the maxima of its strips. */
  public boolean isLooked() {
    return known == Known.LOOKED;
  }

  /** Whether the maxima are those of the strips of the row's blocks. */
  public boolean hasStrips() {
    return known != Known.NOTHING;
  }

  /** Another row is at hand, or its logits or the maxima are others. */
  public void forget() {
    known = Known.NOTHING;
  }

  /** A kernel has left the extremes of the row, and the maxima of all its strips. */
  public void looked(long extremes) {
    this.extremes = extremes;
    known = Known.LOOKED;
    looks++;
  }

  /** The number of the last look. Who shares a row among threads knows its own look by it. */
  public long looks() {
    return looks;
  }

  /** A kernel that went through the blocks has left the maxima of their strips. */
  public void stripsLeft() {
    if (known == Known.NOTHING) {
      known = Known.STRIPS;
    }
  }

  void lend(float[] maxima) {
    this.maxima = maxima;
    known = Known.NOTHING;
  }
}
