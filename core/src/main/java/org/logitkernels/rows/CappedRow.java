package org.logitkernels.rows;

import org.logitkernels.numerics.SoftCap;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.Survivors;

/**
 * A row whose logits have a soft cap: in every bit the row with the cap of each logit written over
 * it.
 *
 * <p>A cap never turns the order of two logits, but it may make them equal, and then ids decide. So
 * the best k are among a few more than k of the best of the row as it was: as soon as the last of
 * these is capped below the k-th, none of the others can be one of them. Only those few are capped.
 * Whatever else needs the row gets it written out, once.
 */
public final class CappedRow extends Row<float[]> {
  private static final float[] NONE = {};

  /** If so many more than k are not enough, the row is written out. */
  private static final int MOST_SPARE = 512;

  private static final int LEAST_SPARE = 8;

  private final Backend backend;
  private final Survivors survivors;

  private Row<?> row;
  private float cap = 1;
  private boolean written;

  /** So many more of the best tokens than k a top-k asks for, as far as is known. */
  private int spare = 1;

  /** Nowhere yet. */
  public CappedRow(Backend backend, Survivors survivors) {
    super(backend, NONE);
    this.backend = backend;
    this.survivors = survivors;
    this.row = this;
  }

  /** Sets what row it is, and the cap, which is finite and above 0. */
  public CappedRow at(Row<?> row, float cap) {
    this.row = row;
    this.cap = cap;
    shareAs(row);
    to = row.length();
    written = false;
    survivors.row.forget();
    return this;
  }

  /** Whether it lies in a copy. */
  public boolean isWritten() {
    return written;
  }

  @Override
  public float get(int i) {
    return written ? x[i] : SoftCap.of(row.get(i), cap);
  }

  @Override
  public void copy(int at, float[] target, int targetFrom, int length) {
    if (!written) {
      row.copy(at, target, targetFrom, length);
      backend.softCap(target, targetFrom, targetFrom + length, cap, target, targetFrom);
    } else if (target != x) {
      System.arraycopy(x, at, target, targetFrom, length);
    }
  }

  @Override
  public void rest() {
    x = NONE;
    row = this;
    written = false;
  }

  /** Writes the row out. */
  @Override
  void prepare() {
    if (!written) {
      float[] all = survivors.arrays().changed();
      row.softCap(cap, all, 0);
      survivors.row.forget();
      x = all;
      written = true;
    }
  }

  @Override
  public int argMax(Survivors survivors) {
    if (written) {
      return super.argMax(survivors);
    }
    topK(1, survivors);
    return survivors.ids[0];
  }

  @Override
  public void topK(int k, Survivors survivors) {
    while (!written && spare <= MOST_SPARE) {
      int asked = (int) Math.min((long) k + spare, to);
      row.topK(asked, survivors);
      capSurvivors(survivors);
      boolean all = survivors.size < asked || asked == to; // unmasked tokens of the row
      float last = all ? Float.NEGATIVE_INFINITY : survivors.lowest();
      survivors.topK(k);
      if (all || last < survivors.lowest()) {
        spare -= (spare - 1) / 8;
        return;
      }
      spare = 2 * spare + LEAST_SPARE;
    }
    spare -= (spare - 1) / 8;
    prepare();
    super.topK(k, survivors);
  }

  private void capSurvivors(Survivors survivors) {
    survivors.forgetWeights();
    survivors.max(SoftCap.of(survivors.max, cap));
    backend.softCap(survivors.values, 0, survivors.size, cap, survivors.values, 0);
  }
}
