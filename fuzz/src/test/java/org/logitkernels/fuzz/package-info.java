/**
 * Fuzzing: inputs that a coverage-guided search invents, and what must hold of every one of them.
 *
 * <p>A target decodes bytes into a case ({@link org.logitkernels.fuzz.Cases}), tries it on every
 * backend and in every place a row may lie, and holds the outcomes against what is promised.
 */
@NullMarked
package org.logitkernels.fuzz;

import org.jspecify.annotations.NullMarked;
