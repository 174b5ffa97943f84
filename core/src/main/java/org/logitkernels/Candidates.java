package org.logitkernels;

/**
 * The tokens that survived a sampler's chain, best first: by logit descending, then by ascending
 * id.
 *
 * <p>A live view of the sampler's last call: valid until that sampler's next call. Masked tokens
 * are never in it. After a chain that narrows nothing it holds every unmasked token. The order is
 * made when first asked for; until then the view costs nothing.
 *
 * <p>After a failed call every method throws {@link IllegalStateException}. So does it after a
 * chain that narrowed nothing, if the row was changed before the view was first asked.
 *
 * {@snippet lang=java :
 * Sampler sampler = SamplerChain.of(Step.topP(0.8)).newSampler(3, 42);
 * Candidates left = sampler.apply(new float[] {0.5f, 2, 1});
 * System.out.println(left.size() + " left, the best is " + left.id(0));
 * // 2 left, the best is 1
 * System.out.println(left.probability(0) + " " + (float) left.logProbability(0));
 * // 0.7310586 -0.3132617
 * }
 */
public interface Candidates {
  /** {@return how many there are, at least 1} */
  int size();

  /**
   * The id of the i-th best.
   *
   * @param i rank, from 0
   * @return the id, counted from the start of the row
   * @throws IndexOutOfBoundsException unless {@code 0 <= i < size()}
   */
  int id(int i);

  /**
   * The probability of the i-th best, renormalised over the candidates: weight * (float) (1 /
   * total), so that all of them sum to 1 up to rounding.
   *
   * @param i rank, from 0
   * @return the probability
   * @throws IndexOutOfBoundsException unless {@code 0 <= i < size()}
   */
  float probability(int i);

  /**
   * The logarithm of a token's probability, in nats: computed in double from the logit, so that it
   * is finite where {@link #probability} has underflown to 0.
   *
   * @param i from 0, the best
   * @return the logarithm of its probability among those that survived
   * @throws IndexOutOfBoundsException if there is no such token
   */
  double logProbability(int i);
}
