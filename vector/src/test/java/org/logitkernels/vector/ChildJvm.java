package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.logitkernels.Kernels;

/** Java processes of their own, for what a JVM decides once. */
final class ChildJvm {
  static final Path CORE = origin(Kernels.class);
  static final Path VECTOR = origin(VectorProvider.class);
  static final Path TESTS = origin(ChildJvm.class);
  static final List<String> WITH_MODULE = List.of("--add-modules", "jdk.incubator.vector");

  private static final Duration USUAL_LIMIT = Duration.ofMinutes(1);

  private ChildJvm() {}

  /** Runs {@link Probe} with these options on a class path and returns all that it printed. */
  static String probe(List<Path> classPath, List<String> options) {
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-cp", path(classPath), Probe.class.getName()));
    return run(arguments);
  }

  /** Runs java with these arguments, which must succeed, and returns all that it printed. */
  static String run(List<String> arguments) {
    return run(arguments, USUAL_LIMIT);
  }

  /** The same for what may take longer. */
  static String run(List<String> arguments, Duration limit) {
    return run(Path.of(System.getProperty("java.home")), arguments, limit);
  }

  /** Runs the java of a runtime image. */
  static String run(Path image, List<String> arguments) {
    return run(image, arguments, USUAL_LIMIT);
  }

  private static String run(Path image, List<String> arguments, Duration limit) {
    List<String> command = new ArrayList<>();
    command.add(image.resolve("bin").resolve("java").toString());
    command.add("-Duser.language=en"); // for the names of log levels
    command.addAll(arguments);
    try {
      Path output = Files.createTempFile("child-jvm", ".txt");
      try {
        ProcessBuilder builder = new ProcessBuilder(command);
        List<String> inherited =
            List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH");
        builder.environment().keySet().removeAll(inherited);
        builder.redirectErrorStream(true).redirectOutput(output.toFile());
        Process process = builder.start();
        // It ends with this JVM, should that be ended meanwhile.
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
        boolean ended = process.waitFor(limit.toSeconds(), TimeUnit.SECONDS);
        process.destroyForcibly().waitFor();
        String text = Files.readString(output);
        assertEquals(0, ended ? process.exitValue() : -1, () -> command + " printed " + text);
        return text;
      } finally {
        Files.delete(output);
      }
    } catch (IOException | InterruptedException e) {
      throw new AssertionError(command.toString(), e);
    }
  }

  /** Directories and jars as one path. */
  static String path(List<Path> entries) {
    return entries.stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator));
  }

  /** Options for a JVM with the module, and more. */
  static List<String> withModule(String... more) {
    List<String> options = new ArrayList<>(WITH_MODULE);
    options.addAll(Arrays.asList(more));
    return options;
  }

  /** The directory or jar that a class was loaded from. */
  static Path origin(Class<?> type) {
    try {
      return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
