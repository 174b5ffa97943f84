/**
 * The exchange of scalar kernels for vector ones: the adaptive kernels, the warm-up and its rows,
 * and why vector kernels are not to be had.
 */
@NullMarked
package org.logitkernels.adaptive;

import org.jspecify.annotations.NullMarked;
