package org.logitkernels.testkit;

import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/** The chains that the golden bits are of, a list for each section that has some. */
public final class GoldenChains {
  /** Chains that leave the row whole. */
  static final List<SamplerChain> DRAWS =
      List.of(
          SamplerChain.of(),
          SamplerChain.greedy(),
          SamplerChain.of(Step.temperature(0.8f)),
          SamplerChain.of(Step.temperature(1e-30f), Step.temperature(1e-30f)),
          SamplerChain.of(Step.temperature(1e38f), Step.temperature(1e38f)));

  static final List<SamplerChain> TOP_K =
      List.of(
          SamplerChain.of(Step.temperature(0.8f), Step.topK(40)),
          SamplerChain.of(Step.topK(3).minKeep(4), Step.temperature(1.3f)));

  static final List<SamplerChain> TOP_P =
      List.of(
          SamplerChain.of(Step.topP(0.8f)),
          SamplerChain.of(Step.temperature(1.5f), Step.topP(0.95f)),
          SamplerChain.of(Step.topP(0.3f).minKeep(6)));

  static final List<SamplerChain> MIN_P =
      List.of(
          SamplerChain.of(Step.minP(0.05f)),
          SamplerChain.of(Step.temperature(0.6f), Step.minP(0.5f).minKeep(2)));

  /** Filters whose cut depends on the total, the deviation or the single token. */
  static final List<SamplerChain> FILTERS =
      List.of(
          SamplerChain.of(Step.epsilonCutoff(1e-3f)),
          SamplerChain.of(Step.topK(30), Step.epsilonCutoff(0.05f).minKeep(4)),
          SamplerChain.of(Step.topNSigma(1.5f)),
          SamplerChain.of(Step.topP(0.99f), Step.topNSigma(0.7f).minKeep(5)),
          SamplerChain.of(Step.xtc(0.5f, 0.01f), Step.temperature(1.2f)),
          SamplerChain.of(Step.xtc(1, 0.1f)),
          SamplerChain.of(Step.topK(50), Step.xtc(1, 0.02f).minKeep(2)));

  /** Steps that ask for the entropy. */
  static final List<SamplerChain> ENTROPIES =
      List.of(
          SamplerChain.of(Step.etaCutoff(0.01f)),
          SamplerChain.of(Step.topK(90), Step.etaCutoff(0.1f).minKeep(2)),
          SamplerChain.of(Step.typical(0.8f)),
          SamplerChain.of(Step.topK(60), Step.typical(0.5f).minKeep(3)),
          SamplerChain.of(Step.topH(0.6f)),
          SamplerChain.of(Step.dynamicTemperature(0.5f, 2, 1.5f), Step.topP(0.9f)),
          SamplerChain.of(Step.topK(40), Step.dynamicTemperature(0, 1.2f, 0.7f)));

  /** P-less, on whole rows and behind other steps. */
  static final List<SamplerChain> P_LESS =
      List.of(
          SamplerChain.of(Step.pLess()),
          SamplerChain.of(Step.temperature(1.7f), Step.pLess()),
          SamplerChain.of(Step.pLess().minKeep(6)),
          SamplerChain.of(Step.topK(60), Step.pLess(), Step.temperature(1.3f)),
          SamplerChain.of(Step.temperature(3), Step.topP(0.95f), Step.pLess().minKeep(3)),
          SamplerChain.of(Step.xtc(1, 0.1f), Step.pLess()));

