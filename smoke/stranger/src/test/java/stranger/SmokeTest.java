package stranger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** The library as it comes out of a repository, in every way a program is started. */
class SmokeTest {
  private static final Path TARGET = Path.of("target").toAbsolutePath();
  private static final Path CORE = TARGET.resolve("lib/logit-kernels-core.jar");
  private static final Path VECTOR = TARGET.resolve("lib/logit-kernels-vector.jar");
  private static final String PATH =
      String.join(File.pathSeparator, TARGET.resolve("classes").toString(), "" + CORE, "" + VECTOR);
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin", "java");
  private static final String ADVICE =
      "WARNING: vector is not in use: the module jdk.incubator.vector is not resolved. Remedy: add"
          + " --add-modules jdk.incubator.vector to the java command. The scalar backend gives the"
          + " same bits, more slowly.";
  private static final String INCUBATING = "WARNING: Using incubator modules: jdk.incubator.vector";

  @TempDir Path directory;

  /** What a program wrote. */
  private record Output(List<String> out, List<String> err) {}

  private static String tokens;

  /** On the class path, without an option: scalar, and one line that says what to do about it. */
  @BeforeAll
  static void classPathWithoutFlags() throws Exception {
    Output output = run(JAVA, "-cp", PATH, "stranger.Main");
    assertEquals("scalar", output.out.getFirst());
    tokens = output.out.get(1);
    assertEquals(20, tokens.split(", ").length, tokens);
    // The first of two lines is the logger's own: the time and the place.
    assertEquals(2, output.err.size(), output::toString);
    assertTrue(
        output.err.getFirst().endsWith("org.logitkernels.Backends choose"), output::toString);
    assertEquals(ADVICE, output.err.get(1));
  }

  @Test
  void classPathWithTheModule() throws Exception {
    Output output =
        run(JAVA, "--add-modules", "jdk.incubator.vector", "-cp", PATH, "stranger.Main");
    assertServes("adaptive", output);
  }

  @Test
  void classPathWithTheVectorBackendByName() throws Exception {
    Output output =
        run(
            JAVA,
            "--add-modules",
            "jdk.incubator.vector",
            "-Dorg.logitkernels.backend=vector",
            "-cp",
            PATH,
            "stranger.Main");
    assertServes("vector", output);
  }

  @Test
  void modulePath() throws Exception {
    assertServes("adaptive", run(JAVA, "-p", PATH, "-m", "stranger/stranger.Main"));
  }

  /** What is linked without the vector backend says how it is linked with it. */
  @Test
  void imageOfTheApiAlone() throws Exception {
    Output output = run(image("stranger"), "-m", "stranger/stranger.Main");
    assertEquals(List.of("scalar", tokens), output.out);
    assertEquals(
        "WARNING: vector is not in use: the module org.logitkernels.vector is not in this runtime"
            + " image. Remedy: link the image with org.logitkernels.vector among jlink's"
            + " --add-modules and logit-kernels-vector on its --module-path. The scalar backend"
            + " gives the same bits, more slowly.",
        output.err.getLast());
  }

  private Path image(String modules) {
    Path image = directory.resolve("image");
    tool(
        "jlink",
        "--module-path",
        PATH,
        "--add-modules",
        modules,
        "--strip-debug",
        "--no-header-files",
        "--no-man-pages",
        "--output",
        image.toString());
    return image.resolve("bin").resolve("java");
  }

  @Test
  void image() throws Exception {
    Path java = image("stranger,org.logitkernels.vector");
    assertServes("adaptive", run(java, "-m", "stranger/stranger.Main"));
    assertServes(
        "vector", run(java, "-Dorg.logitkernels.backend=vector", "-m", "stranger/stranger.Main"));
    try (Stream<Path> files = Files.walk(java.getParent().getParent())) {
      long size =
          files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
      System.out.println("smoke: the image has " + size / 1_000_000 + " MB");
    }
  }

  /** Without even java.logging: the advice is there all the same, and it helps. */
  @Test
  void modulePathWithTheApiAlone() throws Exception {
    Output output =
        run(
            JAVA,
            "--limit-modules",
            "stranger,org.logitkernels",
            "-p",
            PATH,
            "-m",
            "stranger/stranger.Main");
    assertEquals(List.of("scalar", tokens), output.out);
    assertEquals(2, output.err.size(), output::toString);
    assertEquals(
        "WARNING: vector is not in use: the module org.logitkernels.vector is not resolved. Remedy:"
            + " add --add-modules org.logitkernels.vector,jdk.incubator.vector to the java command."
            + " The scalar backend gives the same bits, more slowly.",
        output.err.get(1));
    Output remedied =
        run(
            JAVA,
            "--add-modules",
            "org.logitkernels.vector,jdk.incubator.vector",
            "--limit-modules",
            "stranger,org.logitkernels",
            "-p",
            PATH,
            "-m",
            "stranger/stranger.Main");
    assertServes("adaptive", remedied);
  }

