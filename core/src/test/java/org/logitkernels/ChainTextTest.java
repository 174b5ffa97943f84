package org.logitkernels;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
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

  /** Errors say what is wrong and where. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "topk=40 | unknown step 'topk': the steps are temperature, dynamic_temperature, top_k, top_p,"
            + " min_p, typical_p, top_n_sigma, xtc, epsilon_cutoff, eta_cutoff, top_h, at 0",
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
