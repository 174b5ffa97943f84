/**
 * Other systems' own pipelines, written a second time, and their comparison with the presets.
 *
 * <p>A pipeline is written from the system's source, in plain double arithmetic. It shares nothing
 * with the library, so that the two go wrong in different places.
 */
@NullMarked
package org.logitkernels.peers;

import org.jspecify.annotations.NullMarked;
