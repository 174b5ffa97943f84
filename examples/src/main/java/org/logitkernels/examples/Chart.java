package org.logitkernels.examples;

import java.io.PrintStream;

/**
 * Bars and short texts for the terminal: block characters where it can show them, plain ASCII where
 * not.
 */
final class Chart {
  private static final String EIGHTHS = " ▏▎▍▌▋▊▉█";

  private final boolean blocks;

  Chart(PrintStream out) {
    blocks = out.charset().newEncoder().canEncode(EIGHTHS);
  }

  /** A bar of {@code fraction * width} columns, padded to {@code width}. */
  String bar(double fraction, int width) {
    double length = Math.clamp(fraction, 0, 1) * width;
    StringBuilder bar = new StringBuilder();
    for (int i = 0; i < width; i++) {
      int eighths = (int) Math.clamp(Math.round((length - i) * 8), 0L, 8L);
      bar.append(blocks ? EIGHTHS.charAt(eighths) : eighths >= 4 ? '#' : ' ');
    }
    return bar.toString();
  }

  /** A text in quotes with its line breaks shown, cut or padded to {@code width} columns. */
  static String quote(String text, int width) {
    String line = text.replace("\n", "\\n").replace("\t", "\\t");
    String quoted = '"' + line + '"';
    return Columns.pad(
        Columns.width(quoted) <= width ? quoted : Columns.head('"' + line, width - 3) + "..",
        width);
  }
}
