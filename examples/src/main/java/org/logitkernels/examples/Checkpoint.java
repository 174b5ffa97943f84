package org.logitkernels.examples;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A llama2.c version-0 checkpoint, mapped and not copied: seven ints, then the weights as
 * little-endian floats. A negative vocabulary size says that the classifier has weights of its own;
 * otherwise it is the token embedding.
 */
final class Checkpoint {
  private static final int HEADER_BYTES = 7 * Integer.BYTES;

  /** What files of the later versions start with ("ak42"). */
  private static final int MAGIC_OF_LATER_VERSIONS = 0x616b3432;

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  final int dim;
  final int hiddenDim;
  final int heads;
  final int keyValueHeads;
  final int vocabularySize;
  final int contextLength;
  final int layers;
  final Matrix embedding;

  // One for each layer.
  final List<float[]> attentionNorm;
  final List<Matrix> query;
  final List<Matrix> key;
  final List<Matrix> value;
  final List<Matrix> output;
  final List<float[]> feedForwardNorm;
  final List<Matrix> gate;
  final List<Matrix> down;
  final List<Matrix> up;

  final float[] finalNorm;
  final Matrix classifier;

  private final Path file;
  private final MemorySegment data;
  private long position = HEADER_BYTES / Float.BYTES;

  static Checkpoint read(Path file) throws BadInputException {
    return new Checkpoint(file, map(file));
  }

  private Checkpoint(Path file, MemorySegment data) throws BadInputException {
    this.file = file;
    this.data = data;
    if (data.byteSize() < HEADER_BYTES) {
      throw notACheckpoint(
          "its header takes " + HEADER_BYTES + " bytes, but the file has " + data.byteSize());
    }
    int[] header = data.asSlice(0, HEADER_BYTES).toArray(INT);
    if (header[0] == MAGIC_OF_LATER_VERSIONS) {
      throw notACheckpoint("it has the mark of a later version (export it with --version 0)");
    }
    dim = inRange("dim", header[0], 1 << 16);
    hiddenDim = inRange("hidden_dim", header[1], 1 << 20);
    layers = inRange("n_layers", header[2], 1 << 12);
    heads = inRange("n_heads", header[3], dim);
    keyValueHeads = inRange("n_kv_heads", header[4], heads);
    boolean shared = header[5] > 0;
    vocabularySize = inRange("vocab_size", shared ? header[5] : -header[5], 1 << 24);
    contextLength = inRange("seq_len", header[6], 1 << 24);
    if (dim % heads != 0 || dim / heads % 2 != 0 || heads % keyValueHeads != 0) {
      throw notACheckpoint(
          "dim %d, n_heads %d and n_kv_heads %d in its header do not divide into heads"
              .formatted(dim, heads, keyValueHeads));
    }
    checkLength(shared);

    embedding = matrices(1, vocabularySize, dim).getFirst();
    attentionNorm = vectors(layers, dim);
    query = matrices(layers, dim, dim);
    key = matrices(layers, keyValueDim(), dim);
    value = matrices(layers, keyValueDim(), dim);
    output = matrices(layers, dim, dim);
    feedForwardNorm = vectors(layers, dim);
    gate = matrices(layers, hiddenDim, dim);
    down = matrices(layers, dim, hiddenDim);
    up = matrices(layers, hiddenDim, dim);
    finalNorm = vectors(1, dim).getFirst();
    position += (long) contextLength * headSize(); // tables of the rotations, which we compute
    classifier = shared ? embedding : matrices(1, vocabularySize, dim).getFirst();
  }

  int headSize() {
    return dim / heads;
  }

  /**
   * The width of a key or a value: smaller than {@link #dim} where several query heads share one.
   */
  int keyValueDim() {
    return headSize() * keyValueHeads;
  }

  private void checkLength(boolean shared) throws BadInputException {
    long attention = 2L * dim * dim + 2L * dim * keyValueDim();
    long floats =
        (shared ? 1L : 2L) * vocabularySize * dim
            + layers * (2L * dim + attention + 3L * dim * hiddenDim)
            + dim
            + (long) contextLength * headSize();
    long expected = HEADER_BYTES + Float.BYTES * floats;
    if (data.byteSize() < expected) {
      throw new BadInputException(
          "the checkpoint %s is truncated: its header asks for %,d bytes, but the file has %,d"
              .formatted(file, expected, data.byteSize()));
    }
    if (data.byteSize() > expected) {
      throw notACheckpoint(
          "its header asks for %,d bytes, but the file has %,d"
              .formatted(expected, data.byteSize()));
    }
  }

  private List<Matrix> matrices(int count, int rows, int columns) {
    List<Matrix> result = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      result.add(new Matrix(data, position, columns));
      position += (long) rows * columns;
    }
    return result;
  }

  private List<float[]> vectors(int count, int length) {
    List<float[]> result = new ArrayList<>();
    for (Matrix row : matrices(count, 1, length)) {
      float[] vector = new float[length];
      row.copyRow(0, vector);
      result.add(vector);
    }
    return result;
  }

  private int inRange(String name, int value, int max) throws BadInputException {
    if (value < 1 || value > max) {
      throw notACheckpoint(
          "%s in its header is %d, where 1 to %d was expected".formatted(name, value, max));
    }
    return value;
  }

  private BadInputException notACheckpoint(String why) {
    return new BadInputException(file + " is not a llama2.c version-0 checkpoint: " + why);
  }

  private static MemorySegment map(Path file) throws BadInputException {
    checkReadable("checkpoint", file);
    try (FileChannel channel = FileChannel.open(file)) {
      return channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
    } catch (IOException e) {
      throw new BadInputException("the checkpoint " + file + " cannot be read: " + e.getMessage());
    }
  }

  static void checkReadable(String what, Path file) throws BadInputException {
    if (!Files.exists(file)) {
      throw new BadInputException("the " + what + " " + file + " does not exist");
    }
    if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
      throw new BadInputException("the " + what + " " + file + " is not a readable file");
    }
  }
}
