package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** Peers are measured if they are asked for, and those that are named. */
class PeersTest {
  @Test
  void thoseThatAreNamed() {
    assertEquals(List.of("vector", "jlama"), who("--peers", "--backend", "vector,jlama"));
    assertEquals(List.of("pytorch"), who("--backend", "pytorch", "--peers"));
  }

  @Test
  void allIfNoneIsNamed() {
    assertEquals(
        List.of("vector", "jlama", "onnxruntime", "pytorch"),
        who("--peers", "--backend", "vector"));
    assertEquals(
        List.of("vector", "scalar", "naive", "jlama", "onnxruntime", "pytorch"),
        who("--quick", "--peers"));
  }

  @Test
  void noneWithoutTheOption() {
    assertEquals(List.of("vector", "scalar", "naive"), who("--quick"));
  }

  private static List<String> who(String... arguments) {
    CommandLine line = new CommandLine(Main.class).setCaseInsensitiveEnumValuesAllowed(true);
    line.parseArgs(arguments);
    return line.<Main>getCommand().who();
  }
}
