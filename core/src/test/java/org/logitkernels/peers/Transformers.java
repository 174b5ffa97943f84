package org.logitkernels.peers;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.logitkernels.Presets;
import org.logitkernels.SamplerChain;

/**
 * The logits processors of Hugging Face transformers' {@code generate(do_sample=True)}.
 *
 * <p>Written from src/transformers/generation of the main branch: {@code _get_logits_processor} in
 * utils.py (order, and when a processor is made), logits_process.py (what each does and rejects;
 * with pull request 47571, of the end of July 2026), {@code _get_default_generation_params} in
 * configuration_utils.py (defaults).
 *
 * <p>In three places it does what this library does and the system does not, as docs/coming-from.md
 * says: ties, a temperature of 0, and {@code min_new_tokens} without {@code eos_token_id}.
 */
final class Transformers implements PeerPipeline {
  private static final List<Parameter> PARAMETERS =
      List.of(
          Parameter.whole("do_sample", 0, 1).given(0.1),
          Parameter.whole("min_tokens_to_keep", 1, 6, 0, 1, 2).given(0.2),
          Parameter.real("repetition_penalty", 0.5, 2, 0.0, 1.0, -1.0).given(0.3),
          Parameter.whole("no_repeat_ngram_size", 1, 4, 0, 1, -1).given(0.2),
          Parameter.whole("min_new_tokens", 1, 12, 0, 1, -1).given(0.15),
          Parameter.whole("eos_token_id", 0, 4).given(0.8),
          Parameter.real("temperature", 0.2, 3, 0.0, 1.0, -1.0, 0.01).given(0.5),
          Parameter.real("top_h", 0.05, 1, 0.0, 1.0, -1.0, 1.5).given(0.15),
          Parameter.whole("top_k", 1, 60, 0, 1, -1, 1000).given(0.4),
          Parameter.real("top_p", 0.05, 1, 0.0, 1.0, -1.0, 1.5).given(0.35),
          Parameter.real("min_p", 0.01, 0.5, 0.0, 1.0, -1.0, 1.5).given(0.3),
          Parameter.real("typical_p", 0.05, 1, 0.0, 1.0, -1.0, 1.5).given(0.25),
          Parameter.real("epsilon_cutoff", 3e-4, 0.1, 0.0, 1.0, -1.0, 1.5).given(0.25),
          Parameter.real("eta_cutoff", 3e-4, 0.1, 0.0, 1.0, -1.0, 1.5).given(0.25));

  @Override
  public String system() {
    return "Hugging Face transformers";
  }

  @Override
  public String version() {
    return "main branch of August 2026, with pull request 47571";
  }

  @Override
  public String presetVersion() {
    return Presets.TRANSFORMERS_VERSION;
  }

