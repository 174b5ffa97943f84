package org.logitkernels;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The text form of a chain, read: steps with commas between them, each {@code name=value} or {@code
 * name(value, name=value, ...)}.
 */
final class ChainText {
  private static final String NUMBER = "[+-]?(\\d+(\\.\\d*)?|\\.\\d+)([eE][+-]?\\d+)?";
  private static final String MIN_KEEP = "min_keep";

  /** Makes a step of its parameters. */
  private interface Maker {
    Step make(Arguments arguments);
  }

  /** A step's parameters, the first of which needs no name, and how it is made. */
  private record Form(List<String> parameters, Maker maker) {}

  private static final List<String> NAMES = new ArrayList<>();
  private static final Map<String, Form> FORMS = new HashMap<>();

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
    add("top_h", ChainText::topH, "h", "n");
  }

  private static void add(String name, Maker maker, String... parameters) {
    NAMES.add(name);
    FORMS.put(name, new Form(List.of(parameters), maker));
  }

  private static Step xtc(Arguments a) {
    return Step.xtc(a.number("probability"), a.number("threshold"));
  }

  private static Step topH(Arguments a) {
    return a.has("n") ? Step.topH(a.number("h"), a.integer("n")) : Step.topH(a.number("h"));
  }

  private static Step dynamicTemperature(Arguments a) {
    float exponent = a.has("exponent") ? a.number("exponent") : 1;
    return Step.dynamicTemperature(a.number("min"), a.number("max"), exponent);
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
    skipBlanks();
    if (at == text.length()) {
      return steps;
    }
    do {
      skipBlanks();
      int place = at;
      String name = word("a step");
      Form form = FORMS.get(name);
      if (form == null) {
        throw error(
            place, "unknown step '" + name + "': the steps are " + String.join(", ", NAMES));
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
    } while (accept(','));
    if (at < text.length()) {
      throw error(at, "expected ',' but found '" + text.charAt(at) + "'");
    }
    return steps;
  }

  private Arguments arguments(int place, String name, Form form) {
    Arguments arguments = new Arguments(place, name);
    if (accept('=')) {
      skipBlanks();
      arguments.add(form, form.parameters.getFirst(), at, at, value());
    } else if (accept('(')) {
      do {
        skipBlanks();
        int start = at;
        String first = value();
        if (accept('=')) {
          skipBlanks();
          int valueAt = at;
          arguments.add(form, first, start, valueAt, value());
        } else if (arguments.values.isEmpty()) {
          arguments.add(form, form.parameters.getFirst(), start, start, first);
        } else {
          throw error(start, "'" + first + "' needs a name: " + String.join(", ", form.parameters));
        }
      } while (accept(','));
      if (!accept(')')) {
        throw error(at, "expected ')'");
      }
    } else {
      throw error(at, "expected '=' or '(' after '" + name + "'");
    }
    return arguments;
  }

  private String word(String what) {
    int start = at;
    while (at < text.length() && (Character.isLetter(text.charAt(at)) || text.charAt(at) == '_')) {
      at++;
    }
    if (at == start) {
      throw error(at, "expected " + what);
    }
    return text.substring(start, at);
  }

  private String value() {
    int start = at;
    while (at < text.length() && ",()= \t\n".indexOf(text.charAt(at)) < 0) {
      at++;
    }
    if (at == start) {
      throw error(at, "expected a value");
    }
    return text.substring(start, at);
  }

  private boolean accept(char c) {
    skipBlanks();
    if (at < text.length() && text.charAt(at) == c) {
      at++;
      return true;
    }
    return false;
  }

  private void skipBlanks() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private TextException error(int place, String message) {
    return new TextException(message + ", at " + place + " of \"" + text + "\"");
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
    private final Map<String, String> values = new HashMap<>();
    private final Map<String, Integer> places = new HashMap<>();
    private int first;

    Arguments(int step, String name) {
      this.step = step;
      this.name = name;
    }

    void add(Form form, String parameter, int place, int valueAt, String value) {
      if (!form.parameters.contains(parameter)) {
        throw error(
            place,
            "unknown parameter '"
                + parameter
                + "' of "
                + name
                + ", which has "
                + String.join(", ", form.parameters));
      }
      if (values.isEmpty()) {
        first = valueAt;
      }
      if (values.put(parameter, value) != null) {
        throw error(place, "'" + parameter + "' is given twice");
      }
      places.put(parameter, valueAt);
    }

    boolean has(String parameter) {
      return values.containsKey(parameter);
    }

    private String value(String parameter) {
      String value = values.get(parameter);
      if (value == null) {
        throw error(step, name + " needs " + parameter);
      }
      return value;
    }

    float number(String parameter) {
      String value = value(parameter);
      if (!value.matches(NUMBER)) {
        throw bad(parameter, value, "a number");
      }
      return Float.parseFloat(value);
    }

    int integer(String parameter) {
      String value = value(parameter);
      try {
        return Integer.parseInt(value);
      } catch (NumberFormatException e) {
        throw bad(parameter, value, "a whole number");
      }
    }

    private TextException bad(String parameter, String value, String what) {
      int place = places.getOrDefault(parameter, step);
      return error(place, parameter + " must be " + what + ", but was '" + value + "'");
    }
  }
}
