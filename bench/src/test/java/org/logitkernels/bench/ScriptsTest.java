package org.logitkernels.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The scripts in {@code bin}: what they do at once, and that nothing outlives them. */
@DisabledOnOs(OS.WINDOWS)
class ScriptsTest {
  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  @TempDir Path folder;

  static List<Path> scripts() throws IOException {
    try (Stream<Path> files = Files.list(ROOT.resolve("bin"))) {
      return files.filter(Files::isExecutable).sorted().toList();
    }
  }

  /** Of a copy without Maven, on a PATH without java: whatever looked for one would fail. */
  @ParameterizedTest
  @MethodSource("scripts")
  void helpNeedsNoBuildAndNoJdk(Path script) throws Exception {
    String name = "bin/" + script.getFileName();
    Output help = bare(name, "--help");
    assertEquals(0, help.status, help.err);
    assertEquals("", help.err);
    assertTrue(help.out.startsWith("Usage: " + name), help.out);
    assertTrue(help.out.contains("-h, --help"), help.out);
    assertTrue(help.out.contains("Example"), help.out);
    assertTrue(help.out.contains("Exit status: 0"), help.out);
    assertEquals(help, bare(name, "-h"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"golden", "mutants", "release", "reproduce", "smoke", "twins"})
  void anUnknownOptionIsNamed(String name) throws Exception {
    Output output = bare("bin/" + name, "--bogus");
    assertEquals(2, output.status);
    assertEquals("", output.out);
    assertTrue(output.err.startsWith("bin/" + name + ": unknown option '--bogus'"), output.err);
    assertEquals(1, output.err.lines().count(), output.err);
  }

  @Test
  void aWordThatIsNoCommandIsNamed() throws Exception {
    Output output = bare("bin/golden", "no-java-here");
    assertEquals(2, output.status);
    assertTrue(output.err.startsWith("bin/golden: 'no-java-here' is no command"), output.err);
  }

  /**
   * What a script waits for, and what that has started, ends with the script; so do its folders.
   */
  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void aSignalEndsWhatTheScriptRuns(String signal) throws Exception {
    Path pids = folder.resolve("pids");
    Path script =
        Files.writeString(
            folder.resolve("script"),
            """
            set -euo pipefail
            . "$1/bin/jdk"
            new_folder work
            trap - INT # as in a shell that someone types into
            trap 'trap - INT; leave; kill -INT $$' INT
            child() {
              sleep 300 &
              echo "$!" >"$2.new"
              echo "$1" >>"$2.new"
              mv "$2.new" "$2"
              wait
            }
            run child "$work" "$2"
            """);
    List<String> command = List.of("bash", script.toString(), ROOT.toString(), pids.toString());
    Process process = new ProcessBuilder(ChildrenTest.heeding(command)).start();
    try {
      List<String> lines = linesOf(pids);
      ProcessHandle grandchild = ProcessHandle.of(Long.parseLong(lines.get(0))).orElseThrow();
      assertTrue(Files.isDirectory(Path.of(lines.get(1))));
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
      assertTrue(process.waitFor(20, TimeUnit.SECONDS), "the script goes on");
      assertTrue(process.exitValue() > 128, () -> "status " + process.exitValue());
      ChildrenTest.assertEnds(grandchild);
      assertFalse(Files.exists(Path.of(lines.get(1))), "a folder is left behind");
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /** Waits until a file is there. */
  static List<String> linesOf(Path file) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!Files.exists(file)) {
      assertTrue(System.nanoTime() < end, "nothing has written " + file);
      Thread.sleep(10);
    }
    return Files.readAllLines(file);
  }

  private record Output(int status, String out, String err) {}

  /** Runs a script in a copy of the project that has no sources, without a java to be found. */
  private Output bare(String script, String... arguments) throws Exception {
    Path copy = folder.resolve("copy");
    for (String part : List.of("bin", "bench", "examples", "spark")) {
      Files.createDirectories(copy.resolve(part));
      try (Stream<Path> files = Files.list(ROOT.resolve(part))) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          Path to = copy.resolve(part).resolve(file.getFileName());
          if (!Files.exists(to)) {
            Files.copy(file, to, StandardCopyOption.COPY_ATTRIBUTES);
          }
        }
      }
    }
    Path tools = folder.resolve("tools");
    if (!Files.exists(tools)) {
      Files.createDirectory(tools);
      for (String tool : List.of("bash", "sed", "cat", "basename", "dirname", "env")) {
        Path file = tools.resolve(tool);
        Files.writeString(file, "#!/bin/sh\nexec " + which(tool) + " \"$@\"\n");
        assertTrue(file.toFile().setExecutable(true));
      }
    }
    List<String> command = new ArrayList<>(List.of(copy.resolve(script).toString()));
    command.addAll(List.of(arguments));
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder.environment().clear();
    builder.environment().put("PATH", tools.toString());
    builder.environment().put("HOME", folder.toString());
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    boolean ended = process.waitFor(20, TimeUnit.SECONDS);
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
    assertTrue(ended, () -> command + " does not end");
    return new Output(process.exitValue(), Files.readString(out), Files.readString(err));
  }

  private static Path which(String tool) {
    return Stream.of(System.getenv("PATH").split(":"))
        .map(entry -> Path.of(entry, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }
}
