package org.logitkernels.internal;

/**
 * The passes over a long row, in parts that a crew's threads share: a look, which finds the maxima
 * of its strips, and the sums of its blocks.
 *
 * <p>Parts are whole blocks, and what they leave is of strips and of blocks: the same bits, however
 * many there are and whoever goes through them. One thread looks and sums at once; several cannot,
 * as a block's weights are relative to the maximum of all blocks before it.
 *
 * @param <X> what holds the row
 */
class SplitRow<X> implements Crew.Work {
  /** Parts for each thread: few, as a claim costs as much as a block. */
  private static final int PARTS_EACH = 2;

  final Survivors survivors;
  X x;
  int to;
  private final PartKernels<X> kernels;
  private int from;
  private Crew crew;

  /** Blocks in a part, and how many parts were looked at. */
  private int part;

  private int parts;

  private boolean summing;
  private double temperature;

  SplitRow(Crew crew, PartKernels<X> kernels, X x, Survivors survivors) {
    this.crew = crew;
    this.kernels = kernels;
    this.x = x;
    this.survivors = survivors;
  }

  /** Whether these are its kernels and its scratch. */
  final boolean isOf(PartKernels<X> kernels, Survivors survivors) {
    return this.kernels == kernels && this.survivors == survivors;
  }

  /** Sets where the row lies, and who goes through it. */
  final void at(Crew crew, X x, int from, int to) {
    this.crew = crew;
    this.x = x;
    this.from = from;
    this.to = to;
  }

  /** Looks at the row, unless that was done. */
  final void look() {
    if (!survivors.looked) {
      look(blocks());
      kernels.looked(parts, survivors);
      survivors.lookedInParts = true;
    }
  }

  private void look(int blocks) {
    int most = (int) Math.min(blocks, (long) PARTS_EACH * crew.threads());
    part = (blocks + most - 1) / most;
    parts = (blocks + part - 1) / part;
    summing = false;
    crew.run(parts, this);
  }

  /** The id of the best token. */
  final int argMax() {
    look();
    float max = kernels.max(x, from, to, parts, survivors);
    if (max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    int best = 0; // of the parts: strips that another thread has filled are not at hand
    while (best < parts - 1 && kernels.max(x, from, to, best + 1, survivors) < max) {
      best++;
    }
    return kernels.argMax(x, from, to, best * part, max, survivors);
  }

  /**
   * {@link RowKernels#sums}; false, and nothing done, at a temperature that is too extreme. What
   * the last thread sums is not looked at before, as nobody waits for its maximum.
   */
  final boolean sums(double temperature) {
    if (!kernels.sums(temperature) || survivors.looked && !survivors.lookedInParts) {
      return false;
    }
    int blocks = blocks();
    int rest = 0;
    if (!survivors.looked) {
      look(blocks - blocks / crew.threads());
      rest = 1;
    }
    float max = kernels.max(x, from, to, parts, survivors);
    if (rest == 0 && max == Float.NEGATIVE_INFINITY) {
      throw Rows.allMasked();
    }
    this.temperature = temperature;
    summing = true;
    crew.run(parts + rest, this);
    survivors.max = survivors.tops[blocks - 1];
    survivors.total = Lanes.total(survivors.sums, survivors.decays, blocks);
    survivors.stripsOfBlocks = true;
    return true;
  }

  private int blocks() {
    return Lanes.blocks(to - from);
  }

  @Override
  public final void piece(int i) {
    int block = i * part;
    if (!summing) {
      look(block, Math.min(blocks(), block + part), i);
      return;
    }
    float before = i == 0 ? Float.NEGATIVE_INFINITY : kernels.max(x, from, to, i, survivors);
    if (i < parts) {
      int end = Math.min(blocks(), block + part);
      kernels.sums(x, from, to, temperature, block, end, i, before, survivors);
    } else {
      kernels.sumsOfRest(x, from, to, temperature, block, before, survivors);
    }
  }

  void look(int block, int end, int part) {
    kernels.look(x, from, to, block, end, part, survivors);
  }

  /** The look of a row of halves, which widens them. */
  static final class OfHalves extends SplitRow<float[]> {
    private final Backend.Parts kernels;
    private final NativeFloats halves;
    boolean brain;

    OfHalves(
        Crew crew, Backend.Parts kernels, NativeFloats halves, float[] x, Survivors survivors) {
      super(crew, kernels, x, survivors);
      this.kernels = kernels;
      this.halves = halves;
    }

    @Override
    void look(int block, int end, int part) {
      kernels.widen(halves, brain, to, x, block, end, part, survivors);
    }
  }
}
