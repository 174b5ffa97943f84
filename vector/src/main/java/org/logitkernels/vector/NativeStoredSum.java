// Generated from StoredSum.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import java.util.Arrays;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.spi.SegmentAddress;

/** {@link StoredSum}, for rows in native memory. */
final class NativeStoredSum {
  private NativeStoredSum() {}

  static long look(SegmentAddress x, int from, int to, Scratch scratch) {
    long row = Maxima.NONE;
    for (int at = from, b = 0; at < to; at += Lanes.BLOCK, b++) {
      boolean whole = to - at >= Lanes.BLOCK;
      long extremes =
          whole ? NativeMaxima.scan(x, at, at + Lanes.BLOCK) : NativeMaxima.rest(x, at, to);
      scratch.tops[b] = Maxima.max(extremes);
      scratch.leasts[b] = whole ? Maxima.min(extremes) : Float.NaN;
      row = Maxima.join(row, extremes);
    }
    return NativeMaxima.check(x, from, to, row);
  }

  static double plain(
      SegmentAddress x,
      int from,
      int to,
      float max,
      double scale,
      float[] y,
      int yFrom,
      Scratch scratch) {
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    float shift = Exponential.ROUND - Exponential.exponent(max, scale);
    int whole = (to - from) / Lanes.BLOCK * Lanes.BLOCK;
    double total = 0;
    for (int i = 0; i < whole; i += StoredSum.TURN) {
      int end = Math.min(whole, i + StoredSum.TURN);
      NativeWeights.plain(x, from + i, from + end, head, tail, shift, y, yFrom + i);
      for (int at = i; at < end; at += Lanes.BLOCK) {
        total += LaneSum.ofWeights(y, yFrom + at, Lanes.GROUPS);
      }
    }
    int rest = to - from - whole;
    if (rest > 0) {
      NativeWeights.write(x, to - rest, to, max, scale, scratch.weights, 0);
      Arrays.fill(scratch.weights, rest, Math.max(rest, Species.FLOATS.length()), 0);
      total += LaneSum.ofWeights(scratch.weights, Math.max(rest, Species.FLOATS.length()));
    }
    return total;
  }

  static void sums(
      SegmentAddress x,
      int from,
      int to,
      float max,
      double temperature,
      Scratch scratch,
      float[] y,
      int yFrom) {
    double scale = Exponential.scale(temperature);
    float head = Exponential.head(scale);
    float tail = Exponential.tail(scale);
    boolean near = !Exponential.isFar(max, scale);
    int blocks = Lanes.blocks(to - from);
    for (int at = from, b = 0; b < blocks; at += Lanes.BLOCK, b++) {
      float top = scratch.tops[b];
      float least = scratch.leasts[b];
      int yAt = yFrom + at - from;
      long extremes = Maxima.pack(top, Float.floatToRawIntBits(least));
      if (!near
          || least != least
          || NativeBlockSoftmax.mayBeCut(x, at, at + Lanes.BLOCK, extremes, scale)) {
        scratch.leasts[b] = Float.NaN;
        sum(x, at, Math.min(to, at + Lanes.BLOCK), temperature, b, scratch);
      } else if (BlockSoftmax.isPlain(extremes, scale)) {
        float shift = Exponential.ROUND - Exponential.exponent(top, scale);
        NativeWeights.plain(x, at, at + Lanes.BLOCK, head, tail, shift, y, yAt);
      } else {
        NativeWeights.write(x, at, at + Lanes.BLOCK, top, scale, y, yAt);
      }
      if (b > 0) { // by now the stores of the block before are done
        StoredSum.sumStored(y, yAt - Lanes.BLOCK, b - 1, scratch);
      }
    }
    StoredSum.sumStored(y, yFrom + (blocks - 1) * Lanes.BLOCK, blocks - 1, scratch);
  }

  private static void sum(
      SegmentAddress x, int at, int end, double temperature, int b, Scratch scratch) {
    NativeExpSum.pass(
        x,
        at,
        end,
        temperature,
        Float.NaN,
        b,
        scratch.sums,
        scratch.tops,
        scratch.strips,
        0,
        scratch.groups);
  }
}
