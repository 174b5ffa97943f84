package org.logitkernels.testkit;

import org.logitkernels.Kernels;
import org.logitkernels.Sampler;
import org.logitkernels.SamplerChain;
import org.logitkernels.Step;

/**
 * Rows whose weights are powers of two, so that every sum of them is exact and a rule can be tested
 * at its edge.
 *
 * <p>At this temperature a step between logits is worth log2(e) times one to within 2^-46, so the
 * weight of n steps is 2^n to the last bit: the polynomial sees almost 0. No temperature that is a
 * float does that for steps of 1.
 */
final class Powers {
  /** The temperature at which logits that are whole steps have weights that are powers of two. */
  static final float TEMPERATURE = 0x1.d0d0c4p0f;

  private static final float STEP = 0x1.422f8p0f;

  private Powers() {}

  /** The logit of a weight of 2^n: exact for n up to 64, and for even n up to 128. */
  static float logit(int n) {
    float logit = n * STEP;
    if (logit != (double) n * STEP) {
      throw new IllegalArgumentException("no logit for 2^" + n);
    }
    return logit;
  }

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
        logits[id++] = logit(exponent);
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
