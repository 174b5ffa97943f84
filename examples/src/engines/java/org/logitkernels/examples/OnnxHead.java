package org.logitkernels.examples;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.logitkernels.ElementType;
import org.logitkernels.Sampler;

/**
 * A model's output head in ONNX Runtime: hidden states in, rows of logits out. Both lie in direct
 * buffers of this class, which ONNX Runtime reads and writes in place, and so does the sampler.
 *
 * <p>A tensor that ONNX Runtime allocates has no buffer to share, and every accessor of one copies;
 * so the logits go to a pinned output, a tensor over a buffer that was there before the run.
 */
final class OnnxHead implements AutoCloseable {
  /** One row for each sequence: write the hidden states here. */
  final FloatBuffer hidden;

  /** One row for each sequence, after {@link #run}. */
  final MemorySegment logits;

  private final int vocabulary;
  private final ElementType type;
  private final OrtSession session;
  private final OnnxTensor input;
  final OnnxTensor output;
  private final Map<String, OnnxTensor> inputs;
  private final Map<String, OnnxTensor> pinnedOutputs;

  /** The head of a model for so many sequences at a time, with logits of a type. */
  OnnxHead(Checkpoint model, int rows, ElementType type) throws OrtException {
    this.vocabulary = model.vocabularySize;
    this.type = type;
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (OrtSession.SessionOptions options = new OrtSession.SessionOptions()) {
      options.setIntraOpNumThreads(1); // more do not help a head this small
      session = environment.createSession(onnx(model, rows, type), options);
    }
    int dim = model.dim;
    // docs/engines.md: tensors
    ByteBuffer hiddenBytes = direct(rows * dim * Float.BYTES);
    ByteBuffer logitBytes = direct(rows * vocabulary * type.bytes());
    OnnxJavaType stored =
        switch (type) {
          case FLOAT32 -> OnnxJavaType.FLOAT;
          case FLOAT16 -> OnnxJavaType.FLOAT16;
          case BFLOAT16 -> OnnxJavaType.BFLOAT16;
        };
    input =
        OnnxTensor.createTensor(
            environment, hiddenBytes, new long[] {rows, dim}, OnnxJavaType.FLOAT);
    output =
        OnnxTensor.createTensor(environment, logitBytes, new long[] {rows, vocabulary}, stored);
    inputs = Map.of("hidden", input);
    pinnedOutputs = Map.of("logits", output);

    hidden = hiddenBytes.asFloatBuffer(); // views of the memory that the tensors are over
    logits = MemorySegment.ofBuffer(logitBytes);
    // docs/engines.md: end
  }

  /** Computes the logits of all rows. */
  // docs/engines.md: run
  void run() throws OrtException {
    session.run(inputs, pinnedOutputs).close(); // closes the result, and not what is pinned
  }

  int sample(Sampler sampler, int row) {
    long rowBytes = (long) vocabulary * type.bytes();
    return sampler.sample(logits, row * rowBytes, vocabulary, type);
  }

  // docs/engines.md: end

  @Override
  public void close() throws OrtException {
    input.close();
    output.close();
    session.close();
  }

  // docs/engines.md: direct
  static ByteBuffer direct(int bytes) {
    return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
  }

  // docs/engines.md: end

  /**
   * The head as an ONNX model, with its weights: {@code logits = hidden * classifier^T}, cast to
   * the type.
   */
  static byte[] onnx(Checkpoint model, int rows, ElementType type) {
    int vocabulary = model.vocabularySize;
    Matrix classifier = model.classifier;
    byte[] weights = // little-endian in both formats
        classifier
            .data()
            .asSlice(Float.BYTES * classifier.from(), 4L * vocabulary * model.dim)
            .toArray(ValueLayout.JAVA_BYTE);
    int element = // of TensorProto.DataType
        switch (type) {
          case FLOAT32 -> 1;
          case FLOAT16 -> 10;
          case BFLOAT16 -> 16;
        };
    Message product =
        new Message()
            .text(1, "hidden")
            .text(1, "classifier")
            .text(2, "products")
            .text(4, "Gemm")
            .message(5, new Message().text(1, "transB").number(3, 1).number(20, 2));
    Message cast =
        new Message()
            .text(1, "products")
            .text(2, "logits")
            .text(4, "Cast") // to FLOAT32 it is nothing, and is optimised away
            .message(5, new Message().text(1, "to").number(3, element).number(20, 2));
    Message graph =
        new Message()
            .message(1, product)
            .message(1, cast)
            .text(2, "head")
            .message(
                5,
                new Message()
                    .number(1, vocabulary)
                    .number(1, model.dim)
                    .number(2, 1)
                    .text(8, "classifier")
                    .bytes(9, weights))
            .message(11, matrix("hidden", 1, rows, model.dim))
            .message(12, matrix("logits", element, rows, vocabulary));
    return new Message()
        .number(1, 8)
        .message(7, graph)
        .message(8, new Message().number(2, 13))
        .out
        .toByteArray();
  }

  /** Name, type and shape of an input or output. */
  private static Message matrix(String name, int element, int rows, int columns) {
    Message shape =
        new Message()
            .message(1, new Message().number(1, rows))
            .message(1, new Message().number(1, columns));
    Message tensor = new Message().number(1, element).message(2, shape);
    return new Message().text(1, name).message(2, new Message().message(1, tensor));
  }

  /** A protocol buffer; the field numbers are those of {@code onnx.proto}. */
  private static final class Message {
    final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Message number(int field, long value) {
      return varint((long) field << 3).varint(value);
    }

    Message text(int field, String value) {
      return bytes(field, value.getBytes(StandardCharsets.UTF_8));
    }

    Message message(int field, Message value) {
      return bytes(field, value.out.toByteArray());
    }

    Message bytes(int field, byte[] value) {
      varint((long) field << 3 | 2).varint(value.length);
      out.writeBytes(value);
      return this;
    }

    private Message varint(long value) {
      long rest = value;
      for (; rest >>> 7 != 0; rest >>>= 7) {
        out.write((int) rest & 0x7f | 0x80);
      }
      out.write((int) rest);
      return this;
    }
  }
}
