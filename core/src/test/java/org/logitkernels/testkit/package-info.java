/**
 * What every backend is tested with: rows, an independent oracle, and contracts.
 *
 * <p>A contract is an interface of properties; a backend's test implements it and names its
 * kernels.
 */
@NullMarked
package org.logitkernels.testkit;

import org.jspecify.annotations.NullMarked;
