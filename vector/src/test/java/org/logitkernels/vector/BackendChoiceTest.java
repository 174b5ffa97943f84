package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/**
 * Which backend JVMs of every kind choose, each seen from inside by {@link Probe}.
 *
 * <p>Tagged to run once and not at each width: this JVM's own vectors do not matter.
 */
@Tag("without-module")
class BackendChoiceTest {
  private static final String X86 = "amd64|x86_64";
  private static final List<Path> CLASS_PATH =
      List.of(ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS);
  private static final String NO_MODULE =
      "vector is not in use: the module jdk.incubator.vector is not resolved."
          + " Remedy: add --add-modules jdk.incubator.vector to the java command.";
  private static final String INTERPRETS =
      "vector is not in use: this JVM interprets only, so vectors are slower than scalars in it."
          + " Remedy: remove -Xint from the java command.";
  private static final String STOPS =
      "vector is not in use: this JVM stops at its first compiler (C1), so vectors are slower than"
          + " scalars in it. Remedy: remove -XX:TieredStopAtLevel and -XX:CompilationMode from the"
          + " java command.";
  private static final String FORCED_IN_VAIN =
      "java.lang.IllegalStateException:"
          + " -Dorg.logitkernels.backend asks for what cannot be had. ";

  @Test
  void adaptiveWhereTheModuleIs() {
    assertAdaptive(ChildJvm.probe(CLASS_PATH, ChildJvm.WITH_MODULE), "warming up for ");
  }

