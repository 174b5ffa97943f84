package org.logitkernels;

import java.io.Serializable;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One step of a {@link SamplerChain}: a filter that drops tokens, a temperature, a change of a few
 * tokens' logits (penalties, biases, bans, masks), a soft cap of all logits, or a step that steers
 * by what was drawn.
 *
 * <p>Every step validates its parameters when it is made, and so when it is deserialised. More
 * steps may be added: a switch over them needs a default.
 *
 * <p><b>Doubles:</b> a step holds floats. Each factory that takes floats takes doubles too, rounds
 * each to the nearest float, and so {@code temperature(0.7)} equals {@code temperature(0.7f)}. A
 * double must be in range before it is rounded: 1.0000000001 is no probability. A double that only
 * 0 or infinity would stand for as a float is refused, above the largest float ({@code 1e300}) and
 * below half of the least ({@code 1e-60}): a temperature above 0 does not turn into greedy, nor a
 * threshold above 0 into one that is off.
 *
 * {@snippet lang=java :
 * SamplerChain chain = SamplerChain.of(Step.temperature(0.7), Step.topP(0.9).minKeep(2));
 * for (Step step : chain.steps()) {
 *   System.out.println(step);
 * }
 * // temperature=0.7
 * // top_p(0.9, min_keep=2)
 * }
 */
public sealed interface Step extends Serializable {

  /**
   * Temperature: divides the logits by T, so that T below 1 sharpens the distribution and T above 1
   * flattens it.
   *
   * <p>Successive temperatures multiply. Temperature never masks, ties or reorders a token. 0 (or
   * -0) means greedy: only the best token survives.
   *
   * {@snippet lang=java :
   * float[] logits = {2, 1, 0.5f};
   * for (double t : new double[] {0.5, 1, 2}) {
   *   System.out.println(SamplerChain.of(Step.temperature(t)).newSampler(3, 42).apply(logits));
   * }
   * // [0: 0.8437947, 1: 0.114195205, 2: 0.04201007]
   * // [0: 0.6285317, 1: 0.23122391, 2: 0.14024438]
   * // [0: 0.4810243, 1: 0.29175594, 2: 0.22721978]
   * }
   *
   * @param t the temperature, finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step temperature(float t) {
    return new Temperature(t);
  }

  /**
   * {@link #temperature(float)} by a double: see {@link Step} for the rounding.
   *
   * @param t the temperature, finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step temperature(double t) {
    return new Temperature(checkFinite("temperature", t));
  }

  /**
   * Top-k: keeps exactly the best k tokens, or all if there are no more; among equal logits the
   * lower ids.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topK(2)).newSampler(4, 42);
   * System.out.println(sampler.apply(new float[] {2, 0.5f, 1, 1}));
   * // [0: 0.7310586, 2: 0.26894143]
   * }
   *
   * @param k at least 1
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topK(int k) {
    return new TopK(k);
  }

  /**
   * Top-p, the nucleus: keeps the smallest best-first prefix of the tokens left whose
   * probabilities, renormalised over those tokens, sum to p; as {@link Kernels#topP} does for a
   * whole row. 1 keeps all, 0 the best.
   *
   * <p>Source: Holtzman et al., arXiv:1904.09751.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topP(0.8)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // 0.63 + 0.23 reach 0.8
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topP(float p) {
    return new TopP(p);
  }

  /**
   * {@link #topP(float)} by a double: see {@link Step} for the rounding.
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topP(double p) {
    return new TopP(checkUnit("p", p));
  }

  /**
   * Min-p: keeps the tokens whose probability is at least p times the best one's.
   *
   * <p>In logits: those with {@code x - max >= (float) (T (ln p - 2^-21))}, where T is the
   * temperature so far; equality is kept. 0 keeps all, 1 the ties at the maximum.
   *
   * <p>Source: Nguyen et al., Turning Up the Heat, arXiv:2407.01082.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.minP(0.25)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // 0.14 is less than 0.25 * 0.63
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step minP(float p) {
    return new MinP(p);
  }

  /**
   * {@link #minP(float)} by a double: see {@link Step} for the rounding.
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step minP(double p) {
    return new MinP(checkUnit("p", p));
  }

  /**
   * Locally typical sampling: keeps the smallest set of tokens of mass p whose surprisal {@code -ln
   * p_i} is nearest to the entropy {@code H = -sum(p_i ln p_i)}.
   *
   * <p><b>Definition:</b> the tokens left, by {@code |-ln p_i - H|} (as a float) ascending, then by
   * id ascending; of them the smallest prefix whose mass is at least {@code p * total - total *
   * 2^-21}, the token that crosses included. Probabilities are those at the temperature so far,
   * renormalised over the tokens left. 1 keeps all, 0 the most typical one, which need not be the
   * best.
   *
   * <p><b>Source:</b> Meister et al., Locally Typical Sampling, arXiv:2202.00666; as in Hugging
   * Face transformers and llama.cpp, but exact at ties, of which transformers keeps all.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.typical(0.2)).newSampler(7, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 1, 1, 1, 1, 1})); // the best is not typical
   * // [1: 0.5, 2: 0.5]
   * }
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step typical(float p) {
    return new Typical(p);
  }

  /**
   * {@link #typical(float)} by a double: see {@link Step} for the rounding.
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step typical(double p) {
    return new Typical(checkUnit("p", p));
  }

  /**
   * Top-n-sigma: keeps the tokens whose logit is at most n standard deviations below the maximum.
   *
   * <p><b>Definition:</b> those with {@code x - max >= (float) (-n * sigma)}; sigma is the
   * population standard deviation of the logits left, masked ones not counted, in double. No
   * temperature changes which tokens are kept. 0 keeps the ties at the maximum.
   *
   * <p><b>Source:</b> Tang et al., Top-n-sigma, arXiv:2411.07641; as in llama.cpp, where 0 and less
   * switch it off.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topNSigma(1)).newSampler(4, 42);
   * System.out.println(sampler.apply(new float[] {4, 3.5f, 0, 0}));
   * // [0: 0.62245935, 1: 0.37754068]
   * }
   *
   * @param n finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topNSigma(float n) {
    return new TopNSigma(n);
  }

  /**
   * {@link #topNSigma(float)} by a double: see {@link Step} for the rounding.
   *
   * @param n finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topNSigma(double n) {
    return new TopNSigma(checkFinite("n", n));
  }

  /**
   * XTC, exclude top choices: with a probability, drops all tokens of at least a threshold's
   * probability but the last of them.
   *
   * <p><b>Definition:</b> at a call whose second uniform number is below {@code probability}, of
   * the tokens with {@code x - max >= (float) (T (ln(threshold * total) - 2^-21))}, in other words
   * {@code p_i >= threshold}, all but the last in order are dropped; nothing is if there are fewer
   * than two. The second number is a hash of the call's u and of the step's place among the chain's
   * XTC steps, so that a call is a pure function of u.
   *
   * <p><b>Source:</b> P. E. Weidmann, oobabooga/text-generation-webui pull request 6335; as in
   * llama.cpp, equality included. A threshold above 0.5 can drop nothing.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.xtc(1, 0.2)).newSampler(3, 42); // at every draw
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // of 0.63 and 0.23 the last stays
   * // [1: 0.62245935, 2: 0.37754065]
   * }
   *
   * @param probability in [0, 1]; 0 never drops
   * @param threshold in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if either is not
   */
  static Step xtc(float probability, float threshold) {
    return new Xtc(probability, threshold);
  }

