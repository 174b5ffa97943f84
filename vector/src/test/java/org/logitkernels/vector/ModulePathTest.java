package org.logitkernels.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * An application of modules: it requires the API alone, and the vector backend on its module path
 * brings the incubator module along.
 *
 * <p>Tagged to run once and not at each width.
 */
@Tag("without-module")
class ModulePathTest {
  private static final String DESCRIPTOR =
      """
      module application {
        requires org.logitkernels;
      }
      """;
  private static final String MAIN =
      """
      package application;

      import org.logitkernels.Backends;
      import org.logitkernels.Kernels;
      import org.logitkernels.SamplerChain;
      import org.logitkernels.Step;

      class Main {
        public static void main(String[] args) {
          System.out.println(Backends.report());
          SamplerChain chain = SamplerChain.of(Step.topK(1));
          System.out.println("token " + chain.newSampler(3, 1).sample(new float[] {1, 3, 2}));
          System.out.println(Main.class.getModule() + ", " + Kernels.class.getModule());
        }
      }
      """;

  @Test
  void adaptiveIsActiveWithoutAnyOption(@TempDir Path directory) throws IOException {
    String text = run(directory, List.of(ChildJvm.CORE, ChildJvm.VECTOR));
    assertTrue(text.contains("active backend: adaptive, "), text);
    assertTrue(text.contains("token 1" + System.lineSeparator()), text);
    assertTrue(text.contains("module application, module org.logitkernels"), text);
  }

  @Test
  void scalarServesWithoutTheVectorModule(@TempDir Path directory) throws IOException {
    String text = run(directory, List.of(ChildJvm.CORE));
    assertTrue(text.contains("active backend: scalar" + System.lineSeparator()), text);
    assertTrue(text.contains("Remedy: add org.logitkernels:logit-kernels-vector"), text);
    assertTrue(text.contains("token 1" + System.lineSeparator()), text);
  }

  private static String run(Path directory, List<Path> libraries) throws IOException {
    Path sources = Files.createDirectory(directory.resolve("sources"));
    Path descriptor = Files.writeString(sources.resolve("module-info.java"), DESCRIPTOR);
    Path main = Files.writeString(sources.resolve("Main.java"), MAIN);
    Path application = directory.resolve("classes");
    StringWriter messages = new StringWriter();
    PrintWriter writer = new PrintWriter(messages);
    int status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(
                writer,
                writer,
                "--module-path",
                ChildJvm.path(libraries),
                "-d",
                application.toString(),
                descriptor.toString(),
                main.toString());
    assertEquals(0, status, messages::toString);
    List<Path> modules = Stream.concat(Stream.of(application), libraries.stream()).toList();
    return ChildJvm.run(
        List.of(
            "--module-path", ChildJvm.path(modules), "--module", "application/application.Main"));
  }
}
