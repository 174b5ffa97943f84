package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** {@code bin/benchmark --help} shows a file, so that it need not build the program first. */
class HelpTest {
  @Test
  void theFileIsWhatTheProgramSays() throws Exception {
    String help = new CommandLine(Main.class).getUsageMessage(CommandLine.Help.Ansi.OFF);
    Path written = Files.writeString(Path.of("target", "help.txt"), help);
    String message = "the options have changed: cp bench/" + written + " bench/help.txt";
    assertEquals(help, Files.readString(Path.of("help.txt")), message);
  }
}