  /**
   * {@link #xtc(float, float)} by doubles: see {@link Step} for the rounding.
   *
   * @param probability in [0, 1]; 0 never drops
   * @param threshold in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if either is not
   */
  static Step xtc(double probability, double threshold) {
    return new Xtc(checkUnit("probability", probability), checkUnit("threshold", threshold));
  }

  /**
   * Epsilon cutoff: keeps the tokens of a probability of at least epsilon, and the best in any
   * case.
   *
   * <p><b>Definition:</b> those with {@code x - max >= min(0, (float) (T (ln(epsilon * total) -
   * 2^-21)))}, total being that of the weights left. 0 keeps all.
   *
   * <p><b>Source:</b> Hewitt et al., Truncation Sampling as Language Model Desmoothing,
   * arXiv:2210.15191; as in Hugging Face transformers.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.epsilonCutoff(0.2)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f}));
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param epsilon in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step epsilonCutoff(float epsilon) {
    return new EpsilonCutoff(epsilon);
  }

  /**
   * {@link #epsilonCutoff(float)} by a double: see {@link Step} for the rounding.
   *
   * @param epsilon in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step epsilonCutoff(double epsilon) {
    return new EpsilonCutoff(checkUnit("epsilon", epsilon));
  }

  /**
   * Eta cutoff: an epsilon cutoff that gives way where the distribution is flat, at {@code
   * min(epsilon, sqrt(epsilon) * exp(-H))} with H the entropy.
   *
   * <p><b>Source:</b> Hewitt et al., arXiv:2210.15191; as in Hugging Face transformers.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.etaCutoff(0.2)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // sqrt(0.2) exp(-0.9) is 0.18
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param epsilon in [0, 1]; 0 keeps all
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step etaCutoff(float epsilon) {
    return new EtaCutoff(epsilon);
  }

  /**
   * {@link #etaCutoff(float)} by a double: see {@link Step} for the rounding.
   *
   * @param epsilon in [0, 1]; 0 keeps all
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step etaCutoff(double epsilon) {
    return new EtaCutoff(checkUnit("epsilon", epsilon));
  }

  /**
   * Top-h among the best 100 tokens: see {@link #topH(float, int)}.
   *
   * @param h in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topH(float h) {
    return new TopH(h, TopH.TOP_N);
  }

  /**
   * {@link #topH(float)} by a double: see {@link Step} for the rounding.
   *
   * @param h in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topH(double h) {
    return new TopH(checkUnit("h", h), TopH.TOP_N);
  }

  /**
   * Top-h: of the best n tokens, renormalised, keeps the longest best-first prefix whose share of
   * the entropy is at most h, and the best in any case. Tokens of no weight are dropped.
   *
   * <p><b>Definition:</b> a top-k of n; then the prefix with {@code -sum(p_i ln p_i) <= (h + 2^-21)
   * H}, H being the sum over all n.
   *
   * <p><b>Source:</b> Potraghloo et al., Top-H Decoding, arXiv:2509.02510; as in Hugging Face
   * transformers, where n is 100.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topH(0.7, 100)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f}));
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param h in [0, 1]
   * @param n at least 1
   * @return the step
   * @throws IllegalArgumentException if either is not
   */
  static Step topH(float h, int n) {
    return new TopH(h, n);
  }

  /**
   * {@link #topH(float, int)} by a double: see {@link Step} for the rounding.
   *
   * @param h in [0, 1]
   * @param n at least 1
   * @return the step
   * @throws IllegalArgumentException if either is not
   */
  static Step topH(double h, int n) {
    return new TopH(checkUnit("h", h), n);
  }

  /**
   * P-less: keeps the tokens whose probability is at least the collision probability {@code
   * sum(p_i^2)}, the chance that two draws give the same token. It is 1 where one token is sure and
   * 1 / n where n are equal, so the cut follows the shape of the distribution and needs no number.
   *
   * <p><b>Definition:</b> with {@code Z(T)} the total of the weights left at temperature T in
   * weights of the maximum, {@code sum(exp((x - max) / T))}, the collision probability is {@code
   * Z(T / 2) / Z(T)^2}. Kept are those with {@code x - max >= (float) (T (min(0, ln(Z(T / 2) /
   * Z(T))) - 2^-21))}, T being the temperature so far; equality is kept. Probabilities are
   * renormalised over the tokens left, and masked ones count for nothing. The best token and its
   * ties are always kept, for no average of probabilities is above the largest; so a single token
   * stays. Where all probabilities are equal to within 2^-21, as at huge temperatures, all are
   * kept.
   *
   * <p><b>Cost:</b> on a whole row two reads, which sum the weights at T / 2 and at T; then the
   * blocks that hold what is kept are read again. On survivors two passes, which weigh them.
   *
   * <p><b>Source:</b> Tan et al., p-less Sampling, arXiv:2509.23234.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.pLess()).newSampler(4, 42);
   * System.out.println(sampler.apply(new float[] {2, 1.9f, 0.5f, 0})); // at least sum(p^2) = 0.34
   * // [0: 0.5249792, 1: 0.4750208]
   * }
   *
   * @return the step
   */
  static Step pLess() {
    return new PLess();
  }