  @Override
  public SamplerChain preset(Map<String, Number> parameters) {
    return Presets.huggingFace(parameters);
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
    private final int prompt;

    private final boolean doSample;
    private final int keep;
    private final double repetition;
    private final int ngram;
    private final int minNewTokens;
    private final int eos;
    private final double temperature;
    private final double topH;
    private final int topK;
    private final double topP;
    private final double minP;
    private final double typical;
    private final double epsilon;
    private final double eta;

    Sequence(Given given, int[] prompt) throws Rejected {
      IntStream.of(prompt).forEach(tokens::add);
      this.prompt = prompt.length;
      doSample = given.whole("do_sample", 1) == 1;
      repetition = given.real("repetition_penalty", 1);
      Given.require(repetition == 1 || repetition > 0, "repetition_penalty > 0");
      ngram = given.whole("no_repeat_ngram_size", 0);
      minNewTokens = given.whole("min_new_tokens", 0);
      eos = given.whole("eos_token_id", -1);
      Given.require(minNewTokens <= 0 || eos >= 0, "eos_token_id (of this library)");
      keep = given.whole("min_tokens_to_keep", 1);
      Given.require(keep >= 1, "min_tokens_to_keep >= 1");
      temperature = given.real("temperature", 1);
      topH = given.real("top_h", Double.NaN);
      topK = given.whole("top_k", 50);
      topP = given.real("top_p", 1);
      minP = given.real("min_p", 0);
      typical = given.real("typical_p", 1);
      epsilon = given.real("epsilon_cutoff", 0);
      eta = given.real("eta_cutoff", 0);
      if (doSample) { // else their processors are never made
        Given.require(temperature >= 0, "temperature > 0 (0: this library)");
        Given.require(!given.has("top_h") || topH > 0 && topH <= 1, "top_h in (0, 1]");
        Given.require(topK >= 0, "top_k > 0, where it is not 0");
        Given.require(topP >= 0, "top_p >= 0, where it is below 1");
        Given.require(minP >= 0 && minP <= 1, "min_p in [0, 1]");
        Given.require(typical > 0, "typical_p > 0, where it is below 1");
      }
    }

    @Override
    public double[] next(float[] row, double chance, Decisions decisions) {
      Scores scores = new Scores(row, decisions);
      if (repetition != 1) {
        scores.repetition(tokens, (float) repetition);
      }
      if (ngram > 0) {
        noRepeat(scores);
      }
      if (minNewTokens > 0 && tokens.size() - prompt < minNewTokens) {
        scores.drop(eos);
      }
      if (!doSample || temperature == 0) {
        scores.argMax();
        return scores.probabilities();
      }
      scores.divide((float) temperature);
      if (!Double.isNaN(topH)) {
        topH(scores, decisions);
      }
      if (topK != 0) {
        scores.topK(Math.max(topK, keep));
      }
      if (topP < 1) {
        scores.topP((float) topP, keep);
      }
      if (minP > 0) {
        scores.minP((float) minP, keep);
      }
      if (typical < 1) {
        typical(scores, decisions);
      }
      if (epsilon > 0 && epsilon < 1) {
        scores.leastProbability((float) epsilon, keep);
      }
      if (eta > 0 && eta < 1) {
        double flat = Math.sqrt((float) eta) * Math.exp(-entropy(scores.probabilities()));
        scores.leastProbability(Math.min((float) eta, flat), keep);
      }
      return scores.probabilities();
    }

    @Override
    public void accept(int token) {
      tokens.add(token);
    }

    /** Every n-gram of the history maps its first n - 1 tokens to what followed. */
    private void noRepeat(Scores scores) {
      Map<List<Integer>, List<Integer>> followers = new HashMap<>();
      for (int i = 0; i + ngram <= tokens.size(); i++) {
        followers
            .computeIfAbsent(tokens.subList(i, i + ngram - 1), prefix -> new ArrayList<>())
            .add(tokens.get(i + ngram - 1));
      }
      if (tokens.size() >= ngram) {
        List<Integer> suffix = tokens.subList(tokens.size() - ngram + 1, tokens.size());
        followers.getOrDefault(suffix, List.of()).forEach(scores::drop);
      }
    }

    private static double entropy(double[] probabilities) {
      double sum = 0;
      for (double p : probabilities) {
        sum -= p == 0 ? 0 : p * Math.log(p);
      }
      return sum;
    }

    /** Of the best 100, the first whose entropies add up to a share of that of all 100. */
    private void topH(Scores scores, Decisions decisions) {
      scores.topK(100);
      double[] p = scores.probabilities();
      double tau = entropy(p) * (float) topH;
      double sum = 0;
      int[] order = scores.order();
      int size = 0;
      while (size < order.length) {
        double own = p[order[size]];
        sum -= own * Math.log(own);
        // In exact arithmetic an h of 1 keeps all; the last sum is tau itself, give or take an ulp.
        boolean within = topH == 1 ? own > 0 : decisions.atLeast(tau, sum);
        if (size > 0 && !within) {
          break;
        }
        size++;
      }
      scores.cut(order, size, scores.x.clone());
    }

    /**
     * The tokens whose surprisal is nearest to the entropy, up to the one that crosses the mass.
     */
    private void typical(Scores scores, Decisions decisions) {
      double[] p = scores.probabilities();
      double entropy = entropy(p);
      double[] distances = new double[p.length];
      for (int i = 0; i < p.length; i++) {
        distances[i] = Math.abs(-Math.log(p[i]) - entropy);
      }
      int[] order = scores.order(distances);
      double mass = 0;
      int size = 0;
      while (size < order.length) {
        mass += p[order[size++]];
        if (decisions.atLeast(mass, (float) typical, 1)) {
          break;
        }
      }
      scores.cut(order, Math.max(size, keep), distances);
    }
  }
}
