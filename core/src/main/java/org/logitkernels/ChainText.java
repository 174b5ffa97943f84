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
  private record Form(List<String> parameters, Maker maker) {
    /** The parameter that needs no name; of token ids each does. */
    String first() {
      return parameters.isEmpty() ? "" : parameters.getFirst();
    }

    boolean has(String parameter) {
      return parameters.isEmpty() ? parameter.matches("\\d+") : parameters.contains(parameter);
    }
  }

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
    add("mirostat_v1", ChainText::mirostatV1, "tau", "eta", "m");
    add("mirostat_v2", a -> Step.mirostatV2(a.number("tau"), a.or("eta", 0.1f)), "tau", "eta");
    add(
        "adaptive_p",
        a -> Step.adaptiveP(a.number("target"), a.or("decay", 0.9f)),
        "target",
        "decay");
    add("repetition_penalty", ChainText::repetition, "penalty", "last", "prompt");
    add("frequency_penalty", ChainText::frequency, "penalty", "last", "prompt");
    add("presence_penalty", ChainText::presence, "penalty", "last", "prompt");
    add("dry", ChainText::dry, "multiplier", "base", "allowed", "range", "breakers");
    add("no_repeat_ngram", a -> Step.noRepeatNgram(a.integer("n")), "n");
    add("logit_bias", ChainText::logitBias);
    add("banned", ChainText::banned, "sequences");
    add("min_length", a -> Step.minLength(a.integer("n"), a.ids("ends")), "n", "ends");
    add("allowed", ChainText::allowed);
  }

  private static void add(String name, Maker maker, String... parameters) {
    NAMES.add(name);
    FORMS.put(name, new Form(List.of(parameters), maker));
  }

  private static Step xtc(Arguments a) {
    return Step.xtc(a.number("probability"), a.number("threshold"));
  }

  private static Step mirostatV1(Arguments a) {
    return Step.mirostatV1(a.number("tau"), a.or("eta", 0.1f), a.has("m") ? a.integer("m") : 100);
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
        a.or("base", 1.75f),
        a.has("allowed") ? a.integer("allowed") : 2,
        a.has("range") ? a.integer("range") : Integer.MAX_VALUE,
        a.ids("breakers"));
  }

  private static Step logitBias(Arguments a) {
    Map<Integer, Float> biases = new HashMap<>();
    for (String text : List.copyOf(a.values.keySet())) {
      int id = id(text);
      if (id < 0) {
        throw a.error(text, "'" + text + "' is no token id");
      }
      boolean masks = a.value(text).equals("-Infinity");
      Float bias = masks ? Float.NEGATIVE_INFINITY : a.number(text);
      if (biases.put(id, bias) != null) { // as 7 and 07
        throw a.error(text, "'" + id + "' is given twice");
      }
    }
    return Step.logitBias(biases);
  }

  private static Step allowed(Arguments a) {
    if (!a.values.isEmpty()) {
      throw a.error("", "allowed takes no values");
    }
    return Step.allowed();
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

  private static Step topH(Arguments a) {
    return a.has("n") ? Step.topH(a.number("h"), a.integer("n")) : Step.topH(a.number("h"));
  }

  private static Step dynamicTemperature(Arguments a) {
    return Step.dynamicTemperature(a.number("min"), a.number("max"), a.or("exponent", 1));
  }

  /** A token id, of digits alone; -1 if it is none. */
  private static int id(String text) {
    long id = text.matches("\\d{1,10}") ? Long.parseLong(text) : -1;
    return id <= Integer.MAX_VALUE ? (int) id : -1;
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
      arguments.add(form, form.first(), at, at, value());
    } else if (accept('(')) {
      if (accept(')')) {
        return arguments;
      }
      do {
        skipBlanks();
        int start = at;
        String first = value();
        if (accept('=')) {
          skipBlanks();
          int valueAt = at;
          arguments.add(form, first, start, valueAt, value());
        } else if (arguments.values.isEmpty()) {
          arguments.add(form, form.first(), start, start, first);
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
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
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
      if (!form.has(parameter)) {
        throw ChainText.this.error(
            place,
            parameter.isEmpty()
                ? name
                    + (name.equals("allowed")
                        ? " takes no values"
                        : " takes ids with their biases: id=bias")
                : "unknown parameter '"
                    + parameter
                    + "' of "
                    + name
                    + (form.parameters.isEmpty()
                        ? ""
                        : ", which has " + String.join(", ", form.parameters)));
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

    float number(String parameter) {
      String value = value(parameter);
      if (!value.matches(NUMBER)) {
        throw bad(parameter, value, "a number");
      }
      return Float.parseFloat(value);
    }

    float or(String parameter, float otherwise) {
      return has(parameter) ? number(parameter) : otherwise;
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
      return error(parameter, parameter + " must be " + what + ", but was '" + value + "'");
    }

    /** An error in a parameter. */
    TextException error(String parameter, String message) {
      return ChainText.this.error(places.getOrDefault(parameter, step), message);
    }

    int last() {
      return has("last") ? integer("last") : Integer.MAX_VALUE;
    }

    boolean prompt(boolean otherwise) {
      if (!has("prompt")) {
        return otherwise;
      }
      String value = value("prompt");
      if (!value.equals("true") && !value.equals("false")) {
        throw bad("prompt", value, "true or false");
      }
      return value.equals("true");
    }

    /** Token ids with semicolons between them; none if the parameter is not given. */
    int[] ids(String parameter) {
      return has(parameter) ? ids(parameter, value(parameter)) : new int[0];
    }

    int[] ids(String parameter, String list) {
      String[] ids = list.split(";", -1);
      int[] result = new int[ids.length];
      for (int i = 0; i < ids.length; i++) {
        result[i] = id(ids[i]);
        if (result[i] < 0) {
          throw bad(parameter, list, "token ids with ';' between them");
        }
      }
      return result;
    }
  }
}
