/**
 * The contract between the library and its backends: the kernels that a backend implements, the
 * survivors that kernels fill, the place of a row in native memory, and the formats of narrow
 * numbers.
 *
 * <p>A backend needs this package and {@code numerics} alone. Nothing here knows of threads or of
 * the steps of a chain.
 */
@NullMarked
package org.logitkernels.spi;

import org.jspecify.annotations.NullMarked;
