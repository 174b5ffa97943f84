/**
 * Rows of language-model logits in, tokens out.
 *
 * <p>{@link org.logitkernels.Kernels} holds the row kernels, {@link org.logitkernels.SamplerChain}
 * and {@link org.logitkernels.Sampler} the sampling family, {@link org.logitkernels.Backends} tells
 * which implementation is at work. A row is a {@code float[]} range {@code [from, to)} of logits in
 * nats; {@code -Infinity} masks a token; every id counts from {@code from}. The same row, chain and
 * draw give the same bits on every backend, vector width and machine.
 */
@NullMarked
package org.logitkernels;

import org.jspecify.annotations.NullMarked;
