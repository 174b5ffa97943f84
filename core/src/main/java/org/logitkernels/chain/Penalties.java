package org.logitkernels.chain;

import org.logitkernels.numerics.Penalty;

/** Lowers the logits of tokens that the history holds: see {@link Penalty}. */
public final class Penalties extends TokenChange {
  private final Penalty penalty;
  private final int last;
  private final boolean prompt;

  /** Looks at the last few tokens. Those of the prompt may be among them. */
  public Penalties(Penalty penalty, int last, boolean prompt) {
    this.penalty = penalty;
    this.last = last;
    this.prompt = prompt;
  }

  @Override
  public boolean readsTokens() {
    return last > 0 && !penalty.isNothing();
  }

  @Override
  void change(ChainState state) {
    state.penalise(penalty, state.counts(last, prompt));
  }
}
