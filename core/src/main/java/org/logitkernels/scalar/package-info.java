/**
 * The scalar reference: each kernel in its plainest form, and the definition of the bits.
 *
 * <p>One file per kernel family. The vector backend has a file of the same name for each: the same
 * bits, and searches of its own.
 */
@NullMarked
package org.logitkernels.scalar;

import org.jspecify.annotations.NullMarked;
