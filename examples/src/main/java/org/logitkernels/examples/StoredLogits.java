package org.logitkernels.examples;

import java.io.Closeable;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.logitkernels.ElementType;
import org.logitkernels.Logits;

/**
 * Rows of logits with their targets in a file, mapped and not copied.
 *
 * <p>A header of 64 bytes: {@code LKLOGITS}, an int 1 as the version, an int 0x01020304 that shows
 * the order of bytes, an int for the element type (0 float32, 1 float16, 2 bfloat16), an int for
 * the vocabulary, a long for the number of rows, and zeros. Then the rows, each as many elements as
 * the vocabulary. Behind them the targets, an int each. Numbers are in the machine's byte order.
 */
final class StoredLogits {
  private static final byte[] MAGIC = "LKLOGITS".getBytes(StandardCharsets.US_ASCII);
  private static final int VERSION = 1;
  private static final int ORDER = 0x01020304;
  private static final int HEADER_BYTES = 64;
  private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED;
  private static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED;

  private final Path file;
  private final MemorySegment data;
  private final ElementType type;
  private final int vocabulary;
  private final long rows;

  private StoredLogits(Path file, MemorySegment data) throws BadInputException {
    this.file = file;
    this.data = data;
    if (data.byteSize() < HEADER_BYTES
        || data.asSlice(0, MAGIC.length).mismatch(MemorySegment.ofArray(MAGIC)) >= 0) {
      throw notLogits("it does not begin with LKLOGITS and a header of 64 bytes");
    }
    int order = data.get(INT, 12);
    if (order == Integer.reverseBytes(ORDER)) {
      throw notLogits("its numbers have another order of bytes than this machine's");
    }
    if (data.get(INT, 8) != VERSION || order != ORDER) {
      throw notLogits("it has the version " + data.get(INT, 8) + ", where 1 was expected");
    }
    int number = data.get(INT, 16);
    if (number < 0 || number >= ElementType.values().length) {
      throw notLogits("its element type is " + number + ", where 0 to 2 was expected");
    }
    type = ElementType.values()[number];
    vocabulary = data.get(INT, 20);
    rows = data.get(LONG, 24);
    if (vocabulary < 1 || vocabulary > 1 << 24 || rows < 1 || rows > 1L << 32) {
      throw notLogits("its header tells of %,d rows of %,d logits".formatted(rows, vocabulary));
    }
    long expected = HEADER_BYTES + rows * (bytesOfRow() + Integer.BYTES);
    if (data.byteSize() != expected) {
      throw notLogits(
          "its header asks for %,d bytes, but the file has %,d"
              .formatted(expected, data.byteSize()));
    }
    for (long row = 0; row < rows; row++) {
      if (target(row) < 0 || target(row) >= vocabulary) {
        throw notLogits(
            "the target of row %,d is token %,d, but there are %,d tokens"
                .formatted(row, target(row), vocabulary));
      }
    }
  }

  static StoredLogits read(Path file) throws BadInputException {
    Checkpoint.checkReadable("file of logits", file);
    try (FileChannel channel = FileChannel.open(file)) {
      return new StoredLogits(
          file, channel.map(MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
    } catch (IOException e) {
      throw new BadInputException("the file " + file + " cannot be read: " + e.getMessage());
    }
  }

  private BadInputException notLogits(String why) {
    return new BadInputException(file + " is no file of logits: " + why);
  }

  Path file() {
    return file;
  }

  ElementType type() {
    return type;
  }

  int vocabulary() {
    return vocabulary;
  }

  long rows() {
    return rows;
  }

  private long bytesOfRow() {
    return (long) vocabulary * type.bytes();
  }

  /** Points at a row. */
  Logits row(Logits place, long row) {
    return place.at(data, HEADER_BYTES + row * bytesOfRow(), vocabulary, type);
  }

  /** The token that came after a row. */
  int target(long row) {
    return data.get(INT, HEADER_BYTES + rows * bytesOfRow() + row * Integer.BYTES);
  }

  /** Stores a row in a type, each logit rounded to the nearest number of the type, ties to even. */
  static void store(float[] row, ElementType type, MemorySegment to) {
    for (int i = 0; i < row.length; i++) {
      switch (type) {
        case FLOAT32 -> to.set(ValueLayout.JAVA_FLOAT_UNALIGNED, 4L * i, row[i]);
        case FLOAT16 ->
            to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, Float.floatToFloat16(row[i]));
        case BFLOAT16 -> {
          int bits = Float.floatToRawIntBits(row[i]);
          int rounded = bits + 0x7fff + (bits >>> 16 & 1) >>> 16;
          to.set(ValueLayout.JAVA_SHORT_UNALIGNED, 2L * i, (short) rounded);
        }
      }
    }
  }

  /** Writes such a file, row by row. */
  static final class Writer implements Closeable {
    private final FileChannel channel;
    private final ElementType type;
    private final int vocabulary;
    private final int[] targets;
    private int rows;

    /** For so many rows, of which each must come. */
    Writer(Path file, ElementType type, int vocabulary, int rows) throws IOException {
      this.type = type;
      this.vocabulary = vocabulary;
      this.targets = new int[rows];
      channel =
          FileChannel.open(
              file,
              StandardOpenOption.CREATE,
              StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE);
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES).order(ByteOrder.nativeOrder());
      header.put(MAGIC).putInt(VERSION).putInt(ORDER).putInt(type.ordinal()).putInt(vocabulary);
      write(header.putLong(rows).clear());
    }

    /** Adds a row, as {@link StoredLogits#store} has stored it. */
    void add(MemorySegment row, int target) throws IOException {
      targets[rows++] = target;
      write(row.asSlice(0, (long) vocabulary * type.bytes()).asByteBuffer());
    }

    private void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void close() throws IOException {
      try (channel) {
        ByteBuffer bytes = ByteBuffer.allocate(Integer.BYTES * targets.length);
        bytes.order(ByteOrder.nativeOrder()).asIntBuffer().put(targets);
        write(bytes);
      }
    }
  }
}
