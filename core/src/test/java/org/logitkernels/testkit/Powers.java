package org.logitkernels.testkit;

import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Rows whose weights are powers of two, so that every sum of them is exact and a rule can be tested
 * at its edge.
 *
 * <p>At the temperature log2(e) the weight of a logit that lies n below the maximum is 2^-n to the
 * last bit: the factor log2(e) / T rounds to 1, and the polynomial sees 0.
 */
final class Powers {
  /** The temperature at which integer logits have weights that are powers of two. */
  static final float TEMPERATURE = 0x1.715476p0f;

  private Powers() {}

  /**
   * A row from which token {@code marked} is drawn, by the rule for narrowed rows, if and only if
   * the draw is {@code u} to the last bit.
   *
   * <p>Weights before it add up to u * total, its own is 2^-53 * total, those behind it make up the
   * rest. One masked token more makes room for a top-k that narrows nothing and yet narrows.
   */
  static Probe probe(double u) {
    long numerator = (long) (u * 0x1p53);
    long rest = (1L << 53) - numerator - 1;
    float[] logits = new float[Long.bitCount(numerator) + 1 + Long.bitCount(rest) + 1];
    int id = bits(numerator, logits, 0);
    int marked = id;
    logits[id++] = 0;
    id = bits(rest, logits, id);
    logits[id] = Float.NEGATIVE_INFINITY;
    return new Probe(logits, marked);
  }

  private static int bits(long number, float[] logits, int id) {
    for (int exponent = 52; exponent >= 0; exponent--) {
      if ((number >>> exponent & 1) != 0) {
        logits[id++] = exponent;
      }
    }
    return id;
  }

  /**
   * A row and the token to be drawn.
   *
   * @param logits the row
   * @param marked the token
   */
  record Probe(float[] logits, int marked) {
    /** The token drawn at a position of a seed's stream. */
    int draw(Kernels kernels, long seed, long position) {
      SamplerChain chain =
          SamplerChain.of(Step.temperature(TEMPERATURE), Step.topK(logits.length - 1));
      Sampler sampler = chain.newSampler(logits.length, seed, kernels);
      sampler.position(position);
      return sampler.sample(logits);
    }
  }
}
