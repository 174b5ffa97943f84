package org.logitkernels.vector;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.Lanes;
import org.logitkernels.numerics.Penalty;
import org.logitkernels.spi.AttentionRows;
import org.logitkernels.spi.Backend;
import org.logitkernels.spi.NarrowFloats;
import org.logitkernels.spi.NativeKernels;
import org.logitkernels.spi.RoutingRule;
import org.logitkernels.spi.RoutingScratch;
import org.logitkernels.spi.Survivors;

/**
 * The index of the vector backend: {@link ArrayKernels}, and the kernels that read no row in an
 * array.
 */
final class VectorKernels extends ArrayKernels implements Backend {
  private static final Widening.InParts PARTS = new Widening.InParts();

  private final Backend scalar;
  private final NativeKernels natives;

  VectorKernels(Backend scalar) {
    super(scalar);
    this.scalar = scalar;
    this.natives = new SegmentKernels(scalar.natives());
  }

  @Override
  public String name() {
    return "vector";
  }

  @Override
  public int vectorBits() {
    return Species.FLOATS.vectorBitSize();
  }

  @Override
  public double logProbability(float[] x, int from, int to, double temperature, int token) {
    if (isStretched(temperature)) {
      return scalar.logProbability(x, from, to, temperature, token);
    }
    return Softmax.logProbability(x, from, to, temperature, token);
  }

  @Override
  public int draw(Survivors survivors, double u) {
    return SurvivorDraw.draw(survivors, u);
  }

  @Override
  public void weights(Survivors survivors, double temperature) {
    if (isScalar(0, survivors.size, temperature)) {
      scalar.weights(survivors, temperature);
    } else {
      Weights.write(
          survivors.values,
          0,
          survivors.size,
          survivors.max,
          Exponential.scale(temperature),
          survivors.weights,
          0);
    }
  }

  @Override
  public void sumBlock(Survivors survivors, double temperature, int block) {
    if (isScalar(0, survivors.size, temperature)) {
      scalar.sumBlock(survivors, temperature, block);
    } else {
      SurvivorDraw.sumBlock(survivors, temperature, block);
    }
  }

  @Override
  public void writeMasked(
      float[] x, int from, int to, long[] mask, int block, float[] y, int yFrom) {
    MaskedRows.write(x, from, to, mask, block, y, yFrom);
  }

  @Override
  public void maskedTops(float[] x, int from, int to, long[] mask, int block, Survivors survivors) {
    int blocks = (to - from) / Lanes.BLOCK;
    int rest = from + blocks * Lanes.BLOCK;
    MaskedRows.tops(x, from, rest, mask, block, survivors.row.tops);
    scalar.maskedTops(x, rest, to, mask, block + blocks, survivors);
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
    if (isScalar(from, to, temperature)) {
      scalar.maskedSums(x, from, to, mask, block, temperature, survivors);
    } else {
      MaskedRows.sums(x, from, to, mask, block, temperature, survivors, this);
    }
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
    if (!Routing.areFinite(x, from, stride, rows, rule.experts())) {
      scalar.checkRoutes(rule, x, from, stride, rows, first, scratch);
    }
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
    Routing.route(
        rule, x, from, stride, rows, scratch, experts, expertsFrom, weights, weightsFrom, this);
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
    if (isShort(0, length) || !penalty.isFinite(temperature)) {
      scalar.penalise(x, from, length, occurred, counts, penalty, temperature, y, survivors);
    } else {
      PenaltyPass.penalise(x, from, length, occurred, counts, penalty, temperature, y, survivors);
    }
  }

  @Override
  public void widen(NarrowFloats x, int length, float[] y, Survivors survivors) {
    Widening.widen(x, length, y, survivors);
  }

  @Override
  public int argMaxOfNarrow(NarrowFloats x, int length) {
    return Widening.argMax(x, length);
  }

  @Override
  public Widening.InParts parts() {
    return PARTS;
  }

  @Override
  public void checkAttention(AttentionRows rows) {
    AttentionPass.look(rows);
  }

  @Override
  public void attention(AttentionRows rows) {
    if (Exponential.stretch(rows.temperature()) != 1) {
      scalar.attention(rows);
    } else {
      AttentionPass.softmax(rows);
    }
  }

  @Override
  public NativeKernels natives() {
    return natives;
  }
}
