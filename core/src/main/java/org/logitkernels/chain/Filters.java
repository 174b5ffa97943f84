package org.logitkernels.chain;

import org.logitkernels.numerics.Cutoffs;

/** Filters that keep the best tokens: by rank, by mass, or by a cut below the maximum. */
public final class Filters {
  private Filters() {}

  /** Keeps the best k tokens. */
  public static final class TopK implements Action {
    private final int k;

    /** k is at least 1. */
    public TopK(int k) {
      this.k = k;
    }

    @Override
    public void apply(ChainState state) {
      state.topK(k);
    }
  }

  /** Keeps the nucleus of a mass, and at least a few tokens. */
  public static final class TopP implements Action {
    private final float p;
    private final int minKeep;

    /** The mass p is in [0, 1]. */
    public TopP(float p, int minKeep) {
      this.p = p;
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      if (p < 1) {
        state.topP(p, minKeep);
      }
    }
  }

  /** Keeps the tokens with a share of the best token's probability, and at least a few. */
  public static final class MinP implements Action {
    private final float p;
    private final int minKeep;

    /** The share p is in [0, 1]. */
    public MinP(float p, int minKeep) {
      this.p = p;
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      if (p > 0) {
        state.minP(Cutoffs.minP(state.temperature(), p), minKeep);
      }
    }
  }

  /** Keeps the tokens within n standard deviations of the maximum, and at least a few. */
  public static final class TopNSigma implements Action {
    private final float n;
    private final int minKeep;

    /** n is at least 0. */
    public TopNSigma(float n, int minKeep) {
      this.n = n;
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      double deviation = state.deviation();
      state.cut(Cutoffs.sigma(deviation, n), minKeep);
    }
  }

  /** Keeps the tokens of a probability, and at least a few. */
  public static final class EpsilonCutoff implements Action {
    private final float epsilon;
    private final int minKeep;

    /** Epsilon is in [0, 1]. */
    public EpsilonCutoff(float epsilon, int minKeep) {
      this.epsilon = epsilon;
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      state.epsilonCutoff(epsilon, minKeep);
    }
  }

  /** Keeps the tokens of a probability that sinks with the entropy, and at least a few. */
  public static final class EtaCutoff implements Action {
    private final float epsilon;
    private final int minKeep;

    /** Epsilon is in [0, 1]. */
    public EtaCutoff(float epsilon, int minKeep) {
      this.epsilon = epsilon;
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      if (epsilon > 0) {
        double entropy = state.entropy(); // leaves the total too: the row is read once
        double temperature = state.temperature();
        state.cut(Cutoffs.eta(state.partition(), entropy, temperature, epsilon), minKeep);
      }
    }
  }

  /** Keeps the tokens of at least the probability that two draws collide, and at least a few. */
  public static final class PLess implements Action {
    private final int minKeep;

    /** The minimum is at least 1. */
    public PLess(int minKeep) {
      this.minKeep = minKeep;
    }

    @Override
    public void apply(ChainState state) {
      double temperature = state.temperature();
      double squares = state.partition(temperature / 2);
      double partition = state.partition(temperature); // last: survivors keep these weights
      state.cut(Cutoffs.collision(squares, partition, temperature), minKeep);
    }
  }
}
