/**
 * What the API and the backends share: the contract that backends implement, the order of tokens,
 * the exponential and the surviving candidates; and what the API is made of beside that: rows,
 * histories, threads that share a row, and the exchange of scalar kernels for vector ones.
 *
 * <p>Exported to the vector backend alone and free to change.
 */
@NullMarked
package org.logitkernels.internal;

import org.jspecify.annotations.NullMarked;
