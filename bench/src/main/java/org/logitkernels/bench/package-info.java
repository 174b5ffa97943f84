/** Benchmarks of the kernels, against plain Java and against a bare read of the row. */
@NullMarked
package org.logitkernels.bench;

import org.jspecify.annotations.NullMarked;
