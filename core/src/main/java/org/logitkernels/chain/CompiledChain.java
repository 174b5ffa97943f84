package org.logitkernels.chain;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.logitkernels.numerics.RowErrors;
import org.logitkernels.spi.Backend;

/**
 * A chain at work on one sequence: its steps in order, what they remember, the tokens that were
 * accepted, and the state of the row.
 */
public final class CompiledChain {
  /** Of a step's text, so much goes into an error. */
  private static final int LONGEST_NAME = 120;

  private static final int NONE = -1;

  private final Action[] actions;

  /** Of each step, what prints its text: printed for errors alone. */
  private final List<?> texts;

  private final Memory[] memories;

  /** Of each step, the highest id of a token that every row must have; or -1. */
  private final int[] highest;

  /** The first step that another draw has to know the accepted tokens for; or -1. */
  private final int dependent;

  private final boolean readsMask;
  private final int longestRow;
  private final Backend backend;
  private final History history;
  private final ChainState state;

  /**
   * A chain for a new sequence. Each text names the action at the same place.
   *
   * @throws IllegalArgumentException if a step names a token that is not in the vocabulary
   */
  public CompiledChain(Action[] actions, List<?> texts, int vocabularySize, Backend backend) {
    this.actions = actions;
    this.texts = texts;
    this.longestRow = vocabularySize;
    this.backend = backend;
    this.memories = memories(actions);
    this.highest = new int[actions.length];
    int first = NONE;
    boolean readsTokens = false;
    boolean masked = false;
    for (int n = 0; n < actions.length; n++) {
      Action action = actions[n];
      int most = action.highestToken();
      if (most >= vocabularySize) {
        throw new IllegalArgumentException(
            name(n)
                + " names token "
                + most
                + ", which is not in the vocabulary of "
                + vocabularySize);
      }
      highest[n] = action.needsNamedTokens() ? most : NONE;
      readsTokens |= action.readsTokens();
      masked |= action.readsMask();
      if (first == NONE && action.dependsOnAccepted()) {
        first = n;
      }
    }
    this.dependent = first;
    this.readsMask = masked;
    this.history = new History(readsTokens);
    this.state = new ChainState(backend, vocabularySize, history);
  }

  private CompiledChain(CompiledChain other) {
    this.actions = new Action[other.actions.length];
    for (int n = 0; n < actions.length; n++) {
      actions[n] = other.actions[n].fork();
    }
    this.texts = other.texts;
    this.longestRow = other.longestRow;
    this.backend = other.backend;
    this.memories = memories(actions);
    this.highest = other.highest;
    this.dependent = other.dependent;
    this.readsMask = other.readsMask;
    this.history = other.history.copy();
    this.state = new ChainState(backend, longestRow, history);
  }

  private static Memory[] memories(Action[] actions) {
    int count = 0;
    for (Action action : actions) {
      count += action instanceof Memory ? 1 : 0;
    }
    Memory[] memories = new Memory[count];
    count = 0;
    for (Action action : actions) {
      if (action instanceof Memory memory) {
        memories[count++] = memory;
      }
    }
    return memories;
  }

  /** A step's text, for errors. */
  private String name(int n) {
    String text = String.valueOf(texts.get(n));
    return text.length() <= LONGEST_NAME ? text : text.substring(0, LONGEST_NAME) + "...";
  }

  /** A chain that goes on from here on its own, with no row yet. */
  public CompiledChain fork() {
    return new CompiledChain(this);
  }

  /** The state of the row. */
  public ChainState state() {
    return state;
  }

  // The sequence.

  /** Whether a step does something else once a token is accepted. */
  public boolean dependsOnAccepted() {
    return dependent != NONE;
  }

  /** The text of the first such step, for errors. */
  public String dependentName() {
    return name(dependent);
  }

  /** Whether a step reads the mask of allowed tokens. */
  public boolean readsMask() {
    return readsMask;
  }

  /** Whether a step learns from the tokens that are drawn. */
  public boolean learns() {
    return memories.length > 0;
  }

  /** Tells the steps that learn of a token that was drawn, and waits to be accepted. */
  public void drawn(int token, double logProbability) {
    for (Memory memory : memories) {
      memory.drawn(token, logProbability);
    }
  }

  /** Makes room for one more token, so that it can be accepted without an error. */
  public void reserve() {
    history.reserve(1);
    for (Memory memory : memories) {
      memory.reserve();
    }
  }

  /** Accepts a token: the draw that waited, or another. There is room. */
  public void accept(int token, boolean waited) {
    history.add(token);
    for (Memory memory : memories) {
      memory.accepted(waited);
    }
  }

  /**
   * Accepts the tokens of a prompt, all or none. No token so far can be taken back.
   *
   * @throws IllegalArgumentException if the history would be longer than an array
   */
  public void acceptPrompt(int[] tokens) {
    history.addPrompt(tokens);
    for (Memory memory : memories) {
      memory.settle();
    }
  }

  /** How many tokens were accepted behind the prompt. */
  public long generated() {
    return history.generated();
  }

  /** Takes back the last tokens that were accepted behind the prompt. */
  public void rollback(int tokens) {
    history.removeLast(tokens);
    for (Memory memory : memories) {
      memory.rollback(tokens);
    }
  }

  /** Forgets the sequence. */
  public void reset() {
    history.clear();
    for (Memory memory : memories) {
      memory.reset();
    }
  }

  // The row.

  /**
   * Applies the steps to the row that the state was opened with.
   *
   * @param u the uniform number that the token will be drawn with
   * @param mask the tokens that the caller allows
   */
  public void apply(double u, long @Nullable [] mask) {
    apply(actions.length, u, mask);
  }

  private void apply(int count, double u, long @Nullable [] mask) {
    state.begin(u, mask);
    for (int n = 0; n < count; n++) {
      if (highest[n] >= state.length()) {
        throw new IllegalArgumentException(
            name(n)
                + " names token "
                + highest[n]
                + ", but the row has "
                + state.length()
                + " logits");
      }
      actions[n].apply(state);
    }
  }

  /**
   * What a failed call ends with: for a chain that has left nothing, an error that names the step
   * that did, and what was there before the step. Applies the steps again, one more each time, to
   * find out.
   */
  public IllegalStateException explained(
      IllegalStateException error, double u, long @Nullable [] mask) {
    if (!RowErrors.isAllMasked(error)) {
      return error;
    }
    try {
      state.reopen();
      int before = state.unmasked();
      for (int n = 1; n <= actions.length && before > 0; n++) {
        int left = left(n, u, mask);
        if (left == 0) {
          return new IllegalStateException(
              "nothing is left to sample: "
                  + name(n - 1)
                  + (before == 1
                      ? " has masked the one token that was there before it"
                      : " has masked all of the " + before + " tokens that were there before it"));
        }
        before = left;
      }
    } catch (IllegalArgumentException | IllegalStateException rowChanged) {
      error.addSuppressed(rowChanged);
    }
    return error;
  }

  /** How many tokens the first n steps leave of the row. */
  private int left(int n, double u, long @Nullable [] mask) {
    state.reopen();
    try {
      apply(n, u, mask);
      return state.unmasked();
    } catch (IllegalStateException e) {
      if (RowErrors.isAllMasked(e)) {
        return 0;
      }
      throw e;
    }
  }
}