  @Test
  void aheadOfTimeCache() throws Exception {
    String cache = directory.resolve("stranger.aot").toString();
    String jar = directory.resolve("stranger.jar").toString();
    tool("jar", "--create", "--file", jar, "-C", TARGET.resolve("classes").toString(), "stranger");
    String path = String.join(File.pathSeparator, jar, "" + CORE, "" + VECTOR);
    String module = "--add-modules=jdk.incubator.vector";
    run(JAVA, module, "-XX:AOTCacheOutput=" + cache, "-cp", path, "stranger.Main");
    Output output =
        run(JAVA, module, "-XX:AOTMode=on", "-XX:AOTCache=" + cache, "-cp", path, "stranger.Main");
    assertServes("adaptive", output);
  }

  @Test
  void nothingElseIsNeededAtRunTime() throws IOException {
    try (Stream<Path> files = Files.list(TARGET.resolve("lib"))) {
      assertEquals(Set.of(CORE, VECTOR), new TreeSet<>(files.toList()));
    }
    assertEquals(
        Set.of("java.base", "java.management", "jdk.management", "org.jspecify.annotations"),
        needs(CORE));
    assertEquals(
        Set.of("java.base", "jdk.incubator.vector", "org.logitkernels", "org.jspecify.annotations"),
        needs(VECTOR));
  }

  @Test
  @DisabledIfSystemProperty(named = "release.phase", matches = "none")
  void theBillsOfMaterialsSayTheSame() throws IOException {
    String core = bill("logit-kernels-core");
    String vector = bill("logit-kernels-vector");
    assertEquals(List.of("logit-kernels-core"), named(core));
    assertEquals(List.of("logit-kernels-vector", "logit-kernels-core"), named(vector));
    for (String bom : List.of(core, vector)) {
      assertTrue(bom.contains("\"bomFormat\" : \"CycloneDX\""), bom);
      assertTrue(bom.contains("Apache-2.0"), bom);
      assertFalse(bom.contains("serialNumber"), bom);
    }
  }

  private static String bill(String artifact) throws IOException {
    String version = System.getProperty("version");
    return Files.readString(
        Path.of(System.getProperty("repository"), "org", "logitkernels", artifact, version)
            .resolve(artifact + "-" + version + "-cyclonedx.json"));
  }

  /** The names of artifacts in a bill, but not those of the tools that wrote it. */
  private static List<String> named(String bom) {
    return Pattern.compile("\"bom-ref\" : \"pkg:maven/[^/]*/([^@]*)@")
        .matcher(bom)
        .results()
        .map(match -> match.group(1))
        .toList();
  }

  private static void assertServes(String backend, Output output) {
    assertEquals(List.of(backend, tokens), output.out, output::toString);
    assertEquals(List.of(INCUBATING), output.err, output::toString);
  }

  /**
   * The modules that a jar's classes refer to, and the packages of classes that are nowhere: of
   * annotations alone, or the programs above would not have run.
   */
  private static Set<String> needs(Path jar) {
    Set<String> needs = new TreeSet<>();
    String text =
        tool("jdeps", "--multi-release", "25", "-v", "--module-path", "" + CORE, "" + jar);
    for (String line : text.lines().toList()) {
      boolean found = !line.endsWith(" not found");
      if (line.contains(" -> ") && found != line.startsWith(" ")) { // of modules or of classes
        String needed = line.strip().split("\\s+")[2];
        needs.add(found ? needed : needed.substring(0, needed.lastIndexOf('.')));
      }
    }
    return needs;
  }

  private static String tool(String name, String... arguments) {
    StringWriter text = new StringWriter();
    PrintWriter writer = new PrintWriter(text);
    int status = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
    assertEquals(0, status, text::toString);
    return text.toString();
  }

  private static Output run(Path java, String... arguments) throws Exception {
    List<String> command = new ArrayList<>();
    command.add(java.toString());
    command.add("-Duser.language=en"); // for the names of log levels
    command.addAll(List.of(arguments));
    Path out = Files.createTempFile(TARGET, "out", ".txt");
    Path err = Files.createTempFile(TARGET, "err", ".txt");
    ProcessBuilder builder = new ProcessBuilder(command);
    builder
        .environment()
        .keySet()
        .removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "_JAVA_OPTIONS", "CLASSPATH"));
    Process process = builder.redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    boolean ended = process.waitFor(60, TimeUnit.SECONDS);
    process.destroyForcibly().waitFor();
    Output output = new Output(Files.readAllLines(out), Files.readAllLines(err));
    assertEquals(0, ended ? process.exitValue() : -1, () -> command + " wrote " + output);
    return output;
  }
}
