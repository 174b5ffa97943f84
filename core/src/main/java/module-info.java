/**
 * The API of the logit kernels and their scalar reference.
 *
 * <p>{@link org.logitkernels.Kernels} turns rows of logits into probabilities, candidates and
 * tokens; {@link org.logitkernels.SamplerChain} strings sampling steps together. The vector backend
 * lives in a module of its own and is found through {@link java.util.ServiceLoader}.
 */
module org.logitkernels {
  requires static org.jspecify;
  requires jdk.management;

  exports org.logitkernels;
  exports org.logitkernels.numerics to
      org.logitkernels.vector;
  exports org.logitkernels.spi to
      org.logitkernels.vector;

  uses org.logitkernels.spi.BackendProvider;
}
