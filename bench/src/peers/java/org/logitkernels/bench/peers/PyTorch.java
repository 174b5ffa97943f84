package org.logitkernels.bench.peers;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import org.logitkernels.bench.Workload;

/**
 * PyTorch through the Deep Java Library, on one thread. The row's tensor lies over a direct buffer,
 * made once; every call includes a copy of the row into it and of the results out of the tensors
 * PyTorch returns, which are closed within the call.
 */
public final class PyTorch implements Workload {
  static {
    // Read when the engine loads.
    System.setProperty("ai.djl.offline", "true");
    System.setProperty("OPT_OUT_TRACKING", "true");
    System.setProperty("ai.djl.pytorch.num_threads", "1");
    System.setProperty("ai.djl.pytorch.num_interop_threads", "1");
  }

  private final FloatBuffer buffer;
  private final NDArray row;
  private final float[] out;

  /**
   * A tensor for rows of one length.
   *
   * @param vocabulary logits in a row
   */
  public PyTorch(int vocabulary) {
    ByteBuffer bytes =
        ByteBuffer.allocateDirect(Math.multiplyExact(vocabulary, Float.BYTES))
            .order(ByteOrder.nativeOrder());
    buffer = bytes.asFloatBuffer();
    row =
        Engine.getEngine("PyTorch")
            .newBaseManager(Device.cpu())
            .create(bytes, new Shape(vocabulary), DataType.FLOAT32);
    out = new float[vocabulary];
  }

  /** {@code argmax}, after a copy in. */
  @Override
  public int argMax(float[] x) {
    buffer.put(0, x);
    try (NDArray best = row.argMax()) {
      return (int) best.getLong();
    }
  }

  /** {@code softmax}, between a copy in and a copy out. */
  @Override
  public float[] softmax(float[] x) {
    buffer.put(0, x);
    try (NDArray probabilities = row.softmax(0)) {
      floats(probabilities).get(0, out);
    }
    return out;
  }

  /** {@code log_softmax}, between a copy in and a copy out. */
  @Override
  public float[] logSoftmax(float[] x) {
    buffer.put(0, x);
    try (NDArray logarithms = row.logSoftmax(0)) {
      floats(logarithms).get(0, out);
    }
    return out;
  }

  /** {@code topk}, largest and sorted, after a copy in; k values and k ids are copied out. */
  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    buffer.put(0, x);
    int size = Math.min(k, x.length);
    try (NDList best = row.topK(size, 0, true, true)) {
      copy(best, size, ids, values);
    }
    return size;
  }

  /**
   * The nucleus by a full sort: division by the temperature, {@code softmax}, a descending sort (as
   * {@code topk} of the whole row, which returns values and ids), {@code cumsum}, and a binary
   * search for the cut; after a copy in. The nucleus is copied out.
   */
  @Override
  public int topP(float[] x, float temperature, float p, int[] ids, float[] probabilities) {
    try (NDArray unsorted = probabilities(x, temperature);
        NDList sorted = unsorted.topK(x.length, 0, true, true);
        NDArray sums = sorted.get(0).cumSum(0)) {
      int size = nucleus(floats(sums), p);
      copy(sorted, size, ids, probabilities);
      return size;
    }
  }

  /** The same, and a binary search for the token; one id is copied out. */
  @Override
  public int topPToken(float[] x, float temperature, float p, double u) {
    try (NDArray unsorted = probabilities(x, temperature);
        NDList sorted = unsorted.topK(x.length, 0, true, true);
        NDArray sums = sorted.get(0).cumSum(0)) {
      FloatBuffer masses = floats(sums);
      return (int) longs(sorted.get(1)).get(pick(masses, nucleus(masses, p), u));
    }
  }

  /**
   * Division by the temperature, {@code softmax}, {@code cumsum}, and a binary search for the
   * token; after a copy in.
   */
  @Override
  public int draw(float[] x, float temperature, double u) {
    try (NDArray probabilities = probabilities(x, temperature);
        NDArray sums = probabilities.cumSum(0)) {
      return pick(floats(sums), x.length, u);
    }
  }

  private NDArray probabilities(float[] x, float temperature) {
    buffer.put(0, x);
    if (temperature != 1) {
      row.divi(temperature);
    }
    return row.softmax(0);
  }

  /** The size of the shortest prefix with a mass of p. */
  private static int nucleus(FloatBuffer sums, float p) {
    return Math.min(below(sums, sums.capacity(), p) + 1, sums.capacity());
  }

  /** The place of the token that the share u of the first sums' mass falls on. */
  private static int pick(FloatBuffer sums, int size, double u) {
    float total = sums.get(size - 1);
    float target = Math.min((float) (u * total), Math.nextDown(total));
    return below(sums, size, Math.nextUp(target));
  }

  /** How many of the first sums, which ascend, lie below a limit. */
  private static int below(FloatBuffer sums, int size, float limit) {
    int low = 0;
    int high = size;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (sums.get(middle) < limit) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private static void copy(NDList best, int size, int[] ids, float[] values) {
    floats(best.get(0)).get(0, values, 0, size);
    LongBuffer from = longs(best.get(1));
    for (int i = 0; i < size; i++) {
      ids[i] = (int) from.get(i);
    }
  }

  /** A view of a tensor's own memory. */
  private static FloatBuffer floats(NDArray array) {
    return array.toByteBuffer(true).asFloatBuffer();
  }

  private static LongBuffer longs(NDArray array) {
    return array.toByteBuffer(true).asLongBuffer();
  }
}
