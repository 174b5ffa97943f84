// Generated from TopP.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** {@link TopP}, for rows in native memory. */
final class NativeTopP {
  private NativeTopP() {}

  static void topP(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      float p,
      boolean summed,
      Survivors survivors) {
    if (!summed) {
      NativeExpSum.sums(x, from, to, temperature, survivors);
    }
    if (p == 1) {
      NativeStrips.all(x, from, to, survivors);
      return;
    }
    float max = survivors.max;
    double quantum = Survivors.quantum(to - from);
    long need = Survivors.need(p, survivors.total, quantum);
    double distance = TopP.NEAR * temperature;
    NativeStrips.collectBlocks(x, from, to, max, (float) -distance, survivors);
    long mass = TopP.weigh(survivors, temperature, quantum);
    int strips = Strips.inBlocks(to - from);
    while (mass < need && strips > 0 && distance < Float.MAX_VALUE) {
      distance *= 2;
      float bar = (float) (max - distance);
      if (Threshold.count(survivors.row.maxima, 0, strips, bar) > strips / 8) {
        break; // most blocks have some, so a sample is due
      }
      NativeStrips.collectBlocks(x, from, to, max, (float) -distance, survivors);
      mass = TopP.weigh(survivors, temperature, quantum);
    }
    float end = max;
    if (mass < need) {
      // All tokens below `low` together weigh less than `need` lets pass for rounding.
      double far =
          Math.min(StrictMath.log(0x1p22 * (to - from)) * temperature, Float.MAX_VALUE / 2);
      float low = (float) (max - far);
      double outside = survivors.total - need / quantum;
      int step = NativeStrips.sample(x, from, to, survivors);
      int size = survivors.size;
      double scale = Exponential.scale(temperature);
      Weights.write(survivors.values, 0, size, max, scale, survivors.weights, 0);
      end = TopP.bar(survivors, outside / step, max, low);
      // A little lower than the sample says, because a sample errs.
      float bar = TopP.bar(survivors, 0.75 * outside / step, end, low);
      distance = (double) max - bar;
      for (int round = 0; mass < need && round < TopP.ROUNDS; round++) {
        NativeStrips.collectBlocks(x, from, to, max, (float) -Math.min(distance, far), survivors);
        mass = TopP.weigh(survivors, temperature, quantum);
        distance *= 1.25;
      }
      if (mass < need) {
        NativeStrips.all(x, from, to, survivors);
        mass = TopP.weigh(survivors, temperature, quantum);
      }
    }
    if (mass >= need) { // else all are kept, and what is missing is rounding
      Nucleus.keep(survivors, temperature, mass, need, quantum, end);
    }
  }
}
