/**
 * Text generation with a small Llama model in plain Java: {@link
 * org.logitkernels.examples.Generate} is the program, and the sampler it draws every token with is
 * the library's.
 */
@NullMarked
package org.logitkernels.examples;

import org.jspecify.annotations.NullMarked;
