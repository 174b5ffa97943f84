package org.logitkernels.vector.twins;

import java.util.ArrayList;
import java.util.List;
import org.logitkernels.vector.twins.Code.Token;

/** One thing that is written otherwise in a twin. */
record Rule(String name, Rewriting rewriting) {
  /** Looks at the tokens from a place on. */
  interface Rewriting {
    /**
     * Adds what replaces the first tokens from {@code at} on.
     *
     * @return how many tokens are replaced; 0 if the rule does not match there
     */
    int rewrite(List<Token> tokens, int at, List<Token> out);
  }

  /** A rule for these tokens, wherever they stand. */
  static Rule of(String name, String tokens, String replacement) {
    String[] texts = Code.tokens(tokens).stream().map(Token::text).toArray(String[]::new);
    return new Rule(
        name,
        (code, at, out) -> {
          if (!Code.stands(code, at, texts)) {
            return 0;
          }
          add(replacement, code.get(at), out);
          return texts.length;
        });
  }

  /** Adds the tokens of a text in place of others, of which one is the first. */
  static void add(String text, Token first, List<Token> out) {
    List<Token> tokens = Code.tokens(text);
    out.add(tokens.getFirst().after(first.before()));
    out.addAll(tokens.subList(1, tokens.size()));
  }

  /** Applies the rule wherever it matches, and adds to a list for each match. */
  List<Token> apply(List<Token> tokens, List<String> matched) {
    List<Token> out = new ArrayList<>();
    for (int at = 0; at < tokens.size(); ) {
      int replaced = rewriting.rewrite(tokens, at, out);
      if (replaced > 0) {
        matched.add(name);
        at += replaced;
      } else {
        out.add(tokens.get(at++));
      }
    }
    return out;
  }
}
