package org.logitkernels.vector;

import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.Lanes;

/**
 * What a pass over a row needs beside it: one for each pass at a time, taken from places that
 * threads share without a lock, and put back. Nothing is allocated but where so many passes meet as
 * there were never before, and after an error that leaves one taken.
 *
 * <p>The places hold what was put back for good: 3 KB each, and 16 bytes for each block of the
 * longest row that it met without a workspace.
 */
final class Scratch {
  /** As many places as threads that may run at the same time, and a power of two. */
  private static final int PLACES = 256;

  /** References from one place to the next: threads that write to the same line wait. */
  private static final int APART = 16;

  /** So many places are tried. */
  private static final int TRIES = 4;

  private static final AtomicReferenceArray<@Nullable Scratch> POOL =
      new AtomicReferenceArray<>(PLACES * APART);

  private static final double[] NO_SUMS = {};
  private static final float[] NO_TOPS = {};

  /** Sums of a block's groups, lane by lane. */
  final float[] groups = new float[Lanes.GROUPS * Lanes.COUNT];

  /** The same of products. */
  final float[] products = new float[Lanes.GROUPS * Lanes.COUNT];

  /** Maxima of a block's strips, where the row has no survivors to keep them. */
  final float[] strips = new float[Lanes.COUNT];

  /** Sums of a row's blocks, likewise. */
  double[] sums = NO_SUMS;

  /** Maxima of a row's blocks, likewise. */
  float[] tops = NO_TOPS;

  /** Of each block whose weights a softmax has stored, its least logit; NaN of others. */
  float[] leasts = NO_TOPS;

  private Scratch() {}

  /** One that no other pass has. */
  static Scratch take() {
    for (int i = 0; i < TRIES; i++) {
      Scratch free = POOL.getAndSet(place(i), null);
      if (free != null) {
        return free;
      }
    }
    return new Scratch();
  }

  /** The same, with room for a row's blocks. */
  static Scratch take(int blocks) {
    Scratch scratch = take();
    if (scratch.leasts.length < blocks) { // the last that is made: the others are as long
      int room = Math.max(blocks, 2 * scratch.leasts.length);
      scratch.sums = new double[room];
      scratch.tops = new float[room];
      scratch.leasts = new float[room];
    }
    return scratch;
  }

  /** For the next pass: dropped only where all places near are full. */
  void give() {
    for (int i = 0; i < TRIES; i++) {
      if (POOL.compareAndSet(place(i), null, this)) {
        return;
      }
    }
  }

  /** The i-th place that this thread tries. */
  private static int place(int i) {
    return ((int) Thread.currentThread().threadId() + i & PLACES - 1) * APART;
  }
}
