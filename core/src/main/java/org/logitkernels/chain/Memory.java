package org.logitkernels.chain;

import java.util.Arrays;

/**
 * A step that learns from the tokens that are drawn.
 *
 * <p>A draw waits until its token is accepted. Only then the step learns of it. What the step has
 * learned is a few numbers. The numbers before each accepted token are kept, so that the token can
 * be taken back.
 */
public abstract class Memory implements Action {
  private static final double[] NONE = {};

  /** What the step has learned. */
  final double[] learned;

  private final double[] start;

  /** What was known before each token that was accepted. */
  private double[] past = NONE;

  private int accepted;

  /** A step that has learned nothing yet. */
  Memory(double[] start) {
    this.start = start;
    this.learned = start.clone();
  }

  /** A token was drawn, with this log-probability in nats. The draw waits to be accepted. */
  public abstract void drawn(int token, double logProbability);

  /** Learns from the draw that waited. */
  abstract void learn();

  @Override
  public abstract Memory fork();

  /** Takes over what another step has learned. */
  final void rememberAs(Memory other) {
    System.arraycopy(other.learned, 0, learned, 0, learned.length);
    past = Arrays.copyOf(other.past, other.accepted * learned.length);
    accepted = other.accepted;
  }

  /** Makes room to remember one more token that is accepted. */
  public final void reserve() {
    past = History.grown(past, accepted * learned.length, learned.length);
  }

  /** A token is accepted: the draw that waited, or another token, which teaches nothing. */
  public final void accepted(boolean waited) {
    System.arraycopy(learned, 0, past, accepted * learned.length, learned.length);
    accepted++;
    if (waited) {
      learn();
    }
  }

  /** Takes back the last tokens that were accepted. */
  final void rollback(int tokens) {
    if (tokens > 0) {
      accepted -= tokens;
      System.arraycopy(past, accepted * learned.length, learned, 0, learned.length);
    }
  }

  /** The tokens that were accepted so far cannot be taken back any more. */
  final void settle() {
    accepted = 0;
  }

  /** Forgets everything. */
  void reset() {
    System.arraycopy(start, 0, learned, 0, learned.length);
    accepted = 0;
  }
}