  @Test
  void vectorAtOnceWithoutWarmUp() {
    assertVector(ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Dorg.logitkernels.warmup=none")));
  }

  @Test
  void anUnknownWarmUpFails() {
    String text =
        ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Dorg.logitkernels.warmup=sometimes"));
    String reason =
        "vector is not in use: unknown warm-up 'sometimes': it is background, eager or none."
            + " Remedy: set org.logitkernels.warmup to one of them, or remove it.";
    String failure =
        "java.lang.IllegalStateException:"
            + " -Dorg.logitkernels.warmup asks for what cannot be had. ";
    assertLines(text, "best: " + failure + reason, "best again: " + failure + reason);
    assertContains(text, "vector: vector, ");
    assertLines(text, "active backend: none, UNAVAILABLE", reason);
  }

  @Test
  void vectorWhereItIsForced() {
    assertVector(
        ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Dorg.logitkernels.backend=vector")));
  }

  /**
   * All kernels, and where the modules for management are missing, which tell the JVM's flags: a
   * runtime image need not hold them.
   */
  @Test
  void warmFromTheFirstCallIfEager() {
    assertAdaptive(
        ChildJvm.probe(
            CLASS_PATH,
            ChildJvm.withModule(
                "-Dorg.logitkernels.warmup=eager",
                "--limit-modules",
                "java.base,jdk.incubator.vector")),
        "warm after ");
  }

  @Test
  void scalarWithoutTheModule() {
    assertScalar(ChildJvm.probe(CLASS_PATH, List.of()), NO_MODULE);
  }

  @Test
  void scalarWithoutTheArtifact() {
    assertScalar(
        ChildJvm.probe(List.of(ChildJvm.CORE, ChildJvm.TESTS), ChildJvm.WITH_MODULE),
        "vector is not in use: the artifact logit-kernels-vector is not on the class path or"
            + " module path. Remedy: add org.logitkernels:logit-kernels-vector to the"
            + " application.");
  }

  @Test
  void scalarInAnInterpreter() {
    assertScalar(ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Xint")), INTERPRETS);
  }

  @Test
  void scalarWithoutTheOptimisingCompiler() {
    assertScalar(ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-XX:TieredStopAtLevel=1")), STOPS);
    assertGivenUp("-XX:TieredStopAtLevel=3", STOPS);
  }

  @Test
  @EnabledIfSystemProperty(named = "os.arch", matches = X86)
  void scalarWithoutFusedMultiplyAdds() {
    for (String option : List.of("-XX:-UseFMA", "-XX:UseAVX=0")) {
      assertGivenUp(
          option,
          "vector is not in use: this JVM has no hardware for fused multiply-adds (FMA). Remedy: use"
              + " a processor with FMA (x86 since 2013, every AArch64), and remove -XX:-UseFMA and"
              + " -XX:UseAVX=0.",
          " This JVM has no hardware for fused multiply-adds: sampling is right, but hundreds of"
              + " times slower.");
    }
  }

  @Test
  @EnabledIfSystemProperty(named = "os.arch", matches = X86)
  void scalarWithNarrowVectors() {
    assertGivenUp(
        "-XX:MaxVectorSize=8",
        "vector is not in use: the widest vectors of this JVM have 64 bits, where 128 are needed."
            + " Remedy: use a processor with 128-bit vectors, and remove -XX:MaxVectorSize below"
            + " 16.");
  }

  /** A class and its registration are all that it takes. */
  @Test
  void aFurtherBackendIsFoundByItsName(@TempDir Path further) throws IOException {
    Path services = Files.createDirectories(further.resolve("META-INF/services"));
    Files.writeString(
        services.resolve("org.logitkernels.spi.BackendProvider"), FurtherProvider.class.getName());
    List<Path> classPath = List.of(further, ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS);
    String text =
        ChildJvm.probe(classPath, ChildJvm.withModule("-Dorg.logitkernels.backend=further"));
    assertLines(text, "best: further, arg-max 1", "best again: further, arg-max 1");
    assertContains(text, "vector: vector, ");
    assertContains(text, "active backend: further");
    assertAdaptive(ChildJvm.probe(classPath, ChildJvm.WITH_MODULE), "warming up for ");
    assertContains(
        ChildJvm.probe(classPath, ChildJvm.withModule("-Dorg.logitkernels.backend=bogus")),
        "unknown backend 'bogus': the backends are scalar, vector and further. Remedy: set"
            + " org.logitkernels.backend to scalar, vector or further, or remove it.");
  }

  @Test
  void adaptiveBesideABrokenProvider(@TempDir Path broken) throws IOException {
    Path services = Files.createDirectories(broken.resolve("META-INF/services"));
    Files.writeString(services.resolve("org.logitkernels.spi.BackendProvider"), "no.such.Provider");
    assertGivenUp(
        List.of(broken, ChildJvm.CORE, ChildJvm.VECTOR, ChildJvm.TESTS),
        "-Dplain=true",
        "it failed to load (java.util.ServiceConfigurationError: ",
        "no.such.Provider",
        "). Remedy: give logit-kernels-core and logit-kernels-vector the same version.");
  }

  @Test
  void scalarWhereItIsForced() {
    String text =
        ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Dorg.logitkernels.backend=scalar"));
    assertLines(text, "best: scalar, arg-max 1", "best again: scalar, arg-max 1");
    assertContains(text, "vector: vector, ");
    assertLines(
        text,
        "active backend: scalar",
        "vector is not in use: the system property org.logitkernels.backend forces scalar."
            + " Remedy: remove the property.");
    assertFalse(text.contains("WARNING: vector"), text);
  }

  @Test
  void forcingVectorInVainFails() {
    String text = ChildJvm.probe(CLASS_PATH, List.of("-Dorg.logitkernels.backend=vector"));
    assertLines(
        text,
        "best: " + FORCED_IN_VAIN + NO_MODULE,
        "best again: " + FORCED_IN_VAIN + NO_MODULE,
        "vector: java.lang.IllegalStateException: " + NO_MODULE,
        "active backend: none, UNAVAILABLE",
        NO_MODULE);
  }

  @Test
  void forcingAnUnknownBackendFails() {
    String text =
        ChildJvm.probe(CLASS_PATH, ChildJvm.withModule("-Dorg.logitkernels.backend=bogus"));
    String reason =
        "bogus is not in use: unknown backend 'bogus': the backends are scalar and vector."
            + " Remedy: set org.logitkernels.backend to scalar or vector, or remove it.";
    assertLines(text, "best: " + FORCED_IN_VAIN + reason, "best again: " + FORCED_IN_VAIN + reason);
    assertContains(text, "vector: vector, ");
    assertLines(text, "active backend: none, UNAVAILABLE", reason);
  }

  private static void assertAdaptive(String text, String state) {
    assertContains(text, "best: adaptive, ");
    assertContains(text, "best again: adaptive, ");
    assertContains(text, "vector: vector, ");
    assertTrue(text.matches("(?s).*active backend: adaptive, \\d+ bits, " + state + ".*"), text);
    assertFalse(text.contains("not in use"), text);
  }

  /** What takes a while to find out is found out by the warm-up, which logs one warning. */
  private static void assertGivenUp(String option, String... parts) {
    assertGivenUp(CLASS_PATH, option, parts);
  }

  private static void assertGivenUp(List<Path> classPath, String option, String... parts) {
    String text =
        ChildJvm.probe(classPath, ChildJvm.withModule(option, "-Dorg.logitkernels.warmup=eager"));
    assertLines(text, "best: adaptive, arg-max 1", "best again: adaptive, arg-max 1");
    assertContains(text, System.lineSeparator() + "active backend: adaptive, gave up warming up");
    assertEquals(
        1, text.lines().filter(line -> line.startsWith("WARNING: active backend")).count(), text);
    assertContains(text, "vector: java.lang.IllegalStateException: vector is not in use: ");
    for (String part : parts) {
      assertContains(text, part);
    }
  }

  private static void assertVector(String text) {
    assertContains(text, "best: vector, ");
    assertContains(text, "best again: vector, ");
    assertContains(text, "vector: vector, ");
    assertContains(text, "active backend: vector, ");
    assertFalse(text.contains("not in use"), text);
  }

  /** Scalar serves; the rejection holds these parts; the log has one warning, which holds them. */
  private static void assertScalar(String text, String... parts) {
    assertLines(text, "best: scalar, arg-max 1", "best again: scalar, arg-max 1");
    assertContains(
        text, "active backend: scalar" + System.lineSeparator() + "vector is not in use: ");
    List<String> warnings =
        text.lines().filter(line -> line.startsWith("WARNING: vector")).toList();
    assertEquals(1, warnings.size(), text);
    for (String part : parts) {
      assertContains(warnings.getFirst(), part);
    }
    String rejection = text.lines().reduce("", (first, last) -> last);
    assertContains(warnings.getFirst(), rejection);
    assertLines(text, "vector: java.lang.IllegalStateException: " + rejection);
  }

  /** These lines, one after another. */
  private static void assertLines(String text, String... lines) {
    String end = System.lineSeparator();
    assertContains(end + text, end + String.join(end, lines) + end);
  }

  private static void assertContains(String text, String part) {
    assertTrue(text.contains(part), () -> "no '" + part + "' in: " + text);
  }
}
