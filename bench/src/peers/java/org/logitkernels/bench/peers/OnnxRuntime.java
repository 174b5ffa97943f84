package org.logitkernels.bench.peers;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import org.logitkernels.bench.Workload;

/**
 * ONNX Runtime: its Softmax, TopK and ArgMax, each in a model of its own, on one thread. Inputs and
 * outputs are tensors over direct buffers, bound once; every call includes a copy of the row into
 * the one and of the results out of the others.
 */
public final class OnnxRuntime implements Workload {
  private static final int FLOAT = 1;
  private static final int INT64 = 7;

  private final OrtEnvironment environment = OrtEnvironment.getEnvironment();
  private final int vocabulary;
  private final FloatBuffer row;
  private final Map<String, OnnxTensor> inputs;
  private final Softmax softmax;
  private final ArgMax argMax;
  private final Map<Integer, TopK> topK = new HashMap<>();
  private final float[] out;

  private record Softmax(
      OrtSession session, Map<String, OnnxTensor> outputs, FloatBuffer probabilities) {}

  private record ArgMax(OrtSession session, Map<String, OnnxTensor> outputs, LongBuffer id) {}

  private record TopK(
      OrtSession session, Map<String, OnnxTensor> outputs, FloatBuffer values, LongBuffer ids) {}

  /**
   * Sessions for rows of one length.
   *
   * @param vocabulary logits in a row
   */
  public OnnxRuntime(int vocabulary) {
    this.vocabulary = vocabulary;
    out = new float[vocabulary];
    row = floats(vocabulary);
    try {
      inputs = Map.of("x", tensor(row));
      softmax = softmax();
      argMax = argMax();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  /** ArgMax, after a copy in; one id is copied out. */
  @Override
  public int argMax(float[] x) {
    row.put(0, x);
    run(argMax.session, argMax.outputs);
    return (int) argMax.id.get(0);
  }

  /** Softmax, between a copy in and a copy out. */
  @Override
  public float[] softmax(float[] x) {
    row.put(0, x);
    run(softmax.session, softmax.outputs);
    softmax.probabilities.get(0, out);
    return out;
  }

  /** TopK, largest and sorted, after a copy in; k values and k ids are copied out. */
  @Override
  public int topK(float[] x, int k, int[] ids, float[] values) {
    int size = Math.min(k, vocabulary);
    TopK best = topK.computeIfAbsent(size, this::topK);
    row.put(0, x);
    run(best.session, best.outputs);
    best.values.get(0, values, 0, size);
    for (int i = 0; i < size; i++) {
      ids[i] = (int) best.ids.get(i);
    }
    return size;
  }

  private void run(OrtSession session, Map<String, OnnxTensor> outputs) {
    try {
      session.run(inputs, outputs).close();
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private Softmax softmax() throws OrtException {
    FloatBuffer probabilities = floats(vocabulary);
    Message graph =
        new Message()
            .message(1, node("Softmax").text(1, "x").text(2, "y"))
            .message(12, value("y", FLOAT, vocabulary));
    return new Softmax(session(graph), Map.of("y", tensor(probabilities)), probabilities);
  }

  private ArgMax argMax() throws OrtException {
    LongBuffer id = longs(1);
    Message graph =
        new Message()
            .message(1, node("ArgMax").text(1, "x").text(2, "y"))
            .message(12, value("y", INT64, 1));
    return new ArgMax(session(graph), Map.of("y", tensor(id)), id);
  }

  private TopK topK(int k) {
    FloatBuffer values = floats(k);
    LongBuffer ids = longs(k);
    Message graph =
        new Message()
            .message(
                1,
                node("TopK")
                    .text(1, "x")
                    .text(1, "k")
                    .text(2, "values")
                    .text(2, "ids")
                    .message(5, attribute("largest", 1))
                    .message(5, attribute("sorted", 1)))
            .message(5, new Message().number(1, 1).number(2, INT64).number(7, k).text(8, "k"))
            .message(12, value("values", FLOAT, k))
            .message(12, value("ids", INT64, k));
    try {
      return new TopK(
          session(graph), Map.of("values", tensor(values), "ids", tensor(ids)), values, ids);
    } catch (OrtException e) {
      throw new IllegalStateException(e);
    }
  }

  private OrtSession session(Message graph) throws OrtException {
    graph.text(2, "graph").message(11, value("x", FLOAT, vocabulary));
    Message model =
        new Message().number(1, 8).message(7, graph).message(8, new Message().number(2, 13));
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1);
      options.setInterOpNumThreads(1);
      return environment.createSession(model.bytes.toByteArray(), options);
    }
  }

  private OnnxTensor tensor(FloatBuffer buffer) throws OrtException {
    return OnnxTensor.createTensor(environment, buffer, new long[] {1, buffer.capacity()});
  }

  private OnnxTensor tensor(LongBuffer buffer) throws OrtException {
    return OnnxTensor.createTensor(environment, buffer, new long[] {1, buffer.capacity()});
  }

  private static FloatBuffer floats(int size) {
    return bytes(size, Float.BYTES).asFloatBuffer();
  }

  private static LongBuffer longs(int size) {
    return bytes(size, Long.BYTES).asLongBuffer();
  }

  private static ByteBuffer bytes(int size, int each) {
    return ByteBuffer.allocateDirect(Math.multiplyExact(size, each)).order(ByteOrder.nativeOrder());
  }

  /** An operator along the row. */
  private static Message node(String operator) {
    return new Message().text(4, operator).message(5, attribute("axis", -1));
  }

  private static Message attribute(String name, int value) {
    return new Message().text(1, name).number(3, value).number(20, 2);
  }

  /** Name and type of a one-row matrix. */
  private static Message value(String name, int element, int columns) {
    Message shape =
        new Message()
            .message(1, new Message().number(1, 1))
            .message(1, new Message().number(1, columns));
    Message type = new Message().number(1, element).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, type));
  }

  /** A protocol buffer; the field numbers are those of {@code onnx.proto}. */
  private static final class Message {
    final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    Message number(int field, long value) {
      varint((long) field << 3);
      varint(value);
      return this;
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.bytes.toByteArray());
    }

    private Message bytes(int field, byte[] value) {
      varint((long) field << 3 | 2);
      varint(value.length);
      bytes.writeBytes(value);
      return this;
    }

    private void varint(long value) {
      long rest = value;
      for (; rest >>> 7 != 0; rest >>>= 7) {
        bytes.write((int) rest & 0x7f | 0x80);
      }
      bytes.write((int) rest);
    }
  }
}
