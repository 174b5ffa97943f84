package org.logitkernels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text form of a chain, read: {@link SamplerChain#parse} says what it is. Words and signs, and
 * white space around them; a name is a word, and so is a value.
 */
final class ChainText {
  /** The last parameter of a filter that takes a minimum. */
  static final String MIN_KEEP = "min_keep";

  /** Instead of names of parameters: token ids. */
  static final String IDS = "ids with their biases: id=bias";

  private static final String SIGNS = "=(),";
  private static final int END = -1;

  // Numbers, of ASCII digits: those of other scripts would pass parseInt too.
  static final String DIGITS = "[0-9]+";
  private static final String WHOLE = "[+-]?" + DIGITS;
  private static final String NUMBER =
      "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE]" + WHOLE + ")?|-Infinity";
  private static final String ZERO = "[+-]?[0.]+([eE].*)?";

  /** All that is not seen, blanks aside. */
  private static final Pattern HIDDEN = Pattern.compile("[\\p{C}\\p{Z}&&[^ ]]");

  /** Makes a step of its parameters. */
  interface Maker {
    Step make(Arguments arguments);
  }

  /** How a step is made, and its parameters: the first needs no name, unless it is min_keep. */
  record Form(Maker maker, List<String> parameters) {
    boolean has(String parameter) {
      return parameters.contains(IDS) ? parameter.matches(DIGITS) : parameters.contains(parameter);
    }

    String takes() {
      return parameters.isEmpty() ? "no values" : String.join(", ", parameters);
    }
  }

  /** The int that a text of this syntax stands for; null if it has another, or no int is that. */
  static @Nullable Integer whole(String text, String syntax) {
    try {
      return text.matches(syntax) ? Integer.valueOf(text) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private final String text;
  private final Map<String, Form> forms;
  private int at;

  private ChainText(String text, Map<String, Form> forms) {
    this.text = text;
    this.forms = forms;
  }

  /** The steps of a text, given the forms of all steps by name. */
  static List<Step> parse(String text, Map<String, Form> forms) {
    try {
      return new ChainText(text, forms).steps();
    } catch (TextException e) {
      throw new IllegalArgumentException(e.getMessage());
    }
  }

  private List<Step> steps() {
    List<Step> steps = new ArrayList<>();
    Set<String> names = new HashSet<>();
    while (next() != END) {
      int place = at;
      String name = word("a step");
      Form form = forms.get(name);
      if (form == null) {
        String known = String.join(", ", forms.keySet());
        throw error(place, "unknown step '" + name + "': the steps are " + known);
      }
      if (!names.add(name)) {
        throw error(place, "step '" + name + "' is given twice");
      }
      Arguments arguments = arguments(place, name, form);
      try {
        Step step = form.maker().make(arguments);
        steps.add(arguments.has(MIN_KEEP) ? step.minKeep(arguments.integer(MIN_KEEP)) : step);
      } catch (TextException e) {
        throw e;
      } catch (IllegalArgumentException e) {
        throw error(arguments.first, name + ": " + e.getMessage());
      }
      if (!accept(',') && next() != END) {
        throw error(at, "expected ',' but found '" + Character.toString(next()) + "'");
      }
    }
    return steps;
  }

  private Arguments arguments(int place, String name, Form form) {
    Arguments arguments = new Arguments(place, name, form);
    if (accept('=')) {
      next();
      arguments.add("", at, at, word("a value"));
    } else if (accept('(')) {
      while (!accept(')')) {
        next();
        int start = at;
        String first = word("a value");
        if (accept('=')) {
          next();
          arguments.add(first, start, at, word("a value"));
        } else {
          arguments.add("", start, start, first);
        }
        if (!accept(',') && next() != ')') {
          throw error(at, "expected ',' or ')'");
        }
      }
    } else {
      throw error(at, "expected '=' or '(' after '" + name + "'");
    }
    return arguments;
  }

  /** What stands here, up to white space or a sign. */
  private String word(String what) {
    int start = at;
    while (at < text.length() && !isSpace(text.charAt(at)) && SIGNS.indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (at == start) {
      throw error(at, "expected " + what);
    }
    return text.substring(start, at);
  }

  private boolean accept(char sign) {
    boolean accepted = next() == sign;
    at += accepted ? 1 : 0;
    return accepted;
  }

  /** Passes over white space, and tells the character behind it. */
  private int next() {
    while (at < text.length() && isSpace(text.charAt(at))) {
      at++;
    }
    return at < text.length() ? text.codePointAt(at) : END;
  }

  /** White space: Java's, no-break spaces, next line (of Unicode's too) and byte order marks. */
  private static boolean isSpace(char c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c) || c == 0x85 || c == 0xfeff;
  }

  private TextException error(int place, String message) {
    return new TextException(oneLine(message + ", at " + place + " of \"" + text + "\""));
  }

  /** A text with all that does not show, and would break or bend the line, escaped. */
  private static String oneLine(String text) {
    return HIDDEN
        .matcher(text)
        .replaceAll(match -> Matcher.quoteReplacement(escape(match.group())));
  }

  private static String escape(String character) {
    int known = "\t\n\f\r".indexOf(character);
    return known < 0
        ? String.format("\\u%04X", character.codePointAt(0))
        : "\\" + "tnfr".charAt(known);
  }

  /** An error that says where it is, unlike those of steps. */
  private static final class TextException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    TextException(String message) {
      super(message);
    }
  }

  /** The values that a step is given, each with its place. */
  final class Arguments {
    private final int step;
    private final String name;
    private final Form form;
    final Map<String, String> values = new HashMap<>();
    private final Map<String, Integer> places = new HashMap<>();
    private int first;

    Arguments(int step, String name, Form form) {
      this.step = step;
      this.name = name;
      this.form = form;
    }

    /** A value, the first with or without the name of its parameter. */
    void add(String given, int place, int valueAt, String value) {
      String parameter = given;
      if (given.isEmpty()) {
        if (form.parameters().isEmpty() || form.parameters().contains(IDS)) {
          throw ChainText.this.error(place, name + " takes " + form.takes());
        }
        if (!values.isEmpty() || form.parameters().getFirst().equals(MIN_KEEP)) {
          throw ChainText.this.error(place, "'" + value + "' needs a name: " + form.takes());
        }
        parameter = form.parameters().getFirst();
      }
      if (!form.has(parameter)) {
        throw ChainText.this.error(
            place, "unknown parameter '" + parameter + "': " + name + " takes " + form.takes());
      }
      if (values.isEmpty()) {
        first = valueAt;
      }
      if (values.put(parameter, value) != null) {
        throw ChainText.this.error(place, "'" + parameter + "' is given twice");
      }
      places.put(parameter, valueAt);
    }

    boolean has(String parameter) {
      return values.containsKey(parameter);
    }

    String value(String parameter) {
      String value = values.get(parameter);
      if (value == null) {
        throw ChainText.this.error(step, name + " needs " + parameter);
      }
      return value;
    }

    /** A number: a double that rounds to the float nearest to the text. */
    double number(String parameter) {
      String value = value(parameter);
      if (!value.matches(NUMBER)) {
        throw bad(parameter, value, "a number");
      }
      double number = Double.parseDouble(value);
      float single = Float.parseFloat(value);
      boolean lost = single == 0 && !value.matches(ZERO);
      if (lost || Float.isInfinite(single) && !value.equals("-Infinity")) {
        throw bad(parameter, value, "a number that as a float is neither 0 nor infinite");
      }
      return (float) number == single ? number : single; // rounding twice can miss it
    }

    double number(String parameter, double otherwise) {
      return has(parameter) ? number(parameter) : otherwise;
    }

    int integer(String parameter) {
      String value = value(parameter);
      Integer whole = whole(value, WHOLE);
      if (whole == null) {
        boolean large = value.matches(WHOLE);
        throw bad(parameter, value, large ? "a whole number below 2^31" : "a whole number");
      }
      return whole;
    }

    int integer(String parameter, int otherwise) {
      return has(parameter) ? integer(parameter) : otherwise;
    }

    private TextException bad(String parameter, String value, String what) {
      return error(parameter, parameter + " must be " + what + ", but was '" + value + "'");
    }

    /** An error in a parameter. */
    TextException error(String parameter, String message) {
      return ChainText.this.error(places.getOrDefault(parameter, step), message);
    }

    int last() {
      return integer("last", Integer.MAX_VALUE);
    }

    boolean prompt(boolean otherwise) {
      String value = has("prompt") ? value("prompt") : String.valueOf(otherwise);
      return switch (value) {
        case "true" -> true;
        case "false" -> false;
        default -> throw bad("prompt", value, "true or false");
      };
    }

    /** Token ids with semicolons between them; none if the parameter is not given. */
    int[] ids(String parameter) {
      return has(parameter) ? ids(parameter, value(parameter)) : new int[0];
    }

    int[] ids(String parameter, String list) {
      String[] ids = list.split(";", -1);
      int[] result = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        Integer id = whole(ids[i], DIGITS);
        if (id == null) {
          throw bad(parameter, list, "token ids with ';' between them");
        }
        result[i] = id;
      }
      return result;
    }
  }
}
