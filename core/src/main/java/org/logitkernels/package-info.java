/**
 * Rows of language-model logits in, tokens out.
 *
 * <p>A row holds logits in nats: a {@code float[]}, a range of one, or wherever a {@link
 * org.logitkernels.Logits} points. {@code -Infinity} masks a token; every id counts from the row's
 * first logit. The same row, chain and draw give the same bits on every backend, vector width and
 * machine.
 *
 * {@snippet lang=java :
 * SamplerChain chain = SamplerChain.of(Step.temperature(0.8), Step.topK(40), Step.topP(0.95));
 * Sampler sampler = chain.newSampler(3, 42); // a vocabulary of 3, the random stream 42
 * System.out.println(sampler.next(new float[] {2, 1, 0.5f}));
 * // 1
 * }
 *
 * <table class="striped">
 * <caption>Where to begin</caption>
 * <thead><tr><th scope="col">for</th><th scope="col">take</th></tr></thead>
 * <tbody>
 * <tr><td>one sequence</td><td>{@link org.logitkernels.SamplerChain}, {@link
 *     org.logitkernels.Sampler}</td></tr>
 * <tr><td>many sequences at a time</td><td>{@link org.logitkernels.BatchSampler}</td></tr>
 * <tr><td>rows in native memory, in buffers, in 16 bits</td><td>{@link org.logitkernels.Logits},
 *     {@link org.logitkernels.ElementType}</td></tr>
 * <tr><td>the mask of a grammar</td><td>{@link org.logitkernels.Step#allowed}</td></tr>
 * <tr><td>a kernel alone</td><td>{@link org.logitkernels.Kernels}, {@link
 *     org.logitkernels.Workspace}</td></tr>
 * <tr><td>chains of other systems</td><td>{@link org.logitkernels.Presets}</td></tr>
 * <tr><td>beams, drafts</td><td>{@link org.logitkernels.Beams}, {@link
 *     org.logitkernels.Speculative}</td></tr>
 * <tr><td>how good a model is</td><td>{@link org.logitkernels.Perplexity}, {@link
 *     org.logitkernels.ModelComparison}</td></tr>
 * <tr><td>the inside of a model</td><td>{@link org.logitkernels.AttentionSoftmax}, {@link
 *     org.logitkernels.Routing}</td></tr>
 * <tr><td>whether vectors are in use</td><td>{@link org.logitkernels.Backends}</td></tr>
 * </tbody>
 * </table>
 *
 * <p>The page of the module has an example of each way in.
 */
@NullMarked
package org.logitkernels;

import org.jspecify.annotations.NullMarked;
