package org.logitkernels.vector.twins;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.logitkernels.vector.twins.Code.Token;

/** A source file with one class, taken apart into members. */
final class JavaClass {
  enum Kind {
    FIELD,
    METHOD,
    CONSTRUCTOR
  }

  /**
   * A member.
   *
   * @param head the tokens from the first modifier on; those of a method include the parameters
   * @param body what follows: a block, or the rest of a field
   */
  record Member(Kind kind, String name, List<Token> head, List<Token> body) {
    boolean has(String modifier) {
      return head.stream().anyMatch(token -> token.is(modifier));
    }

    /** Whether it is a method that takes a row. */
    boolean takesRow() {
      return kind == Kind.METHOD
          && IntStream.range(0, head.size())
              .anyMatch(i -> Code.stands(head, i, "float", "[", "]", "x"));
    }

    /** Whether it stands in the twin too: methods that take a row, and what is of instances. */
    boolean isTwinned(Set<String> twins) {
      return !has("static")
          || takesRow()
          || kind == Kind.FIELD
              && head.stream()
                  .map(Token::text)
                  .anyMatch(type -> VECTORS.contains(type) || twins.contains(type));
    }

    int size() {
      return head.size() + body.size();
    }
  }

  /**
   * Constants of these types stand in the class with the loop, as the compiler folds them there.
   */
  private static final Set<String> VECTORS = Set.of("VectorSpecies", "FloatVector", "IntVector");

  private static final Set<String> TYPES = Set.of("class", "interface", "record", "enum");

  final String name;

  /** The imports, each from its keyword to its semicolon. */
  final List<List<Token>> imports = new ArrayList<>();

  /** The package's declaration. */
  final List<Token> ofPackage;

  /** From the modifiers to what it extends and implements. */
  final List<Token> declaration;

  final List<Member> members = new ArrayList<>();

  JavaClass(String source) {
    List<Token> tokens = Code.tokens(source);
    int at = next(tokens, 0, ";");
    ofPackage = tokens.subList(0, at);
    while (tokens.get(at).is("import")) {
      int end = next(tokens, at, ";");
      imports.add(tokens.subList(at, end));
      at = end;
    }
    int body = next(tokens, at, "{") - 1;
    declaration = tokens.subList(at, body);
    int named = 0;
    while (!TYPES.contains(declaration.get(named).text())) {
      named++;
    }
    name = declaration.get(named + 1).text();
    int end = Code.close(tokens, body);
    for (at = body + 1; at < end; at += members.getLast().size()) {
      members.add(member(tokens.subList(at, end)));
    }
  }

  private static int next(List<Token> tokens, int from, String text) {
    for (int i = from; i < tokens.size(); i++) {
      if (tokens.get(i).is(text)) {
        return i + 1;
      }
    }
    throw new IllegalArgumentException("no " + text + " in " + Code.excerpt(tokens));
  }

  /** The first member of what is left of a class. */
  private Member member(List<Token> tokens) {
    String last = "";
    for (int i = 0; i < tokens.size(); i++) {
      Token token = tokens.get(i);
      if (TYPES.contains(token.text())) {
        throw new IllegalArgumentException(name + " has a nested type, which no twin can have");
      }
      if (token.is("=") || token.is(";")) {
        int end = i;
        while (!tokens.get(end).is(";")) {
          end = "([{".contains(tokens.get(end).text()) ? Code.close(tokens, end) + 1 : end + 1;
        }
        return member(Kind.FIELD, last, tokens, i, end);
      }
      if (token.is("(")) {
        int body = next(tokens, Code.close(tokens, i), "{") - 1;
        Kind kind = last.equals(name) ? Kind.CONSTRUCTOR : Kind.METHOD;
        return member(kind, last, tokens, body, Code.close(tokens, body));
      }
      last = token.text();
    }
    throw new IllegalArgumentException("no member: " + Code.excerpt(tokens));
  }

  private static Member member(Kind kind, String name, List<Token> tokens, int body, int last) {
    return new Member(kind, name, tokens.subList(0, body), tokens.subList(body, last + 1));
  }
}
