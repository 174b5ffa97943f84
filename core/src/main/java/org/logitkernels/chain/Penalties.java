package org.logitkernels.chain;

/** Steps that lower the logits of tokens that the history holds. */
public final class Penalties {
  private Penalties() {}

  /** Divides the logits above 0 of tokens that occurred, and multiplies the others. */
  public static final class Repetition extends TokenChange {
    private final float penalty;
    private final int last;
    private final boolean prompt;

    /** Looks at the last few tokens. Those of the prompt may be among them. */
    public Repetition(float penalty, int last, boolean prompt) {
      this.penalty = penalty;
      this.last = last;
      this.prompt = prompt;
    }

    @Override
    public boolean readsTokens() {
      return last > 0 && penalty != 1;
    }

    @Override
    void change(ChainState state) {
      TokenMap counts = state.counts(state.history().start(last, prompt));
      for (int i = 0; i < counts.size(); i++) {
        int token = counts.token(i);
        float x = state.get(token);
        state.replace(token, x, x > 0 ? x / penalty : x * penalty);
      }
    }
  }

  /**
   * Subtracts {@code count * each + once} from tokens that occurred, at the temperature so far: the
   * frequency penalty is each, the presence penalty once.
   */
  public static final class Occurrence extends TokenChange {
    private final double each;
    private final double once;
    private final int last;
    private final boolean prompt;

    /** Looks at the last few tokens. Those of the prompt may be among them. */
    public Occurrence(double each, double once, int last, boolean prompt) {
      this.each = each;
      this.once = once;
      this.last = last;
      this.prompt = prompt;
    }

    @Override
    public boolean readsTokens() {
      return last > 0 && (each != 0 || once != 0);
    }

    @Override
    void change(ChainState state) {
      TokenMap counts = state.counts(state.history().start(last, prompt));
      for (int i = 0; i < counts.size(); i++) {
        int token = counts.token(i);
        double penalty = counts.number(i) * each + once;
        float x = state.get(token);
        state.replace(token, x, (float) (x - penalty * state.temperature()));
      }
    }
  }
}
