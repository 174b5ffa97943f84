package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.doctree.DocCommentTree;
import com.sun.source.doctree.SnippetTree;
import com.sun.source.tree.ClassTree;
import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.MethodTree;
import com.sun.source.tree.ModuleTree;
import com.sun.source.tree.PackageTree;
import com.sun.source.tree.Tree;
import com.sun.source.util.DocTreeScanner;
import com.sun.source.util.DocTrees;
import com.sun.source.util.JavacTask;
import com.sun.source.util.TreePathScanner;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.StringWriter;
import java.lang.reflect.InvocationTargetException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import javax.lang.model.element.Modifier;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every snippet of the API's Javadoc is compiled and run, and prints what stands in it: each line
 * that is nothing but a comment is a line of output. Every public class has a snippet, and so has
 * every method of the classes that programs call most.
 */
class SnippetsTest {
  private static final Path SOURCES = Path.of("src/main/java");

  /**
   * Classes of which every method has a snippet; of overloaded ones the first may speak for all.
   */
  private static final Set<String> WHOLE = Set.of("Kernels", "Sampler", "Step", "Presets");

  private static final String IMPORTS =
      """
      import java.lang.foreign.*;
      import java.nio.*;
      import java.time.*;
      import java.util.*;
      import java.util.concurrent.*;
      import java.util.stream.*;
      import org.logitkernels.*;
      """;

  /** The code of a snippet, and the place it stands in: {@code Kernels.argMax}. */
  private record Snippet(String place, int number, String code) {
    @Override
    public String toString() {
      return place + ", snippet " + number;
    }

    /** What it says that it prints. */
    List<String> printed() {
      return code.lines()
          .map(String::strip)
          .filter(line -> line.startsWith("//"))
          .map(line -> line.substring(2).strip())
          .toList();
    }
  }

  /** What has to have a snippet. */
  private static final Set<String> EXPECTED = new TreeSet<>();

  private static final List<Snippet> SNIPPETS = new ArrayList<>();

  @TempDir static Path classes;

  @BeforeAll
  static void readAndCompile() throws IOException {
    List<Snippet> snippets = snippets();
    StringBuilder source = new StringBuilder(IMPORTS).append("class Snippets {\n");
    for (Snippet snippet : snippets) {
      source.append(
          "  static void snippet%d() throws Exception { // %s%n%s}%n"
              .formatted(snippet.number, snippet, snippet.code));
    }
    Path file = Files.writeString(classes.resolve("Snippets.java"), source.append("}\n"));
    StringWriter errors = new StringWriter();
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      List<String> options =
          List.of("-Xlint:all", "-Werror", "-proc:none", "-d", classes.toString());
      assertTrue(
          compiler
              .getTask(errors, files, null, options, null, files.getJavaFileObjects(file))
              .call(),
          errors::toString);
    }
  }

  static synchronized List<Snippet> snippets() throws IOException {
    if (SNIPPETS.isEmpty()) {
      try (Stream<Path> paths = Files.list(SOURCES.resolve("org/logitkernels"))) {
        read(
            Stream.concat(Stream.of(SOURCES.resolve("module-info.java")), paths)
                .filter(path -> path.toString().endsWith(".java"))
                .sorted()
                .toList());
      }
    }
    return SNIPPETS;
  }

  private static void read(List<Path> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
      JavacTask task =
          (JavacTask)
              compiler.getTask(
                  null,
                  files,
                  null,
                  List.of("-proc:none"),
                  null,
                  files.getJavaFileObjectsFromPaths(sources));
      DocTrees docs = DocTrees.instance(task);
      for (CompilationUnitTree unit : task.parse()) {
        new Declarations(docs).scan(unit, "");
      }
    }
  }

  /** Walks through what has Javadoc; the argument is the name of the class around. */
  private static final class Declarations extends TreePathScanner<Void, String> {
    private final DocTrees docs;

    Declarations(DocTrees docs) {
      this.docs = docs;
    }

    @Override
    public Void visitModule(ModuleTree module, String around) {
      note("module", true);
      return null;
    }

    @Override
    public Void visitPackage(PackageTree declared, String around) {
      note("package", false);
      return null;
    }

    @Override
    public Void visitClass(ClassTree declared, String around) {
      String name = declared.getSimpleName().toString();
      if (around.isEmpty() && declared.getModifiers().getFlags().contains(Modifier.PUBLIC)) {
        note(name, true);
        return super.visitClass(declared, name);
      }
      return null;
    }

    @Override
    public Void visitMethod(MethodTree method, String around) {
      Set<Modifier> flags = method.getModifiers().getFlags();
      boolean isPublic =
          flags.contains(Modifier.PUBLIC)
              || getCurrentPath().getParentPath().getLeaf().getKind() == Tree.Kind.INTERFACE
                  && !flags.contains(Modifier.PRIVATE);
      boolean overrides =
          method.getModifiers().getAnnotations().stream()
              .anyMatch(annotation -> annotation.toString().contains("Override"));
      note(around + "." + method.getName(), WHOLE.contains(around) && isPublic && !overrides);
      return null;
    }

    private void note(String place, boolean expected) {
      if (expected) {
        EXPECTED.add(place);
      }
      DocCommentTree comment = docs.getDocCommentTree(getCurrentPath());
      if (comment != null) {
        new DocTreeScanner<Void, Void>() {
          @Override
          public Void visitSnippet(SnippetTree snippet, Void nothing) {
            String code = snippet.getBody().getBody().stripIndent();
            SNIPPETS.add(new Snippet(place, SNIPPETS.size(), code));
            return null;
          }
        }.scan(comment, null);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("snippets")
  void printsWhatItSays(Snippet snippet) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = System.out;
    try (URLClassLoader loader = new URLClassLoader(new URL[] {classes.toUri().toURL()});
        PrintStream captured = new PrintStream(bytes, false, StandardCharsets.UTF_8)) {
      var method = loader.loadClass("Snippets").getDeclaredMethod("snippet" + snippet.number);
      method.setAccessible(true);
      System.setOut(captured);
      method.invoke(null);
    } catch (InvocationTargetException e) {
      throw new AssertionError(snippet.toString(), e.getCause());
    } finally {
      System.setOut(out);
    }
    String printed = bytes.toString(StandardCharsets.UTF_8).strip();
    assertFalse(printed.isEmpty(), "prints nothing");
    assertEquals(printed.lines().map(String::strip).toList(), snippet.printed());
  }

  @Test
  void nothingIsWithoutASnippet() throws IOException {
    Set<String> without = new TreeSet<>(EXPECTED);
    for (Snippet snippet : snippets()) {
      without.remove(snippet.place);
    }
    assertEquals(Set.of(), without);
  }
}
