package org.logitkernels.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/**
 * vLLM's sampler.
 *
 * <p>Written from the main branch: vllm/sampling_params.py (defaults, {@code _verify_args}, what
 * {@code __post_init__} changes; with pull requests 44965, of June 2026, and 46701, of August
 * 2026), vllm/v1/sample/sampler.py (order), vllm/v1/sample/logits_processor/builtin.py (min-p,
 * minimum of tokens), {@code apply_penalties} in vllm/model_executor/layers/utils.py,
 * vllm/v1/sample/ops/topk_topp_sampler.py. The sampler in vllm/v1/worker/gpu/sample has the same
 * order.
 *
 * <p>In two places it does what this library does and the system does not, as docs/coming-from.md
 * says: ties, and {@code min_tokens} without {@code eos_token_id}.
 */
final class Vllm implements PeerPipeline {
  private static final List<Parameter> PARAMETERS =
      List.of(
          Parameter.whole("min_tokens", 1, 12, 0, 1, -1).given(0.15),
          Parameter.whole("eos_token_id", 0, 4).given(0.8),
          Parameter.real("repetition_penalty", 0.5, 2, 0.0, 1.0, -1.0).given(0.3),
          Parameter.real("frequency_penalty", -2, 2, 0.0, 2.0, -2.0, 2.01, -2.01).given(0.3),
          Parameter.real("presence_penalty", -2, 2, 0.0, 2.0, -2.0, 2.01, -2.01).given(0.3),
          Parameter.real("temperature", 0.1, 2, 0.0, 1.0, -1.0, 2.0, 2.01, 0.01, 0.005, 1e-6),
          Parameter.whole("top_k", 1, 60, 0, 1, -1, -2, 1000).given(0.4),
          Parameter.real("top_p", 0.05, 1, 0.0, 1.0, -1.0, 1.5, 1e-50).given(0.4),
          Parameter.real("min_p", 0.01, 0.5, 0.0, 1.0, -1.0, 1.5).given(0.35));

  @Override
  public String system() {
    return "vLLM";
  }

  @Override
  public String version() {
    return "main branch of August 2026, with pull request 46701";
  }

  @Override
  public String presetVersion() {
    return Presets.VLLM_VERSION;
  }

  @Override
  public SamplerChain preset(Map<String, Number> parameters) {
    return Presets.vllm(parameters);
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
    private final List<Integer> all = new ArrayList<>();
    private final List<Integer> output = new ArrayList<>();

    private final int minTokens;
    private final int eos;
    private final double repetition;
    private final double frequency;
    private final double presence;
    private final double temperature;
    private final int topK;
    private final double topP;
    private final double minP;

    Sequence(Given given, int[] prompt) throws Rejected {
      IntStream.of(prompt).forEach(all::add);
      minTokens = given.whole("min_tokens", 0);
      eos = given.whole("eos_token_id", -1);
      repetition = given.real("repetition_penalty", 1);
      frequency = given.real("frequency_penalty", 0);
      presence = given.real("presence_penalty", 0);
      double t = given.real("temperature", 1);
      temperature = t > 0 && t < 0.01 ? 0.01 : t;
      topK = given.whole("top_k", 0);
      topP = given.real("top_p", 1);
      minP = given.real("min_p", 0);
      Given.require(minTokens >= 0, "min_tokens >= 0");
      Given.require(minTokens == 0 || eos >= 0, "eos_token_id (of this library)");
      Given.require(repetition > 0, "repetition_penalty > 0");
      Given.require(frequency >= -2 && frequency <= 2, "frequency_penalty in [-2, 2]");
      Given.require(presence >= -2 && presence <= 2, "presence_penalty in [-2, 2]");
      Given.require(temperature >= 0 && temperature <= 2, "temperature in [0, 2]");
      Given.require(topP > 0 && topP <= 1, "top_p in (0, 1]");
      Given.require(topK >= -1, "top_k >= -1");
      Given.require(minP >= 0 && minP <= 1, "min_p in [0, 1]");
    }

    @Override
    public double[] next(float[] row, double chance, Decisions decisions) {
      Scores scores = new Scores(row, decisions);
      if (output.size() < minTokens) {
        scores.drop(eos);
      }
      scores.repetition(all, (float) repetition);
      scores.frequency(output, (float) frequency);
      scores.presence(output, (float) presence);
      if (temperature < 1e-5) { // top-k, top-p and min-p are set back, and the arg-max is taken
        scores.argMax();
        return scores.probabilities();
      }
      scores.divide((float) temperature);
      if (minP > 0) {
        scores.minP((float) minP, 1);
      }
      if (topK > 0) { // min(k, vocabulary)
        scores.topK(topK);
      }
      if (topP < 1) {
        scores.topP((float) topP, 1);
      }
      return scores.probabilities();
    }

    @Override
    public void accept(int token) {
      all.add(token);
      output.add(token);
    }
  }
}
