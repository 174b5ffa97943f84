package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.logitkernels.testkit.Chains;
import org.logitkernels.testkit.Failures;

/** The text form of chains, there and back. */
class ChainTextTest {
  @Provide
  Arbitrary<List<Step>> steps() {
    return Chains.anySteps();
  }

  /** Whatever a chain without repeated steps prints is that chain. */
  @Property
  void textsRoundTrip(@ForAll("steps") List<Step> steps) {
    Set<Class<?>> kinds = new HashSet<>();
    Step[] once =
        steps.stream()
            .filter(
                s -> kinds.add(s instanceof Step.MinKeep m ? m.step().getClass() : s.getClass()))
            .toArray(Step[]::new);
    SamplerChain chain = SamplerChain.of(once);
    assertEquals(chain, SamplerChain.parse(chain.toString()));
    assertEquals(chain.toString(), SamplerChain.parse(chain.toString()).toString());
  }

  @Test
  void stepsAreReadInTheirOrder() {
    assertEquals(
        SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f)),
        SamplerChain.parse("temperature=0.8, top_k=40, top_p=0.95"));
    assertEquals(
        SamplerChain.of(
            Step.topP(0.95f).minKeep(2),
            Step.xtc(0.5f, 0.1f),
            Step.topH(0.4f),
            Step.dynamicTemperature(0.5f, 1.5f, 1)),
        SamplerChain.parse(
            " top_p ( 0.95 , min_keep = 2 ),xtc(threshold=.1,probability=5e-1),\ttop_h=0.4,"
                + " dynamic_temperature(min=0.5, max=1.5)"));
    assertEquals(SamplerChain.of(), SamplerChain.parse(""));
    assertEquals(SamplerChain.of(), SamplerChain.parse("  "));
    assertEquals(SamplerChain.greedy(), SamplerChain.parse("temperature=0"));
  }

  @Test
  void stepsPrintWhatIsRead() {
    assertEquals(
        "top_k(40, min_keep=3), xtc(probability=0.5, threshold=0.1, min_keep=2), typical_p=0.9,"
            + " top_n_sigma=1.5, epsilon_cutoff=0.001, eta_cutoff=0.002, top_h(h=0.4, n=100), p_less(),"
            + " dynamic_temperature(min=0.5, max=1.5, exponent=1.0)",
        SamplerChain.of(
                Step.topK(40).minKeep(3),
                Step.xtc(0.5f, 0.1f).minKeep(2),
                Step.typical(0.9f),
                Step.topNSigma(1.5f),
                Step.epsilonCutoff(0.001f),
                Step.etaCutoff(0.002f),
                Step.topH(0.4f),
                Step.pLess(),
                Step.dynamicTemperature(0.5f, 1.5f, 1))
            .toString());
  }

  @Test
  void softCapHasACap() {
    SamplerChain capped = SamplerChain.of(Step.softCap(30), Step.topK(40));
    assertEquals("soft_cap=30.0, top_k=40", capped.toString());
    assertEquals(capped, SamplerChain.parse("soft_cap=30, top_k=40"));
    assertEquals(capped, SamplerChain.parse("soft_cap(cap=30), top_k=40"));
    Failures.illegalArgument(
        "soft_cap: cap must be finite and > 0, but was 0.0, at 9 of \"soft_cap=0\"",
        () -> SamplerChain.parse("soft_cap=0"));
  }

  /** A filter without a number: its minimum is no value that needs no name. */
  @Test
  void pLessHasNoNumber() {
    SamplerChain least = SamplerChain.of(Step.pLess().minKeep(2), Step.topK(5));
    assertEquals("p_less(min_keep=2), top_k=5", least.toString());
    assertEquals(least, SamplerChain.parse(least.toString()));
    assertEquals(SamplerChain.of(Step.pLess()), SamplerChain.parse(" p_less ( ) ,"));
  }

  @Test
  void stepsOfTheHistoryHaveATextToo() {
    SamplerChain chain =
        SamplerChain.of(
            Step.logitBias(Map.of(11, -0.5f, 50256, Float.NEGATIVE_INFINITY)),
            Step.repetitionPenalty(1.1f, 64, true),
            Step.frequencyPenalty(0.5f),
            Step.presencePenalty(-0.5f, 10, true),
            Step.dry(0.8f, 1.75f, 2, 1024, 13, 198),
            Step.noRepeatNgram(3),
            Step.banned(new int[] {13, 198}, new int[] {50256}),
            Step.minLength(10, 2, 7),
            Step.allowed());
    String text =
        "logit_bias(11=-0.5, 50256=-Infinity), repetition_penalty(1.1, last=64, prompt=true),"
            + " frequency_penalty(0.5, last=2147483647, prompt=false),"
            + " presence_penalty(-0.5, last=10, prompt=true),"
            + " dry(0.8, base=1.75, allowed=2, range=1024, breakers=13;198), no_repeat_ngram=3,"
            + " banned=13;198|50256, min_length(10, ends=2;7), allowed()";
    assertEquals(text, chain.toString());
    assertEquals(chain, SamplerChain.parse(text));
    assertEquals(
        SamplerChain.of(Step.repetitionPenalty(1.1f), Step.dry(0.8f, 1.75f, 2, Integer.MAX_VALUE)),
        SamplerChain.parse("repetition_penalty=1.1, dry=0.8"));
    assertEquals(
        SamplerChain.of(Step.frequencyPenalty(0.5f), Step.presencePenalty(0.5f)),
        SamplerChain.parse("frequency_penalty=0.5, presence_penalty= 0.5"));
  }

  @Test
  void stepsThatSteerHaveATextToo() {
    SamplerChain chain =
        SamplerChain.of(
            Step.mirostatV1(5, 0.2f, 50), Step.mirostatV2(5, 0.1f), Step.adaptiveP(0.5f, 0.9f));
    String text =
        "mirostat_v1(tau=5.0, eta=0.2, m=50), mirostat_v2(tau=5.0, eta=0.1),"
            + " adaptive_p(target=0.5, decay=0.9)";
    assertEquals(text, chain.toString());
    assertEquals(chain, SamplerChain.parse(text));
    assertEquals(
        chain, SamplerChain.parse("mirostat_v1(5, eta=.2, m=50), mirostat_v2=5, adaptive_p=0.5"));
  }

  /** Found by fuzzing: no banned sequence, and ids from 0 up to the largest int. */
  @Test
  void whatIsEmptyOrLargestHasATextToo() {
    SamplerChain zeros = SamplerChain.of(Step.banned(new int[] {0, 0}), Step.minLength(1, 0));
    assertEquals("banned=0;0, min_length(1, ends=0)", zeros.toString());
    assertEquals(zeros, SamplerChain.parse(zeros.toString()));
    int id = Integer.MAX_VALUE;
    SamplerChain chain =
        SamplerChain.of(
            Step.banned(),
            Step.logitBias(Map.of(id, 1.5f)),
            Step.minLength(id, id),
            Step.dry(0.8f, 1.75f, id, id, id));
    String text =
        "banned(), logit_bias(2147483647=1.5), min_length(2147483647, ends=2147483647),"
            + " dry(0.8, base=1.75, allowed=2147483647, range=2147483647, breakers=2147483647)";
    assertEquals(text, chain.toString());
    assertEquals(chain, SamplerChain.parse(text));
    SamplerChain empty = SamplerChain.of(Step.logitBias(Map.of()), Step.minLength(0));
    assertEquals(empty, SamplerChain.parse(empty.toString()));
  }

  /** Every text in the tables of docs/coming-from.md is a chain. */
  @Test
  void documentedTextsAreChains() throws IOException {
    int texts = 0;
    for (String line : Files.readAllLines(Path.of("../docs/coming-from.md"))) {
      String[] cells = line.replace("\\|", "/").split("\\|");
      if (cells.length == 5 && cells[4].contains("`")) {
        Matcher code = Pattern.compile("`([^`]+)`").matcher(cells[4]);
        while (code.find()) {
          SamplerChain.parse(code.group(1).replace('/', '|'));
          texts++;
        }
      }
    }
    assertTrue(texts > 40, "only " + texts);
  }

  private static final SamplerChain OF_A_FILE =
      SamplerChain.of(
          Step.temperature(0.8f), Step.topP(0.95f).minKeep(2), Step.banned(new int[] {13, 198}));

  /** As files have it: a byte order mark, line breaks of any system, a comma behind the last. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "\n", "\r\n", "\r", "\t", "\f", " ", "\u00a0", "\u2003", "\u202f", "\u3000", "\u0085",
        "\u2028", "\ufeff", "\u000b", ""
      })
  void whiteSpaceIsTheSameEverywhere(String space) {
    for (String comma : List.of("", ",")) {
      String[] words =
          ("temperature = 0.8 , top_p ( 0.95 , min_keep = 2 %s ) , banned = 13;198 %s"
                  .formatted(comma, comma))
              .split(" +");
      String text = space + String.join(space, words) + space;
      assertEquals(OF_A_FILE, SamplerChain.parse(text), text);
      assertEquals(OF_A_FILE, SamplerChain.parse("\ufeff" + text), text);
    }
    assertEquals(SamplerChain.of(), SamplerChain.parse(space));
  }

  /** No character is white space at one place and none at another. */
  @Test
  void everyCharacterIsWhiteSpaceOrNot() {
    SamplerChain chain = SamplerChain.of(Step.topK(40).minKeep(3));
    String text = "#top_k#(#40#,#min_keep#=#3#)#,#";
    List<String> places = List.of(text.split("#", -1));
    Pattern ofTheOthers = Pattern.compile("[\\p{L}\\p{M}\\p{N}\\p{P}\\p{S}\\p{Co}\\p{Cn}\\p{Cs}]");
    int spaces = 0;
    for (char c = 0; c < Character.MAX_VALUE; c++) {
      boolean other = ofTheOthers.matcher(String.valueOf(c)).matches();
      if (other && c > 0x7f && c % 499 != 0 // a few of these will do
          || "=(),+0".indexOf(c) >= 0) { // which mean something at some of the places
        continue;
      }
      int accepted = 0;
      for (int i = 1; i < places.size(); i++) {
        String with =
            String.join("", places.subList(0, i))
                + c
                + String.join("", places.subList(i, places.size()));
        try {
          accepted += SamplerChain.parse(with).equals(chain) ? 1 : 0;
        } catch (IllegalArgumentException e) {
          // none here
        }
      }
      int all = places.size() - 1;
      String name = Integer.toHexString(c);
      assertEquals(accepted == 0 ? 0 : all, accepted, name);
      boolean unicode = String.valueOf(c).matches("(?U)[\\s\ufeff\\x1c-\\x1f]");
      assertEquals(unicode, accepted > 0, name);
      spaces += accepted / all;
    }
    assertEquals(30, spaces);
  }

  /** Digits are 0 to 9; a float may be .5 or 1e-3, a whole number may not, an id has no sign. */
  @Test
  void numbersAreTheSameEverywhere() {
    List<String> whole = List.of("40", "+40", "040", "00000000000000000040");
    List<String> floats = List.of("40.0", "4e1", "40.", "+.4E+2", "4000e-02");
    List<String> none =
        List.of(
            "\u0664\u0660",
            "4\u0660",
            "\uff14\uff10",
            "0x28",
            "40f",
            "40d",
            "4_0",
            "4e",
            "1e1.5",
            ".",
            "+",
            "--40",
            "+-40",
            "NaN",
            "Infinity",
            "+Infinity",
            "-infinity",
            "\u221240",
            "4'0");
    List<String> ids = List.of("40", "040", "00000000000000000040");
    List<String> all = new ArrayList<>(List.of("-40", "2147483648"));
    List.of(whole, floats, none).forEach(all::addAll);
    for (String number : all) {
      boolean isWhole = whole.contains(number);
      boolean isNumber = isWhole || floats.contains(number);
      read(isNumber, Step.topNSigma(40), "top_n_sigma=" + number);
      read(isNumber, Step.logitBias(Map.of(7, 40f)), "logit_bias(7=" + number + ")");
      read(isWhole, Step.topK(40), "top_k=" + number);
      read(isWhole, Step.topK(7).minKeep(40), "top_k(7, min_keep=" + number + ")");
      boolean isId = ids.contains(number);
      read(isId, Step.logitBias(Map.of(40, 1f)), "logit_bias(" + number + "=1)");
      read(isId, Step.minLength(7, 1, 40), "min_length(7, ends=1;" + number + ")");
      read(isId, Step.banned(new int[] {1}, new int[] {40}), "banned=1|" + number);
    }
  }

  private static void read(boolean well, Step step, String text) {
    SamplerChain chain;
    try {
      chain = SamplerChain.parse(text);
    } catch (IllegalArgumentException e) {
      chain = SamplerChain.of();
    }
    assertEquals(well, chain.equals(SamplerChain.of(step)), text);
  }

  /** The nearest float; what only rounding makes 0, infinite or a probability is an error. */
  @Test
  void numbersAreRoundedOnce() {
    String aboveTheMiddle = "1.00000005960464477539062500000001"; // as a double: the middle
    assertEquals(1, (float) Double.parseDouble(aboveTheMiddle));
    assertEquals(
        SamplerChain.of(Step.temperature(Math.nextUp(1f))),
        SamplerChain.parse("temperature=" + aboveTheMiddle));
    Failures.illegalArgument(
        "top_p: p must be in [0, 1], but was 1.0000000001, at 6 of \"top_p=1.0000000001\"",
        () -> SamplerChain.parse("top_p=1.0000000001"));
    for (String zero : List.of("0", "-0", "0.00", "0e9", "+.0E-99", "0e-400")) {
      assertEquals(SamplerChain.greedy(), SamplerChain.parse("temperature=" + zero));
    }
    for (String lost : List.of("1e-60", "1e-400", "1e50", "1e400", "-1e400", "0.001e-50")) {
      Failures.illegalArgument(
          "7 must be a number that as a float is neither 0 nor infinite, but was '"
              + lost
              + "', at 13 of \"logit_bias(7="
              + lost
              + ")\"",
          () -> SamplerChain.parse("logit_bias(7=" + lost + ")"));
    }
  }

  @Test
  void lettersHaveTheirCase() {
    for (String text : List.of("Top_K=40", "top_k(40, Min_keep=2)", "banned=Sequences")) {
      assertThrows(IllegalArgumentException.class, () -> SamplerChain.parse(text), text);
    }
    Failures.illegalArgument(
        "prompt must be true or false, but was 'True', at 31 of"
            + " \"repetition_penalty(1.1, prompt=True)\"",
        () -> SamplerChain.parse("repetition_penalty(1.1, prompt=True)"));
  }

  /** A message is one line that can be read, whatever the text is. */
  @Test
  void messagesAreOneLine() {
    Failures.illegalArgument(
        "k must be a whole number, but was 'x', at 10 of"
            + " \"\\uFEFFtop_k\\t=\\n\\u00A0x,\\r\\n\\f\\u2028\\u0000\\u200B\\uD83D \ud83e\udd8a\"",
        () ->
            SamplerChain.parse("\ufefftop_k\t=\n\u00a0x,\r\n\f\u2028\0\u200b\ud83d \ud83e\udd8a"));
    Failures.illegalArgument(
        "expected ',' but found '\ud83e\udd8a', at 9 of \"top_k=40 \ud83e\udd8a\"",
        () -> SamplerChain.parse("top_k=40 \ud83e\udd8a"));
    Failures.illegalArgument(
        "k must be a whole number, but was '4\\u0000', at 6 of \"top_k=4\\u0000\"",
        () -> SamplerChain.parse("top_k=4\0"));
  }

  /** Errors say what is wrong and where. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "topk=40 | unknown step 'topk': the steps are temperature, dynamic_temperature, top_k, top_p,"
            + " min_p, typical_p, top_n_sigma, xtc, epsilon_cutoff, eta_cutoff, top_h, p_less, mirostat_v1, mirostat_v2, adaptive_p,"
            + " repetition_penalty, frequency_penalty, presence_penalty, dry, no_repeat_ngram, logit_bias, banned, min_length,"
            + " allowed, soft_cap, at 0",
        "top_k=40, top_p=0.9, top_k=50 | step 'top_k' is given twice, at 21",
        "top_k=40, top_p=1.5 | top_p: p must be in [0, 1], but was 1.5, at 16",
        "top_k=4.5 | k must be a whole number, but was '4.5', at 6",
        "top_k=99999999999 | k must be a whole number below 2^31, but was '99999999999', at 6",
        "top_p=0.9f | p must be a number, but was '0.9f', at 6",
        "top_p=NaN | p must be a number, but was 'NaN', at 6",
        "temperature=-1 | temperature: temperature must be finite and >= 0, but was -1.0, at 12",
        "temperature | expected '=' or '(' after 'temperature', at 11",
        "top_k= | expected a value, at 6",
        "top_k=40,, | expected a step, at 9",
        ", | expected a step, at 0",
        "top_k(40,,) | expected a value, at 9",
        "top_k(,) | expected a value, at 6",
        "top_k(40, | expected a value, at 9",
        "top_k(40 2) | expected ',' or ')', at 9",
        "top_k=40 top_p=0.9 | expected ',' but found 't', at 9",
        "top_k(40 | expected ',' or ')', at 8",
        "top_k(40, 50) | '50' needs a name: k, min_keep, at 10",
        "top_k(40, k=50) | 'k' is given twice, at 10",
        "top_k(40, n=2) | unknown parameter 'n': top_k takes k, min_keep, at 10",
        "top_k(40, min_keep=0) | top_k: min_keep must be >= 1, but was 0, at 6",
        "allowed=3 | allowed takes no values, at 8",
        "p_less | expected '=' or '(' after 'p_less', at 6",
        "p_less=2 | '2' needs a name: min_keep, at 7",
        "p_less(2) | '2' needs a name: min_keep, at 7",
        "p_less(p=0.5) | unknown parameter 'p': p_less takes min_keep, at 7",
        "p_less(min_keep=0) | p_less: min_keep must be >= 1, but was 0, at 16",
        "top_k=1, allowed(3=1) | unknown parameter '3': allowed takes no values, at 17",
        "logit_bias(a=3) | unknown parameter 'a': logit_bias takes ids with their biases: id=bias, at 11",
        "logit_bias=3 | logit_bias takes ids with their biases: id=bias, at 11",
        "logit_bias(9999999999=1) | '9999999999' is no token id, at 22",
        "logit_bias(3=x) | 3 must be a number, but was 'x', at 13",
        "logit_bias(7=1, 07=2) | '7' is given twice, at 19",
        "logit_bias(2147483648=1) | '2147483648' is no token id, at 22",
        "banned=1;;2 | sequences must be token ids with ';' between them, but was '1;;2', at 7",
        "repetition_penalty(1.1, prompt=maybe) | prompt must be true or false, but was 'maybe', at 31",
        "xtc=0.5 | xtc needs threshold, at 0",
        "temperature(1, min_keep=2) | unknown parameter 'min_keep': temperature takes t, at 15"
      })
  void errorsPointAtThePlace(String text, String message) {
    Failures.illegalArgument(message + " of \"" + text + "\"", () -> SamplerChain.parse(text));
  }

  @Test
  void minimaAreForFiltersAlone() {
    for (Step step :
        List.of(
            Step.temperature(1),
            Step.topH(0.5f),
            Step.dynamicTemperature(0, 1, 1),
            Step.topK(2).minKeep(1))) {
      Failures.illegalArgument("no minimum to keep for " + step, () -> step.minKeep(1));
    }
  }
}