  /**
   * Dynamic temperature: a temperature that grows with the entropy, {@code min + (max - min) * (H /
   * ln n)^exponent} for n tokens left.
   *
   * <p>H is the entropy at the temperature so far, which this one then multiplies, in double, as a
   * fixed one would. A single token left is left alone; a result of 0 is greedy.
   *
   * <p><b>Source:</b> kalomaze, llama.cpp pull request 4972; as in llama.cpp, whose {@code
   * temp_ext(t, delta, exponent)} is {@code min = max(0, t - delta)}, {@code max = t + delta}.
   *
   * {@snippet lang=java :
   * SamplerChain chain = SamplerChain.of(Step.dynamicTemperature(0.5, 1.5, 1));
   * System.out.println(chain.newSampler(3, 42).apply(new float[] {9, 0, 0})); // sure: colder
   * // [0: 0.99999994, 1: 1.650667E-8, 2: 1.650667E-8]
   * System.out.println(chain.newSampler(3, 42).apply(new float[] {1, 1, 0})); // unsure: hotter
   * // [0: 0.40064612, 1: 0.40064612, 2: 0.19870776]
   * }
   *
   * @param min finite and at least 0
   * @param max finite and at least min
   * @param exponent finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step dynamicTemperature(float min, float max, float exponent) {
    return new DynamicTemperature(min, max, exponent);
  }

  /**
   * {@link #dynamicTemperature(float, float, float)} by doubles: see {@link Step} for the rounding.
   *
   * @param min finite and at least 0
   * @param max finite and at least min
   * @param exponent finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step dynamicTemperature(double min, double max, double exponent) {
    return new DynamicTemperature(
        checkFinite("min", min), checkMax(max, min), checkFinite("exponent", exponent));
  }

  /**
   * This filter, but keeping at least n tokens, if there are so many: the best, or for typical
   * sampling the most typical.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.topP(0.5).minKeep(2)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // one would do
   * // [0: 0.7310586, 1: 0.26894143]
   * }
   *
   * @param n at least 1
   * @return the step
   * @throws IllegalArgumentException if n is not, or this step is no filter with a minimum: a
   *     temperature, a top-h, or a filter that has one already
   */
  default Step minKeep(int n) {
    return new MinKeep(this, n);
  }

  /**
   * Mirostat, version 1: a top-k that steers the surprisal of the text towards tau bits.
   *
   * <p><b>Definition:</b> from the best m tokens' logits, {@code s = sum(t_i b_i) / sum(t_i^2)}
   * with {@code t_i = ln((i + 2) / (i + 1))} and {@code b_i = (x_i - x_{i+1}) / T}; then {@code k =
   * (((s - 1) 2^mu) / (1 - V^(1 - s)))^(1 / s)}, whole and between 1 and V, or V where that is no
   * number. Mu begins at 2 tau; {@link Sampler#accept} of the token drawn last lowers it by {@code
   * eta (-log2 p - tau)}, p being {@link Sampler#probability()}; another token leaves it as it is.
   *
   * <p><b>Source:</b> Basu et al., Mirostat, arXiv:2007.14966; as in llama.cpp.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.mirostatV1(1, 0.1, 100)).newSampler(4, 42);
   * float[] logits = {3, 2, 1, 0};
   * System.out.println(sampler.apply(logits).size());
   * // 2
   * for (int n = 0; n < 5; n++) {
   *   sampler.next(logits); // next and accept tell the step how surprising the token was
   * }
   * System.out.println(sampler.apply(logits).size());
   * // 2
   * }
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   * @param m at least 2
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step mirostatV1(float tau, float eta, int m) {
    return new MirostatV1(tau, eta, m);
  }

  /**
   * {@link #mirostatV1(float, float, int)} by doubles: see {@link Step} for the rounding.
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   * @param m at least 2
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step mirostatV1(double tau, double eta, int m) {
    return new MirostatV1(checkFinite("tau", tau), checkFinite("eta", eta), m);
  }

  /**
   * Mirostat, version 2: keeps tokens of a surprisal of at most mu bits, and steers mu so that the
   * text's comes to tau.
   *
   * <p><b>Definition:</b> those with {@code -log2 p_i <= mu}, as {@link #epsilonCutoff} keeps
   * {@code 2^-mu}. Mu begins at 2 tau and changes as in {@link #mirostatV1}.
   *
   * <p><b>Source:</b> Basu et al., arXiv:2007.14966; as in llama.cpp.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.mirostatV2(0.5, 1)).newSampler(3, 42);
   * float[] logits = {1, 1, 0.5f};
   * System.out.println(sampler.apply(logits).size()); // those of at most 1 bit, or the best
   * // 2
   * }
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step mirostatV2(float tau, float eta) {
    return new MirostatV2(tau, eta);
  }

  /**
   * {@link #mirostatV2(float, float)} by doubles: see {@link Step} for the rounding.
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step mirostatV2(double tau, double eta) {
    return new MirostatV2(checkFinite("tau", tau), checkFinite("eta", eta));
  }

  /**
   * Adaptive-p: favours tokens whose probability is near a target, and moves the target against the
   * average of what was drawn.
   *
   * <p><b>Definition:</b> a token of probability p gets the logit {@code 5 - 10 d^2 / (1 + d)} with
   * {@code d = |p - q| / 0.3}, and temperatures begin at 1 again; q is {@code 2 target - average},
   * within [0, 1]. The average of the probabilities before the change weighs the last token 1, the
   * one before it {@code decay}, and so on, and begins at the target; {@link Sampler#accept} of the
   * token drawn last goes into it, another does not.
   *
   * <p><b>Source:</b> llama.cpp pull request 17927; as there.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.adaptiveP(0.25, 0.9)).newSampler(3, 42);
   * System.out.println(sampler.apply(new float[] {2, 1, 0.5f})); // 1 has 0.23, nearest to 0.25
   * // [1: 0.71925306, 2: 0.2800925, 0: 6.544509E-4]
   * }
   *
   * @param target in [0, 1]
   * @param decay in [0, 0.99]
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step adaptiveP(float target, float decay) {
    return new AdaptiveP(target, decay);
  }

  /**
   * {@link #adaptiveP(float, float)} by doubles: see {@link Step} for the rounding.
   *
   * @param target in [0, 1]
   * @param decay in [0, 0.99]
   * @return the step
   * @throws IllegalArgumentException if one of them is not
   */
  static Step adaptiveP(double target, double decay) {
    return new AdaptiveP(checkUnit("target", target), checkDecay(decay));
  }

