package org.logitkernels.testkit;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the fixtures that lie beside this class. */
final class Fixtures {
  private static final Pattern HEADER =
      Pattern.compile(
          "\\{'descr': '<f4', 'fortran_order': False, 'shape': \\((\\d+), (\\d+)\\), \\}\\s*");

  private Fixtures() {}

  /** A JSON file. */
  static JsonNode json(String name) {
    try {
      return new ObjectMapper().readTree(bytes(name));
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  /** A NumPy file of little-endian float32 rows, format version 1. */
  static Matrix npy(String name) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes(name)).order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[8];
    buffer.get(magic);
    check(name, new String(magic, StandardCharsets.ISO_8859_1).equals("\u0093NUMPY\1\0"));
    byte[] header = new byte[Short.toUnsignedInt(buffer.getShort())];
    buffer.get(header);
    Matcher shape = HEADER.matcher(new String(header, StandardCharsets.ISO_8859_1));
    check(name, shape.matches());
    int rows = Integer.parseInt(shape.group(1));
    int columns = Integer.parseInt(shape.group(2));
    check(name, buffer.remaining() == 4L * rows * columns);
    float[] values = new float[rows * columns];
    buffer.asFloatBuffer().get(values);
    return new Matrix(rows, columns, values);
  }

  private static byte[] bytes(String name) {
    try (InputStream in = Fixtures.class.getResourceAsStream(name)) {
      check(name, in != null);
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(name, e);
    }
  }

  private static void check(String name, boolean expected) {
    if (!expected) {
      throw new IllegalStateException(name + " is missing or not as expected");
    }
  }

  /**
   * Rows one behind the other.
   *
   * @param rows how many
   * @param columns logits in each
   * @param values all of them
   */
  record Matrix(int rows, int columns, float[] values) {}
}
