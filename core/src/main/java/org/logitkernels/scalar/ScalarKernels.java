package org.logitkernels.scalar;

import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.SegmentAddress;
import org.logitkernels.spi.Survivors;

/** The scalar backend: {@link ScalarRows}, and what does not work on rows. */
public final class ScalarKernels extends ScalarRows<float[]> implements Backend {
  /** Rows in native memory, each copied to the heap: made when first asked for. */
  private static final class Natives extends ScalarRows<SegmentAddress> implements NativeKernels {
    static final NativeKernels ALL = new Natives();

    @Override
    float[] row(SegmentAddress x, int to) {
      return x.onHeap(to);
    }

    @Override
    public void softmax(
        SegmentAddress x,
        int from,
        int to,
        double temperature,
        SegmentAddress y,
        Survivors survivors) {
      float[] row = row(x, to);
      Softmax.softmax(row, from, to, temperature, row, from);
      y.put(row, 0, 0, to);
    }

    @Override
    public void logSoftmax(
        SegmentAddress x,
        int from,
        int to,
        double temperature,
        SegmentAddress y,
        Survivors survivors) {
      float[] row = row(x, to);
      Softmax.logSoftmax(row, from, to, temperature, row, from);
      y.put(row, 0, 0, to);
    }
  }

  /** Stateless. */
  public ScalarKernels() {}

  @Override
  float[] row(float[] x, int to) {
    return x;
  }

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public int vectorBits() {
    return 0;
  }

  @Override
  public double logProbability(float[] x, int from, int to, double temperature, int token) {
    return Softmax.logProbability(x, from, to, temperature, token);
  }

  @Override
  public int draw(Survivors survivors, double u) {
    return survivors.draw(u);
  }

  @Override
  public void weights(Survivors survivors, double temperature) {
    ExpSum.weights(survivors, temperature);
  }

  @Override
  public void sumBlock(Survivors survivors, double temperature, int block) {
    float top = Maxima.top(survivors.values, 0, survivors.size);
    survivors.row.tops[block] = top;
    survivors.row.sums[block] = ExpSum.block(survivors.values, 0, survivors.size, temperature, top);
  }

  @Override
  public void writeMasked(
      float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom) {
    MaskedRows.write(x, from, to, mask, block, y, yFrom);
  }

  @Override
  public void maskedTops(float[] x, int from, int to, long[] mask, int block, Survivors survivors) {
    MaskedRows.tops(x, from, to, mask, block, survivors.row.tops);
  }

  @Override
  public void maskedSums(
      float[] x,
      int from,
      int to,
      long[] mask,
      int block,
      double temperature,
      Survivors survivors) {
    MaskedRows.sums(x, from, to, mask, block, temperature, survivors);
  }

  @Override
  public void checkRoutes(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      int first,
      RoutingScratch scratch) {
    Routing.check(rule, x, from, stride, rows, first, scratch);
  }

  @Override
  public void route(
      RoutingRule rule,
      float[] x,
      int from,
      int stride,
      int rows,
      RoutingScratch scratch,
      int[] experts,
      int expertsFrom,
      float[] weights,
      int weightsFrom) {
    Routing.route(rule, x, from, stride, rows, scratch, experts, expertsFrom, weights, weightsFrom);
  }

  @Override
  public void penalise(
      float[] x,
      int from,
      int length,
      long[] occurred,
      int[] counts,
      Penalty penalty,
      double temperature,
      float[] y,
      Survivors survivors) {
    survivors.row.forget();
    for (int i = 0; i < length; i++) {
      boolean in = (occurred[i >> 6] >>> i & 1) != 0;
      y[i] = in ? penalty.of(x[from + i], counts[i], temperature) : x[from + i];
    }
  }

  @Override
  public void widen(NarrowFloats x, int length, float[] y, Survivors survivors) {
    x.widen(0, length, y, 0);
  }

  @Override
  public int argMaxOfNarrow(NarrowFloats x, int length) {
    return x.argMax(length);
  }

  @Override
  public void checkAttention(AttentionRows rows) {
    AttentionPass.look(rows);
  }

  @Override
  public void attention(AttentionRows rows) {
    AttentionPass.softmax(rows);
  }

  @Override
  public NativeKernels natives() {
    return Natives.ALL;
  }
}
