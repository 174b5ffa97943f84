package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.Console;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import org.jspecify.annotations.Nullable;

/** The terminal that the program runs in, if it does. */
final class Terminal {
  /** Where there is none, or it does not say. */
  static final int USUAL = 80;

  private static final String WIDTH = "[1-9][0-9]{0,4}";

  private Terminal() {}

  /** How many columns it has: as the variable COLUMNS says, or else as stty does. */
  static int columns() {
    return columns(System.getenv("COLUMNS"), size());
  }

  /** From COLUMNS, and from rows and columns with a blank between them. */
  static int columns(@Nullable String variable, String size) {
    if (variable != null && variable.matches(WIDTH)) {
      return Integer.parseInt(variable);
    }
    String width = size.strip().substring(size.strip().indexOf(' ') + 1);
    return width.matches(WIDTH) ? Integer.parseInt(width) : USUAL;
  }

  /** Whether standard error is one: of the streams, Java tells only of the other two. */
  static boolean isStandardError() {
    try {
      return new ProcessBuilder("test", "-t", "2").redirectError(Redirect.INHERIT).start().waitFor()
          == 0;
    } catch (IOException e) { // as on Windows, which has no test
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static String size() {
    Console console = System.console();
    if (console == null || !console.isTerminal()) {
      return "";
    }
    try {
      Process stty =
          new ProcessBuilder("stty", "size")
              .redirectInput(Redirect.INHERIT)
              .redirectError(Redirect.DISCARD)
              .start();
      return new String(stty.getInputStream().readAllBytes(), US_ASCII);
    } catch (IOException e) { // as on Windows, which has no stty
      return "";
    }
  }
}
