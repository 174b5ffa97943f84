package org.logitkernels.chain;

import java.util.Arrays;
import java.util.Comparator;

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

    /** Each token, by ascending id, has the bias at the same place. */
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
      state.bias(tokens, biases);
    }
  }

  /** Masks the last token of each sequence whose other tokens end the history. */
  public static final class Banned extends TokenChange {
    private final int[][] sequences; // by ascending last token but one

    /** Of each, the last token but one. */
    private final int[] before;

    /** Tokens that are masked whatever the history is, by ascending id. */
    private final int[] always;

    /** The biases of these. */
    private final float[] masks;

    private final int highest;

    /** Each sequence has at least one token. */
    public Banned(int[][] sequences) {
      this.always = single(sequences);
      this.masks = new float[always.length];
      Arrays.fill(masks, Float.NEGATIVE_INFINITY);
      this.sequences = longer(sequences);
      this.before = new int[this.sequences.length];
      for (int i = 0; i < before.length; i++) {
        before[i] = lastButOne(this.sequences[i]);
      }
      int most = -1;
      for (int[] sequence : sequences) {
        most = Math.max(most, Constraints.highest(sequence));
      }
      this.highest = most;
    }

    /** The different tokens of the sequences of one. */
    private static int[] single(int[][] sequences) {
      int[] tokens = new int[sequences.length];
      int count = 0;
      for (int[] sequence : sequences) {
        if (sequence.length == 1) {
          tokens[count++] = sequence[0];
        }
      }
      Arrays.sort(tokens, 0, count);
      int different = 0;
      for (int i = 0; i < count; i++) {
        if (i == 0 || tokens[i] != tokens[i - 1]) {
          tokens[different++] = tokens[i];
        }
      }
      return Arrays.copyOf(tokens, different);
    }

    private static int[][] longer(int[][] sequences) {
      int[][] longer = new int[sequences.length][];
      int count = 0;
      for (int[] sequence : sequences) {
        if (sequence.length > 1) {
          longer[count++] = sequence;
        }
      }
      int[][] sorted = Arrays.copyOf(longer, count);
      Arrays.sort(sorted, BY_LAST_BUT_ONE);
      return sorted;
    }

    private static int lastButOne(int[] sequence) {
      return sequence[sequence.length - 2];
    }

    /** No lambda: it would cost the first call of a JVM milliseconds. */
    private static final Comparator<int[]> BY_LAST_BUT_ONE =
        new Comparator<>() {
          @Override
          public int compare(int[] one, int[] other) {
            return Integer.compare(lastButOne(one), lastButOne(other));
          }
        };

    @Override
    public int highestToken() {
      return highest;
    }

    @Override
    public boolean readsTokens() {
      return sequences.length > 0;
    }

    /** Of the sequences of two tokens and more, looks at those that the last token may go on. */
    @Override
    void change(ChainState state) {
      state.bias(always, masks);
      History history = state.history();
      if (history.size() == 0) {
        return;
      }
      int last = history.token(history.size() - 1);
      int i = Arrays.binarySearch(before, last);
      while (i > 0 && before[i - 1] == last) {
        i--;
      }
      for (; i >= 0 && i < before.length && before[i] == last; i++) {
        int[] sequence = sequences[i];
        int count = sequence.length - 1;
        if (endWith(history, sequence, count)) {
          state.mask(sequence[count]);
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
      Contexts contexts = state.contexts(n - 1);
      int known = contexts.known(state.history());
      if (known == Contexts.NONE) {
        return;
      }
      TokenSet set = contexts.set(known);
      if (set != null) {
        state.mask(set);
        return;
      }
      int place = contexts.latest(known);
      for (; place != Contexts.NONE; place = contexts.earlier(place)) {
        state.mask(state.history().token(place));
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
