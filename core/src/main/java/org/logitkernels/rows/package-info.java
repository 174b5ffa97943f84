/**
 * Where the logits of a row lie, and who reads them: arrays, native memory and narrow formats, the
 * threads that share a long row, the pool of arrays as long as a row, and the draw from a whole
 * row.
 */
@NullMarked
package org.logitkernels.rows;

import org.jspecify.annotations.NullMarked;
