package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code --help} of a script shows a file, so that it need not build the program first. */
class HelpTest {
  @Test
  void theFileIsWhatTheProgramSays() throws Exception {
    assertIsWritten(new CommandLine(Main.class), "help.txt");
  }

  @Test
  void soIsThatOfTheComparisonWithTheLimit() throws Exception {
    assertIsWritten(Limit.commandLine(Path.of("..")), "help-limit.txt");
  }

  private static void assertIsWritten(CommandLine program, String file) throws Exception {
    String help = program.getUsageMessage(CommandLine.Help.Ansi.OFF);
    Path written = Files.writeString(Path.of("target", file), help);
    String message = "the options have changed: cp bench/" + written + " bench/" + file;
    assertEquals(help, Files.readString(Path.of(file)), message);
  }
}
