package org.logitkernels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
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
  private static final String SIGNS = "=(),";
  private static final int END = -1;

  // Numbers, of ASCII digits: those of other scripts would pass parseInt too.
  private static final String DIGITS = "[0-9]+";
  private static final String WHOLE = "[+-]?" + DIGITS;
  private static final String NUMBER =
      "[+-]?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE]" + WHOLE + ")?|-Infinity";
  private static final String ZERO = "[+-]?[0.]+([eE].*)?";

  /** All that is not seen, blanks aside. */
  private static final Pattern HIDDEN = Pattern.compile("[\\p{C}\\p{Z}&&[^ ]]");

  private static final String MIN_KEEP = "min_keep";

  /** Instead of names of parameters: token ids. */
  private static final String IDS = "ids with their biases: id=bias";

  /** Makes a step of its parameters. */
  private interface Maker {
    Step make(Arguments arguments);
  }

  /** How a step is made, and its parameters: the first needs no name, unless it is min_keep. */
  private record Form(Maker maker, List<String> parameters) {
    boolean has(String parameter) {
      return parameters.contains(IDS) ? parameter.matches(DIGITS) : parameters.contains(parameter);
    }

    String takes() {
      return parameters.isEmpty() ? "no values" : String.join(", ", parameters);
    }
  }

  private static final Map<String, Form> FORMS = new LinkedHashMap<>();

  static {
    add("temperature", a -> Step.temperature(a.number("t")), "t");
    add("dynamic_temperature", ChainText::dynamicTemperature, "min", "max", "exponent");
    add("top_k", a -> Step.topK(a.integer("k")), "k", MIN_KEEP);
    add("top_p", a -> Step.topP(a.number("p")), "p", MIN_KEEP);
    add("min_p", a -> Step.minP(a.number("p")), "p", MIN_KEEP);
    add("typical_p", a -> Step.typical(a.number("p")), "p", MIN_KEEP);
    add("top_n_sigma", a -> Step.topNSigma(a.number("n")), "n", MIN_KEEP);
    add("xtc", ChainText::xtc, "probability", "threshold", MIN_KEEP);
    add("epsilon_cutoff", a -> Step.epsilonCutoff(a.number("epsilon")), "epsilon", MIN_KEEP);
    add("eta_cutoff", a -> Step.etaCutoff(a.number("epsilon")), "epsilon", MIN_KEEP);
    add("top_h", a -> Step.topH(a.number("h"), a.integer("n", Step.TopH.TOP_N)), "h", "n");
    add("p_less", a -> Step.pLess(), MIN_KEEP);
    add("mirostat_v1", ChainText::mirostatV1, "tau", "eta", "m");
    add("mirostat_v2", a -> Step.mirostatV2(a.number("tau"), a.number("eta", 0.1)), "tau", "eta");
    add("adaptive_p", ChainText::adaptiveP, "target", "decay");
    add("repetition_penalty", ChainText::repetition, "penalty", "last", "prompt");
    add("frequency_penalty", ChainText::frequency, "penalty", "last", "prompt");
    add("presence_penalty", ChainText::presence, "penalty", "last", "prompt");
    add("dry", ChainText::dry, "multiplier", "base", "allowed", "range", "breakers");
    add("no_repeat_ngram", a -> Step.noRepeatNgram(a.integer("n")), "n");
    add("logit_bias", ChainText::logitBias, IDS);
    add("banned", ChainText::banned, "sequences");
    add("min_length", a -> Step.minLength(a.integer("n"), a.ids("ends")), "n", "ends");
    add("allowed", a -> Step.allowed());
    add("soft_cap", a -> Step.softCap(a.number("cap")), "cap");
  }

  private static void add(String name, Maker maker, String... parameters) {
    FORMS.put(name, new Form(maker, List.of(parameters)));
  }

  private static Step dynamicTemperature(Arguments a) {
    return Step.dynamicTemperature(a.number("min"), a.number("max"), a.number("exponent", 1.0));
  }

  private static Step xtc(Arguments a) {
    return Step.xtc(a.number("probability"), a.number("threshold"));
  }

  private static Step mirostatV1(Arguments a) {
    return Step.mirostatV1(a.number("tau"), a.number("eta", 0.1), a.integer("m", 100));
  }

  private static Step adaptiveP(Arguments a) {
    return Step.adaptiveP(a.number("target"), a.number("decay", 0.9));
  }

  private static Step repetition(Arguments a) {
    return Step.repetitionPenalty(a.number("penalty"), a.last(), a.prompt(true));
  }

  private static Step frequency(Arguments a) {
    return Step.frequencyPenalty(a.number("penalty"), a.last(), a.prompt(false));
  }

  private static Step presence(Arguments a) {
    return Step.presencePenalty(a.number("penalty"), a.last(), a.prompt(false));
  }

  private static Step dry(Arguments a) {
    return Step.dry(
        a.number("multiplier"),
        a.number("base", 1.75),
        a.integer("allowed", 2),
        a.integer("range", Integer.MAX_VALUE),
        a.ids("breakers"));
  }

  private static Step logitBias(Arguments a) {
    Map<Integer, Double> biases = new HashMap<>();
    for (String text : List.copyOf(a.values.keySet())) {
      Integer id = whole(text, DIGITS);
      if (id == null) {
        throw a.error(text, "'" + text + "' is no token id");
      }
      if (biases.put(id, a.number(text)) != null) { // as 7 and 07
        throw a.error(text, "'" + id + "' is given twice");
      }
    }
    return Step.logitBias(biases);
  }

  private static Step banned(Arguments a) {
    if (!a.has("sequences")) {
      return Step.banned();
    }
    String[] sequences = a.value("sequences").split("\\|", -1);
    int[][] ids = new int[sequences.length][];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = a.ids("sequences", sequences[i]);
    }
    return Step.banned(ids);
  }

  /** The int that a text of this syntax stands for; null if it has another, or no int is that. */
  private static @Nullable Integer whole(String text, String syntax) {
    try {
      return text.matches(syntax) ? Integer.valueOf(text) : null;
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private final String text;
  private int at;

  private ChainText(String text) {
    this.text = text;
  }

  /** The steps of a text. */
  static List<Step> parse(String text) {
    try {
      return new ChainText(text).steps();
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
      Form form = FORMS.get(name);
      if (form == null) {
        String known = String.join(", ", FORMS.keySet());
        throw error(place, "unknown step '" + name + "': the steps are " + known);
      }
      if (!names.add(name)) {
        throw error(place, "step '" + name + "' is given twice");
      }
      Arguments arguments = arguments(place, name, form);
      try {
        Step step = form.maker.make(arguments);
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
  private final class Arguments {
    private final int step;
    private final String name;
    private final Form form;
    private final Map<String, String> values = new HashMap<>();
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
        if (form.parameters.isEmpty() || form.parameters.contains(IDS)) {
          throw ChainText.this.error(place, name + " takes " + form.takes());
        }
        if (!values.isEmpty() || form.parameters.getFirst().equals(MIN_KEEP)) {
          throw ChainText.this.error(place, "'" + value + "' needs a name: " + form.takes());
        }
        parameter = form.parameters.getFirst();
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

    private String value(String parameter) {
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
        boolean large = value.matches("[+-]?[0-9]+");
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
