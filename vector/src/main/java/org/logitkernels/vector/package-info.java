/**
 * The vector backend. It has a file of the same name for each kernel family of {@code
 * org.logitkernels.scalar}, which computes the same bits in its own way. Beside these it has what
 * only vectors need.
 *
 * <p>The bits are the same at every width. Every sum is over the same virtual lanes ({@link
 * org.logitkernels.numerics.Lanes}). Every weight is the same sequence of operations ({@link
 * org.logitkernels.numerics.Exponential}). Everything else is a comparison.
 */
@NullMarked
package org.logitkernels.vector;

import org.jspecify.annotations.NullMarked;
