package org.logitkernels.vector;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;

/**
 * What a pass needs beside the row: arrays for the sums of a block's groups, and where a row has no
 * survivors also for its blocks.
 *
 * <p>A pass takes a scratch from a pool that threads share without a lock, and gives it back at its
 * end. To take one is an exchange, which a processor does not overlap with what comes before. To
 * give it back is a store: a scratch has a place, which is marked until then. A scratch is made
 * only where more passes run at the same time than ever before, or where an error has kept one from
 * being given back.
 *
 * <p>The pool keeps what was given back for good: 11 KB each, and 16 bytes for each block of the
 * longest row that it was used for without a workspace.
 */
final class Scratch {
  /** Places of the pool: as many as threads may run at the same time, and a power of two. */
  private static final int PLACES = 256;

  /**
   * How far one place is from the next: threads that write to one cache line wait for each other.
   */
  private static final int APART = 16;

  /** How many places a thread tries. */
  private static final int TRIES = 4;

  private static final AtomicReferenceArray<@Nullable Scratch> POOL =
      new AtomicReferenceArray<>(PLACES * APART);

  private static final double[] NO_SUMS = {};
  private static final float[] NO_TOPS = {};

  /** Marks the place of a scratch that a pass has. */
  private static final Scratch TAKEN = new Scratch(0);

  /** Where in the pool it belongs. */
  private final int place;

  /** Sums of a block's groups, lane by lane. */
  final float[] groups = new float[Lanes.GROUPS * Lanes.COUNT];

  /** Sums of the products of a block's groups, lane by lane. */
  final float[] products = new float[Lanes.GROUPS * Lanes.COUNT];

  /** Weights of a row that is a block at most, or behind the last whole block of a plain row. */
  final float[] weights = new float[Lanes.BLOCK];

  /** The rest of another row, behind its last whole block. */
  final float[] others = new float[Lanes.BLOCK];

  /** Maxima of a block's strips, where a row has no survivors to keep them. */
  final float[] strips = new float[Lanes.COUNT];

  /** Sums of a row's blocks, where a row has no survivors to keep them. */
  double[] sums = NO_SUMS;

  /** Maxima of a row's blocks, where a row has no survivors to keep them. */
  float[] tops = NO_TOPS;

  /**
   * Where a row is not plain, the least logit of each block whose weights a softmax has stored; NaN
   * for other blocks.
   */
  float[] leasts = NO_TOPS;

  private Scratch(int place) {
    this.place = place;
  }

  /** A scratch that no other pass has. */
  static Scratch take() {
    for (int i = 0; i < TRIES; i++) {
      int place = place(i);
      Scratch found = POOL.getAndSet(place, TAKEN);
      if (found == null) {
        return new Scratch(place);
      }
      if (found != TAKEN) {
        return found;
      }
    }
    return new Scratch(place(0)); // instead of the one that belongs there, which may never come
  }

  /** A scratch that no other pass has, with room for so many blocks. */
  static Scratch take(int blocks) {
    Scratch scratch = take();
    if (scratch.leasts.length < blocks) { // made last, so the others are as long
      int room = Math.max(blocks, 2 * scratch.leasts.length);
      scratch.sums = new double[room];
      scratch.tops = new float[room];
      scratch.leasts = new float[room];
    }
    return scratch;
  }

  /** Gives the scratch to the next pass. */
  void give() {
    POOL.setRelease(place, this);
  }

  /** The i-th place that this thread tries. */
  private static int place(int i) {
    return ((int) Thread.currentThread().threadId() + i & PLACES - 1) * APART;
  }
}
