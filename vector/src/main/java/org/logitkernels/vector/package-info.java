/**
 * The vector backend: one file per kernel family, each the mirror of its twin in {@code
 * org.logitkernels.scalar}.
 *
 * <p>Bits agree at every width because every sum runs over the same virtual lanes ({@link
 * org.logitkernels.internal.Lanes}), every weight is the same sequence of operations ({@link
 * org.logitkernels.internal.Exponential}), and all else is a comparison.
 */
@NullMarked
package org.logitkernels.vector;

import org.jspecify.annotations.NullMarked;
