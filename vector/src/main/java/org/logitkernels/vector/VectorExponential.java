package org.logitkernels.vector;

import org.logitkernels.numerics.Exponential;

/**
 * What the loops that compute the weights of {@link Exponential} have in common.
 *
 * <p>Each loop holds the operations itself. A method that takes vectors is sometimes left out of
 * line, and allocates every vector that it takes: by HotSpot where its counts of calls are far too
 * low, and by Graal in every loop.
 *
 * <p>The operations give 2^r from a polynomial of the remainder r. The power 2^n is made of the
 * bits of a sum that rounds n to an integer. A loop that sums weights multiplies by the power and
 * adds in one step, which rounds once, because the weight itself is exact in the product. Its
 * logits are at or above the {@link Exponential#floor floor}: at the floor 2^n is 0, and so is the
 * weight. A loop that stores weights adds n to the exponent. Where some may be too small, it makes
 * those below 2^-126 zero.
 */
final class VectorExponential {
  /** A rounded sum from here on stands for an exponent that counts. */
  static final float LEAST = Exponential.ROUND + Exponential.LEAST;

  /** The bits of the largest float that is not normal. */
  static final int SUBNORMAL = 0x007fffff;

  private VectorExponential() {}
}
