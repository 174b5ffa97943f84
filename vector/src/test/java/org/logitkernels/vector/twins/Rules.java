package org.logitkernels.vector.twins;

import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.logitkernels.vector.twins.Code.Token;
import org.logitkernels.vector.twins.JavaClass.Kind;
import org.logitkernels.vector.twins.JavaClass.Member;

/**
 * How code that reads a row in an array becomes code that reads a row in native memory.
 *
 * <p>A row is a parameter {@code float[] x}. Code may load vectors of it, read a logit of it, copy
 * from it, ask for its length, and hand it on as a first argument. Anything else is an error.
 */
final class Rules {
  static final String LOAD = "a vector that is loaded";

  /** What a twin may do with a row, beside handing it on. */
  private static final Set<String> MEMBERS = Set.of("get", "copy", "length", "onHeap");

  private Rules() {}

  /** The rules for types: in declarations, and in code. */
  static List<Rule> ofTypes(Set<String> twins) {
    return List.of(
        Rule.of("a row that is a parameter", "float[] x", "SegmentAddress x"),
        Rule.of("a row that is a type's argument", "<float[]>", "<SegmentAddress>"),
        new Rule("a class that has a twin", (code, at, out) -> type(twins, code, at, out)));
  }

  /** The rules for code, in the order in which they apply. */
  static List<Rule> ofCode(JavaClass source, Set<String> twins) {
    return List.of(
        new Rule("a kernel that takes a row", (code, at, out) -> kernel(twins, code, at, out)),
        new Rule(
            "what the class has that takes no row",
            (code, at, out) -> own(source, twins, code, at, out)),
        new Rule("two loops of two rounds", Rules::rounds),
        new Rule(LOAD, Rules::load),
        new Rule("a logit", Rules::logit),
        Rule.of("the length of a row", "x.length", "x.length()"),
        Rule.of("a copy", "System.arraycopy(x,", "x.copy("),
        Rule.of(
            "the error for an invalid row",
            "RowErrors.invalid(x, from, to)",
            "RowErrors.invalid(x.onHeap(to), from, to)"));
  }

  /** Kernels that take something else, such as survivors, stay those for arrays. */
  private static int kernel(Set<String> twins, List<Token> code, int at, List<Token> out) {
    if (twins.contains(code.get(at).text())
        && Code.stands(code, at + 1, ".")
        && isFirst(code, at + 4)) {
      out.add(new Token(code.get(at).before(), Twins.PREFIX + code.get(at).text()));
      return 1;
    }
    return 0;
  }

  /** Whether the row is the first argument of a call, and stands here. */
  private static boolean isFirst(List<Token> code, int at) {
    return Code.stands(code, at - 1, "(", "x", ",") || Code.stands(code, at - 1, "(", "x", ")");
  }

  private static int type(Set<String> twins, List<Token> code, int at, List<Token> out) {
    if (twins.contains(code.get(at).text()) && !Code.stands(code, at + 1, ".")) {
      out.add(new Token(code.get(at).before(), Twins.PREFIX + code.get(at).text()));
      return 1;
    }
    return 0;
  }

  /** The twin has no such member, and refers to that of its source. */
  private static int own(
      JavaClass source, Set<String> twins, List<Token> code, int at, List<Token> out) {
    Token token = code.get(at);
    boolean isCall = Code.stands(code, at + 1, "(");
    if (!token.isName() || Code.stands(code, at - 1, ".") || isCall && isFirst(code, at + 2)) {
      return 0;
    }
    List<Member> found =
        source.members.stream()
            .filter(member -> member.name().equals(token.text()))
            .filter(
                isCall
                    ? member -> member.kind() == Kind.METHOD && member.has("static")
                    : member -> member.kind() == Kind.FIELD && !member.isTwinned(twins))
            .sorted(Comparator.comparing(Member::takesRow))
            .toList();
    if (found.isEmpty()) {
      return 0;
    }
    if (found.getFirst().has("private")) {
      throw new IllegalArgumentException(
          source.name + "." + token.text() + " is private, and the twin refers to it");
    }
    Rule.add(source.name + "." + token.text(), token, out);
    return 1;
  }

