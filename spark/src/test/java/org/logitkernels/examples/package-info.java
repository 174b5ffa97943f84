/** Jobs on Spark, compared with one process. */
@NullMarked
package org.logitkernels.examples;

import org.jspecify.annotations.NullMarked;
