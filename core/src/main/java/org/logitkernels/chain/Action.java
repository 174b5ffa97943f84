package org.logitkernels.chain;

/**
 * A step of a chain, ready to run: its numbers are unpacked, and what it remembers stands beside
 * them.
 *
 * <p>An interface and not a class: the verifier would load every subclass of a class for the one
 * method that makes them all, and a JVM's first call would wait for that.
 */
public interface Action {
  /** Applies the step to what the steps before it have left. */
  void apply(ChainState state);

  /** The highest id of a token that the step names; -1 if it names none. */
  default int highestToken() {
    return -1;
  }

  /** Whether every row must have the tokens that the step names. */
  default boolean needsNamedTokens() {
    return true;
  }

  /** Whether the step reads which tokens were accepted, and not only how many. */
  default boolean readsTokens() {
    return false;
  }

  /** Whether a token that is accepted changes what the step does. */
  default boolean dependsOnAccepted() {
    return readsTokens();
  }

  /** Whether the step reads the mask of allowed tokens. */
  default boolean readsMask() {
    return false;
  }

  /** The step for a sampler that goes on from here. A step that keeps nothing is shared. */
  default Action fork() {
    return this;
  }
}
