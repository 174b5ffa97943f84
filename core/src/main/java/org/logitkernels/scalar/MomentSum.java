package org.logitkernels.scalar;

import java.util.Arrays;
import org.logitkernels.numerics.Deviation;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Survivors;

/** The logits' standard deviation over the whole row. */
final class MomentSum {
  private MomentSum() {}

  /** Leaves the row's maximum and deviation. */
  static void moments(float[] x, int from, int to, Survivors survivors) {
    survivors.max = Maxima.max(x, from, to);
    float origin = x[first(x, from, to)];
    Arrays.fill(survivors.row.lanes, 0);
    int masked = 0;
    for (int i = from; i < to; i++) {
      masked += Deviation.add(x[i], i - from, origin, survivors.row.lanes);
    }
    survivors.deviation = Deviation.deviation(survivors.row.lanes, to - from - masked);
    survivors.row.forget();
  }

  /** The index of the row's first unmasked logit. Throws where every token is masked. */
  private static int first(float[] x, int from, int to) {
    int i = from;
    while (i < to && x[i] == Float.NEGATIVE_INFINITY) {
      i++;
    }
    if (i == to) {
      throw RowErrors.allMasked();
    }
    return i;
  }
}
