package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
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
            + " top_n_sigma=1.5, epsilon_cutoff=0.001, eta_cutoff=0.002, top_h(h=0.4, n=100),"
            + " dynamic_temperature(min=0.5, max=1.5, exponent=1.0)",
        SamplerChain.of(
                Step.topK(40).minKeep(3),
                Step.xtc(0.5f, 0.1f).minKeep(2),
                Step.typical(0.9f),
                Step.topNSigma(1.5f),
                Step.epsilonCutoff(0.001f),
                Step.etaCutoff(0.002f),
                Step.topH(0.4f),
                Step.dynamicTemperature(0.5f, 1.5f, 1))
            .toString());
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

  /** Errors say what is wrong and where. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "topk=40 | unknown step 'topk': the steps are temperature, dynamic_temperature, top_k, top_p,"
            + " min_p, typical_p, top_n_sigma, xtc, epsilon_cutoff, eta_cutoff, top_h, mirostat_v1, mirostat_v2, adaptive_p,"
            + " repetition_penalty, frequency_penalty, presence_penalty, dry, no_repeat_ngram, logit_bias, banned, min_length,"
            + " allowed, at 0",
        "top_k=40, top_p=0.9, top_k=50 | step 'top_k' is given twice, at 21",
        "top_k=40, top_p=1.5 | top_p: p must be in [0, 1], but was 1.5, at 16",
        "top_k=4.5 | k must be a whole number, but was '4.5', at 6",
        "top_k=99999999999 | k must be a whole number, but was '99999999999', at 6",
        "top_p=0.9f | p must be a number, but was '0.9f', at 6",
        "top_p=NaN | p must be a number, but was 'NaN', at 6",
        "temperature=-1 | temperature: temperature must be finite and >= 0, but was -1.0, at 12",
        "temperature | expected '=' or '(' after 'temperature', at 11",
        "top_k= | expected a value, at 6",
        "top_k=40, | expected a step, at 9",
        "top_k=40 top_p=0.9 | expected ',' but found 't', at 9",
        "top_k(40 | expected ')', at 8",
        "top_k(40, 50) | '50' needs a name: k, min_keep, at 10",
        "top_k(40, k=50) | 'k' is given twice, at 10",
        "top_k(40, n=2) | unknown parameter 'n' of top_k, which has k, min_keep, at 10",
        "top_k(40, min_keep=0) | top_k: min_keep must be >= 1, but was 0, at 6",
        "allowed=3 | allowed takes no values, at 8",
        "top_k=1, allowed(3=1) | allowed takes no values, at 9",
        "logit_bias(a=3) | unknown parameter 'a' of logit_bias, at 11",
        "logit_bias=3 | logit_bias takes ids with their biases: id=bias, at 11",
        "logit_bias(9999999999=1) | '9999999999' is no token id, at 22",
        "logit_bias(3=x) | 3 must be a number, but was 'x', at 13",
        "logit_bias(7=1, 07=2) | '7' is given twice, at 19",
        "logit_bias(2147483648=1) | '2147483648' is no token id, at 22",
        "banned=1;;2 | sequences must be token ids with ';' between them, but was '1;;2', at 7",
        "repetition_penalty(1.1, prompt=maybe) | prompt must be true or false, but was 'maybe', at 31",
        "xtc=0.5 | xtc needs threshold, at 0",
        "temperature(1, min_keep=2) | unknown parameter 'min_keep' of temperature, which has t, at 15"
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
