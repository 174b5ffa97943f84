/**
 * The vector backend of the logit kernels, on {@code jdk.incubator.vector}: found at run time,
 * nothing to call.
 */
module org.logitkernels.vector {
  requires static org.jspecify;
  requires org.logitkernels;
  requires jdk.incubator.vector;

  provides org.logitkernels.spi.BackendProvider with
      org.logitkernels.vector.VectorProvider;
}
