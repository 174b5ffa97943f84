/**
 * The arithmetic of the library: the order of tokens, the exponential, the lanes in which sums are
 * made, deviations, cutoffs and log-probabilities.
 *
 * <p>Everything here is a function of numbers and of arrays of them. Nothing knows of scratch, of
 * rows, of memory segments or of threads.
 */
@NullMarked
package org.logitkernels.numerics;

import org.jspecify.annotations.NullMarked;
