package org.logitkernels.chain;

import org.logitkernels.numerics.Exponential;

/** Steps that multiply the temperature. */
public final class Temperatures {
  private Temperatures() {}

  /** The same temperature for every row. */
  public static final class Constant implements Action {
    private final float t;

    /** The temperature is at least 0; 0 leaves the best token alone. */
    public Constant(float t) {
      this.t = t;
    }

    @Override
    public void apply(ChainState state) {
      state.multiplyTemperature(t);
    }
  }

  /** A temperature that grows with the entropy. */
  public static final class Dynamic implements Action {
    private final float min;
    private final float max;
    private final float exponent;

    /** It is {@code min} without entropy, and {@code max} for equal probabilities. */
    public Dynamic(float min, float max, float exponent) {
      this.min = min;
      this.max = max;
      this.exponent = exponent;
    }

    @Override
    public void apply(ChainState state) {
      double entropy = state.entropy();
      state.multiplyTemperature(dynamic(entropy, state.counted(), min, max, exponent));
    }
  }

  /** {@code min + (max - min) * (H / ln(size))^exponent}; 1 for a single token. */
  static double dynamic(double entropy, int size, float min, float max, float exponent) {
    if (size < 2) {
      return 1;
    }
    double share = entropy / StrictMath.log(size);
    double power = Exponential.power(Math.min(1, share), exponent);
    return min + ((double) max - min) * power;
  }
}
