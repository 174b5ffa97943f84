// Generated from MinP.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link MinP}, for rows in native memory. */
final class NativeMinP {
  private NativeMinP() {}

  static void minP(SegmentAddress x, int from, int to, float threshold, Survivors survivors) {
    float max = Maxima.max(NativeStrips.maxima(x, from, to, MinP.DEPTH, survivors));
    survivors.max = max;
    survivors.size = 0;
    if (threshold == Float.NEGATIVE_INFINITY) {
      NativeStrips.all(x, from, to, survivors); // the difference of an unmasked token may overflow
    } else {
      NativeStrips.collect(x, from, to, MinP.DEPTH, max, threshold, survivors);
    }
  }
}
