package org.logitkernels.scalar;

import java.util.Arrays;
import org.logitkernels.numerics.Deviation;
import org.logitkernels.spi.Survivors;

/** The logits' standard deviation over the whole row. */
final class MomentSum {
  private MomentSum() {}

  /** Leaves the row's maximum and deviation. */
  static void moments(float[] x, int from, int to, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    float origin = x[Deviation.first(x, from, to)];
    Arrays.fill(survivors.lanes, 0);
    int masked = Deviation.add(x, from, from, to, origin, survivors.lanes);
    survivors.deviation = Deviation.deviation(survivors.lanes, to - from - masked);
    survivors.stripsOfBlocks = false;
  }
}
