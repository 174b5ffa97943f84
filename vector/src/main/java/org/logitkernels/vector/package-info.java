/**
 * The vector backend: a file of the same name for each kernel family of {@code
 * org.logitkernels.scalar}, which computes the same bits in its own way, and what only vectors
 * need.
 *
 * <p>Bits agree at every width because every sum runs over the same virtual lanes ({@link
 * org.logitkernels.numerics.Lanes}), every weight is the same sequence of operations ({@link
 * org.logitkernels.numerics.Exponential}), and all else is a comparison.
 */
@NullMarked
package org.logitkernels.vector;

import org.jspecify.annotations.NullMarked;
