package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every way to start a program without the vector backend: the report names what is missing there,
 * and once its remedy is taken, the backend is in use.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class LaunchTest {
  private static final String ADD_INCUBATOR =
      "add --add-modules jdk.incubator.vector to the java command";
  private static final String LINK_INCUBATOR =
      "link the image with jlink's --add-modules jdk.incubator.vector";
  private static final String NO_ARTIFACT =
      "the artifact logit-kernels-vector is not on the class path or module path";
  private static final String ADD_ARTIFACT =
      "add org.logitkernels:logit-kernels-vector to the application";
  private static final String LINK_VECTOR =
      "link the image with org.logitkernels.vector among jlink's --add-modules and"
          + " logit-kernels-vector on its --module-path";
  private static final String UNRESOLVED = "the module org.logitkernels.vector is not resolved";
  private static final String ADD_VECTOR =
      "add --add-modules org.logitkernels.vector,jdk.incubator.vector to the java command";
  private static final Path JDK = Path.of(System.getProperty("java.home"));
  private static final List<String> INCUBATOR = ChildJvm.WITH_MODULE;

  @TempDir private static Path directory = Path.of("");

  private static Path application = Path.of("");

  /** A program that a module path and a class path take alike. */
  @BeforeAll
  static void compile() throws Exception {
    Path sources = Files.createDirectory(directory.resolve("sources"));
    Path descriptor = sources.resolve("module-info.java");
    Files.writeString(descriptor, "module application { requires org.logitkernels; }");
    Path main = sources.resolve("Main.java");
    Files.writeString(
        main,
        """
        package application;

        class Main {
          public static void main(String[] args) {
            System.out.println(org.logitkernels.Backends.report());
          }
        }
        """);
    application = directory.resolve("classes");
    tool(
        "javac",
        "--module-path",
        ChildJvm.CORE.toString(),
        "-d",
        application.toString(),
        descriptor.toString(),
        main.toString());
  }

  @Test
  void classPath() {
    assertRejected(
        "the module jdk.incubator.vector is not resolved",
        ADD_INCUBATOR,
        ofClasses(JDK, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));
    assertServes(ofClasses(JDK, INCUBATOR, ChildJvm.CORE, ChildJvm.VECTOR));
  }

  @Test
  void classPathWithoutTheArtifact() {
    assertRejected(
        NO_ARTIFACT,
        ADD_ARTIFACT + ", and " + ADD_INCUBATOR,
        ofClasses(JDK, List.of(), ChildJvm.CORE));
    assertRejected(NO_ARTIFACT, ADD_ARTIFACT, ofClasses(JDK, INCUBATOR, ChildJvm.CORE));
    assertServes(ofClasses(JDK, INCUBATOR, ChildJvm.CORE, ChildJvm.VECTOR));
  }

  /** As in a fat jar that was made without them. */
  @Test
  void classPathWithoutServiceFiles() throws Exception {
    Path classes = Files.createDirectory(directory.resolve("without-services"));
    try (Stream<Path> files = Files.walk(ChildJvm.VECTOR.resolve("org"))) {
      for (Path file : files.toList()) {
        Files.copy(file, classes.resolve(ChildJvm.VECTOR.relativize(file).toString()));
      }
    }
    assertRejected(
        "its classes are there, but no file META-INF/services/org.logitkernels.spi.BackendProvider"
            + " names them",
        "merge service files where the jar is made, as the ServicesResourceTransformer of"
            + " maven-shade-plugin does, and "
            + ADD_INCUBATOR,
        ofClasses(JDK, List.of(), ChildJvm.CORE, classes));
    Path service = Path.of("META-INF", "services");
    Files.createDirectories(classes.resolve(service));
    String provider = "org.logitkernels.spi.BackendProvider";
    Files.copy(
        ChildJvm.VECTOR.resolve(service).resolve(provider),
        classes.resolve(service).resolve(provider));
    assertServes(ofClasses(JDK, INCUBATOR, ChildJvm.CORE, classes));
  }

  @Test
  void modulePathWithoutTheArtifact() {
    assertRejected(NO_ARTIFACT, ADD_ARTIFACT, ofModules(JDK, List.of(), ChildJvm.CORE));
    assertServes(ofModules(JDK, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));
  }

  @Test
  void modulePathWithLimits() {
    List<String> limit = List.of("--limit-modules", "application");
    assertRejected(UNRESOLVED, ADD_VECTOR, ofModules(JDK, limit, ChildJvm.CORE, ChildJvm.VECTOR));
    List<String> more = new ArrayList<>(limit);
    more.addAll(List.of("--add-modules", "org.logitkernels.vector,jdk.incubator.vector"));
    assertServes(ofModules(JDK, more, ChildJvm.CORE, ChildJvm.VECTOR));
  }

  @Test
  void onePartOnEachPath() {
    assertRejected(
        "logit-kernels-vector is on the class path, where logit-kernels-core, on the module path,"
            + " cannot use it",
        "put logit-kernels-vector on the module path",
        ofModules(JDK, List.of("-cp", ChildJvm.VECTOR.toString()), ChildJvm.CORE));
    assertServes(ofModules(JDK, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));

    List<String> onModulePath = List.of("-p", ChildJvm.VECTOR.toString());
    assertRejected(
        "logit-kernels-vector is on the module path, where logit-kernels-core, on the class path,"
            + " cannot use it",
        "put logit-kernels-vector on the class path, and " + ADD_INCUBATOR,
        ofClasses(JDK, onModulePath, ChildJvm.CORE));
    assertServes(ofClasses(JDK, INCUBATOR, ChildJvm.CORE, ChildJvm.VECTOR));
  }

  @Test
  void imageWithTheLibraryInside() throws Exception {
    Path without = image("org.logitkernels");
    String missing = "the module org.logitkernels.vector is not in this runtime image";
    assertRejected(missing, LINK_VECTOR, ofModules(without, List.of()));
    assertRejected(missing, LINK_VECTOR, ofClasses(without, List.of()));
    assertRejected(
        "logit-kernels-vector is on the class path, where logit-kernels-core, in the runtime image,"
            + " cannot use it",
        LINK_VECTOR,
        ofClasses(without, List.of(), ChildJvm.VECTOR));

    Path with = image("org.logitkernels.vector");
    assertServes(ofModules(with, List.of()));
    assertServes(ofClasses(with, List.of()));

    List<String> limit = List.of("--limit-modules", "application");
    assertRejected(UNRESOLVED, ADD_VECTOR, ofModules(with, limit));
    List<String> more = new ArrayList<>(limit);
    more.addAll(List.of("--add-modules", "org.logitkernels.vector,jdk.incubator.vector"));
    assertServes(ofModules(with, more));
  }

  @Test
  void imageWithTheLibraryOutside() throws Exception {
    Path without = image("jdk.management");
    assertRejected(
        "the module jdk.incubator.vector is not in this runtime image",
        LINK_INCUBATOR + ", and " + ADD_INCUBATOR,
        ofClasses(without, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));
    assertRejected(
        NO_ARTIFACT,
        ADD_ARTIFACT + ", and " + LINK_INCUBATOR + ", and " + ADD_INCUBATOR,
        ofClasses(without, List.of(), ChildJvm.CORE));
    assertRejected(
        NO_ARTIFACT,
        ADD_ARTIFACT + ", and " + LINK_INCUBATOR,
        ofModules(without, List.of(), ChildJvm.CORE));

    Path with = image("jdk.management,jdk.incubator.vector");
    assertRejected(
        "the module jdk.incubator.vector is not resolved",
        ADD_INCUBATOR,
        ofClasses(with, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));
    assertServes(ofClasses(with, INCUBATOR, ChildJvm.CORE, ChildJvm.VECTOR));
    assertServes(ofModules(with, List.of(), ChildJvm.CORE, ChildJvm.VECTOR));
  }

  private static void assertRejected(String reason, String remedy, String report) {
    assertTrue(report.contains("active backend: scalar" + System.lineSeparator()), report);
    String expected = "vector is not in use: " + reason + ". Remedy: " + remedy + ".";
    assertEquals(List.of(expected), report.lines().filter(expected::equals).toList(), report);
  }

  private static void assertServes(String report) {
    assertTrue(report.contains("active backend: adaptive, "), report);
  }

  /** What the program prints that is started by the class path, with some of the library on it. */
  private static String ofClasses(Path image, List<String> options, Path... library) {
    List<Path> classPath = new ArrayList<>(List.of(application));
    classPath.addAll(List.of(library));
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(List.of("-cp", ChildJvm.path(classPath), "application.Main"));
    return ChildJvm.run(image, arguments);
  }

  /** What the program prints that is started as a module. */
  private static String ofModules(Path image, List<String> options, Path... library) {
    List<Path> modulePath = new ArrayList<>(List.of(application));
    modulePath.addAll(List.of(library));
    List<String> arguments = new ArrayList<>(options);
    arguments.addAll(
        List.of("-p", ChildJvm.path(modulePath), "-m", "application/application.Main"));
    return ChildJvm.run(image, arguments);
  }

  /** A runtime image of these modules. */
  private static Path image(String modules) {
    Path image = directory.resolve(modules);
    tool(
        "jlink",
        "--module-path",
        ChildJvm.path(List.of(ChildJvm.CORE, ChildJvm.VECTOR)),
        "--add-modules",
        modules,
        "--no-header-files",
        "--no-man-pages",
        "--output",
        image.toString());
    return image;
  }

  private static void tool(String name, String... arguments) {
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int status = ToolProvider.findFirst(name).orElseThrow().run(writer, writer, arguments);
    assertEquals(0, status, messages::toString);
  }
}
