package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The loops for 512 bits on a machine that need not have such vectors: the JDK computes them lane
 * by lane. With and without the instructions that pack lanes, which no JVM has both at that width.
 *
 * <p>The class {@link Species} is compiled anew, with other constants. Tagged to run once and not
 * at each width.
 */
@Tag("without-module")
class WiderVectorsTest {
  private static final Path SOURCE =
      Path.of("src", "main", "java", "org", "logitkernels", "vector", "Species.java");

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void theBitsAreTheSame(boolean compresses, @TempDir Path classes) throws IOException {
    String source = Files.readString(SOURCE);
    String wider =
        source
            .replaceFirst("FLOATS =[^;]*;", "FLOATS = FloatVector.SPECIES_512;")
            .replaceFirst("COMPRESSES =[^;]*;", "COMPRESSES = GRAAL || " + compresses + ";");
    assertEquals(
        2, wider.lines().filter(line -> !source.contains(line)).count(), "lines that are others");
    Path file = classes.resolve("Species.java");
    Files.writeString(file, wider);
    List<Path> library = List.of(ChildJvm.CORE, ChildJvm.VECTOR);
    int failed =
        ToolProvider.getSystemJavaCompiler()
            .run(
                null,
                null,
                null,
                "-nowarn",
                "--add-modules",
                "jdk.incubator.vector",
                "-cp",
                ChildJvm.path(library),
                "-d",
                classes.toString(),
                file.toString());
    assertEquals(0, failed, "errors of the compiler");
    List<Path> classPath = new ArrayList<>(List.of(classes));
    classPath.addAll(library);
    classPath.add(ChildJvm.TESTS);
    List<String> options = ChildJvm.withModule();
    options.addAll(List.of("-cp", ChildJvm.path(classPath), WiderVectorsProbe.class.getName()));
    String text = ChildJvm.run(options);
    assertTrue(text.contains("vector, 512 bits: 0 of "), text);
  }
}
