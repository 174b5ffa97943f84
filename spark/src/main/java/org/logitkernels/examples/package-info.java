/**
 * Tales and perplexities on Apache Spark: {@link org.logitkernels.examples.SparkTales} and {@link
 * org.logitkernels.examples.SparkEvaluate} are the programs.
 */
@NullMarked
package org.logitkernels.examples;

import org.jspecify.annotations.NullMarked;