  /**
   * Repetition penalty over the whole history, the prompt included: see {@link
   * #repetitionPenalty(float, int, boolean)}.
   *
   * @param penalty finite and above 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step repetitionPenalty(float penalty) {
    return new RepetitionPenalty(penalty, Integer.MAX_VALUE, true);
  }

  /**
   * {@link #repetitionPenalty(float)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite and above 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step repetitionPenalty(double penalty) {
    return new RepetitionPenalty(checkFactor(penalty), Integer.MAX_VALUE, true);
  }

  /**
   * Repetition penalty: divides the logits above 0 of tokens that occurred by the penalty, and
   * multiplies the others by it; once for each token, however often it occurred.
   *
   * <p>The history is what {@link Sampler#accept} was given. Only tokens in it are touched; results
   * beyond the range of float are clamped to it, so a penalty never masks. <b>Cost:</b> tokens are
   * counted as they come to the history. Few different tokens are changed one by one; many cost a
   * pass over the row, however many there are. A top-k behind few takes the changed logits in
   * without a copy of the row; anything else that needs the whole row reads a copy.
   * <b>Footprint:</b> once the history has had more different tokens than one in 64 of the
   * vocabulary, 4 bytes for each token of the vocabulary, for each pair of {@code last} and {@code
   * prompt}, until {@link Sampler#reset}. A fork has its own.
   *
   * <p><b>Source:</b> Keskar et al., CTRL, arXiv:1909.05858, with the sign rule of Hugging Face
   * transformers, vLLM and llama.cpp.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.repetitionPenalty(2, 64, true)).newSampler(3, 42);
   * sampler.acceptPrompt(0);
   * sampler.accept(2);
   * float[] changed = new float[3];
   * sampler.apply(new float[] {2, 1, -1});
   * sampler.maskedLogits(changed, 0);
   * System.out.println(Arrays.toString(changed)); // 0 and 2 occurred
   * // [1.0, 1.0, -2.0]
   * }
   *
   * @param penalty finite and above 0; above 1 discourages, 1 does nothing
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step repetitionPenalty(float penalty, int last, boolean prompt) {
    return new RepetitionPenalty(penalty, last, prompt);
  }

  /**
   * {@link #repetitionPenalty(float, int, boolean)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite and above 0; above 1 discourages, 1 does nothing
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step repetitionPenalty(double penalty, int last, boolean prompt) {
    return new RepetitionPenalty(checkFactor(penalty), last, prompt);
  }

  /**
   * Frequency penalty over the whole history, the prompt excluded: see {@link
   * #frequencyPenalty(float, int, boolean)}.
   *
   * @param penalty finite
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step frequencyPenalty(float penalty) {
    return new FrequencyPenalty(penalty, Integer.MAX_VALUE, false);
  }

  /**
   * {@link #frequencyPenalty(float)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step frequencyPenalty(double penalty) {
    return new FrequencyPenalty(checkPenalty(penalty), Integer.MAX_VALUE, false);
  }

  /**
   * Frequency penalty: subtracts the penalty from a token's logit as often as it occurred.
   *
   * <p>From the logit as the chain has scaled it: behind a temperature T, {@code T * penalty} is
   * subtracted from the row's. For history, cost and copies see {@link #repetitionPenalty(float,
   * int, boolean)}. <b>Source:</b> the OpenAI API; as in vLLM (which leaves the prompt out) and
   * llama.cpp (which does not).
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.frequencyPenalty(0.5, 64, false)).newSampler(3, 42);
   * sampler.acceptPrompt(2);
   * sampler.accept(0);
   * sampler.accept(0);
   * float[] changed = new float[3];
   * sampler.apply(new float[] {2, 1, 0});
   * sampler.maskedLogits(changed, 0);
   * System.out.println(Arrays.toString(changed)); // 0 came twice; the prompt does not count here
   * // [1.0, 1.0, 0.0]
   * }
   *
   * @param penalty finite; below 0 it encourages
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step frequencyPenalty(float penalty, int last, boolean prompt) {
    return new FrequencyPenalty(penalty, last, prompt);
  }

  /**
   * {@link #frequencyPenalty(float, int, boolean)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite; below 0 it encourages
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step frequencyPenalty(double penalty, int last, boolean prompt) {
    return new FrequencyPenalty(checkPenalty(penalty), last, prompt);
  }

  /**
   * Presence penalty over the whole history, the prompt excluded: see {@link
   * #presencePenalty(float, int, boolean)}.
   *
   * @param penalty finite
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step presencePenalty(float penalty) {
    return new PresencePenalty(penalty, Integer.MAX_VALUE, false);
  }

  /**
   * {@link #presencePenalty(float)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step presencePenalty(double penalty) {
    return new PresencePenalty(checkPenalty(penalty), Integer.MAX_VALUE, false);
  }

  /**
   * Presence penalty: subtracts the penalty once from the logit of every token that occurred.
   *
   * <p>Otherwise as {@link #frequencyPenalty(float, int, boolean)}.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.presencePenalty(0.5, 64, false)).newSampler(3, 42);
   * sampler.accept(0);
   * sampler.accept(0);
   * float[] changed = new float[3];
   * sampler.apply(new float[] {2, 1, 0});
   * sampler.maskedLogits(changed, 0);
   * System.out.println(Arrays.toString(changed)); // once, however often it came
   * // [1.5, 1.0, 0.0]
   * }
   *
   * @param penalty finite; below 0 it encourages
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step presencePenalty(float penalty, int last, boolean prompt) {
    return new PresencePenalty(penalty, last, prompt);
  }

  /**
   * {@link #presencePenalty(float, int, boolean)} by a double: see {@link Step} for the rounding.
   *
   * @param penalty finite; below 0 it encourages
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   * @return the step
   * @throws IllegalArgumentException if the penalty or last is out of range
   */
  static Step presencePenalty(double penalty, int last, boolean prompt) {
    return new PresencePenalty(checkPenalty(penalty), last, prompt);
  }

  /**
   * DRY, "don't repeat yourself": subtracts {@code multiplier * base^(n - allowed)} from a token
   * that would go on a repetition of the last n tokens, for the longest such n of at least {@code
   * allowed}.
   *
   * <p>A repetition does not reach across a breaker, and breakers are not penalised. The penalty is
   * subtracted from the logit as the chain has scaled it, and is at most the largest float.
   * <b>Cost:</b> grows with how many different tokens are penalised, and for each with the
   * logarithm of how often it came behind the last {@code allowed} tokens, whatever repeats. A
   * token that is penalised costs some 30 nanoseconds. One that comes to the history costs 0.2 to 2
   * microseconds on average, as now and then a part of the index is made anew. The index takes some
   * 100 bytes for each token, and up to twice that. Otherwise as {@link #repetitionPenalty(float,
   * int, boolean)}.
   *
   * <p><b>Source:</b> P. E. Weidmann, oobabooga/text-generation-webui pull request 5677; as in
   * llama.cpp, for breakers of one token each.
   *
   * {@snippet lang=java :
   * Sampler sampler =
   *     SamplerChain.of(Step.dry(0.8, 1.75, 2, 1024), Step.temperature(0)).newSampler(5, 42);
   * sampler.acceptPrompt(1, 2, 3, 4, 1, 2); // after 1, 2 came 3
   * System.out.println(sampler.next(new float[] {0, 0, 0, 2, 1.5f}));
   * // 4
   * }
   *
   * @param multiplier finite and at least 0; 0 does nothing
   * @param base finite and at least 1
   * @param allowed how long a repetition may be without penalty and one more, at least 0; for 0
   *     every token of the range that followed another is penalised, if by a repetition of 0
   * @param range how many of the last tokens are looked at, at least 0
   * @param breakers tokens that end repetitions
   * @return the step
   * @throws IllegalArgumentException if a number is out of range, or a breaker below 0
   */
  static Step dry(float multiplier, float base, int allowed, int range, int... breakers) {
    return new Dry(multiplier, base, allowed, range, IntStream.of(breakers).boxed().toList());
  }

