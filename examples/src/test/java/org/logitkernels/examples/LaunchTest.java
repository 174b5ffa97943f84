package org.logitkernels.examples;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The program in JVMs of its own: other vector widths, and none. */
class LaunchTest {
  private static final String MODULE = "--add-modules=jdk.incubator.vector";
  private static final String NO_MODULE = "-Dnone";

  @TempDir private Path folder = Path.of("");

  /** 8 bytes are too few for the vector backend, and the rest is for it: not for what warms up. */
  @ParameterizedTest
  @CsvSource({
    "8, auto, adaptive",
    "16, vector, vector",
    "32, vector, vector",
    "64, vector, vector"
  })
  void anyVectorWidthTellsTheSameTale(String bytes, String asked, String active) throws Exception {
    List<String> arguments = List.of("--seed", "5", "--steps", "60", "--temperature", "1");
    List<String> forced = new ArrayList<>(arguments);
    forced.addAll(List.of("--backend", asked));
    Run here = Run.bundled(arguments.toArray(String[]::new));
    Run there = launch(List.of(MODULE, "-XX:MaxVectorSize=" + bytes), forced);
    assertEquals(0, there.status(), there.err());
    assertTrue(there.err().contains("backend " + active), there.err());
    assertEquals(here.out(), there.out());
  }

  @Test
  void withoutTheIncubatorModuleTheScalarBackendTellsTheSameTale() throws Exception {
    List<String> arguments = List.of("--seed", "5", "--steps", "60");
    Run here = Run.bundled(arguments.toArray(String[]::new));
    Run there = launch(List.of(NO_MODULE), arguments);
    assertEquals(0, there.status(), there.err());
    assertEquals(here.out(), there.out());
    assertTrue(there.err().contains("backend scalar, seed 5"), there.err());
  }

  @Test
  void theVectorBackendWhereItCannotServeIsOneSentence() throws Exception {
    Run run = launch(List.of(NO_MODULE), List.of("--backend", "vector"));
    assertEquals(2, run.status());
    assertEquals("", run.out());
    assertEquals(1, run.err().lines().count(), run.err());
    assertTrue(run.err().startsWith("generate: --backend: "), run.err());
    assertFalse(run.err().contains("Exception"), run.err());
  }

  private Run launch(List<String> jvm, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvm);
    command.add("-XX:+DisplayVMOutputToStderr"); // a width that the machine lacks is a warning
    command.add("-Dstdout.encoding=UTF-8");
    command.add("-Dorg.logitkernels.examples.model=" + Models.CHECKPOINT.getParent());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.add(Generate.class.getName());
    command.addAll(arguments);
    Path out = folder.resolve("out");
    Path err = folder.resolve("err");
    Process process =
        new ProcessBuilder(command)
            .redirectOutput(out.toFile())
            .redirectError(err.toFile())
            .start();
    // It ends with this JVM, should that be ended meanwhile.
    Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    int status = process.waitFor();
    return new Run(status, Files.readString(out, UTF_8), Files.readString(err, UTF_8));
  }
}
