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
      NativeStrips.all(
          x, from, to, survivors); // a difference may overflow without the token being masked
    } else {
      NativeStrips.collect(x, from, to, MinP.DEPTH, max, threshold, survivors);
    }
  }
}