  /**
   * {@link #dry(float, float, int, int, int...)} by doubles: see {@link Step} for the rounding.
   *
   * @param multiplier finite and at least 0; 0 does nothing
   * @param base finite and at least 1
   * @param allowed how long a repetition may be without penalty and one more, at least 0; for 0 see
   *     the other form
   * @param range how many of the last tokens are looked at, at least 0
   * @param breakers tokens that end repetitions
   * @return the step
   * @throws IllegalArgumentException if a number is out of range, or a breaker below 0
   */
  static Step dry(double multiplier, double base, int allowed, int range, int... breakers) {
    return new Dry(
        checkFinite("multiplier", multiplier),
        checkBase(base),
        allowed,
        range,
        IntStream.of(breakers).boxed().toList());
  }

  /**
   * No-repeat n-gram: masks every token that would make the last n tokens a run that occurred
   * before.
   *
   * <p><b>Cost:</b> that of the tokens that are masked, or of a mask over the row where they are
   * more than a 64th of the vocabulary; a token that comes to the history costs the same for any n.
   * <b>Source:</b> Paulus et al., arXiv:1705.04304; as in Hugging Face transformers.
   *
   * {@snippet lang=java :
   * Sampler sampler =
   *     SamplerChain.of(Step.noRepeatNgram(3), Step.temperature(0)).newSampler(4, 42);
   * sampler.acceptPrompt(1, 2, 3, 1, 2); // a 3 would repeat 1, 2, 3
   * System.out.println(sampler.next(new float[] {0, 0, 1, 2}));
   * // 2
   * }
   *
   * @param n at least 1
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step noRepeatNgram(int n) {
    return new NoRepeatNgram(n);
  }

  /**
   * Logit bias: adds to the logits of the tokens that are named.
   *
   * <p>To the logit as the chain has scaled it: behind a temperature T, {@code T * bias} is added
   * to the row's. Results beyond the range of float are clamped to it; {@code -Infinity} masks. An
   * id that is not in a sampler's vocabulary is an error when the sampler is made, and one that a
   * row lacks is an error of that row. <b>Source:</b> the OpenAI API; as in llama.cpp and vLLM.
   *
   * {@snippet lang=java :
   * SamplerChain chain =
   *     SamplerChain.of(Step.logitBias(Map.of(0, -100, 2, 1.5)), Step.temperature(0));
   * System.out.println(chain.newSampler(3, 42).next(new float[] {2, 1, 0.5f}));
   * // 2
   * }
   *
   * @param biases by token id; finite or {@code -Infinity}; what is no float is rounded as a
   *     double: see {@link Step}
   * @return the step
   * @throws IllegalArgumentException if an id is below 0, or a bias NaN or +Infinity
   */
  static Step logitBias(Map<Integer, ? extends Number> biases) {
    SortedMap<Integer, Float> singles = new TreeMap<>();
    biases.forEach((id, bias) -> singles.put(id, checkBias(id, bias.doubleValue())));
    return new LogitBias(singles);
  }

  /**
   * Banned sequences: masks the last token of a sequence where the others end the history; a
   * sequence of one token is banned everywhere. Ids outside the vocabulary or the row are errors,
   * as for {@link #logitBias}.
   *
   * <p><b>Source:</b> as in Hugging Face transformers and vLLM ("bad words").
   *
   * {@snippet lang=java :
   * SamplerChain chain =
   *     SamplerChain.of(Step.banned(new int[] {0}, new int[] {2, 1}), Step.temperature(0));
   * Sampler sampler = chain.newSampler(3, 42);
   * float[] logits = {3, 2, 1};
   * System.out.println(sampler.next(logits)); // 0 is banned everywhere
   * // 1
   * sampler.accept(2);
   * System.out.println(sampler.next(logits)); // 1 is banned behind a 2
   * // 2
   * }
   *
   * @param sequences of token ids, each of at least one
   * @return the step
   * @throws IllegalArgumentException if a sequence is empty, or an id below 0
   */
  static Step banned(int[]... sequences) {
    return new Banned(Stream.of(sequences).map(s -> IntStream.of(s).boxed().toList()).toList());
  }

  /**
   * Minimum length: masks the end-of-sequence tokens until so many tokens were accepted after the
   * prompt. Ids outside the vocabulary or the row are errors, as for {@link #logitBias}.
   *
   * <p><b>Source:</b> as in Hugging Face transformers ({@code min_new_tokens}) and vLLM.
   *
   * {@snippet lang=java :
   * int end = 0;
   * Sampler sampler =
   *     SamplerChain.of(Step.minLength(2, end), Step.temperature(0)).newSampler(3, 42);
   * float[] logits = {3, 2, 1};
   * System.out.println(sampler.next(logits) + " " + sampler.next(logits) + " " + sampler.next(logits));
   * // 1 1 0
   * }
   *
   * @param n at least 0
   * @param ends the ids that end a sequence
   * @return the step
   * @throws IllegalArgumentException if n or an id is below 0
   */
  static Step minLength(int n, int... ends) {
    return new MinLength(n, IntStream.of(ends).boxed().toList());
  }

  /**
   * Allowed tokens: masks all but those of the bit mask given to {@link Sampler#allow} before each
   * call, as grammar engines produce it.
   *
   * <p>What follows has the bits of the row with {@code -Infinity} written over every token that is
   * not allowed. The logit of such a token is not looked at: it may be anything, NaN too. NaN and
   * +Infinity of an allowed token are errors as ever. Steps in front of this one look at the whole
   * row.
   *
   * <p><b>Cost:</b> the best token and a draw from the whole row read the row once, with the mask
   * beside it. With vectors of 512 bits that takes about as long as without a mask; with 256 bits,
   * up to twice as long (docs/performance.md has the times). Where fewer than one token in 64 is
   * allowed, only those are read. Other steps read a copy of the row, which costs a pass. Behind a
   * filter only survivors are masked.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.allowed()).newSampler(3, 42);
   * sampler.allow(new int[] {0b101}); // tokens 0 and 2, for the next call
   * System.out.println(sampler.apply(new float[] {2, Float.NaN, 0.5f})); // what is masked is not read
   * // [0: 0.8175745, 2: 0.18242551]
   * }
   *
   * @return the step
   */
  static Step allowed() {
    return new Allowed();
  }