  /**
   * The compiler unrolls loops of two rounds. With loads of segments, unrolled code meets its
   * limits, so here the four rounds are one loop, which it does not unroll.
   */
  private static int rounds(List<Token> code, int at, List<Token> out) {
    String[] texts =
        Code.tokens(
                "for (int a = 0; a < 2; a++) {"
                    + " for (int b = 0; b < 2; b++) {"
                    + " int j = 2 * a + b;")
            .stream()
            .map(Token::text)
            .toArray(String[]::new);
    if (!Code.stands(code, at, texts)) {
      return 0;
    }
    int open = at;
    while (!code.get(open).is("{")) {
      open++;
    }
    int close = Code.close(code, open);
    if (!code.get(close - 1).is("}")) {
      throw new IllegalArgumentException(
          "more than a loop in " + Code.excerpt(code.subList(at, close + 1)));
    }
    Rule.add("for (int j = 0; j < 4; j++) {", code.get(at), out);
    out.addAll(code.subList(at + texts.length, close));
    return close + 1 - at;
  }

  private static int load(List<Token> code, int at, List<Token> out) {
    if (!Code.stands(code, at, "FloatVector", ".", "fromArray", "(", "F", ",", "x", ",")) {
      return 0;
    }
    int close = Code.close(code, at + 3);
    Rule.add(
        "FloatVector.fromMemorySegment(F, segment, offset"
            + bytes(code.subList(at + 8, close))
            + ", Species.ORDER)",
        code.get(at),
        out);
    return close + 1 - at;
  }

  /**
   * The bytes before an index, term by term in long: so the compiler can move the checks of bounds
   * out of loops.
   */
  private static String bytes(List<Token> index) {
    StringBuilder bytes = new StringBuilder();
    for (List<Token> term : Code.split(index, "+")) {
      if (!Code.split(term, "*").stream().allMatch(Rules::isFactor)) {
        throw new IllegalArgumentException(
            "no sum of products, so no sum in long: the index " + Code.excerpt(index));
      }
      String text = Code.excerpt(term);
      bytes.append(" + 4L * ").append(Code.split(term, "*").size() == 1 ? text : "(" + text + ")");
    }
    return bytes.toString();
  }

  /** A number, a name, or a call without arguments. */
  private static boolean isFactor(List<Token> tokens) {
    List<Token> left = tokens;
    if (tokens.size() > 2 && Code.stands(tokens, tokens.size() - 2, "(", ")")) {
      left = tokens.subList(0, tokens.size() - 2);
    }
    for (int i = 0; i < left.size(); i++) {
      Token token = left.get(i);
      boolean fits =
          i % 2 == 1 ? token.is(".") : token.isName() || Character.isDigit(token.text().charAt(0));
      if (!fits) {
        return false;
      }
    }
    return left.size() % 2 == 1;
  }

  private static int logit(List<Token> code, int at, List<Token> out) {
    if (!Code.stands(code, at, "x", "[") || Code.stands(code, at - 1, ".")) {
      return 0;
    }
    int close = Code.close(code, at + 1);
    Rule.add("x.get(", code.get(at), out);
    out.addAll(code.subList(at + 2, close));
    out.add(new Token("", ")"));
    return close + 1 - at;
  }

  /** Fails if a twin does with its row what no rule knows. */
  static void check(JavaClass source, Set<String> twins, Member member, List<Token> body) {
    for (int i = 0; i < body.size(); i++) {
      if (!body.get(i).is("x") || Code.stands(body, i - 1, ".")) {
        continue;
      }
      boolean reads = Code.stands(body, i + 1, ".") && MEMBERS.contains(body.get(i + 2).text());
      if (!reads && !(isFirst(body, i) && takes(source, twins, body, i - 2))) {
        int from = Math.max(0, i - 6);
        throw new IllegalArgumentException(
            "no rule for the row in "
                + source.name
                + "."
                + member.name()
                + ": "
                + Code.excerpt(body.subList(from, Math.min(body.size(), i + 4))));
      }
    }
  }

  /** Whether a method takes a row: one of the twin's own, of another twin, or of an object. */
  private static boolean takes(JavaClass source, Set<String> twins, List<Token> body, int name) {
    if (!Code.stands(body, name - 1, ".")) {
      return source.members.stream()
          .anyMatch(member -> member.takesRow() && member.name().equals(body.get(name).text()));
    }
    String owner = body.get(name - 2).text();
    return Character.isLowerCase(owner.charAt(0))
        || owner.startsWith(Twins.PREFIX) && twins.contains(owner.substring(Twins.PREFIX.length()));
  }
}
