package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What docs/architecture.md names is there, and what is there it names. Lines of all pages are
 * short.
 */
class ArchitectureDocumentationTest {
  private static final Path ROOT = Path.of("..");
  private static final int LONGEST_LINE = 140;

  /** Files that are read. */
  private static final Pattern TEXT =
      Pattern.compile(".*\\.(java|md|json|txt|xml)|(.*/)?services/.*");

  /** Pages with text that is written by hand. */
  private static final Pattern PAGE = Pattern.compile("(docs/(audits/)?)?[^/]+\\.md");

  /** The sources of the library. */
  private static final Pattern MAIN =
      Pattern.compile("(core|vector)/src/main/java/org/logitkernels/(\\w+/)?([A-Z]\\w+)\\.java");

  /** What names an example although nothing is to be done there. */
  private static final Pattern RECORD =
      Pattern.compile(
          "CHANGELOG\\.md|docs/(audits/.*|architecture\\.md)|.*/(PROVENANCE|Arch.*)\\.\\w+");

  /** Words in names of classes that mean here what they mean elsewhere. */
  private static final Set<String> ORDINARY =
      Set.of(
          ("allowed array attention backend banned bias caps change constant constraints copying"
                  + " cutoff cutoffs deviation divergence draw dry dynamic entropy epsilon errors eta exact"
                  + " exception exp"
                  + " exponential filters floats format h helper history hot in k launch length less listener"
                  + " log logit maker map min mirostat no ngram nucleus of order p"
                  + " penalties probability provider random repeat rows scalar segment set"
                  + " sigma softmax source spot state stream sum temperatures thread token tokens typical"
                  + " unavailable v vector work xtc choice network rule"
                  + " sigmoid weighing")
              .split(" "));

  private static final Map<String, String> FILES = new TreeMap<>();
  private static String page = "";

  @BeforeAll
  static void read() throws IOException {
    read(ROOT);
    page = FILES.get("docs/architecture.md");
  }

  private static void read(Path folder) throws IOException {
    try (Stream<Path> inIt = Files.list(folder)) {
      for (Path path : inIt.toList()) {
        String file = ROOT.relativize(path).toString().replace('\\', '/');
        String name = path.getFileName().toString();
        if (Files.isDirectory(path)) {
          if (!name.equals("target") && !name.startsWith(".")) {
            read(path);
          }
        } else if (TEXT.matcher(file).matches()) {
          FILES.put(file, Files.readString(path));
        }
      }
    }
  }

  /** Of every page the text, and of this one the tables too. */
  @Test
  void linesAreShort() {
    List<String> tooLong = new ArrayList<>();
    page.lines().filter(line -> line.length() > LONGEST_LINE).forEach(tooLong::add);
    FILES.forEach(
        (file, text) -> {
          if (PAGE.matcher(file).matches()) {
            longLines(text).forEach(line -> tooLong.add(file + ": " + line));
          }
        });
    assertEquals(List.of(), tooLong);
  }

  @Test
  void linesThatAreTooLongAreFound() {
    String line = "word ".repeat(40);
    assertEquals(List.of(line), longLines("# Title\n\n" + line + "\n"));
    assertEquals(List.of("  " + line), longLines("- one\n  " + line));
    assertEquals(List.of(line), longLines("```\ncode\n```\n" + line));
    assertEquals(
        List.of(), longLines("```\n" + line + "\n```\n| " + line + " |\n\n<p>\n" + line + "\n"));
    assertEquals(
        List.of(), longLines("<!-- results: a .* -->\n\n" + line + "\n\n<!-- end of results -->"));
  }

  /**
   * The long lines of a page's text: not of tables, code, HTML, and what programs have filled in.
   */
  private static List<String> longLines(String page) {
    String text =
        page.replaceAll("(?ms)^ *```.*?^ *```$", "")
            .replaceAll("(?s)<!-- results: .*?<!-- end of results -->", "")
            .replaceAll("(?m)^<(.+\n)+", "");
    return text.lines()
        .filter(line -> line.length() > LONGEST_LINE && !line.stripLeading().startsWith("|"))
        .toList();
  }

  @Test
  void everyFileIsThere() {
    assertEquals(
        List.of(),
        quoted(page)
            .filter(name -> TEXT.matcher(name).matches())
            .filter(name -> files(name).isEmpty())
            .toList());
    assertEquals(
        List.of(),
        matches("\\]\\((\\w+\\.md)\\)", page)
            .filter(name -> !FILES.containsKey("docs/" + name))
            .toList());
  }

  /** A class, or what a class has; either is a word in the class's source. */
  @Test
  void everyClassIsThere() {
    List<String> missing = new ArrayList<>();
    Pattern name = Pattern.compile("([A-Z]\\w*[a-z]\\w*)(\\.(?!java|md)(\\w+))?");
    for (String quoted : quoted(page).toList()) {
      Matcher parts = name.matcher(quoted);
      if (parts.matches()) {
        String member = parts.group(3) == null ? parts.group(1) : parts.group(3);
        List<String> sources = files(parts.group(1) + ".java");
        if (sources.stream()
            .noneMatch(file -> count("\\b" + member + "\\b", FILES.get(file)) > 0)) {
          missing.add(quoted);
        }
      }
    }
    assertEquals(List.of(), missing);
  }

