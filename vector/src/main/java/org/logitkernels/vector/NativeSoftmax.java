// Generated from Softmax.java by bin/twins: change that, and run bin/twins.
package org.logitkernels.vector;

import java.lang.foreign.MemorySegment;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;
import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.LogProbability;
import org.logitkernels.spi.SegmentAddress;

/** {@link Softmax}, for rows in native memory. */
final class NativeSoftmax {
  private static final VectorSpecies<Float> F = Species.FLOATS;

  private NativeSoftmax() {}

  static double logSumExp(SegmentAddress x, int from, int to, double temperature) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = NativeMaxima.check(x, from, to, NativeMaxima.scan(x, from, to));
      return Maxima.max(extremes) / temperature
          + NativeGroupSum.logPartition(x, from, to, temperature, extremes);
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      return max / temperature + Softmax.logPartition(to - from, temperature, max, scratch);
    } finally {
      scratch.give();
    }
  }

  static double logProbability(SegmentAddress x, int from, int to, double temperature, int token) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = NativeMaxima.check(x, from, to, NativeMaxima.scan(x, from, to));
      double logPartition = NativeGroupSum.logPartition(x, from, to, temperature, extremes);
      return LogProbability.of(
          x.get(from + token), Maxima.max(extremes), temperature, logPartition);
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      double logPartition = Softmax.logPartition(to - from, temperature, max, scratch);
      return LogProbability.of(x.get(from + token), max, temperature, logPartition);
    } finally {
      scratch.give();
    }
  }

  private static float sums(
      SegmentAddress x, int from, int to, double temperature, Scratch scratch) {
    return to - from <= Lanes.BLOCK
        ? NativeBlockSoftmax.sums(x, from, to, temperature, scratch)
        : NativeExpSum.sums(x, from, to, temperature, scratch);
  }

  static void softmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    boolean written =
        to - from <= Lanes.BLOCK && NativeBlockSoftmax.softmax(x, from, to, temperature, y, yFrom);
    if (!written) {
      softmax(x, from, to, temperature, y, yFrom, Softmax.STORES);
    }
  }

  static void softmax(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      float[] y,
      int yFrom,
      boolean stores) {
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    double scale = Exponential.scale(temperature);
    try {
      if (!stores) {
        float max = NativeExpSum.sums(x, from, to, temperature, scratch);
        double total = Softmax.total(scratch, to - from, max, temperature);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        again(x, from, to, max, scale, first, second, y, yFrom);
        return;
      }
      long extremes = NativeStoredSum.look(x, from, to, scratch);
      float max = Maxima.max(extremes);
      if (StoredSum.isPlain(extremes, scale)) {
        double total = NativeStoredSum.plain(x, from, to, max, scale, y, yFrom, scratch);
        ExpSum.checkTotal(total, to - from);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        double least = BlockSoftmax.least(extremes, scale);
        Softmax.scalePlain(y, yFrom, to - from, least, first, second, scratch);
      } else {
        NativeStoredSum.sums(x, from, to, max, temperature, scratch, y, yFrom);
        double total = Softmax.total(scratch, to - from, max, temperature);
        float first = Exponential.first(total);
        float second = Exponential.second(total);
        scale(x, from, to, max, scale, first, second, y, yFrom, scratch);
      }
    } finally {
      scratch.give();
    }
  }

  static void again(
      SegmentAddress x,
      int from,
      int to,
      float max,
      double scale,
      float first,
      float second,
      float[] y,
      int yFrom) {
    for (int at = from; at < to; at += Lanes.BLOCK) {
      int end = Math.min(to, at + Lanes.BLOCK);
      int yAt = yFrom + at - from;
      NativeWeights.write(x, at, end, max, scale, y, yAt);
      Probability.write(y, yAt, end - at, 0, Softmax.UNKNOWN, first, second, y, yAt);
    }
  }

  static void scale(
      SegmentAddress x,
      int from,
      int to,
      float max,
      double scale,
      float first,
      float second,
      float[] y,
      int yFrom,
      Scratch scratch) {
    for (int b = Lanes.blocks(to - from) - 1; b >= 0; b--) {
      int at = from + b * Lanes.BLOCK;
      int yAt = yFrom + at - from;
      float least = scratch.leasts[b];
      if (least == least) {
        Softmax.scaleBlock(y, yAt, scratch.tops[b], least, max, scale, first, second);
      } else {
        int end = Math.min(to, at + Lanes.BLOCK);
        again(x, at, end, max, scale, first, second, y, yAt);
      }
    }
  }

  static void logSoftmax(
      SegmentAddress x, int from, int to, double temperature, float[] y, int yFrom) {
    if (BlockSoftmax.isGroup(to - from)) {
      long extremes = NativeMaxima.check(x, from, to, NativeMaxima.scan(x, from, to));
      float logPartition = (float) NativeGroupSum.logPartition(x, from, to, temperature, extremes);
      float max = Maxima.max(extremes);
      logarithms(x, from, to, temperature, max, logPartition, y, yFrom);
      return;
    }
    Scratch scratch = Scratch.take(Lanes.blocks(to - from));
    try {
      float max = sums(x, from, to, temperature, scratch);
      float logPartition = (float) Softmax.logPartition(to - from, temperature, max, scratch);
      logarithms(x, from, to, temperature, max, logPartition, y, yFrom);
    } finally {
      scratch.give();
    }
  }

  private static void logarithms(
      SegmentAddress x,
      int from,
      int to,
      double temperature,
      float max,
      float logPartition,
      float[] y,
      int yFrom) {
    MemorySegment segment = x.segment;
    long offset = x.base;
    float shrink = Exponential.shrink(temperature);
    float factor = Exponential.inverse(temperature) / shrink;
    float shrunkMax = max * shrink;
    FloatVector factors = FloatVector.broadcast(F, factor);
    FloatVector minusLogPartition = FloatVector.broadcast(F, -logPartition);
    int shift = yFrom - from;
    int i = from;
    for (; i <= to - F.length(); i += F.length()) {
      FloatVector d =
          FloatVector.fromMemorySegment(F, segment, offset + 4L * i, Species.ORDER)
              .mul(shrink)
              .sub(shrunkMax);
      d.fma(factors, minusLogPartition).intoArray(y, i + shift);
    }
    for (; i < to; i++) {
      y[i + shift] = Math.fma(x.get(i) * shrink - shrunkMax, factor, -logPartition);
    }
  }
}