  /**
   * Soft cap: every logit becomes {@code cap * tanh(x / cap)}, so that none lies beyond the cap on
   * either side. Small logits stay nearly what they are. Models that were trained with a cap on
   * their last logits need it before all other steps; it may stand anywhere.
   *
   * <p><b>Definition:</b> the bits of {@link Kernels#softCap} for every logit that is left, and the
   * steps behind work on these. Behind a temperature T the cap acts on {@code x / T}, as a bias
   * does: the logits are kept as they are before the division, so their cap is {@code (float) (cap
   * * T)}. A larger logit never gets below a smaller one, but two may become equal: then the lower
   * id comes first, whichever was larger before.
   *
   * <p><b>Special values:</b> -0 stays -0; a masked token stays masked; NaN and +Infinity are the
   * errors that they are without a cap. <b>Accuracy:</b> a relative error of at most {@code 4 *
   * 2^-24}; enforced by {@code SoftCapContract}.
   *
   * <p><b>Cost:</b> where a top-k, or a temperature of 0, is the first step that narrows the row,
   * only the tokens that are left are capped, and the changes that other steps have made. Any other
   * step that needs the whole row has it capped in one pass, into a copy.
   *
   * <p><b>Source:</b> Gemma Team, Gemma 2, arXiv:2408.00118, section 2: {@code
   * final_logit_softcapping}, 30 there.
   *
   * {@snippet lang=java :
   * Sampler sampler = SamplerChain.of(Step.softCap(30), Step.topK(2)).newSampler(3, 42);
   * float[] capped = new float[3];
   * sampler.apply(new float[] {5, 60, 20});
   * sampler.maskedLogits(capped, 0);
   * System.out.println(Arrays.toString(capped));
   * // [-Infinity, 28.920828, 17.483488]
   * }
   *
   * @param cap finite and above 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step softCap(float cap) {
    return new SoftCap(cap);
  }

  /**
   * {@link #softCap(float)} by a double: see {@link Step} for the rounding.
   *
   * @param cap finite and above 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step softCap(double cap) {
    return new SoftCap(checkCap(cap));
  }

  /**
   * See {@link Step#temperature(float)}.
   *
   * @param t the temperature, finite and at least 0
   */
  record Temperature(float t) implements Step {
    /** Validates; -0 becomes 0. */
    public Temperature {
      t = checkFinite("temperature", t);
    }

    /** As in {@code temperature=0.8}. */
    @Override
    public String toString() {
      return "temperature=" + t;
    }
  }

  /**
   * See {@link Step#topK(int)}.
   *
   * @param k how many are kept, at least 1
   */
  record TopK(int k) implements Step {
    /** Validates. */
    public TopK {
      if (k < 1) {
        throw new IllegalArgumentException("k must be >= 1, but was " + k);
      }
    }

    /** As in {@code top_k=40}. */
    @Override
    public String toString() {
      return "top_k=" + k;
    }
  }

  /**
   * See {@link Step#topP(float)}.
   *
   * @param p the mass that is kept, in [0, 1]
   */
  record TopP(float p) implements Step {
    /** Validates; -0 becomes 0. */
    public TopP {
      p = checkUnit("p", p);
    }

    /** As in {@code top_p=0.95}. */
    @Override
    public String toString() {
      return "top_p=" + p;
    }
  }

  /**
   * See {@link Step#minP(float)}.
   *
   * @param p the least probability that is kept, relative to the best, in [0, 1]
   */
  record MinP(float p) implements Step {
    /** Validates; -0 becomes 0. */
    public MinP {
      p = checkUnit("p", p);
    }

    /** As in {@code min_p=0.05}. */
    @Override
    public String toString() {
      return "min_p=" + p;
    }
  }

  /**
   * See {@link Step#typical(float)}.
   *
   * @param p the mass that is kept, in [0, 1]
   */
  record Typical(float p) implements Step {
    /** Validates; -0 becomes 0. */
    public Typical {
      p = checkUnit("p", p);
    }

    /** As in {@code typical_p=0.95}. */
    @Override
    public String toString() {
      return "typical_p=" + p;
    }
  }

  /**
   * See {@link Step#topNSigma(float)}.
   *
   * @param n standard deviations, finite and at least 0
   */
  record TopNSigma(float n) implements Step {
    /** Validates; -0 becomes 0. */
    public TopNSigma {
      n = checkFinite("n", n);
    }

    /** As in {@code top_n_sigma=1.0}. */
    @Override
    public String toString() {
      return "top_n_sigma=" + n;
    }
  }

  /**
   * See {@link Step#xtc(float, float)}.
   *
   * @param probability of dropping anything, in [0, 1]
   * @param threshold the least probability of a top choice, in [0, 1]
   */
  record Xtc(float probability, float threshold) implements Step {
    /** Validates; -0 becomes 0. */
    public Xtc {
      probability = checkUnit("probability", probability);
      threshold = checkUnit("threshold", threshold);
    }

    /** As in {@code xtc(probability=0.5, threshold=0.1)}. */
    @Override
    public String toString() {
      return "xtc(probability=" + probability + ", threshold=" + threshold + ")";
    }
  }

  /**
   * See {@link Step#epsilonCutoff(float)}.
   *
   * @param epsilon the least probability that is kept, in [0, 1]
   */
  record EpsilonCutoff(float epsilon) implements Step {
    /** Validates; -0 becomes 0. */
    public EpsilonCutoff {
      epsilon = checkUnit("epsilon", epsilon);
    }

    /** As in {@code epsilon_cutoff=0.001}. */
    @Override
    public String toString() {
      return "epsilon_cutoff=" + epsilon;
    }
  }

  /**
   * See {@link Step#etaCutoff(float)}.
   *
   * @param epsilon the least probability that is kept where entropy is low, in [0, 1]
   */
  record EtaCutoff(float epsilon) implements Step {
    /** Validates; -0 becomes 0. */
    public EtaCutoff {
      epsilon = checkUnit("epsilon", epsilon);
    }

    /** As in {@code eta_cutoff=0.001}. */
    @Override
    public String toString() {
      return "eta_cutoff=" + epsilon;
    }
  }

  /**
   * See {@link Step#topH(float, int)}.
   *
   * @param h the share of the entropy that is kept, in [0, 1]
   * @param n how many tokens are looked at, at least 1
   */
  record TopH(float h, int n) implements Step {
    static final int TOP_N = 100;

