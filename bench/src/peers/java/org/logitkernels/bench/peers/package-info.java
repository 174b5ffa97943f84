/** Other libraries on the workloads, each as fast as its interface lets a user call it. */
@NullMarked
package org.logitkernels.bench.peers;

import org.jspecify.annotations.NullMarked;
