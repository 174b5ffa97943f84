package org.logitkernels.bench;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What measuring JVMs write, but for one line: each says that the Vector API incubates, and once is
 * enough, which this JVM says itself.
 */
final class ForkOutput extends OutputStream {
  private static final byte[] INCUBATING =
      "WARNING: Using incubator modules".getBytes(StandardCharsets.US_ASCII);

  private final OutputStream out;
  private final ByteArrayOutputStream line = new ByteArrayOutputStream();

  ForkOutput(OutputStream out) {
    this.out = out;
  }

  @Override
  public void write(int b) throws IOException {
    line.write(b);
    if (b == '\n') {
      flushLine();
    }
  }

  /** Writes a line that has no end, too. */
  @Override
  public void close() throws IOException {
    flushLine();
  }

  private void flushLine() throws IOException {
    byte[] bytes = line.toByteArray();
    line.reset();
    if (!startsWith(bytes, INCUBATING)) {
      out.write(bytes);
      out.flush();
    }
  }

  private static boolean startsWith(byte[] bytes, byte[] start) {
    return Arrays.mismatch(bytes, start) >= start.length || Arrays.equals(bytes, start);
  }
}
