package org.logitkernels.bench.peers;

import com.github.tjake.jlama.math.VectorMath;
import com.github.tjake.jlama.tensor.FloatBufferTensor;
import com.github.tjake.jlama.tensor.TensorShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import net.jafama.FastMath;
import org.logitkernels.bench.Workload;

/**
 * Jlama: its softmax, and the steps of its sampler on its tensor. Both work in place on a tensor
 * outside the heap, so that every call includes a copy of the row into it; {@link #softmax}
 * includes one of the probabilities out of it too.
 */
public final class Jlama implements Workload {
  private final FloatBuffer buffer;
  private final FloatBufferTensor tensor;
  private final float[] out;

  /**
   * A tensor for rows of one length.
   *
   * @param vocabulary logits in a row
   */
  public Jlama(int vocabulary) {
    buffer =
        ByteBuffer.allocateDirect(Math.multiplyExact(vocabulary, Float.BYTES))
            .order(ByteOrder.nativeOrder())
            .asFloatBuffer();
    tensor = new FloatBufferTensor(buffer, TensorShape.of(1, vocabulary), false);
    out = new float[vocabulary];
  }

  /** The search for the maximum that is the sampler's first step, and its last at temperature 0. */
  @Override
  public int argMax(float[] x) {
    buffer.put(0, x);
    return best();
  }

  /** {@code VectorMath.softMax}, between a copy in and a copy out. */
  @Override
  public float[] softmax(float[] x) {
    buffer.put(0, x);
    VectorMath.softMax(tensor, 0, x.length);
    buffer.get(0, out);
    return out;
  }

  /**
   * The steps of {@code AbstractModel.sample} after its matrix product, which have no entry of
   * their own: the maximum, the weights and their sum, the first token whose cumulative probability
   * reaches u; after a copy in. The tensor's accessors and the exponential are Jlama's.
   */
  @Override
  public int draw(float[] x, float temperature, double u) {
    buffer.put(0, x);
    double max = tensor.get(0, best());
    float total = 0;
    for (int i = 0; i < x.length; i++) {
      float weight = (float) FastMath.exp((tensor.get(0, i) - max) / temperature);
      total += weight;
      tensor.set(weight, 0, i);
    }
    float target = Math.min((float) u, Math.nextDown(1f));
    float sum = 0;
    for (int i = 0; i < x.length; i++) {
      sum += tensor.get(0, i) / total;
      if (sum >= target) {
        return i;
      }
    }
    return x.length - 1;
  }

  private int best() {
    int best = 0;
    double max = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < out.length; i++) {
      float logit = tensor.get(0, i);
      if (logit > max) {
        best = i;
        max = logit;
      }
    }
    return best;
  }
}
