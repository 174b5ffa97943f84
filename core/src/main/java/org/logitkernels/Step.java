package org.logitkernels;

import java.io.Serializable;

/**
 * One step of a {@link SamplerChain}: a filter that drops tokens, or a scaling of the logits.
 *
 * <p>Every step validates its parameters when it is made, and so when it is deserialised. More
 * steps may be added: a switch over them needs a default.
 */
public sealed interface Step extends Serializable {

  /**
   * Temperature: divides the logits by T, so that T below 1 sharpens the distribution and T above 1
   * flattens it.
   *
   * <p>Successive temperatures multiply. Temperature never masks, ties or reorders a token. 0 (or
   * -0) means greedy: only the best token survives.
   *
   * @param t the temperature, finite and at least 0
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step temperature(float t) {
    return new Temperature(t);
  }

  /**
   * Top-k: keeps exactly the best k tokens, or all if there are no more; among equal logits the
   * lower ids.
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
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step topP(float p) {
    return new TopP(p);
  }

  /**
   * Min-p: keeps the tokens whose probability is at least p times the best one's.
   *
   * <p>In logits: those with {@code x - max >= (float) (T (ln p - 2^-21))}, where T is the
   * temperature so far; equality is kept. 0 keeps all, 1 the ties at the maximum.
   *
   * <p>Source: Nguyen et al., Turning Up the Heat, arXiv:2407.01082.
   *
   * @param p in [0, 1]
   * @return the step
   * @throws IllegalArgumentException if it is not
   */
  static Step minP(float p) {
    return new MinP(p);
  }

  /**
   * See {@link Step#temperature(float)}.
   *
   * @param t the temperature, finite and at least 0
   */
  record Temperature(float t) implements Step {
    /** Validates; -0 becomes 0. */
    public Temperature {
      if (!(t >= 0 && t < Float.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException("temperature must be finite and >= 0, but was " + t);
      }
      t = t + 0f;
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
      Kernels.checkProbability(p);
      p = p + 0f;
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
      Kernels.checkProbability(p);
      p = p + 0f;
    }

    /** As in {@code min_p=0.05}. */
    @Override
    public String toString() {
      return "min_p=" + p;
    }
  }
}
