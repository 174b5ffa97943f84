package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The program runs on Jlama's own sampler, and prints what it measured. */
class EngineSamplersTest {
  @Test
  void jlama() throws Exception {
    String line = line("Jlama");
    assertEquals(7, line.strip().split(" +").length, line);
    assertTrue(Double.parseDouble(line.strip().split(" +")[5]) > 0, line);
  }

  @Test
  void anEngineThatIsNotThereHasNoLine() throws Exception {
    assertEquals("", line("llama3.java"));
  }

  private static String line(String engine) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    EngineSamplers.time(
        new PrintStream(bytes, true, StandardCharsets.UTF_8), engine, 32_000, 0.6f, 1);
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
