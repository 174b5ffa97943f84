package org.logitkernels.examples;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * {@code bin/generate --help} and {@code bin/evaluate --help} show files, so that they need not
 * build the program first.
 */
class HelpTest {
  @Test
  void theFileIsWhatTheProgramSays() throws Exception {
    assertIsWritten(Generate.class, "help.txt");
    assertIsWritten(Evaluate.class, "help-evaluate.txt");
  }

  /** Fails if a file is not what a program says of itself, and says how to renew it. */
  static void assertIsWritten(Class<?> program, String file) throws Exception {
    String help = new CommandLine(program).getUsageMessage(CommandLine.Help.Ansi.OFF);
    Path written = Files.writeString(Path.of("target", file), help);
    String message = "the options have changed: cp examples/" + written + " examples/" + file;
    assertEquals(help, Files.readString(Path.of(file)), message);
  }
}