  /** One filter after another. */
  static final List<SamplerChain> CHAINS =
      List.of(
          SamplerChain.of(
              Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f), Step.minP(0.05f)),
          SamplerChain.of(Step.topP(0.9f), Step.temperature(1.5f), Step.topK(7)),
          SamplerChain.of(Step.minP(0.02f), Step.temperature(0.3f), Step.topP(0.7f)),
          SamplerChain.of(Step.epsilonCutoff(1e-3f), Step.topH(0.6f)),
          SamplerChain.of(Step.etaCutoff(0.01f), Step.xtc(1, 0.1f)),
          SamplerChain.of(
              Step.topH(0.4f, 20), Step.topK(3).minKeep(4), Step.minP(0.5f).minKeep(2)));

  /** Chains that look at a history. */
  static final List<SamplerChain> HISTORY =
      List.of(
          SamplerChain.of(
              Step.repetitionPenalty(1.3f), Step.dry(0.8f, 1.75f, 2, 64), Step.topP(0.9f)),
          SamplerChain.of(Step.repetitionPenalty(0.8f, 5, false)),
          SamplerChain.of(
              Step.temperature(0.7f),
              Step.frequencyPenalty(0.6f),
              Step.presencePenalty(0.4f, 9, true),
              Step.topK(20)),
          SamplerChain.of(Step.presencePenalty(-0.7f), Step.frequencyPenalty(0.3f, 40, true)),
          SamplerChain.of(Step.topK(25), Step.dry(1.1f, 1.2f, 1, 30, 4), Step.minP(0.01f)),
          SamplerChain.of(Step.noRepeatNgram(2), Step.temperature(1.3f)),
          SamplerChain.of(
              Step.logitBias(Map.of(0, 1.7f, 1, -0.3f, 4, Float.NEGATIVE_INFINITY)),
              Step.topP(0.8f)),
          SamplerChain.of(Step.banned(new int[] {2}, new int[] {0, 3}, new int[] {30})),
          SamplerChain.of(Step.minLength(2, 1, 3), Step.epsilonCutoff(1e-4f)),
          SamplerChain.of(Step.allowed(), Step.temperature(0.9f)),
          SamplerChain.of(Step.topK(50), Step.allowed(), Step.topP(0.9f)));

  /** Chains that steer. */
  static final List<SamplerChain> STEERING =
      List.of(
          SamplerChain.of(Step.mirostatV1(3, 0.1f, 100)),
          SamplerChain.of(Step.mirostatV2(3, 0.1f)),
          SamplerChain.of(Step.temperature(1.4f), Step.topK(60), Step.mirostatV2(2, 0.2f)),
          SamplerChain.of(Step.adaptiveP(0.3f, 0.9f)),
          SamplerChain.of(Step.minP(0.01f), Step.adaptiveP(0.6f, 0.5f)));

  /** Chains that read a row by the caller's mask, each in its way. */
  static final List<SamplerChain> MASKS =
      List.of(
          SamplerChain.of(Step.allowed(), Step.temperature(0)),
          SamplerChain.of(Step.temperature(0.02f), Step.allowed()),
          SamplerChain.of(Step.allowed(), Step.topK(40), Step.topP(0.95f)),
          SamplerChain.of(Step.allowed(), Step.topP(0.9f)),
          SamplerChain.of(Step.allowed(), Step.minP(0.05f)),
          SamplerChain.of(Step.allowed(), Step.etaCutoff(0.01f)),
          SamplerChain.of(Step.allowed(), Step.topNSigma(1.5f)),
          SamplerChain.of(Step.allowed(), Step.xtc(1, 0.1f)));

  /** A chain for each kernel that reads a row. */
  static final List<SamplerChain> READERS =
      List.of(
          SamplerChain.greedy(),
          SamplerChain.of(Step.temperature(0.8f)),
          SamplerChain.of(Step.temperature(0.8f), Step.topK(40), Step.topP(0.95f)),
          SamplerChain.of(Step.topP(0.8f)),
          SamplerChain.of(Step.minP(0.05f)),
          SamplerChain.of(Step.epsilonCutoff(1e-3f)),
          SamplerChain.of(Step.etaCutoff(0.01f)),
          SamplerChain.of(Step.topNSigma(1.5f)),
          SamplerChain.of(Step.typical(0.8f)));

  /** The rows of a batch: those, and some with a memory. */
  static final List<SamplerChain> BATCHED =
      Stream.concat(
              READERS.stream(),
              Stream.of(
                  SamplerChain.of(Step.xtc(0.5f, 0.01f), Step.temperature(1.2f)),
                  SamplerChain.of(Step.xtc(1, 0.1f)),
                  SamplerChain.of(Step.topH(0.4f, 20), Step.topK(3).minKeep(4)),
                  SamplerChain.of(Step.repetitionPenalty(1.3f), Step.topP(0.9f)),
                  SamplerChain.of(Step.presencePenalty(0.4f, 9, true), Step.topK(20)),
                  SamplerChain.of(Step.dry(1.1f, 1.2f, 1, 30, 4), Step.minP(0.01f)),
                  SamplerChain.of(Step.noRepeatNgram(2), Step.temperature(1.3f)),
                  SamplerChain.of(Step.logitBias(Map.of(0, 1.7f, 4, Float.NEGATIVE_INFINITY))),
                  SamplerChain.of(Step.banned(new int[] {2}, new int[] {0, 3})),
                  SamplerChain.of(Step.minLength(2, 1, 3), Step.epsilonCutoff(1e-4f)),
                  SamplerChain.of(Step.dynamicTemperature(0.5f, 2, 1.5f), Step.topP(0.9f)),
                  SamplerChain.of(Step.mirostatV1(3, 0.1f, 100)),
                  SamplerChain.of(Step.mirostatV2(3, 0.1f)),
                  SamplerChain.of(Step.adaptiveP(0.3f, 0.9f))))
          .toList();

  /** Soft caps, on whole rows and survivors, before and behind other changes of logits. */
  static final List<SamplerChain> SOFT_CAPS =
      List.of(
          SamplerChain.of(Step.softCap(30)),
          SamplerChain.of(Step.softCap(2), Step.topK(40), Step.topP(0.9f)),
          SamplerChain.of(Step.temperature(0.7f), Step.softCap(5), Step.minP(0.05f)),
          SamplerChain.of(Step.topK(20), Step.softCap(0.5f)),
          SamplerChain.of(Step.softCap(10), Step.temperature(0)),
          SamplerChain.of(Step.logitBias(Map.of(0, 3f)), Step.softCap(4), Step.typical(0.9f)),
          SamplerChain.of(Step.softCap(1e-35f), Step.topK(7)),
          SamplerChain.of(Step.softCap(1e35f), Step.xtc(1, 0.1f)));

  private GoldenChains() {}

  /** Every step of every chain. */
  public static Stream<Step> steps() {
    return Stream.of(
            DRAWS, TOP_K, TOP_P, MIN_P, FILTERS, ENTROPIES, CHAINS, HISTORY, STEERING, P_LESS,
            MASKS, SOFT_CAPS)
        .flatMap(List::stream)
        .flatMap(chain -> chain.steps().stream());
  }
}
