package org.logitkernels.peers;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.logitkernels.SamplerChain;

/** A system's pipeline from logits to probabilities, and the preset that is named after it. */
interface PeerPipeline {
  /** The system's name. */
  String system();

  /** The version that the pipeline was written from. */
  String version();

  /** The version that the preset says it follows. */
  String presetVersion();

  /** The preset. */
  SamplerChain preset(Map<String, Number> parameters);

  /** The parameters that a comparison draws. */
  List<Parameter> parameters();

  /**
   * Begins a sequence.
   *
   * @param parameters those given; all others have the system's defaults
   * @param prompt the prompt's tokens
   * @throws Rejected if the system rejects the parameters
   */
  Sequence begin(Map<String, Number> parameters, int[] prompt) throws Rejected;

  /** The pipeline at work on a sequence. */
  interface Sequence {
    /**
     * The probabilities of all tokens at the next place. A pipeline that cannot say (the system's
     * result is no distribution, or is left open) spoils the decisions.
     *
     * @param row the logits; not changed
     * @param chance in [0, 1): a step that acts with a probability does if this is below it
     * @param decisions hears of each comparison of computed numbers
     */
    double[] next(float[] row, double chance, Decisions decisions);

    /** A token was generated. It may be none that {@link #next} gave probabilities of. */
    void accept(int token);
  }

  /** The system rejects these parameters. */
  final class Rejected extends Exception {
    private static final long serialVersionUID = 1;

    Rejected(String message) {
      super(message);
    }
  }

  /**
   * How near the decisions of a call were: a comparison of two computed numbers that are nearer to
   * each other than rounding comes out either way, and the result is left out of account.
   */
  final class Decisions {
    private double margin = Double.POSITIVE_INFINITY;

    /** Whether {@code a >= b}; their distance is seen relative to the larger. */
    boolean atLeast(double a, double b) {
      return atLeast(a, b, Math.max(Math.abs(a), Math.abs(b)));
    }

    /** Whether {@code a >= b}; their distance is seen relative to a scale. */
    boolean atLeast(double a, double b, double scale) {
      hear(Math.abs(a - b) / scale);
      return a >= b;
    }

    /** A decision was this near. */
    void hear(double distance) {
      if (!(distance >= margin)) { // NaN: nothing is decided
        margin = Double.isNaN(distance) ? 0 : distance;
      }
    }

    /** The result is no distribution, or the system leaves it open. */
    void spoil() {
      margin = 0;
    }

    /** The least distance of all. */
    double margin() {
      return margin;
    }
  }

  /**
   * A parameter, and what values it is tried with.
   *
   * @param names its names; each is as good as the others
   * @param whole whether its values are whole numbers
   * @param low the least of its usual values
   * @param high the largest of its usual values
   * @param edges those that switch it off, those at the ends of its range, and those outside
   * @param presence how often it is given
   */
  record Parameter(
      List<String> names,
      boolean whole,
      double low,
      double high,
      List<? extends Number> edges,
      double presence) {

    /** A parameter with whole values, given half of the time. */
    static Parameter whole(String name, int low, int high, Integer... edges) {
      return new Parameter(List.of(name), true, low, high, List.of(edges), 0.5);
    }

    /** A parameter with values of all kinds, given half of the time. */
    static Parameter real(String name, double low, double high, Double... edges) {
      return new Parameter(List.of(name), false, low, high, List.of(edges), 0.5);
    }

    /** The same, given as often as this. */
    Parameter given(double share) {
      return new Parameter(names, whole, low, high, edges, share);
    }

    /** The same, under a second name too. */
    Parameter also(String name) {
      List<String> more = new ArrayList<>(names);
      more.add(name);
      return new Parameter(List.copyOf(more), whole, low, high, edges, presence);
    }
  }
}
