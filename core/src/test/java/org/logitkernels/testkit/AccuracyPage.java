package org.logitkernels.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** The tables of docs/accuracy.md, which an exhaustive run makes. */
public final class AccuracyPage {
  private final List<String> lines;

  /** Reads it, from a module's folder. */
  public AccuracyPage() {
    try {
      lines = Files.readAllLines(Path.of("../docs/accuracy.md"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The line of a table that begins with a label; empty if there is none. */
  public String line(String label) {
    return lines.stream().filter(line -> line.startsWith("| " + label + " |")).findAny().orElse("");
  }

  /** A cell of that line, the label being the first. */
  public String cell(String label, int column) {
    return cells(line(label))[column];
  }

  /** The cells of a line. */
  static String[] cells(String line) {
    return Arrays.stream(line.split("\\|")).skip(1).map(String::strip).toArray(String[]::new);
  }

  /** A maximum, rounded up, so that it is one as printed. */
  static String up(double value, int digits) {
    return new BigDecimal(value).setScale(digits, RoundingMode.CEILING).toPlainString();
  }
}
