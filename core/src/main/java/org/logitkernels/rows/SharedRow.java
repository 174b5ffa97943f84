package org.logitkernels.rows;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.RowKernels;
import org.logitkernels.spi.SharedRowKernels;
import org.logitkernels.spi.Survivors;

/**
 * The passes over a long row that several threads share: a look, which finds the maxima of its
 * strips, or the sums of its blocks.
 *
 * <p>Parts are whole blocks, and what they leave is of strips and of blocks: the same bits, however
 * many there are and whoever goes through them. Nobody waits for another part.
 *
 * @param <X> what holds the row
 */
class SharedRow<X> implements WorkCrew.Work {
  /** Parts for each thread: few, as a claim costs as much as a block. */
  private static final int PARTS_EACH = 2;

  private static final long NO_LOOK = -1;

  final Survivors survivors;
  X x;
  int to;
  private final SharedRowKernels<X> kernels;
  private int from;
  private WorkCrew crew;

  /** Blocks in a part, and how many parts there are. */
  private int part;

  private int parts;

  /** The number of the look that these parts are of. */
  private long ownLook = NO_LOOK;

  private boolean summing;
  private double temperature;

  SharedRow(WorkCrew crew, SharedRowKernels<X> kernels, X x, Survivors survivors) {
    this.crew = crew;
    this.kernels = kernels;
    this.x = x;
    this.survivors = survivors;
  }

  /** Whether these are its kernels and its scratch. */
  final boolean isOf(SharedRowKernels<X> kernels, Survivors survivors) {
    return this.kernels == kernels && this.survivors == survivors;
  }

  /** Sets where the row lies, and who goes through it. */
  final void at(WorkCrew crew, X x, int from, int to) {
    this.crew = crew;
    this.x = x;
    this.from = from;
    this.to = to;
  }

  /** Looks at the row, unless that was done. */
  final void look() {
    if (!survivors.row.isLooked()) {
      share(false);
      kernels.looked(parts, survivors);
      ownLook = survivors.row.looks();
    }
  }

  private void share(boolean sums) {
    int most = (int) Math.min(blocks(), (long) PARTS_EACH * crew.threads());
    part = (blocks() + most - 1) / most;
    parts = (blocks() + part - 1) / part;
    summing = sums;
    crew.run(parts, this);
  }

  /** The id of the best token. */
  final int argMax() {
    if (ownLook != survivors.row.looks()) {
      survivors.row.forget(); // a pass of penalties or a widening has looked, and in no parts
    }
    look();
    float max = kernels.max(x, from, to, parts, survivors);
    if (max == Float.NEGATIVE_INFINITY) {
      throw RowErrors.allMasked();
    }
    int best = 0; // of the parts: strips that another thread has filled are not at hand
    while (best < parts - 1 && kernels.max(x, from, to, best + 1, survivors) < max) {
      best++;
    }
    return kernels.argMax(x, from, to, best * part, max, survivors);
  }

  /** {@link RowKernels#sums}; false, and nothing done, at a temperature that is too extreme. */
  final boolean sums(double temperature) {
    if (Exponential.stretch(temperature) != 1) {
      return false;
    }
    this.temperature = temperature;
    share(true);
    kernels.total(x, from, to, temperature, survivors);
    return true;
  }

  private int blocks() {
    return Lanes.blocks(to - from);
  }

  @Override
  public final void piece(int i) {
    int block = i * part;
    int end = Math.min(blocks(), block + part);
    if (summing) {
      kernels.sums(x, from, to, temperature, block, end, survivors);
    } else {
      look(block, end, i);
    }
  }

  void look(int block, int end, int part) {
    kernels.look(x, from, to, block, end, part, survivors);
  }

  /** The look at a row of a narrow format, which widens it. */
  static final class OfNarrow extends SharedRow<float[]> {
    private final Backend.Parts kernels;
    private final NarrowFloats narrow;

    OfNarrow(
        WorkCrew crew, Backend.Parts kernels, NarrowFloats narrow, float[] x, Survivors survivors) {
      super(crew, kernels, x, survivors);
      this.kernels = kernels;
      this.narrow = narrow;
    }

    @Override
    void look(int block, int end, int part) {
      kernels.widen(narrow, to, x, block, end, part, survivors);
    }
  }
}
