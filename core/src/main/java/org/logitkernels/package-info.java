/**
 * Rows of language-model logits in, tokens out.
 *
 * <p>{@link org.logitkernels.Kernels} holds the row kernels, {@link org.logitkernels.SamplerChain}
 * and {@link org.logitkernels.Sampler} the sampling family, {@link org.logitkernels.Backends} tells
 * which implementation is at work. A row holds logits in nats: a {@code float[]} range {@code
 * [from, to)}, and for samplers and some kernels also a part of a memory segment or a buffer.
 * {@code -Infinity} masks a token; every id counts from the row's first logit. The same row, chain
 * and draw give the same bits on every backend, vector width and machine.
 */
@NullMarked
package org.logitkernels;

import org.jspecify.annotations.NullMarked;
