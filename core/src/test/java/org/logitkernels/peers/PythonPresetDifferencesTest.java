package org.logitkernels.peers;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.logitkernels.Presets;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;
import org.logitkernels.testkit.Failures;

/**
 * What docs/coming-from.md lists as different from transformers, vLLM and mlx-lm: each example, as
 * it comes out here. What the system makes of it is in the comment.
 */
class PythonPresetDifferencesTest {
  private static final int[] NONE = {};

  /** The tokens that have a probability. */
  private static int[] kept(SamplerChain chain, int[] prompt, float... row) {
    Sampler sampler = chain.newSampler(row.length, 1);
    sampler.acceptPrompt(prompt);
    return kept(sampler, row);
  }

  private static int[] kept(Sampler sampler, float... row) {
    sampler.sample(row, 0, row.length, 0.5);
    float[] probabilities = new float[row.length];
    sampler.probabilities(probabilities, 0);
    return IntStream.range(0, row.length).filter(i -> probabilities[i] > 0).toArray();
  }

  private static float[] logs(double... probabilities) {
    float[] row = new float[probabilities.length];
    for (int i = 0; i < row.length; i++) {
      row[i] = (float) Math.log(probabilities[i]);
    }
    return row;
  }

  /** transformers and vLLM keep tokens 1, 2 and 3. */
  @Test
  void tiesAtTheLastOfTopK() {
    int[] lowerIds = {1, 2};
    assertArrayEquals(lowerIds, kept(Presets.huggingFace(Map.of("top_k", 2)), NONE, 0, 1, 1, 1));
    assertArrayEquals(lowerIds, kept(Presets.vllm(Map.of("top_k", 2)), NONE, 0, 1, 1, 1));
  }

  /** transformers rejects it. */
  @Test
  void transformersAtTemperatureZero() {
    assertArrayEquals(
        new int[] {1}, kept(Presets.huggingFace(Map.of("temperature", 0)), NONE, 1, 2, 0));
  }

  /** transformers rejects the int 2, and takes 2.0. */
  @Test
  void transformersWithWholeTemperatures() {
    assertEquals(
        Presets.huggingFace(Map.of("temperature", 2.0)),
        Presets.huggingFace(Map.of("temperature", 2)));
  }

  /** Both leave the tokens as they are: there is none to keep back. */
  @Test
  void minimumOfTokensWithoutAnEnd() {
    Failures.illegalArgument(
        "min_new_tokens is 5, but the token that it keeps back is not known: give eos_token_id too",
        () -> Presets.huggingFace(Map.of("min_new_tokens", 5)));
    Failures.illegalArgument(
        "min_tokens is 5, but the token that it keeps back is not known: give eos_token_id too",
        () -> Presets.vllm(Map.of("min_tokens", 5)));
    assertThrows(PeerPipeline.Rejected.class, () -> begin(new Transformers(), "min_new_tokens"));
    assertThrows(PeerPipeline.Rejected.class, () -> begin(new Vllm(), "min_tokens"));
  }

  private static void begin(PeerPipeline peer, String name) throws PeerPipeline.Rejected {
    peer.begin(Map.of(name, 5), NONE);
  }

  /** transformers' min_length counts the prompt: 8 with a prompt of 5 is a min_new_tokens of 3. */
  @Test
  void transformersMinimumWithThePrompt() {
    assertThrows(
        IllegalArgumentException.class,
        () -> Presets.huggingFace(Map.of("min_length", 8, "eos_token_id", 0)));
    SamplerChain chain = Presets.huggingFace(Map.of("min_new_tokens", 3, "eos_token_id", 0));
    Sampler sampler = chain.newSampler(3, 1);
    sampler.acceptPrompt(new int[] {1, 2, 1, 2, 1});
    for (int length = 5; length < 9; length++) {
      int[] left = length < 8 ? new int[] {1, 2} : new int[] {0, 1, 2};
      assertArrayEquals(left, kept(sampler, 3, 2, 1), "behind " + length + " tokens");
      sampler.accept(1);
    }
  }

  /** transformers leaves 2 behind 1 alone, as the sequence is longer than the history. */
  @Test
  void transformersBadWordsOfTheWholeHistory() {
    SamplerChain chain = SamplerChain.of(Step.banned(new int[] {1, 2}));
    assertArrayEquals(new int[] {0, 1}, kept(chain, new int[] {1}, 1, 1, 1));
  }

  /** vLLM leaves 2 alone, as the 1 before it is the prompt's. */
  @Test
  void vllmBadWordsThatBeginInThePrompt() {
    SamplerChain chain = SamplerChain.of(Step.banned(new int[] {1, 2}));
    assertArrayEquals(new int[] {0, 1}, kept(chain, new int[] {0, 0, 1}, 1, 1, 1));
  }

  /** vLLM makes -100 of it, which a logit of 200 survives. */
  @Test
  void vllmBiasesBeyondAHundred() {
    SamplerChain chain = SamplerChain.of(Step.logitBias(Map.of(0, Float.NEGATIVE_INFINITY)));
    assertArrayEquals(new int[] {1}, kept(chain, NONE, 200, 1));
  }

  /** mlx-lm drops nothing, as no probability is above the threshold. */
  @Test
  void mlxChoicesAtTheThreshold() {
    SamplerChain chain =
        Presets.mlx(Map.of("temp", 1, "xtc_probability", 1, "xtc_threshold", 0.25));
    assertArrayEquals(new int[] {3}, kept(chain, NONE, 0, 0, 0, 0));
  }

  /** mlx-lm keeps 1, 2 and 3, of which none is less likely. */
  @Test
  void mlxLastChoicesThatAreTied() {
    SamplerChain chain = Presets.mlx(Map.of("temp", 1, "xtc_probability", 1));
    assertArrayEquals(new int[] {3}, kept(chain, NONE, logs(0.4, 0.2, 0.2, 0.2)));
  }

  /** mlx-lm's server never excludes the line break and the ends; make_sampler does, as here. */
  @Test
  void mlxExcludesEnds() {
    SamplerChain chain = Presets.mlx(Map.of("temp", 1, "xtc_probability", 1));
    assertArrayEquals(new int[] {1, 2}, kept(chain, NONE, logs(0.6, 0.35, 0.05)));
  }

  /** mlx-lm rejects it when the first token is drawn. */
  @Test
  void mlxTopKOfTheVocabulary() {
    for (int k = 3; k < 5; k++) {
      SamplerChain chain = Presets.mlx(Map.of("temp", 1, "top_k", k));
      assertArrayEquals(new int[] {0, 1, 2}, kept(chain, NONE, 1, 2, 3));
    }
  }

  /** make_sampler prefers the least likely token at -1; its server rejects it. */
  @Test
  void mlxBelowZero() {
    Failures.illegalArgument(
        "temp must be >= 0 (0: greedy), but was -1", () -> Presets.mlx(Map.of("temp", -1)));
    Failures.illegalArgument(
        "repetition_context_size must be >= 0 (0: all), but was -2",
        () -> Presets.mlx(Map.of("repetition_context_size", -2)));
  }

  /**
   * generate_step shows the penalties the prompt's last token alone: 0 is not penalised there, and
   * comes out. Whoever wants the same gives the sampler that token alone.
   */
  @Test
  void mlxPenaltiesOfThePrompt() {
    SamplerChain chain = Presets.mlx(Map.of("presence_penalty", 2));
    float[] row = {3, 2, 0};
    assertArrayEquals(new int[] {1}, kept(chain, new int[] {0, 2}, row));
    assertArrayEquals(new int[] {0}, kept(chain, new int[] {2}, row));
  }
}
