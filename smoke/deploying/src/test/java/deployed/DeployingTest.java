package deployed;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.logitkernels.Kernels;

/** What docs/deploying.md says of jars and of ways to start a program. */
class DeployingTest {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final String OPTIONS = "JDK_JAVA_OPTIONS";
  private static final Map<String, String> WITH_MODULE =
      Map.of(OPTIONS, "--add-modules jdk.incubator.vector");
  private static final String PACKAGE = "org.logitkernels";
  private static final String UNNAMED =
      "its classes are there, but no file META-INF/services/%s.spi.BackendProvider names them."
          + " Remedy: merge service files where the jar is made, as the ServicesResourceTransformer"
          + " of maven-shade-plugin does.";

  private static String tokens;

  @TempDir private static Path directory;

  /** What every other way is compared with: without a flag there are scalar kernels. */
  @BeforeAll
  static void withoutTheModule() throws Exception {
    List<String> out = run(JAVA, Map.of(), "-jar", jar("shaded"));
    tokens = out.getFirst();
    assertEquals(20, tokens.split(", ").length, tokens);
    assertEquals("scalar READY", out.get(1));
    assertEquals(
        "vector is not in use: the module jdk.incubator.vector is not resolved. Remedy: add"
            + " --add-modules jdk.incubator.vector to the java command.",
        out.get(2));
  }

  @Test
  void fatJar() throws Exception {
    assertServes(PACKAGE, run(JAVA, WITH_MODULE, "-jar", jar("shaded")));
  }

  /** The option in each other place that it can stand in. */
  @Test
  void option() throws Exception {
    String fat = jar("shaded");
    assertServes(
        PACKAGE, run(JAVA, Map.of(), "--add-modules", "jdk.incubator.vector", "-jar", fat));
    Path file = Files.writeString(directory.resolve("app.options"), WITH_MODULE.get(OPTIONS));
    assertServes(PACKAGE, run(JAVA, Map.of(), "@" + file, "-jar", fat));
    Map<String, String> tool = Map.of("JAVA_TOOL_OPTIONS", "--add-modules=jdk.incubator.vector");
    assertServes(PACKAGE, run(JAVA, tool, "-jar", fat));
  }

  @Test
  void fatJarWithoutServiceFiles() throws Exception {
    assertUnnamed(PACKAGE, run(JAVA, WITH_MODULE, "-jar", jar("without-services")));
  }

  @Test
  void relocatedJar() throws Exception {
    assertServes("deployed.kernels", run(JAVA, WITH_MODULE, "-jar", jar("relocated")));
  }

  /** Relocation renames what looks like a class: property names too, unless they are excluded. */
  @Test
  void relocatedJarWithProperties() throws Exception {
    String scalar = "-Dorg.logitkernels.backend=scalar";
    List<String> out = run(JAVA, WITH_MODULE, scalar, "-jar", jar("relocated"));
    assertEquals("scalar READY", out.get(1));
    String renamed = "-Ddeployed.kernels.backend=scalar";
    out = run(JAVA, WITH_MODULE, renamed, "-jar", jar("relocated-without-services"));
    assertEquals("scalar READY", out.get(1));
  }

  @Test
  void relocatedJarWithoutServiceFiles() throws Exception {
    List<String> out = run(JAVA, WITH_MODULE, "-jar", jar("relocated-without-services"));
    assertUnnamed("deployed.kernels", out);
  }

  @Test
  void springBootJar() throws Exception {
    assertServes(PACKAGE, run(JAVA, WITH_MODULE, "-jar", jar("boot")));
  }

  /** An image of the JDK's modules alone, and a fat jar on it. */
  @Test
  void imageOfTheJdk() throws Exception {
    Path image = directory.resolve("image");
    Process process =
        new ProcessBuilder(
                JAVA.resolveSibling("jlink").toString(),
                "--add-modules",
                "java.base,java.logging,jdk.management,jdk.incubator.vector",
                "--output",
                image.toString())
            .inheritIO()
            .start();
    assertEquals(0, process.waitFor());
    assertServes(PACKAGE, run(image.resolve("bin/java"), WITH_MODULE, "-jar", jar("shaded")));
  }

  /** As in a container with one CPU: callers and the warm-up share it. */
  @Test
  void oneProcessor() throws Exception {
    assertServes(
        PACKAGE, run(JAVA, WITH_MODULE, "-XX:ActiveProcessorCount=1", "-jar", jar("shaded")));
  }

  /** The argLine of Surefire reaches this JVM. */
  @Test
  void tests() {
    assertEquals("adaptive", Kernels.best().name());
  }

  private static String jar(String classifier) {
    return TARGET.resolve("deployed-1-" + classifier + ".jar").toString();
  }

  private static void assertServes(String home, List<String> out) {
    assertEquals(List.of(tokens, "adaptive READY", home + ".Kernels"), out);
  }

  private static void assertUnnamed(String home, List<String> out) {
    assertEquals(
        List.of(
            tokens,
            "adaptive GAVE_UP",
            "vector is not in use: " + UNNAMED.formatted(home),
            home + ".Kernels"),
        out);
  }

  private static List<String> run(Path java, Map<String, String> environment, String... arguments)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(java.toString()));
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(TARGET, "out", ".txt");
    Path err = Files.createTempFile(TARGET, "err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("JAVA_TOOL_OPTIONS", OPTIONS, "_JAVA_OPTIONS", "CLASSPATH"));
    builder.environment().putAll(environment);
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly().waitFor();
    assertTrue(
        ended && process.exitValue() == 0,
        () -> command + " wrote to " + out.getFileName() + " and " + err.getFileName());
    return Files.readAllLines(out);
  }
}
