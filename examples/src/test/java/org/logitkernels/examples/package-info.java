/** Tests of the text generator, on the bundled model and on small synthetic ones. */
@NullMarked
package org.logitkernels.examples;

import org.jspecify.annotations.NullMarked;
