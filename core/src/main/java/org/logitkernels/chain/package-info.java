/**
 * A chain of steps at work on one row: what the steps do, what they remember, and the state that
 * they change.
 *
 * <p>The public class {@code Step} describes a step; this package knows nothing of it.
 */
@NullMarked
package org.logitkernels.chain;

import org.jspecify.annotations.NullMarked;
