package org.logitkernels.chain;

import org.logitkernels.numerics.Exponential;
import org.logitkernels.numerics.TokenOrder;
import org.logitkernels.spi.Survivors;

/**
 * Steers towards a surprisal. Mu, in bits, is what a token may surprise by; it begins at twice tau,
 * and each accepted token moves it.
 */
public abstract class Mirostat extends Memory {
  private static final double LN_2 = StrictMath.log(2);

  final double tau;
  final double eta;

  /** The surprisal in bits of the draw that waits. */
  private double surprisal;

  private Mirostat(double tau, double eta) {
    super(new double[] {2 * tau});
    this.tau = tau;
    this.eta = eta;
  }

  final double mu() {
    return learned[0];
  }

  @Override
  public final boolean dependsOnAccepted() {
    return eta != 0;
  }

  @Override
  public final void drawn(int token, double logProbability) {
    surprisal = -logProbability / LN_2;
  }

  @Override
  final void learn() {
    if (!Double.isNaN(surprisal)) { // the row changed before it was read again
      learned[0] -= eta * (surprisal - tau);
    }
  }

  final Mirostat goOnFrom(Mirostat other) {
    rememberAs(other);
    surprisal = other.surprisal;
    return this;
  }

  /** The first version: keeps the best k, with k from an estimate of Zipf's exponent. */
  public static final class V1 extends Mirostat {
    private final int m;

    /** The estimate is from the best m tokens, m at least 2. */
    public V1(double tau, double eta, int m) {
      super(tau, eta);
      this.m = m;
    }

    @Override
    public Memory fork() {
      return new V1(tau, eta, m).goOnFrom(this);
    }

    @Override
    public void apply(ChainState state) {
      state.lookAtBest(m);
      state.keepBest(k(state.survivors(), state.temperature(), state.length()), m);
    }

    /** The k of the best survivors; {@code length} where the formula gives no number. */
    private int k(Survivors survivors, double temperature, int length) {
      long[] best = survivors.bestFirst();
      double products = 0;
      double squares = 0;
      for (int i = 0; i < Math.min(m, survivors.size) - 1; i++) {
        double t = StrictMath.log((i + 2.0) / (i + 1));
        double b =
            ((double) TokenOrder.value(best[i]) - TokenOrder.value(best[i + 1])) / temperature;
        products += t * b;
        squares += t * t;
      }
      double s = products / squares;
      double ratio = (s - 1) * Exponential.power(2, mu()) / (1 - Exponential.power(length, 1 - s));
      double k = Exponential.power(ratio, 1 / s);
      return Double.isNaN(k) ? length : (int) Math.clamp(k, 1, length);
    }
  }

  /** The second version: keeps the tokens that surprise by at most mu. */
  public static final class V2 extends Mirostat {
    /** Tau and eta are at least 0. */
    public V2(double tau, double eta) {
      super(tau, eta);
    }

    @Override
    public Memory fork() {
      return new V2(tau, eta).goOnFrom(this);
    }

    @Override
    public void apply(ChainState state) {
      state.epsilonCutoff(Exponential.power(2, -mu()), 1);
    }
  }
}