    /** Validates; -0 becomes 0. */
    public TopH {
      h = checkUnit("h", h);
      if (n < 1) {
        throw new IllegalArgumentException("n must be >= 1, but was " + n);
      }
    }

    /** As in {@code top_h(h=0.4, n=100)}. */
    @Override
    public String toString() {
      return "top_h(h=" + h + ", n=" + n + ")";
    }
  }

  /** See {@link Step#pLess()}. */
  record PLess() implements Step {
    /** {@code p_less()}. */
    @Override
    public String toString() {
      return "p_less()";
    }
  }

  /**
   * See {@link Step#dynamicTemperature(float, float, float)}.
   *
   * @param min the temperature without entropy, finite and at least 0
   * @param max the temperature of a flat distribution, finite and at least min
   * @param exponent how fast it grows, finite and at least 0
   */
  record DynamicTemperature(float min, float max, float exponent) implements Step {
    /** Validates; -0 becomes 0. */
    public DynamicTemperature {
      min = checkFinite("min", min);
      max = checkMax(max, min);
      exponent = checkFinite("exponent", exponent);
    }

    /** As in {@code dynamic_temperature(min=0.5, max=1.5, exponent=1.0)}. */
    @Override
    public String toString() {
      return "dynamic_temperature(min=" + min + ", max=" + max + ", exponent=" + exponent + ")";
    }
  }

  /**
   * See {@link Step#minKeep(int)}.
   *
   * @param step a filter
   * @param n how many are kept at least, at least 1
   */
  record MinKeep(Step step, int n) implements Step {
    /** Validates. */
    public MinKeep {
      switch (step) {
        case TopK k -> {}
        case TopP p -> {}
        case MinP p -> {}
        case Typical p -> {}
        case TopNSigma s -> {}
        case Xtc x -> {}
        case EpsilonCutoff e -> {}
        case EtaCutoff e -> {}
        case PLess p -> {}
        default -> throw new IllegalArgumentException("no minimum to keep for " + step);
      }
      if (n < 1) {
        throw new IllegalArgumentException("min_keep must be >= 1, but was " + n);
      }
    }

    /** As in {@code top_p(0.95, min_keep=2)} and {@code p_less(min_keep=2)}. */
    @Override
    public String toString() {
      String text = step.toString();
      String open =
          text.endsWith(")") ? text.substring(0, text.length() - 1) : text.replace('=', '(');
      return open + (open.endsWith("(") ? "" : ", ") + "min_keep=" + n + ")";
    }
  }

  /**
   * See {@link Step#repetitionPenalty(float, int, boolean)}.
   *
   * @param penalty how much
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   */
  record RepetitionPenalty(float penalty, int last, boolean prompt) implements Step {
    /** Validates. */
    public RepetitionPenalty {
      checkFactor(penalty);
      checkLeast("last", last, 0);
    }

    /**
     * As in {@code repetition_penalty(1.1, last=64, prompt=true)}; all of the history is {@code
     * last=2147483647}.
     */
    @Override
    public String toString() {
      return "repetition_penalty(" + penalty + ", last=" + last + ", prompt=" + prompt + ")";
    }
  }

  /**
   * See {@link Step#frequencyPenalty(float, int, boolean)}.
   *
   * @param penalty how much
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   */
  record FrequencyPenalty(float penalty, int last, boolean prompt) implements Step {
    /** Validates. */
    public FrequencyPenalty {
      checkPenalty(penalty);
      checkLeast("last", last, 0);
    }

    /**
     * As in {@code frequency_penalty(1.1, last=64, prompt=true)}; all of the history is {@code
     * last=2147483647}.
     */
    @Override
    public String toString() {
      return "frequency_penalty(" + penalty + ", last=" + last + ", prompt=" + prompt + ")";
    }
  }

  /**
   * See {@link Step#presencePenalty(float, int, boolean)}.
   *
   * @param penalty how much
   * @param last how many of the last tokens are looked at, at least 0
   * @param prompt whether the prompt's tokens are among them
   */
  record PresencePenalty(float penalty, int last, boolean prompt) implements Step {
    /** Validates. */
    public PresencePenalty {
      checkPenalty(penalty);
      checkLeast("last", last, 0);
    }

    /**
     * As in {@code presence_penalty(1.1, last=64, prompt=true)}; all of the history is {@code
     * last=2147483647}.
     */
    @Override
    public String toString() {
      return "presence_penalty(" + penalty + ", last=" + last + ", prompt=" + prompt + ")";
    }
  }

  /**
   * See {@link Step#dry}.
   *
   * @param multiplier finite and at least 0
   * @param base finite and at least 1
   * @param allowed at least 0
   * @param range at least 0
   * @param breakers tokens that end repetitions
   */
  record Dry(float multiplier, float base, int allowed, int range, List<Integer> breakers)
      implements Step {
    /** Validates; breakers are copied. */
    public Dry {
      multiplier = checkFinite("multiplier", multiplier);
      checkBase(base);
      checkLeast("allowed", allowed, 0);
      checkLeast("range", range, 0);
      breakers = checkIds(breakers);
    }

    /** As in {@code dry(0.8, base=1.75, allowed=2, range=1024, breakers=13;198)}. */
    @Override
    public String toString() {
      return "dry("
          + multiplier
          + ", base="
          + base
          + ", allowed="
          + allowed
          + ", range="
          + range
          + (breakers.isEmpty() ? "" : ", breakers=" + list(breakers))
          + ")";
    }
  }

  /**
   * See {@link Step#noRepeatNgram}.
   *
   * @param n at least 1
   */
  record NoRepeatNgram(int n) implements Step {
    /** Validates. */
    public NoRepeatNgram {
      checkLeast("n", n, 1);
    }

    /** As in {@code no_repeat_ngram=3}. */
    @Override
    public String toString() {
      return "no_repeat_ngram=" + n;
    }
  }

  /**
   * See {@link Step#logitBias}.
   *
   * @param biases by token id
   */
  record LogitBias(SortedMap<Integer, Float> biases) implements Step {
    /** Validates and copies. */
    public LogitBias {
      // One by one: copied whole, a map would pass on its order, and a forged one's is wrong.
      SortedMap<Integer, Float> copy = new TreeMap<>();
      biases.forEach(copy::put);
      checkIds(List.copyOf(copy.keySet()));
      copy.forEach(Step::checkBias);
      biases = Collections.unmodifiableSortedMap(copy);
    }

    /** As in {@code logit_bias(11=-0.5, 50256=-Infinity)}. */
    @Override
    public String toString() {
      StringJoiner text = new StringJoiner(", ", "logit_bias(", ")");
      biases.forEach((id, bias) -> text.add(id + "=" + bias));
      return text.toString();
    }
  }

