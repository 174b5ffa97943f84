package org.logitkernels.chain;

/** Caps every logit softly. */
public final class SoftCaps implements Action {
  private final float cap;

  /** The cap is finite and above 0. */
  public SoftCaps(float cap) {
    this.cap = cap;
  }

  @Override
  public void apply(ChainState state) {
    state.softCap(cap);
  }
}
