/**
 * The exchange of scalar kernels for vector ones: the kernels that hand calls on, the warm-up, and
 * the rows that it tries kernels on.
 */
@NullMarked
package org.logitkernels.adaptive;

import org.jspecify.annotations.NullMarked;
