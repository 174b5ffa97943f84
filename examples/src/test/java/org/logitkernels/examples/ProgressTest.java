package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class ProgressTest {
  /** How much of 400 steps is shown when 100 are done, and what then stays on a terminal. */
  private static String shown(Charset charset, int columns) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream err = new PrintStream(bytes, true, charset);
    try (Progress progress = Progress.on(err, columns, "Rows", 400)) {
      progress.at(100);
      for (int wait = 0; wait < 200 && !bytes.toString(charset).contains(" 25% "); wait++) {
        Thread.sleep(50);
      }
    }
    return bytes.toString(charset);
  }

  @Test
  void theTimeLeftIsShownWithoutColoursAndGoes() throws Exception {
    String shown = shown(UTF_8, 80);
    assertTrue(
        Pattern.compile("\rRows +25% \\|█+.*\\| 100/400 \\(0:00:0\\d / 0:00:0\\d\\) ?")
            .matcher(shown)
            .find(),
        shown);
    assertFalse(shown.contains("\u001b"), "colours, or what moves the cursor");
    assertFalse(shown.contains("\n"), "a line that stays");
    String[] drawn = shown.split("\r");
    assertEquals("", drawn[drawn.length - 1].strip());
    for (String line : drawn) {
      assertTrue(line.length() < 80, line);
    }
  }

  @Test
  void aTerminalWithoutBlockCharactersGetsPlainOnes() throws Exception {
    String shown = shown(US_ASCII, 60);
    assertTrue(Pattern.compile("25% \\[=+>? +\\]").matcher(shown).find(), shown);
    assertFalse(shown.contains("?%"), shown);
  }

  @Test
  void whereNobodyLooksNothingIsShown() throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (Progress progress = Progress.of(new PrintStream(bytes, true, UTF_8), "Rows", 400)) {
      progress.at(100);
    }
    assertEquals("", bytes.toString(UTF_8));
  }
}
