/**
 * The scalar reference: each kernel in its plainest form, and the definition of the bits.
 *
 * <p>One file per kernel family; the vector backend mirrors them step for step.
 */
@NullMarked
package org.logitkernels.scalar;

import org.jspecify.annotations.NullMarked;
