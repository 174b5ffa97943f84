package org.logitkernels.vector.twins;

import java.util.ArrayList;
import java.util.List;

/** Java source as a list of tokens. Only what the generator needs to know of the language. */
final class Code {
  /**
   * A token, with the blanks and comments before it. An operator of several characters is several
   * tokens.
   */
  record Token(String before, String text) {
    boolean is(String other) {
      return text.equals(other);
    }

    boolean isName() {
      return Character.isJavaIdentifierStart(text.charAt(0));
    }

    /** The same token after other blanks. */
    Token after(String blanks) {
      return new Token(blanks, text);
    }

    /** What two layouts of one source have in common: the text, and comments without blanks. */
    String withoutLayout() {
      return before.replaceAll("[\\s/*]", "") + text;
    }
  }

  private Code() {}

  static List<Token> tokens(String source) {
    List<Token> tokens = new ArrayList<>();
    int at = 0;
    while (true) {
      int start = afterBlanks(source, at);
      if (start == source.length()) {
        return tokens;
      }
      int end = end(source, start);
      tokens.add(new Token(source.substring(at, start), source.substring(start, end)));
      at = end;
    }
  }

  private static int afterBlanks(String source, int from) {
    int at = from;
    while (at < source.length()) {
      if (Character.isWhitespace(source.charAt(at))) {
        at++;
      } else if (source.startsWith("//", at)) {
        int end = source.indexOf('\n', at);
        at = end < 0 ? source.length() : end;
      } else if (source.startsWith("/*", at)) {
        at = after("*/", source, at + 2);
      } else {
        break;
      }
    }
    return at;
  }

  private static int end(String source, int start) {
    char first = source.charAt(start);
    int at = start + 1;
    if (source.startsWith("\"\"\"", start)) {
      return after("\"\"\"", source, start + 3);
    }
    if (first == '"' || first == '\'') {
      while (at < source.length() && source.charAt(at) != first) {
        at += source.charAt(at) == '\\' ? 2 : 1;
      }
      if (at >= source.length()) {
        throw new IllegalArgumentException("no end of " + line(source, start));
      }
      return at + 1;
    }
    if (Character.isDigit(first)) {
      while (at < source.length() && isOfNumber(source, start, at)) {
        at++;
      }
    } else if (Character.isJavaIdentifierStart(first)) {
      while (at < source.length() && Character.isJavaIdentifierPart(source.charAt(at))) {
        at++;
      }
    }
    return at;
  }

  /** A sign is of a number behind the p of 0x1p-3 and the e of 1e-3, not behind that of 0xe - 3. */
  private static boolean isOfNumber(String source, int start, int at) {
    char c = source.charAt(at);
    if (c == '+' || c == '-') {
      char exponent = source.startsWith("0x", start) ? 'p' : 'e';
      return Character.toLowerCase(source.charAt(at - 1)) == exponent;
    }
    return c == '.' || Character.isJavaIdentifierPart(c);
  }

  private static int after(String mark, String source, int from) {
    int end = source.indexOf(mark, from);
    if (end < 0) {
      throw new IllegalArgumentException("no " + mark + " behind " + line(source, from));
    }
    return end + mark.length();
  }

  private static String line(String source, int at) {
    return source.substring(at).lines().findFirst().orElse("");
  }

  static String text(List<Token> tokens) {
    StringBuilder text = new StringBuilder();
    for (Token token : tokens) {
      text.append(token.before).append(token.text);
    }
    return text.toString();
  }

  /** On one line, for messages. */
  static String excerpt(List<Token> tokens) {
    String text = text(tokens).replaceAll("\\s+", " ").strip();
    return text.length() <= 80 ? text : text.substring(0, 80) + " ...";
  }

  /** Whether these tokens stand at a place. */
  static boolean stands(List<Token> tokens, int at, String... texts) {
    if (at < 0 || at + texts.length > tokens.size()) {
      return false;
    }
    for (int i = 0; i < texts.length; i++) {
      if (!tokens.get(at + i).is(texts[i])) {
        return false;
      }
    }
    return true;
  }

  /** Where the bracket closes that opens at a place. */
  static int close(List<Token> tokens, int open) {
    int depth = 0;
    for (int i = open; i < tokens.size(); i++) {
      switch (tokens.get(i).text) {
        case "(", "[", "{" -> depth++;
        case ")", "]", "}" -> depth--;
        default -> {}
      }
      if (depth == 0) {
        if (!("([{".indexOf(tokens.get(open).text) == ")]}".indexOf(tokens.get(i).text))) {
          break;
        }
        return i;
      }
    }
    throw new IllegalArgumentException(
        "unbalanced brackets: " + excerpt(tokens.subList(open, tokens.size())));
  }

  /** Tokens between separators that are in no brackets. */
  static List<List<Token>> split(List<Token> tokens, String separator) {
    List<List<Token>> parts = new ArrayList<>();
    int from = 0;
    for (int i = 0; i < tokens.size(); i++) {
      if ("([{".contains(tokens.get(i).text)) {
        i = close(tokens, i);
      } else if (tokens.get(i).is(separator)) {
        parts.add(tokens.subList(from, i));
        from = i + 1;
      }
    }
    parts.add(tokens.subList(from, tokens.size()));
    return parts;
  }
}
