package org.logitkernels.vector.twins;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.logitkernels.vector.twins.Code.Token;
import org.logitkernels.vector.twins.JavaClass.Kind;
import org.logitkernels.vector.twins.JavaClass.Member;

/**
 * Writes the kernels for rows in native memory, from those for rows in arrays: {@code NativeTopP}
 * from {@code TopP}.
 *
 * <p>A twin has the methods of its source that take a row. It refers to its source for the rest:
 * constants, and methods that take no row. {@link Rules} tells how code differs.
 *
 * <p>It needs no more than a JDK, as {@code bin/twins} runs it from its source: a project whose
 * twins do not compile must be able to write them again.
 */
final class Twins {
  /** What stands before the name of a source in the name of its twin. */
  static final String PREFIX = "Native";

  /** The classes that have twins. */
  private static final List<String> SOURCES =
      List.of(
          "ArrayKernels",
          "BlockSoftmax",
          "DivergenceSum",
          "EntropySum",
          "ExpSum",
          "GroupSum",
          "Maxima",
          "MinP",
          "MomentSum",
          "SharedPasses",
          "Softmax",
          "StoredSum",
          "Strips",
          "TopK",
          "ShortRows",
          "SoftCaps",
          "TopP",
          "Weights");

  /** From a loop with stores in a branch, the compiler does not move these reads out. */
  private static final String READ_ONCE =
      "\nMemorySegment segment = x.segment;\nlong offset = x.base;";

  private static final String FOLDER = "src/main/java/org/logitkernels/vector";

  private Twins() {}

  /** Writes the twins that have changed. Takes the folder of the module. */
  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0], FOLDER);
    Map<String, String> twins = all(Path.of(arguments[0]));
    Map<String, String> committed = committed(Path.of(arguments[0]));
    for (Map.Entry<String, String> twin : twins.entrySet()) {
      String name = twin.getKey();
      if (!committed.containsKey(name) || !isSame(twin.getValue(), committed.get(name))) {
        Files.writeString(folder.resolve(name + ".java"), twin.getValue());
        System.out.println("Written: " + name);
      }
    }
    for (String name : committed.keySet()) {
      if (!twins.containsKey(name)) {
        Files.delete(folder.resolve(name + ".java"));
        System.out.println("Deleted: " + name);
      }
    }
  }

  /** The twins, by name, from the sources in a module. Nothing is written. */
  static Map<String, String> all(Path module) throws IOException {
    Map<String, String> sources = new TreeMap<>();
    for (String name : SOURCES) {
      sources.put(name, Files.readString(module.resolve(FOLDER).resolve(name + ".java")));
    }
    return all(sources);
  }

  /** The same from sources by name. Every rule has to match somewhere. */
  static Map<String, String> all(Map<String, String> sources) {
    Map<String, String> twins = new TreeMap<>();
    List<String> matched = new ArrayList<>();
    Set<String> rules = new TreeSet<>();
    for (String source : sources.values()) {
      JavaClass parsed = new JavaClass(source);
      Rules.ofTypes(sources.keySet()).forEach(rule -> rules.add(rule.name()));
      Rules.ofCode(parsed, sources.keySet()).forEach(rule -> rules.add(rule.name()));
      twins.put(PREFIX + parsed.name, twin(parsed, sources.keySet(), matched));
    }
    matched.forEach(rules::remove);
    if (!rules.isEmpty()) {
      throw new IllegalArgumentException("rules that match nowhere: " + rules);
    }
    return twins;
  }

  /** The twins that are there, by name: files that say so in their first line. */
  static Map<String, String> committed(Path module) throws IOException {
    Map<String, String> twins = new TreeMap<>();
    try (Stream<Path> files = Files.list(module.resolve(FOLDER))) {
      for (Path file : files.toList()) {
        String name = file.getFileName().toString().replace(".java", "");
        String text = Files.readString(file);
        if (text.startsWith(header(name.replaceFirst(PREFIX, "")))) {
          twins.put(name, text);
        }
      }
    }
    return twins;
  }

  /** Whether two texts differ in their layout alone, which is the formatter's. */
  static boolean isSame(String one, String other) {
    return withoutLayout(one).equals(withoutLayout(other));
  }

  private static List<String> withoutLayout(String source) {
    return Code.tokens(source).stream().map(Token::withoutLayout).toList();
  }

  private static String header(String source) {
    return "// Generated from " + source + ".java by bin/twins: change that, and run bin/twins.\n";
  }

  /** The twin of one class. Adds a rule's name to a list wherever it matches. */
  static String twin(JavaClass source, Set<String> twins, List<String> matched) {
    List<Rule> types = Rules.ofTypes(twins);
    List<Rule> code = new ArrayList<>(types);
    code.addAll(Rules.ofCode(source, twins));
    Set<String> names = new HashSet<>();
    String declaration = text("", apply(types, source.declaration, matched), names);
    StringBuilder members = new StringBuilder();
    for (Member member : source.members.reversed()) { // what refers to a constant stands behind it
      boolean isConstant = member.kind() == Kind.FIELD && member.has("static");
      if (member.isTwinned(twins) && (!isConstant || names.contains(member.name()))) {
        String head = text("", apply(types, member.head(), matched), names);
        List<String> ofMember = new ArrayList<>();
        List<Token> body = apply(code, member.body(), ofMember);
        Rules.check(source, twins, member, body);
        if (ofMember.contains(Rules.LOAD)) {
          body.addAll(1, Code.tokens(READ_ONCE));
        }
        matched.addAll(ofMember);
        members.insert(0, head + text(" ", body, names) + (isConstant ? "\n" : "\n\n"));
      }
    }
    return header(source.name)
        + Code.text(source.ofPackage).strip()
        + "\n\n"
        + imports(source, names)
        + ("/** {@link " + source.name + "}, for rows in native memory. */\n")
        + declaration
        + " {\n"
        + members
        + "}\n";
  }

  private static List<Token> apply(List<Rule> rules, List<Token> tokens, List<String> matched) {
    List<Token> out = new ArrayList<>(tokens);
    for (Rule rule : rules) {
      out = rule.apply(out, matched);
    }
    return out;
  }

  /** The text, with these blanks in place of the comments before it. Adds the names in it. */
  private static String text(String blanks, List<Token> tokens, Set<String> names) {
    tokens.forEach(token -> names.add(token.text()));
    tokens.set(0, tokens.getFirst().after(blanks));
    return Code.text(tokens);
  }

  /** The imports that the names need. */
  private static String imports(JavaClass source, Set<String> names) {
    Set<String> ofStatics = new TreeSet<>();
    Set<String> ofTypes = new TreeSet<>();
    for (List<Token> tokens : source.imports) {
      if (names.contains(tokens.get(tokens.size() - 2).text())) {
        (tokens.get(1).is("static") ? ofStatics : ofTypes).add(Code.text(tokens).strip());
      }
    }
    for (String type :
        List.of("java.lang.foreign.MemorySegment", "org.logitkernels.spi.SegmentAddress")) {
      if (names.contains(type.substring(type.lastIndexOf('.') + 1))) {
        ofTypes.add("import " + type + ";");
      }
    }
    String statics = String.join("\n", ofStatics);
    return statics + (statics.isEmpty() ? "" : "\n\n") + String.join("\n", ofTypes) + "\n\n";
  }
}