  /** Every arrow of the picture is an import between packages, and every import an arrow. */
  @Test
  void thePictureHasTheImports() {
    Set<String> imports = new TreeSet<>();
    FILES.forEach(
        (file, text) -> {
          if (MAIN.matcher(file).matches()) {
            String from = matches("(?m)^package org\\.logitkernels(.*);", text).toList().getFirst();
            matches("(?m)^import (?:static )?org\\.logitkernels((\\.[a-z]+)?)\\.[A-Z]", text)
                .filter(to -> !to.equals(from))
                .forEach(to -> imports.add(part(from) + " --> " + part(to)));
          }
        });
    assertEquals(imports, new TreeSet<>(matches("(?m)^  (\\w+ --> \\w+)$", page).toList()));
  }

  private static String part(String subpackage) {
    return subpackage.isEmpty() ? "api" : subpackage.substring(1);
  }

  static Stream<Arguments> examples() {
    return Stream.of(
        arguments("A new filter step", "topH|TopH|top_h", "Presets|PresetsTest|Transformers"),
        arguments("A new whole-row kernel", "\\b(moments|MOMENTS|MomentSum)\\b", ""),
        arguments(
            "A new kernel of many rows",
            "\\b(check(Routes|Attention)|AttentionRows|Routing\\w*)\\b",
            "FreshJvmProbe"),
        arguments("A new element type", "BFLOAT16", ""),
        arguments("A new preset", "\\bmlx\\b|MlxLm|MLX_LM", ""));
  }

  /** Whoever does something alike has to look at every file that names the example. */
  @ParameterizedTest
  @MethodSource("examples")
  void everyFileThatNamesTheExampleIsNamed(String title, String example, String others) {
    String section = page.substring(page.indexOf("### " + title + "\n"));
    section = section.substring(0, section.indexOf("\n##", 1));
    Set<String> named = new HashSet<>();
    quoted(section).forEach(name -> named.addAll(files(name)));
    Pattern other = Pattern.compile(".*/(" + others + ")\\.java");
    assertEquals(
        List.of(),
        FILES.keySet().stream()
            .filter(file -> count(example, FILES.get(file)) > 0)
            .filter(file -> !RECORD.matcher(file).matches() && !other.matcher(file).matches())
            .filter(file -> !named.contains(file))
            .toList());
  }

  /** A word of the glossary stands in the class that it sends to. */
  @Test
  void everyWordOfTheGlossaryIsInUse() {
    List<String> unused = new ArrayList<>();
    for (String[] line : glossary()) {
      String name = line[2].replace("`", "") + ".java";
      if (files(name).stream()
          .noneMatch(file -> flat(FILES.get(file)).contains(flat(line[0]).stripTrailing()))) {
        unused.add(line[0] + ", in " + name);
      }
    }
    assertEquals(List.of(), unused);
  }

  @Test
  void theGlossaryIsSorted() {
    List<String> words = glossary().stream().map(line -> flat(line[0])).toList();
    assertEquals(words.stream().sorted().distinct().toList(), words);
  }

  /** Behind the API, a word in the name of a class is an ordinary one or in the glossary. */
  @Test
  void everyWordInTheNameOfAClassIsExplained() {
    Set<String> explained = new TreeSet<>();
    glossary().forEach(line -> explained.addAll(List.of(flat(line[0]).strip().split(" "))));
    Set<String> unknown = new TreeSet<>();
    Set<String> idle = new TreeSet<>(ORDINARY);
    FILES.forEach(
        (file, text) -> {
          Matcher main = MAIN.matcher(file);
          if (main.matches() && main.group(2) != null) {
            String code = text.replaceAll("(?s)/\\*.*?\\*/|//[^\n]*|\"[^\"\n]*\"", "");
            matches("\\b(?:class|interface|enum|record) (\\w+)", code)
                .flatMap(name -> Stream.of(flat(name).strip().split(" ")))
                .filter(word -> !idle.remove(word) && !ORDINARY.contains(word))
                .filter(word -> explained.stream().noneMatch(other -> areAlike(word, other)))
                .forEach(unknown::add);
          }
        });
    assertEquals(Set.of(), unknown, "to be explained in the glossary of docs/architecture.md");
    assertEquals(Set.of(), idle, "in the name of no class any more");
  }

  /** Of one word, as a plural is. */
  private static boolean areAlike(String one, String other) {
    return one.equals(other)
        || Math.min(one.length(), other.length()) > 3
            && (one.startsWith(other) || other.startsWith(one));
  }

  /** The lines of the glossary: word, meaning, class. */
  private static List<String[]> glossary() {
    return page.substring(page.indexOf("\n## Glossary\n"))
        .lines()
        .filter(line -> line.endsWith("` |"))
        .map(line -> line.substring(2, line.length() - 2).split(" \\| "))
        .toList();
  }

  /** Words in lower case with a blank before and behind each, those within names too. */
  private static String flat(String text) {
    return " "
        + text.replaceAll("(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ")
            .replaceAll("[^A-Za-z]+", " ")
            .strip()
            .toLowerCase(Locale.ROOT)
        + " ";
  }

  /** The files whose paths end so. */
  private static List<String> files(String end) {
    return FILES.keySet().stream()
        .filter(file -> file.equals(end) || file.endsWith("/" + end))
        .toList();
  }

  /** What stands between backticks in a text. */
  private static Stream<String> quoted(String text) {
    return matches("`([^`\n]+)`", text.replaceAll("(?s)```.*?```", ""));
  }

  private static Stream<String> matches(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().map(match -> match.group(1));
  }

  private static long count(String pattern, String text) {
    return Pattern.compile(pattern).matcher(text).results().limit(1).count();
  }
}