  /**
   * See {@link Step#banned}.
   *
   * @param sequences of token ids
   */
  record Banned(List<List<Integer>> sequences) implements Step {
    /** Validates and copies. */
    public Banned {
      sequences = sequences.stream().map(Step::checkIds).toList();
      for (int i = 0; i < sequences.size(); i++) {
        if (sequences.get(i).isEmpty()) {
          throw new IllegalArgumentException("banned sequence " + i + " is empty");
        }
      }
    }

    /** As in {@code banned=13;198|50256}: sequences 13, 198 and 50256; none is {@code banned()}. */
    @Override
    public String toString() {
      return sequences.isEmpty()
          ? "banned()"
          : "banned=" + String.join("|", sequences.stream().map(Step::list).toList());
    }
  }

  /**
   * See {@link Step#minLength}.
   *
   * @param n at least 0
   * @param ends the ids that end a sequence
   */
  record MinLength(int n, List<Integer> ends) implements Step {
    /** Validates and copies. */
    public MinLength {
      checkLeast("n", n, 0);
      ends = checkIds(ends);
    }

    /** As in {@code min_length(10, ends=2;128001)}. */
    @Override
    public String toString() {
      return "min_length(" + n + (ends.isEmpty() ? "" : ", ends=" + list(ends)) + ")";
    }
  }

  /** See {@link Step#allowed}. */
  record Allowed() implements Step {
    /** {@code allowed()}. */
    @Override
    public String toString() {
      return "allowed()";
    }
  }

  /**
   * See {@link Step#softCap(float)}.
   *
   * @param cap finite and above 0
   */
  record SoftCap(float cap) implements Step {
    /** Validates. */
    public SoftCap {
      cap = checkCap(cap);
    }

    /** As in {@code soft_cap=30.0}. */
    @Override
    public String toString() {
      return "soft_cap=" + cap;
    }
  }

  /**
   * See {@link Step#mirostatV1}.
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   * @param m at least 2
   */
  record MirostatV1(float tau, float eta, int m) implements Step {
    /** Validates. */
    public MirostatV1 {
      tau = checkFinite("tau", tau);
      eta = checkFinite("eta", eta);
      checkLeast("m", m, 2);
    }

    /** As in {@code mirostat_v1(tau=5.0, eta=0.1, m=100)}. */
    @Override
    public String toString() {
      return "mirostat_v1(tau=" + tau + ", eta=" + eta + ", m=" + m + ")";
    }
  }

  /**
   * See {@link Step#mirostatV2}.
   *
   * @param tau bits, finite and at least 0
   * @param eta finite and at least 0
   */
  record MirostatV2(float tau, float eta) implements Step {
    /** Validates. */
    public MirostatV2 {
      tau = checkFinite("tau", tau);
      eta = checkFinite("eta", eta);
    }

    /** As in {@code mirostat_v2(tau=5.0, eta=0.1)}. */
    @Override
    public String toString() {
      return "mirostat_v2(tau=" + tau + ", eta=" + eta + ")";
    }
  }

  /**
   * See {@link Step#adaptiveP}.
   *
   * @param target in [0, 1]
   * @param decay in [0, 0.99]
   */
  record AdaptiveP(float target, float decay) implements Step {
    /** Validates. */
    public AdaptiveP {
      target = checkUnit("target", target);
      decay = checkDecay(decay);
    }

    /** As in {@code adaptive_p(target=0.5, decay=0.9)}. */
    @Override
    public String toString() {
      return "adaptive_p(target=" + target + ", decay=" + decay + ")";
    }
  }

  private static String list(List<Integer> ids) {
    return String.join(";", ids.stream().map(String::valueOf).toList());
  }

  private static List<Integer> checkIds(List<Integer> ids) {
    List<Integer> copy = List.copyOf(ids); // first: a list may change, or show another face
    for (int id : copy) {
      checkLeast("a token id", id, 0);
    }
    return copy;
  }

  private static void checkLeast(String name, int value, int least) {
    if (value < least) {
      throw new IllegalArgumentException(name + " must be >= " + least + ", but was " + value);
    }
  }

  // Ranges, once for floats and doubles: each gives the float that the step holds.

  private static float checkUnit(String name, double value) {
    return single(name, value, value >= 0 && value <= 1, "in [0, 1]") + 0f;
  }

  private static float checkFinite(String name, double value) {
    return single(name, value, value >= 0 && value < Double.POSITIVE_INFINITY, "finite and >= 0")
        + 0f;
  }

  private static float checkMax(double max, double min) {
    float single = checkFinite("max", max);
    if (max < min) {
      boolean alike = shown(max).equals(shown(min)); // 0.7f is less than 0.7
      throw new IllegalArgumentException(
          "max must be >= min, but was "
              + (alike ? String.valueOf(max) : shown(max))
              + " < "
              + (alike ? String.valueOf(min) : shown(min)));
    }
    return single;
  }

  private static float checkFactor(double penalty) {
    boolean in = penalty > 0 && penalty < Double.POSITIVE_INFINITY;
    return single("penalty", penalty, in, "finite and > 0");
  }

  private static float checkCap(double cap) {
    return single("cap", cap, cap > 0 && cap < Double.POSITIVE_INFINITY, "finite and > 0");
  }

  private static float checkPenalty(double penalty) {
    return single("penalty", penalty, Double.isFinite(penalty), "finite");
  }

  private static float checkBase(double base) {
    return single("base", base, base >= 1 && base < Double.POSITIVE_INFINITY, "finite and >= 1");
  }

  private static float checkDecay(double decay) {
    checkUnit("decay", decay);
    boolean in = decay <= 0.99 || decay == 0.99f; // which is a little more
    return single("decay", decay, in, "at most 0.99") + 0f;
  }

  private static float checkBias(int id, double bias) {
    boolean in = bias < Double.POSITIVE_INFINITY;
    return single("the bias of " + id, bias, in, "finite or -Infinity");
  }

  /** The nearest float of a value in range, if that is neither 0 nor infinite by rounding alone. */
  private static float single(String name, double value, boolean inRange, String range) {
    float single = (float) value;
    if (!inRange) {
      throw new IllegalArgumentException(name + " must be " + range + ", but was " + shown(value));
    }
    if (single == 0 && value != 0 || Float.isInfinite(single) && !Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          name
              + (single == 0 ? " must be 0 or at least " : " must be at most ")
              + (single == 0 ? Float.MIN_VALUE : Float.MAX_VALUE)
              + " in size, as a float is, but was "
              + value);
    }
    return single;
  }

  /** A number as it was given: a float in its own digits, not in those of its double. */
  private static String shown(double value) {
    return (float) value == value ? String.valueOf((float) value) : String.valueOf(value);
  }
}
