package org.logitkernels.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/**
 * mlx-lm's {@code make_logits_processors} and {@code make_sampler}, as {@code BatchGenerator} and
 * the server call them.
 *
 * <p>Written from commit d78bf58 of August 22, 2026 (0.32.0): mlx_lm/sample_utils.py (defaults,
 * order, each step), mlx_lm/generate.py ({@code GenerationBatch}: processors see the prompt, and
 * the sampler sees normalised logits), mlx_lm/server.py (names).
 *
 * <p>In four places it does what this library does and the system does not, as docs/coming-from.md
 * says: ties, a top-k of at least the vocabulary, a temperature below 0, and a context size below
 * 0.
 */
final class MlxLm implements PeerPipeline {
  private static final List<Parameter> PARAMETERS =
      List.of(
          Parameter.real("repetition_penalty", 0.5, 2, 0.0, 1.0, -1.0).given(0.3),
          Parameter.whole("repetition_context_size", 1, 40, 0, 1, -1).given(0.3),
          Parameter.real("presence_penalty", -2, 2, 0.0, 1.0, -1.0).given(0.3),
          Parameter.whole("presence_context_size", 1, 40, 0, 1, -1).given(0.3),
          Parameter.real("frequency_penalty", -2, 2, 0.0, 1.0, -1.0).given(0.3),
          Parameter.whole("frequency_context_size", 1, 40, 0, 1, -1).given(0.3),
          Parameter.real("temp", 0.2, 3, 0.0, 1.0, -1.0, 0.01).also("temperature").given(0.8),
          Parameter.real("top_p", 0.05, 1, 0.0, 1.0, -1.0, 1.5).given(0.4),
          Parameter.real("min_p", 0.01, 0.5, 0.0, 1.0, -1.0, 1.5).given(0.35),
          Parameter.whole("min_tokens_to_keep", 1, 6, 0, 1, 2).given(0.3),
          Parameter.real("xtc_probability", 0, 1, 0.0, 1.0, -1.0, 1.5).given(0.4),
          Parameter.real("xtc_threshold", 0.02, 0.5, 0.0, 0.5, -1.0, 0.51).given(0.4),
          Parameter.whole("top_k", 1, 60, 0, 1, -1, 1000).given(0.4));

  @Override
  public String system() {
    return "mlx-lm";
  }

  @Override
  public String version() {
    return "0.32.0, commit d78bf58 of August 22, 2026";
  }

  @Override
  public String presetVersion() {
    return Presets.MLX_LM_VERSION;
  }

  @Override
  public SamplerChain preset(Map<String, Number> parameters) {
    return Presets.mlx(parameters);
  }

  @Override
  public List<Parameter> parameters() {
    return PARAMETERS;
  }

  @Override
  public PeerPipeline.Sequence begin(Map<String, Number> parameters, int[] prompt) throws Rejected {
    return new Sequence(new Given(parameters), prompt);
  }

  private static final class Sequence implements PeerPipeline.Sequence {
    private final List<Integer> tokens = new ArrayList<>();

    private final double repetition;
    private final int repetitionContext;
    private final double presence;
    private final int presenceContext;
    private final double frequency;
    private final int frequencyContext;
    private final double temperature;
    private final double topP;
    private final double minP;
    private final int keep;
    private final double xtcProbability;
    private final double xtcThreshold;
    private final int topK;

    Sequence(Given given, int[] prompt) throws Rejected {
      IntStream.of(prompt).forEach(tokens::add);
      repetition = given.real("repetition_penalty", 0);
      repetitionContext = given.whole("repetition_context_size", 20);
      presence = given.real("presence_penalty", 0);
      presenceContext = given.whole("presence_context_size", 20);
      frequency = given.real("frequency_penalty", 0);
      frequencyContext = given.whole("frequency_context_size", 20);
      temperature = given.real(given.has("temperature") ? "temperature" : "temp", 0);
      topP = given.real("top_p", 0);
      minP = given.real("min_p", 0);
      keep = given.whole("min_tokens_to_keep", 1);
      xtcProbability = given.real("xtc_probability", 0);
      xtcThreshold = given.real("xtc_threshold", 0.1);
      topK = given.whole("top_k", 0);
      Given.require(repetition >= 0, "repetition_penalty >= 0");
      Given.require(
          repetitionContext >= 0 && presenceContext >= 0 && frequencyContext >= 0,
          "context sizes >= 0 (of the server)");
      Given.require(temperature >= 0, "temp >= 0 (of the server)");
      if (temperature != 0) { // else the arg-max comes before the steps that look at these
        if (minP != 0) {
          Given.require(minP >= 0 && minP <= 1, "min_p in [0, 1]");
          Given.require(keep >= 1, "min_tokens_to_keep >= 1");
        }
        if (xtcProbability > 0) {
          Given.require(xtcProbability <= 1, "xtc_probability in [0, 1]");
          Given.require(xtcThreshold >= 0 && xtcThreshold <= 0.5, "xtc_threshold in [0, 0.5]");
        }
      }
    }

    /** The last so many tokens; {@code tokens[-0:]} is all of them. */
    private List<Integer> last(int context) {
      int size = tokens.size();
      return tokens.subList(context == 0 ? 0 : Math.max(0, size - context), size);
    }

    @Override
    public double[] next(float[] row, double chance, Decisions decisions) {
      Scores scores = new Scores(row, decisions);
      if (repetition != 0) {
        scores.repetition(last(repetitionContext), (float) repetition);
      }
      scores.presence(last(presenceContext), (float) presence);
      scores.frequency(last(frequencyContext), (float) frequency);
      if (temperature == 0) {
        scores.argMax();
        return scores.probabilities();
      }
      if (topP > 0 && topP < 1) {
        scores.topP((float) topP, 0);
      }
      if (minP != 0) {
        scores.minP((float) minP, keep);
      }
      if (xtcProbability > 0 && chance <= xtcProbability) {
        excludeTopChoices(scores, decisions);
      }
      if (topK > 0) {
        scores.topK(topK);
      }
      scores.divide((float) temperature);
      return scores.probabilities();
    }

    /** Drops what is likelier than the least likely token above the threshold. */
    private void excludeTopChoices(Scores scores, Decisions decisions) {
      double[] p = scores.probabilities();
      double least = Double.POSITIVE_INFINITY;
      for (double own : p) {
        if (own > 0 && !decisions.atLeast((float) xtcThreshold, own)) {
          least = Math.min(least, own);
        }
      }
      int ties = 0;
      for (int i = 0; i < p.length; i++) {
        if (p[i] == least) {
          ties++;
        } else if (p[i] > 0 && least < 1 && decisions.atLeast(p[i], least)) {
          scores.drop(i);
        }
      }
      if (ties > 1) { // all of them stay there, and the last here
        decisions.spoil();
      }
    }

    @Override
    public void accept(int token) {
      tokens.add(token);
    }
  }
}
