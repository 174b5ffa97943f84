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
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A JVM that measures starts others, and none of them outlives it. */
@DisabledOnOs(OS.WINDOWS)
class ChildrenTest {
  @TempDir Path folder;

  /** A program that starts another, again and again, as JMH does, and waits for it. */
  static final class Starts {
    public static void main(String[] args) throws Exception {
      Children.endWithThisJvm();
      while (true) {
        Process child = new ProcessBuilder(command(Child.class, args)).start();
        child.waitFor();
        Children.awaitEnd();
        if (args.length > 1) { // to show what would come of it
          Files.writeString(Path.of(args[1]), "");
        }
      }
    }
  }

  /** The other: it starts a third, and names itself and it. */
  static final class Child {
    public static void main(String[] args) throws Exception {
      Process grandchild = new ProcessBuilder("sleep", "300").start();
      Path written = Files.createTempFile(Path.of(args[0]).getParent(), "pids", "");
      Files.writeString(written, ProcessHandle.current().pid() + "\n" + grandchild.pid());
      Files.move(written, Path.of(args[0]), StandardCopyOption.REPLACE_EXISTING);
      grandchild.waitFor();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"TERM", "INT", "HUP"})
  void childrenAndTheirChildrenEnd(String signal) throws Exception {
    assertNothingIsLeft(signal, command(Starts.class, pids()));
  }

  @Test
  void theCallerOfAnEndedChildDoesNotTakeItForOneThatFailed() throws Exception {
    Path after = folder.resolve("after");
    assertNothingIsLeft("TERM", command(Starts.class, pids(), after.toString()));
    assertFalse(Files.exists(after), "it went on");
  }

  private String pids() {
    return folder.resolve("pids").toString();
  }

  private void assertNothingIsLeft(String signal, List<String> command) throws Exception {
    Path log = folder.resolve("log");
    Process process =
        new ProcessBuilder(heeding(command))
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    List<ProcessHandle> started = new ArrayList<>();
    try {
      for (String pid : ScriptsTest.linesOf(Path.of(pids()))) {
        started.add(ProcessHandle.of(Long.parseLong(pid)).orElseThrow());
      }
      assertEquals(2, started.size());
      new ProcessBuilder("kill", "-" + signal, "" + process.pid()).start().waitFor();
      assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it goes on");
      assertTrue(process.exitValue() > 128, () -> "status " + process.exitValue());
      for (ProcessHandle one : started) {
        assertEnds(one);
      }
    } finally {
      started.forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }
  }

  /**
   * A command that heeds signals, as one does that somebody types: what is started in the
   * background inherits that they are ignored. GNU's env can undo it, and where there is none,
   * nothing need be undone in a terminal.
   */
  static List<String> heeding(List<String> command) throws Exception {
    List<String> env = List.of("env", "--default-signal=HUP,INT,TERM");
    List<String> trial = new ArrayList<>(env);
    trial.add("true");
    Process process = new ProcessBuilder(trial).redirectErrorStream(true).start();
    process.getInputStream().readAllBytes();
    List<String> heeding = new ArrayList<>(process.waitFor() == 0 ? env : List.of());
    heeding.addAll(command);
    return heeding;
  }

  static void assertEnds(ProcessHandle process) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (process.isAlive()) {
      assertTrue(System.nanoTime() < end, () -> process.info().command() + " is left behind");
      Thread.sleep(10);
    }
  }

  private static List<String> command(Class<?> program, String... arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-XX:TieredStopAtLevel=1", "-cp"));
    command.addAll(List.of(System.getProperty("java.class.path"), program.getName()));
    command.addAll(List.of(arguments));
    return command;
  }
}
