/**
 * What the backends share: the contract they implement, the order of tokens, the exponential and
 * the surviving candidates.
 *
 * <p>Exported to the vector backend alone and free to change.
 */
@NullMarked
package org.logitkernels.internal;

import org.jspecify.annotations.NullMarked;
