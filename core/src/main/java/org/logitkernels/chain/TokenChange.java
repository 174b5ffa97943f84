package org.logitkernels.chain;

/** A step that changes the logits of a few tokens. */
abstract class TokenChange implements Action {
  /** Changes the logits. */
  abstract void change(ChainState state);

  @Override
  public final void apply(ChainState state) {
    change(state);
    state.settle();
  }
}
