package org.logitkernels.chain;

/** Steps that bias or mask tokens by name, by the history, or by the caller's mask. */
public final class Constraints {
  private Constraints() {}

  private static int highest(int[] tokens) {
    int highest = -1;
    for (int token : tokens) {
      highest = Math.max(highest, token);
    }
    return highest;
  }

  /** Adds a bias to the logit of each of a few tokens. */
  public static final class LogitBias extends TokenChange {
    private final int[] tokens;
    private final float[] biases;

    /** Each token has the bias at the same place. */
    public LogitBias(int[] tokens, float[] biases) {
      this.tokens = tokens;
      this.biases = biases;
    }

    @Override
    public int highestToken() {
      return highest(tokens);
    }

    @Override
    void change(ChainState state) {
      for (int i = 0; i < tokens.length; i++) {
        if (biases[i] == Float.NEGATIVE_INFINITY) {
          state.mask(tokens[i]);
        } else {
          float x = state.get(tokens[i]);
          state.replace(tokens[i], x, (float) (x + biases[i] * state.temperature()));
        }
      }
    }
  }

  /** Masks the last token of each sequence whose other tokens end the history. */
  public static final class Banned extends TokenChange {
    private final int[][] sequences;

    /** Each sequence has at least one token. */
    public Banned(int[][] sequences) {
      this.sequences = sequences;
    }

    @Override
    public int highestToken() {
      int highest = -1;
      for (int[] sequence : sequences) {
        highest = Math.max(highest, highest(sequence));
      }
      return highest;
    }

    @Override
    public boolean readsTokens() {
      for (int[] sequence : sequences) {
        if (sequence.length > 1) {
          return true;
        }
      }
      return false;
    }

    @Override
    void change(ChainState state) {
      for (int[] sequence : sequences) {
        int before = sequence.length - 1;
        if (endWith(state.history(), sequence, before)) {
          state.mask(sequence[before]);
        }
      }
    }

    private static boolean endWith(History history, int[] sequence, int count) {
      boolean same = count <= history.size();
      for (int j = 0; j < count && same; j++) {
        same = sequence[j] == history.token(history.size() - count + j);
      }
      return same;
    }
  }

  /** Masks the tokens that end a sequence while it is short. */
  public static final class MinLength extends TokenChange {
    private final int least;
    private final int[] ends;

    /** The prompt does not count towards the length. */
    public MinLength(int least, int[] ends) {
      this.least = least;
      this.ends = ends;
    }

    @Override
    public int highestToken() {
      return highest(ends);
    }

    @Override
    public boolean dependsOnAccepted() {
      return least > 0 && ends.length > 0;
    }

    @Override
    void change(ChainState state) {
      if (state.history().generated() < least) {
        for (int end : ends) {
          state.mask(end);
        }
      }
    }
  }

  /** Masks what would end a run of n tokens that occurred before. */
  public static final class NoRepeatNgram extends TokenChange {
    private final int n;

    /** The run is n tokens long, n at least 1. */
    public NoRepeatNgram(int n) {
      this.n = n;
    }

    @Override
    public boolean readsTokens() {
      return true;
    }

    @Override
    void change(ChainState state) {
      if (n == 1) {
        state.mask(state.counts(Integer.MAX_VALUE, true));
        return;
      }
      History history = state.history();
      Contexts contexts = history.contexts(n - 1, true);
      int place = contexts.latest(history);
      for (; place != Contexts.NONE; place = contexts.earlier(place)) {
        state.mask(history.token(place));
      }
    }
  }

  /** Masks every token that the caller's mask does not allow. */
  public static final class Allowed extends TokenChange {
    /** The caller gives the mask with each row. */
    public Allowed() {}

    @Override
    public boolean readsMask() {
      return true;
    }

    @Override
    void change(ChainState state) {
      long[] mask = state.mask();
      if (mask == null) {
        throw new IllegalStateException(
            "the chain has a step allowed(), but no mask was given: call allow(mask) before each"
                + " row");
      }
      state.allow(mask);
    }
  }
}
